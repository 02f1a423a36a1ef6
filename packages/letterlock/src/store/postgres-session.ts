import type { SourceFacts } from '@letterlock/posture'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { setDigest } from './digest.ts'
import type { InternCache } from './intern-cache.ts'
import {
  type CellRun,
  cellColumns,
  type Dictionary,
  type DictionaryEntry,
  dictionaries,
  type RowRun,
  rollupKeyColumns,
  rowColumns,
  type Session,
  type SqlRow,
  type SqlValue,
  sourceFactsOf,
} from './session.ts'

/** Ids of reports that are taken from the sequence at once. */
const reportIdsTaken = 64

/** Rows gathered before they are copied: one COPY for each report would wait for the server once a report. */
const rowsGathered = 20_000

/** Entries of one statement that adds to a dictionary. */
const entriesOfStatement = 500

const placedSql = new Map<string, string>()

/** Parameters are `?` in our SQL and numbered in PostgreSQL's. None of our texts holds a question mark otherwise. */
function numbered(sql: string): string {
  let known = placedSql.get(sql)
  if (known === undefined) {
    let count = 0
    known = sql.replace(/\?/g, () => `$${++count}`)
    placedSql.set(sql, known)
  }
  return known
}

/** What outlives a transaction: ids that are known, and ids that may be used. */
export interface PostgresMemory {
  readonly cache: InternCache
  readonly reportIds: number[]
}

/** One transaction on PostgreSQL. Rows and cells are gathered and go to the server in large runs. */
export class PostgresSession implements Session {
  readonly dialect = 'postgres'
  readonly #client: PoolClient
  readonly #memory: PostgresMemory
  #savepoints: number[] = []
  #lines: string[] = []
  #cells = new Map<string, number[]>()

  constructor(client: PoolClient, memory: PostgresMemory) {
    this.#client = client
    this.#memory = memory
  }

  async all(sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    if (readsGathered(sql)) await this.flush()
    const { rows } = await this.#client.query<SqlRow>(numbered(sql), [...parameters])
    return rows
  }

  async run(sql: string, parameters: readonly SqlValue[]): Promise<number> {
    if (readsGathered(sql)) await this.flush()
    const { rowCount } = await this.#client.query(numbered(sql), [...parameters])
    return rowCount ?? 0
  }

