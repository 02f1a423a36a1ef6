import type { DecisionEntry } from '@letterlock/contract'
import type { Kysely } from 'kysely'
import { decisionOf } from '../senders/decisions.ts'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { momentText } from './time.ts'

/** Decisions that are read at once: more than a person makes about one sender. */
const decisionsLimit = 5_000

/** Every decision about a sender, newest first; `domains` null: for all. */
export async function decisionsView(
  db: Kysely<Database>,
  request: { readonly sender: string; readonly domains: readonly string[] | null },
): Promise<DecisionEntry[]> {
  let query = db
    .selectFrom('decision_history as h')
    .innerJoin('sender as s', join => join.onRef('s.tenant', '=', 'h.tenant').onRef('s.id', '=', 'h.sender'))
    .innerJoin('domain as d', join => join.onRef('d.tenant', '=', 'h.tenant').onRef('d.id', '=', 'h.domain'))
    .select(['h.id', 'd.name', 's.key', 'h.decision', 'h.decided_at', 'h.note'])
    .where('h.tenant', '=', onlyTenant)
    .where('s.key', '=', request.sender)
  if (request.domains !== null) query = query.where('d.name', 'in', request.domains)
  const rows = await query.orderBy('h.id', 'desc').limit(decisionsLimit).execute()
  return rows.map(row => ({
    id: row.id,
    domain: row.name,
    sender: row.key,
    decision: decisionOf(row.decision),
    decidedAt: momentText(row.decided_at),
    note: row.note,
  }))
}
