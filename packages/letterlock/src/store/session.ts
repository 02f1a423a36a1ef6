import type { SourceFacts } from '@letterlock/posture'
import { setDigest } from './digest.ts'

/** What a statement takes and gives. Integers come back as numbers (number.ts). */
export type SqlValue = string | number | bigint | Uint8Array | null
export type SqlRow = Readonly<Record<string, SqlValue>>

/** SQLite answers at once, PostgreSQL later; callers await either. */
export type Soon<T> = T | Promise<T>

/** Values that many rows share, each stored once for a tenant. */
export const dictionaries = {
  domain: { key: 'name', extra: ['is_tracked', 'type', 'tags', 'added_at'] },
  reporter: { key: 'key', extra: ['name'] },
  name: { key: 'name', extra: [] },
  source: { key: 'ip', extra: [] },
  sender: { key: 'key', extra: ['basis', 'basis_value'] },
  dkim_set: { key: 'digest', extra: ['members'] },
  spf_set: { key: 'digest', extra: ['members'] },
  reason_set: { key: 'digest', extra: ['members'] },
  catalogue: { key: 'version', extra: [] },
} as const satisfies Record<string, { readonly key: string; readonly extra: readonly string[] }>
export type Dictionary = keyof typeof dictionaries

/** A value to look up or add: its text, and the other columns should it be new. */
export interface DictionaryEntry {
  /** Of a set, the JSON of its members: its digest is the stored key. */
  readonly key: string
  readonly extra: readonly SqlValue[]
}

/** Where the rows of one report go: the members that all of them share. */
export interface RowPlace {
  readonly tenant: number
  readonly domain: number
  readonly day: number
  readonly report: number
  readonly reporter: number
}

/** Codes of a row: small numbers, each below `codesOfColumn`. */
export const codeColumns = [
  'is_proven',
  'disposition',
  'dkim',
  'spf',
  'flags',
  'alignment',
  'authentication',
  'rollup_disposition',
] as const

/** Codes that a column may have: eight of them, the first 0 or 1, fit into the 31 bits that SQLite is handed cheaply. */
export const codesOfColumn = 16

/** Columns of `aggregate_row` that differ from row to row, beside `seq`, in the order that they are written. */
export const rowColumns = [
  'source',
  'messages',
  'header_from',
  'envelope_from',
  'envelope_to',
  'reason_set',
  'dkim_set',
  'spf_set',
  'sender',
  ...codeColumns,
] as const

/** A run of rows of one report. */
export interface RowRun {
  readonly place: RowPlace
  readonly catalogue: number
  /** `seq` of the first row. */
  readonly first: number
  /** `rowColumns.length` numbers for each row, one row after the other. */
  readonly values: readonly number[]
}

/** Columns of `aggregate_rollup` that differ between the cells of one report; the last two are the sums. */
export const cellColumns = [
  'sender',
  'header_from',
  'disposition',
  'alignment',
  'authentication',
  'messages',
  'records',
] as const

/** Cells of the roll-up of one report, `cellColumns.length` numbers for each. */
export interface CellRun {
  readonly place: RowPlace
  readonly values: readonly number[]
}

/** The key of `aggregate_rollup`. */
export const rollupKeyColumns = ['tenant', 'domain', 'day', 'reporter', ...cellColumns.slice(0, 5)]

/**
 * One transaction on either database. SQL is written once, portable, with `?` for parameters. The bulk operations are
 * each database's own: prepared statements on SQLite, COPY on PostgreSQL.
 */
export interface Session {
  readonly dialect: 'sqlite' | 'postgres'
  all(sql: string, parameters: readonly SqlValue[]): Soon<readonly SqlRow[]>
  /** Number of rows changed. */
  run(sql: string, parameters: readonly SqlValue[]): Soon<number>
  /** Adds one row to a table that gives ids, and returns its id. */
  insert(table: string, values: Readonly<Record<string, SqlValue>>): Soon<number>
  /** An id that no report had or will have. */
  nextReportId(): Soon<number>
  /** Ids of a dictionary that need no look-up, by key; good until the next call of `intern`. */
  knownIds(dictionary: Dictionary, tenant: number): ReadonlyMap<string, number>
  /** Ids of the entries, in their order; new ones are added. */
  intern(dictionary: Dictionary, tenant: number, entries: readonly DictionaryEntry[]): Soon<readonly number[]>
  /** What was looked up about these sources; a source without any answer is left out. */
  sourceFacts(sources: readonly number[]): Soon<ReadonlyMap<number, SourceFacts>>
  appendRows(run: RowRun): Soon<void>
  /** Adds to the sums of the roll-up. */
  addCells(run: CellRun): Soon<void>
  /** Values of this dictionary were removed. */
  forget(dictionary: Dictionary, tenant: number): void
  savepoint(): Soon<void>
  /** Keeps what was written since the savepoint. */
  release(): Soon<void>
  /** Takes back what was written since the savepoint. */
  rollbackToSavepoint(): Soon<void>
}

/** Runs one transaction at a time; the promise is kept only when it is durable. */
export interface Transactor {
  transaction<T>(body: (session: Session) => Promise<T>): Promise<T>
}

/** Characters that no text of a database may hold: NUL, and half of a surrogate pair. */
const unstorable = /\0|\p{Surrogate}/gu

/** NUL ends a text in SQLite's C interface and is refused by PostgreSQL, half a pair has no UTF-8: shown as U+FFFD. */
export function storableText(text: string): string {
  return /[\0\ud800-\udfff]/.test(text) ? text.replace(unstorable, '\uFFFD') : text
}

/** Characters of a dictionary's text: PostgreSQL indexes at most 2,704 bytes. Names in DNS have at most 253. */
export const dictionaryTextLimit = 600

/** A text as a dictionary keeps it. One that is too long to be a name is cut; a digest tells it from its like. */
export function dictionaryText(value: string): string {
  const text = storableText(value)
  if (text.length <= dictionaryTextLimit) return text
  const digest = Buffer.from(setDigest(text)).toString('hex')
  return storableText(`${text.slice(0, dictionaryTextLimit - digest.length - 1)}…${digest}`)
}

/** Facts of a `source` row. */
export function sourceFactsOf(row: SqlRow): SourceFacts {
  const { confirmed_ptr: ptr, asn } = row
  return { confirmedPtr: typeof ptr === 'string' ? ptr : null, asn: asn == null ? null : Number(asn) }
}

/** Id of a value, 0 where it is absent. */
export async function idOf(
  session: Session,
  dictionary: 'source' | 'name',
  tenant: number,
  value: string | null,
): Promise<number> {
  if (value === null) return 0
  const [id = 0] = await session.intern(dictionary, tenant, [{ key: dictionaryText(value), extra: [] }])
  return id
}

export function textOrNull(text: string | null): string | null {
  return text === null ? null : storableText(text)
}
