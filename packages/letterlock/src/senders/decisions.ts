import { type Decision, decisions, mayBeOwn, type SenderKey } from '@letterlock/posture'
import type { Kysely } from 'kysely'
import { type Database, onlyTenant } from '../store/store.ts'

/** Characters of a note that are kept with a decision. */
export const noteLimit = 2000

/** What a person says of a sender for one domain. */
export interface DecisionChange {
  /** A-label of the domain. */
  readonly domain: string
  readonly sender: SenderKey
  readonly decision: Decision
  readonly note: string | null
  /** Seconds since 1970. */
  readonly now: number
}

export type DecisionResult =
  | { readonly kind: 'set'; readonly before: Decision }
  /** It was so already: nothing was written. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'unknown domain' }
  | { readonly kind: 'unknown sender' }
  /** Nothing proven names it, so that it cannot be anybody's own (`mayBeOwn`). */
  | { readonly kind: 'not proven' }

/** One change of a decision. */
export interface DecisionEntry {
  readonly decision: Decision
  /** Seconds since 1970. */
  readonly decidedAt: number
  readonly note: string | null
}

/**
 * Sets what is decided about a sender for a domain and keeps the change in the history. A decision is about a key: when
 * the senders of rows are named anew, it stays with the key and does not follow the rows.
 */
export async function decide(write: Kysely<Database>, change: DecisionChange): Promise<DecisionResult> {
  if (change.decision === 'mine' && !mayBeOwn(change.sender)) return { kind: 'not proven' }
  return await write.transaction().execute(async transaction => {
    const ids = await idsOf(transaction, change.domain, change.sender)
    if (ids.domain === null) return { kind: 'unknown domain' }
    if (ids.sender === null) return { kind: 'unknown sender' }
    const about = { tenant: onlyTenant, domain: ids.domain, sender: ids.sender }
    const current = await transaction
      .selectFrom('decision')
      .select('decision')
      .where('tenant', '=', about.tenant)
      .where('domain', '=', about.domain)
      .where('sender', '=', about.sender)
      .executeTakeFirst()
    const before = decisionOf(current?.decision)
    if (before === change.decision) return { kind: 'unchanged' }
    const decided = { decision: change.decision, decided_at: change.now }
    await transaction
      .insertInto('decision')
      .values({ ...about, ...decided })
      .onConflict(conflict => conflict.columns(['tenant', 'domain', 'sender']).doUpdateSet(decided))
      .execute()
    await transaction
      .insertInto('decision_history')
      .values({ ...about, ...decided, note: change.note?.slice(0, noteLimit) ?? null })
      .execute()
    return { kind: 'set', before }
  })
}

/** Every change of what is decided about a sender for a domain, newest first. */
export async function decisionHistory(
  read: Kysely<Database>,
  domain: string,
  sender: string,
): Promise<readonly DecisionEntry[]> {
  const ids = await idsOf(read, domain, sender)
  if (ids.domain === null || ids.sender === null) return []
  const rows = await read
    .selectFrom('decision_history')
    .select(['decision', 'decided_at', 'note'])
    .where('tenant', '=', onlyTenant)
    .where('domain', '=', ids.domain)
    .where('sender', '=', ids.sender)
    .orderBy('id', 'desc')
    .execute()
  return rows.map(row => ({ decision: decisionOf(row.decision), decidedAt: row.decided_at, note: row.note }))
}

/** A stored decision; a word that this program does not know counts as undecided. */
export function decisionOf(text: string | undefined): Decision {
  return decisions.find(decision => decision === text) ?? 'undecided'
}

async function idsOf(
  read: Kysely<Database>,
  domain: string,
  sender: string,
): Promise<{ readonly domain: number | null; readonly sender: number | null }> {
  // One after the other: a transaction has one connection.
  const domainRow = await read
    .selectFrom('domain')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where('name', '=', domain)
    .executeTakeFirst()
  const senderRow = await read
    .selectFrom('sender')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where('key', '=', sender)
    .executeTakeFirst()
  return { domain: domainRow?.id ?? null, sender: senderRow?.id ?? null }
}
