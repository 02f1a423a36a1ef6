import type { Kysely } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { inIds } from './scope.ts'

export interface ReporterName {
  readonly key: string
  readonly name: string
}

/** Names of domains by id. */
export async function domainNames(db: Kysely<Database>, ids: Iterable<number>): Promise<ReadonlyMap<number, string>> {
  const rows = await db
    .selectFrom('domain')
    .select(['id', 'name'])
    .where('tenant', '=', onlyTenant)
    .where(inIds('domain.id', [...new Set(ids)]))
    .execute()
  return new Map(rows.map(row => [row.id, row.name]))
}

/** Keys and names of reporters by id. */
export async function reporterNames(
  db: Kysely<Database>,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, ReporterName>> {
  const rows = await db
    .selectFrom('reporter')
    .select(['id', 'key', 'name'])
    .where('tenant', '=', onlyTenant)
    .where(inIds('reporter.id', [...new Set(ids)]))
    .execute()
  return new Map(rows.map(row => [row.id, row]))
}

/** Domain names of rows by id; 0 is not there: absent. */
export async function rowNames(db: Kysely<Database>, ids: Iterable<number>): Promise<ReadonlyMap<number, string>> {
  const rows = await db
    .selectFrom('name')
    .select(['id', 'name'])
    .where('tenant', '=', onlyTenant)
    .where(inIds('name.id', [...new Set(ids)]))
    .execute()
  return new Map(rows.map(row => [row.id, row.name]))
}

/** Members of sets of results or reasons by id, as stored; 0 is not there: the empty set. */
export async function membersById(
  db: Kysely<Database>,
  table: 'dkim_set' | 'spf_set' | 'reason_set',
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, string>> {
  const rows = await db
    .selectFrom(table)
    .select(['id', 'members'])
    .where('tenant', '=', onlyTenant)
    .where(inIds(`${table}.id`, [...new Set(ids)]))
    .execute()
  return new Map(rows.map(row => [row.id, row.members]))
}

export const unknownReporter: ReporterName = { key: '', name: '' }
