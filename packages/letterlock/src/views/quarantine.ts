import type { QuarantineAnswer } from '@letterlock/contract'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { momentText } from './time.ts'
import type { OffsetPage } from './tls-rows.ts'

/** What could not be read, newest first. */
export async function quarantineView(
  db: Kysely<Database>,
  request: { readonly code: string | undefined },
  page: OffsetPage,
): Promise<QuarantineAnswer> {
  let fitting = db
    .selectFrom('quarantine as q')
    .innerJoin('delivery as d', join => join.onRef('d.tenant', '=', 'q.tenant').onRef('d.id', '=', 'q.delivery'))
    .where('q.tenant', '=', onlyTenant)
  if (request.code !== undefined) fitting = fitting.where('q.code', '=', request.code)
  const [byCode, rows] = await Promise.all([
    fitting
      .select(['q.code', sql<number>`count(*)`.as('entries')])
      .groupBy('q.code')
      .execute(),
    fitting
      .select(['q.id', 'd.name', 'q.path', 'd.channel', 'q.code', 'q.reason', 'q.quarantined_at'])
      .select(['d.received_at', 'd.size', 'd.has_bytes'])
      .orderBy('q.id', 'desc')
      .limit(page.limit)
      .offset(page.offset)
      .execute(),
  ])
  const entries = byCode.reduce((sum, row) => sum + row.entries, 0)
  const end = page.offset + page.limit
  return {
    total: { entries, byCode: Object.fromEntries(byCode.map(row => [row.code, row.entries])) },
    quarantine: rows.map(row => ({
      id: row.id,
      name: row.name,
      path: row.path,
      channel: row.channel,
      code: row.code,
      reason: row.reason,
      quarantinedAt: momentText(row.quarantined_at),
      receivedAt: momentText(row.received_at),
      bytes: row.size,
      hasBytes: row.has_bytes === 1,
    })),
    nextCursor: end < entries ? String(end) : null,
  }
}

/** The delivery of a quarantine entry, or null. */
export async function quarantinedDelivery(
  db: Kysely<Database>,
  id: number,
): Promise<{ readonly delivery: number; readonly name: string; readonly channel: string } | null> {
  const row = await db
    .selectFrom('quarantine as q')
    .innerJoin('delivery as d', join => join.onRef('d.tenant', '=', 'q.tenant').onRef('d.id', '=', 'q.delivery'))
    .select(['q.delivery', 'd.name', 'd.channel'])
    .where('q.tenant', '=', onlyTenant)
    .where('q.id', '=', id)
    .executeTakeFirst()
  return row ?? null
}
