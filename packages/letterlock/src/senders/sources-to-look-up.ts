import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../store/store.ts'

const day = 86_400

/** A confirmed name is looked up again after this time. */
export const nameAgeSeconds = 30 * day

/** That there is none is believed for a shorter time: names are often set late. */
export const noNameAgeSeconds = 7 * day

/** Days whose rows say which sources have the most messages. */
const volumeDays = 30

/**
 * Rows that are read for that, the newest days first: a round costs the same on a store of ten million rows as on one
 * of some hundred thousand. The order among sources need not be exact.
 */
export const volumeRowsLimit = 200_000

export interface SourceToLookUp {
  readonly id: number
  readonly ip: string
  readonly needsName: boolean
  readonly needsNetwork: boolean
}

export interface LookUpScope {
  readonly tenant: number
  /** Seconds since 1970. */
  readonly now: number
  readonly limit: number
  readonly wantsNames: boolean
  /** When the file of networks was changed; null without one. */
  readonly networksChangedAt: number | null
  /** Rows that are read for the order, where not `volumeRowsLimit`. */
  readonly rowsLimit?: number
}

/**
 * Sources that lack facts, or whose facts are out of date, in the order of their messages in the last days; then those
 * that had none in these days, newest first.
 */
export async function sourcesToLookUp(read: Kysely<Database>, scope: LookUpScope): Promise<readonly SourceToLookUp[]> {
  const { tenant, now, limit } = scope
  const wanted = wantedBy(scope)
  if (wanted === null) return []
  // Rows are only read where a source is open at all: usually none is.
  const one = await read
    .selectFrom('source')
    .select('id')
    .where('source.tenant', '=', tenant)
    .where(wanted)
    .limit(1)
    .execute()
  if (one.length === 0) return []
  const rowsLimit = scope.rowsLimit ?? volumeRowsLimit
  const firstDay = await firstVolumeDay(read, scope, rowsLimit)
  const busy = await read
    .selectFrom(eb =>
      eb
        .selectFrom('aggregate_row')
        .select(['source', 'messages'])
        .where('tenant', '=', tenant)
        // Names the domains, so that the days are found by the key of the table and not by reading all of it.
        .where('domain', 'in', from => from.selectFrom('domain').select('id').where('tenant', '=', tenant))
        .where('day', '>=', firstDay)
        // A single day may have more rows than are wanted.
        .limit(rowsLimit)
        .as('recent'),
    )
    .innerJoin('source', join => join.onRef('source.id', '=', 'recent.source').on('source.tenant', '=', tenant))
    .where(wanted)
    .groupBy(['source.id', 'source.ip', 'source.confirmed_ptr', 'source.ptr_looked_up_at', 'source.asn_looked_up_at'])
    .select(['source.id', 'source.ip', 'source.confirmed_ptr', 'source.ptr_looked_up_at', 'source.asn_looked_up_at'])
    .orderBy(sql`sum(recent.messages)`, 'desc')
    .limit(limit)
    .execute()
  const rest =
    busy.length >= limit
      ? []
      : await read
          .selectFrom('source')
          .where('source.tenant', '=', tenant)
          .where(wanted)
          .select([
            'source.id',
            'source.ip',
            'source.confirmed_ptr',
            'source.ptr_looked_up_at',
            'source.asn_looked_up_at',
          ])
          .orderBy('source.id', 'desc')
          .limit(limit)
          .execute()
  const known = new Set(busy.map(source => source.id))
  return [...busy, ...rest.filter(source => !known.has(source.id))].slice(0, limit).map(source => ({
    id: source.id,
    ip: source.ip,
    needsName: scope.wantsNames && isNameDue(source, now),
    needsNetwork: scope.networksChangedAt !== null && (source.asn_looked_up_at ?? -1) < scope.networksChangedAt,
  }))
}

/** The first of the newest days that together have no more rows than are read; of the newest day always. */
async function firstVolumeDay(
  read: Kysely<Database>,
  { tenant, now }: LookUpScope,
  rowsLimit: number,
): Promise<number> {
  const today = Math.floor(now / day)
  const counted = await read
    .selectFrom('report')
    .select(['day', sql<number>`sum(records)`.as('records')])
    .where('tenant', '=', tenant)
    .where('kind', '=', 'aggregate')
    .where('day', '>=', today - volumeDays)
    .groupBy('day')
    .orderBy('day', 'desc')
    .execute()
  let first = counted[0]?.day ?? today
  let rows = 0
  for (const found of counted) {
    rows += Number(found.records)
    if (rows > rowsLimit) break
    first = found.day
  }
  return first
}

function isNameDue(
  source: { readonly confirmed_ptr: string | null; readonly ptr_looked_up_at: number | null },
  now: number,
): boolean {
  const age = source.confirmed_ptr === null ? noNameAgeSeconds : nameAgeSeconds
  return source.ptr_looked_up_at === null || source.ptr_looked_up_at < now - age
}

/** Addresses that lack a fact or whose fact is out of date; null for a kind that is not looked up. */
export interface WaitingSources {
  readonly names: number | null
  readonly networks: number | null
}

/** How many sources wait for each kind of fact. */
export async function countWaiting(read: Kysely<Database>, scope: Omit<LookUpScope, 'limit'>): Promise<WaitingSources> {
  const { tenant, now, wantsNames, networksChangedAt } = scope
  const count = async (due: RawBuilder<boolean>) => {
    const counted = read.selectFrom('source').where('source.tenant', '=', tenant).where(due)
    return Number((await counted.select(eb => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count)
  }
  return {
    names: wantsNames ? await count(nameDue(now)) : null,
    networks: networksChangedAt === null ? null : await count(networkDue(networksChangedAt)),
  }
}

/** The condition of `isNameDue` and of a changed file, as the database understands it. */
function wantedBy({ wantsNames, networksChangedAt, now }: LookUpScope) {
  if (networksChangedAt === null) return wantsNames ? nameDue(now) : null
  const networks = networkDue(networksChangedAt)
  return wantsNames ? sql<boolean>`(${nameDue(now)} OR ${networks})` : networks
}

function nameDue(now: number): RawBuilder<boolean> {
  return sql<boolean>`(source.ptr_looked_up_at IS NULL OR source.ptr_looked_up_at < ${now - nameAgeSeconds}
    OR (source.confirmed_ptr IS NULL AND source.ptr_looked_up_at < ${now - noNameAgeSeconds}))`
}

function networkDue(changedAt: number): RawBuilder<boolean> {
  return sql<boolean>`(source.asn_looked_up_at IS NULL OR source.asn_looked_up_at < ${changedAt})`
}