  async insert(table: string, values: Readonly<Record<string, SqlValue>>): Promise<number> {
    const names = Object.keys(values)
    const marks = names.map((_, at) => `$${at + 1}`).join(', ')
    const { rows } = await this.#client.query<{ id: number }>(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks}) RETURNING id`,
      Object.values(values),
    )
    return rows[0]?.id ?? 0
  }

  async nextReportId(): Promise<number> {
    const { reportIds } = this.#memory
    if (reportIds.length === 0) {
      const { rows } = await this.#client.query<{ id: number }>(
        `SELECT nextval(pg_get_serial_sequence('report', 'id')) AS id FROM generate_series(1, ${reportIdsTaken})`,
      )
      reportIds.push(...rows.map(row => row.id))
    }
    return reportIds.shift() ?? 0
  }

  knownIds(dictionary: Dictionary, tenant: number): ReadonlyMap<string, number> {
    return this.#remembered(dictionary, tenant)
  }

  #remembered(dictionary: Dictionary, tenant: number): Map<string, number> {
    // Another process may remove a domain; its id must not be remembered here.
    return dictionary === 'domain' ? new Map() : this.#memory.cache.of(dictionary, tenant)
  }

  async intern(
    dictionary: Dictionary,
    tenant: number,
    entries: readonly DictionaryEntry[],
  ): Promise<readonly number[]> {
    const ids = this.#remembered(dictionary, tenant)
    const missing = new Map<string, DictionaryEntry>()
    for (const entry of entries) if (!ids.has(entry.key)) missing.set(entry.key, entry)
    const open = [...missing.values()]
    for (let at = 0; at < open.length; at += entriesOfStatement)
      await this.#findOrAdd({ dictionary, tenant, ids, entries: open.slice(at, at + entriesOfStatement) })
    return entries.map(entry => ids.get(entry.key) ?? 0)
  }

  async #findOrAdd(of: {
    readonly dictionary: Dictionary
    readonly tenant: number
    readonly ids: Map<string, number>
    readonly entries: readonly DictionaryEntry[]
  }): Promise<void> {
    const { dictionary, tenant, ids, entries } = of
    const { key, extra } = dictionaries[dictionary]
    const isDigest = key === 'digest'
    const stored = new Map(entries.map(entry => [isDigest ? hexOf(setDigest(entry.key)) : entry.key, entry]))
    const column = isDigest ? `encode(${key}, 'hex')` : key
    const condition = isDigest ? `${key} = ANY($2::bytea[])` : `${key} = ANY($2::text[])`
    const keys = [...stored.keys()].map(text => (isDigest ? Buffer.from(text, 'hex') : text))
    const found = await this.#client.query<{ id: number; found: string }>(
      `SELECT id, ${column} AS found FROM ${dictionary} WHERE tenant = $1 AND ${condition}`,
      [tenant, keys],
    )
    for (const { id, found: text } of found.rows) {
      const entry = stored.get(text)
      if (entry !== undefined) this.#memory.cache.keep(ids, entry.key, id)
      stored.delete(text)
    }
    if (stored.size === 0) return
    const width = 2 + extra.length
    const rows = [...stored.values()].map(
      (_, row) => `(${Array.from({ length: width }, (_, at) => `$${row * width + at + 1}`).join(', ')})`,
    )
    const parameters = [...stored].flatMap(([text, entry]) => [
      tenant,
      isDigest ? Buffer.from(text, 'hex') : text,
      ...entry.extra,
    ])
    const added = await this.#client.query<{ id: number; found: string }>(
      `INSERT INTO ${dictionary} (${['tenant', key, ...extra].join(', ')}) VALUES ${rows.join(', ')}
       RETURNING id, ${column} AS found`,
      parameters,
    )
    for (const { id, found: text } of added.rows) {
      const entry = stored.get(text)
      if (entry !== undefined) this.#memory.cache.add(ids, entry.key, id)
    }
  }

  async sourceFacts(sources: readonly number[]): Promise<ReadonlyMap<number, SourceFacts>> {
    const { rows } = await this.#client.query<SqlRow>(
      `SELECT id, confirmed_ptr, asn FROM source
       WHERE id = ANY($1::int8[]) AND (confirmed_ptr IS NOT NULL OR asn IS NOT NULL)`,
      [sources],
    )
    return new Map(rows.map(row => [Number(row['id']), sourceFactsOf(row)]))
  }

  async appendRows({ place, catalogue, first, values }: RowRun): Promise<void> {
    const { tenant, domain, day, report, reporter } = place
    const width = rowColumns.length
    for (let row = 0; row * width < values.length; row++) {
      const own = values.slice(row * width, (row + 1) * width).join('\t')
      this.#lines.push(`${tenant}\t${domain}\t${day}\t${report}\t${reporter}\t${catalogue}\t${first + row}\t${own}\n`)
    }
    if (this.#lines.length >= rowsGathered) await this.flush()
  }

  addCells({ place, values }: CellRun): void {
    const { tenant, domain, day, reporter } = place
    const width = cellColumns.length
    for (let at = 0; at < values.length; at += width) {
      const key = [tenant, domain, day, reporter, ...values.slice(at, at + 5)]
      const [messages = 0, records = 0] = values.slice(at + 5, at + 7)
      const name = key.join(' ')
      const cell = this.#cells.get(name)
      if (cell === undefined) this.#cells.set(name, [...key, messages, records])
      else {
        cell[key.length] = (cell[key.length] ?? 0) + messages
        cell[key.length + 1] = (cell[key.length + 1] ?? 0) + records
      }
    }
  }

  /** Sends what was gathered. */
  async flush(): Promise<void> {
    if (this.#lines.length > 0) {
      const lines = this.#lines
      this.#lines = []
      await this.#copy(lines.join(''))
    }
    if (this.#cells.size === 0) return
    const cells = [...this.#cells.values()]
    this.#cells.clear()
    const columns = [...rollupKeyColumns, 'messages', 'records']
    const arrays = columns.map((_, column) => cells.map(cell => cell[column] ?? 0))
    await this.#client.query(
      `INSERT INTO aggregate_rollup (${columns.join(', ')})
       SELECT * FROM unnest(${columns.map((_, at) => `$${at + 1}::int8[]`).join(', ')})
       ON CONFLICT (${rollupKeyColumns.join(', ')}) DO UPDATE
       SET messages = aggregate_rollup.messages + excluded.messages,
           records = aggregate_rollup.records + excluded.records`,
      arrays,
    )
  }

  #copy(text: string): Promise<void> {
    const columns = ['tenant', 'domain', 'day', 'report', 'reporter', 'catalogue', 'seq', ...rowColumns]
    const stream = this.#client.query(copyFrom(`COPY aggregate_row (${columns.join(', ')}) FROM STDIN`))
    return new Promise((resolve, reject) => {
      stream.on('error', reject)
      stream.on('finish', resolve)
      stream.end(text)
    })
  }

  forget(dictionary: Dictionary, tenant: number): void {
    this.#memory.cache.forget(dictionary, tenant)
  }

  async savepoint(): Promise<void> {
    // What was gathered belongs before the savepoint; what is gathered after it can simply be dropped.
    await this.flush()
    await this.#client.query(`SAVEPOINT s${this.#savepoints.length}`)
    this.#savepoints.push(this.#memory.cache.mark())
  }

  async release(): Promise<void> {
    await this.flush()
    this.#savepoints.pop()
    await this.#client.query(`RELEASE SAVEPOINT s${this.#savepoints.length}`)
  }

  async rollbackToSavepoint(): Promise<void> {
    this.#lines = []
    this.#cells.clear()
    this.#memory.cache.undoTo(this.#savepoints.pop() ?? 0)
    await this.#client.query(`ROLLBACK TO SAVEPOINT s${this.#savepoints.length}`)
    await this.#client.query(`RELEASE SAVEPOINT s${this.#savepoints.length}`)
  }
}

function readsGathered(sql: string): boolean {
  return sql.includes('aggregate_row') || sql.includes('aggregate_rollup')
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
