import type { Scope } from '@letterlock/contract'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { dayNumber, daySeconds, dayText } from './time.ts'

/** Days of a scope that names none. */
const defaultScopeDays = 30

/**
 * Longer scopes that are taken where the default one holds too few days with reports, so that the first look at
 * imported history is not an empty chart.
 */
const widerScopeDays = [90, 365] as const

/** Days with reports that a scope which names none should hold, as far as there are so many. */
export const firstLookReportDays = 10

/** Longest scope in days: a century, so that a list of its days stays small. */
export const scopeDaysLimit = 36_525

/** The scope as a request gives it. */
export interface ScopeRequest {
  readonly domain?: readonly string[] | undefined
  readonly reporter?: readonly string[] | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** A scope in ids of the store. */
export interface ResolvedScope {
  /** Null: all. An empty list: none of the names is known, so nothing fits. */
  readonly domains: readonly number[] | null
  readonly reporters: readonly number[] | null
  /** UTC days since 1970, inclusive. */
  readonly from: number
  readonly to: number
  /** As it is told back. */
  readonly shown: Scope
}

/** The days of a scope make no sense; the text says why. */
export class ScopeFault extends Error {}

/** Finds the ids of a scope and fills its days in. `now`: seconds since 1970. */
export async function resolveScope(db: Kysely<Database>, request: ScopeRequest, now: number): Promise<ResolvedScope> {
  const domains = request.domain === undefined ? null : await domainIds(db, request.domain)
  const reporters = request.reporter === undefined ? null : await reporterIds(db, request.reporter)
  const { from, to } = await scopeDays(db, { request, domains, now })
  if (from > to) throw new ScopeFault('`from` is after `to`')
  if (to - from >= scopeDaysLimit) throw new ScopeFault(`a scope has at most ${scopeDaysLimit} days`)
  return {
    domains,
    reporters,
    from,
    to,
    shown: {
      domains: request.domain === undefined ? null : [...request.domain],
      from: dayText(from),
      to: dayText(to),
      reporters: request.reporter === undefined ? null : [...request.reporter],
    },
  }
}

async function scopeDays(
  db: Kysely<Database>,
  input: { readonly request: ScopeRequest; readonly domains: readonly number[] | null; readonly now: number },
): Promise<{ from: number; to: number }> {
  const { request, now } = input
  const to = request.to === undefined ? null : dayNumber(request.to)
  const from = request.from === undefined ? null : dayNumber(request.from)
  if (to !== null) return { from: from ?? to - defaultScopeDays + 1, to }
  const newest = await newestDay(db, input.domains, now)
  if (from === null) return { from: await firstLookBegin(db, input.domains, newest), to: newest }
  return { from, to: Math.max(from, newest) }
}

/**
 * Newest day with a report, else today. A period that lies in the future is a fault of the reporter's clock: it must
 * not move the first look away from all other reports.
 */
async function newestDay(db: Kysely<Database>, domains: readonly number[] | null, now: number): Promise<number> {
  const today = Math.floor(now / daySeconds)
  const newestOf = async (domain: number | null) => {
    let query = db
      .selectFrom('report')
      .select('day')
      .where('tenant', '=', onlyTenant)
      .where('day', '<=', today + 1)
    if (domain !== null) query = query.where('domain', '=', domain)
    return (await query.orderBy('day', 'desc').limit(1).executeTakeFirst())?.day ?? null
  }
  const found = domains === null ? [await newestOf(null)] : await Promise.all(domains.map(newestOf))
  const days = found.filter(day => day !== null)
  return days.length === 0 ? today : Math.max(...days)
}

/** First day of the shortest scope that holds the newest days with reports; else of the longest before everything. */
async function firstLookBegin(
  db: Kysely<Database>,
  domains: readonly number[] | null,
  newest: number,
): Promise<number> {
  const wanted = await earlierReportDay(db, domains, newest)
  const days = [defaultScopeDays, ...widerScopeDays].find(count => wanted > newest - count)
  return days === undefined ? Math.max(wanted, newest - scopeDaysLimit + 1) : newest - days + 1
}

/** The tenth newest day with reports, or the oldest where there are fewer; each step is one seek in an index. */
async function earlierReportDay(
  db: Kysely<Database>,
  domains: readonly number[] | null,
  newest: number,
): Promise<number> {
  const domain = domains === null ? sql`1 = 1` : inIds('domain', domains)
  const { rows } = await sql<{ day: number | null }>`
    with recursive step(day, place) as (
      select cast(${newest} as bigint), 1
      union all
      select (select max(day) from report where tenant = ${onlyTenant} and day < step.day and ${domain}), place + 1
      from step where day is not null and place < ${firstLookReportDays}
    )
    select min(day) as day from step`.execute(db)
  return rows[0]?.day ?? newest
}

async function domainIds(db: Kysely<Database>, names: readonly string[]): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('domain')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where(
      'name',
      'in',
      names.map(name => name.toLowerCase()),
    )
    .execute()
  return rows.map(row => row.id)
}

async function reporterIds(db: Kysely<Database>, keys: readonly string[]): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('reporter')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where(
      'key',
      'in',
      keys.map(key => key.toLowerCase()),
    )
    .execute()
  return rows.map(row => row.id)
}

/** `column in (…)` for ids; an empty list fits nothing. Ids are our own numbers and go in as parameters. */
export function inIds(column: string, ids: readonly number[]): RawBuilder<boolean> {
  if (ids.length === 0) return sql<boolean>`1 = 0`
  if (ids.length === 1) return sql<boolean>`${sql.ref(column)} = ${ids[0]}`
  // Numbers of the store written out: SQLite takes at most 32,766 parameters.
  return sql<boolean>`${sql.ref(column)} in (${sql.raw(ids.map(id => String(Math.trunc(id))).join(','))})`
}

/**
 * Rows of `alias` in the scope, for every table that has tenant, domain, day and reporter. All domains are named by a
 * subquery, so that the index by (tenant, domain, day) serves here too.
 */
export function inScope(scope: ResolvedScope, alias: string): RawBuilder<boolean> {
  const domain =
    scope.domains === null
      ? sql<boolean>`${sql.ref(`${alias}.domain`)} in (select id from domain where tenant = ${onlyTenant})`
      : inIds(`${alias}.domain`, scope.domains)
  const reporter = scope.reporters === null ? sql<boolean>`1 = 1` : inIds(`${alias}.reporter`, scope.reporters)
  return sql<boolean>`${sql.ref(`${alias}.tenant`)} = ${onlyTenant} and ${domain}
    and ${sql.ref(`${alias}.day`)} between ${scope.from} and ${scope.to} and ${reporter}`
}

/** The same number of days just before the scope. */
export function scopeBefore(scope: ResolvedScope): ResolvedScope {
  const days = scope.to - scope.from + 1
  return { ...scope, from: scope.from - days, to: scope.from - 1 }
}
