import { pageSizes } from '@letterlock/contract'
import type { TableFormat } from './table.ts'

/** What every table request has. */
export interface TableQuery {
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
  readonly format?: 'json' | TableFormat | undefined
}

/** Rows that an export of a list that is made in memory takes: all of them. */
const wholeList = 10_000_000

/** The format of a file, or null for a page in JSON. */
export function fileFormat(query: TableQuery): TableFormat | null {
  return query.format === undefined || query.format === 'json' ? null : query.format
}

/** Entries that are asked for: a page, or the whole list for a file. */
export function limitOf(query: TableQuery): number {
  return fileFormat(query) === null ? (query.limit ?? pageSizes.default) : wholeList
}
