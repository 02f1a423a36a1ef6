import { alignmentPaths, type Decision } from '@letterlock/posture'
import { type Kysely, sql } from 'kysely'
import { type Database, onlyTenant } from '../store/store.ts'
import { decisionOf } from './decisions.ts'

/** One sender of one domain, by the sums over its mail. */
export interface ListedSender {
  readonly domain: string
  /** `SenderKey`. */
  readonly key: string
  readonly messages: number
  /** Messages with at least one aligned pass. */
  readonly aligned: number
  readonly decision: Decision
}

const alignedCodes = alignmentPaths.flatMap((path, code) => (['spf', 'dkim', 'dkim+spf'].includes(path) ? [code] : []))

/** Senders with mail of these days (since 1970, inclusive), those with the most messages first. */
export async function listSenders(
  read: Kysely<Database>,
  scope: { readonly domain: string | null; readonly firstDay: number; readonly lastDay: number },
): Promise<readonly ListedSender[]> {
  const domains = read
    .selectFrom('domain')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .$if(scope.domain !== null, query => query.where('name', '=', scope.domain ?? ''))
  const rows = await read
    .selectFrom('aggregate_rollup as sums')
    .innerJoin('domain', join => join.onRef('domain.tenant', '=', 'sums.tenant').onRef('domain.id', '=', 'sums.domain'))
    .innerJoin('sender', join => join.onRef('sender.tenant', '=', 'sums.tenant').onRef('sender.id', '=', 'sums.sender'))
    .leftJoin('decision', join =>
      join
        .onRef('decision.tenant', '=', 'sums.tenant')
        .onRef('decision.domain', '=', 'sums.domain')
        .onRef('decision.sender', '=', 'sums.sender'),
    )
    .where('sums.tenant', '=', onlyTenant)
    .where('sums.domain', 'in', domains)
    .where('sums.day', '>=', scope.firstDay)
    .where('sums.day', '<=', scope.lastDay)
    .groupBy(['domain.name', 'sender.key', 'decision.decision'])
    .select(['domain.name as domain', 'sender.key as key', 'decision.decision as decision'])
    .select([
      sql<number>`sum(sums.messages)`.as('messages'),
      sql<number>`sum(CASE WHEN sums.alignment IN (${sql.join(alignedCodes)}) THEN sums.messages ELSE 0 END)`.as(
        'aligned',
      ),
    ])
    .orderBy('messages', 'desc')
    .orderBy('domain.name')
    .orderBy('sender.key')
    .execute()
  return rows.map(row => ({
    domain: row.domain,
    key: row.key,
    messages: Number(row.messages),
    aligned: Number(row.aligned),
    decision: decisionOf(row.decision ?? undefined),
  }))
}
