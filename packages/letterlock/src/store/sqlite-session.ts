import type { SourceFacts } from '@letterlock/posture'
import { setDigest } from './digest.ts'
import { InternCache } from './intern-cache.ts'
import { migrate } from './migrations.ts'
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
  type Transactor,
} from './session.ts'
import { allRows, openWriter, type SqliteDatabase, type SqliteStatement, StatementCache } from './sqlite.ts'
import type { Turns } from './turns.ts'

/** Prepared statements of the writer: its own are some 60, the rest are of a person's small changes. */
const writerStatements = 200

const marks = (count: number) => Array(count).fill('?').join(', ')

/** A statement that writes `width` rows at once: binding and calling cost more than the row itself. */
interface WideStatement {
  readonly width: number
  readonly statement: SqliteStatement
}

/** Rows of one statement, widest first; the last must be 1. */
const rowWidths = [25, 5, 1]

/** @NOTE No numbered parameters (`?7`): @photostructure/sqlite looks up the name of each, in quadratic time. */
function rowSql(width: number): string {
  return `INSERT INTO aggregate_row (tenant, domain, day, report, reporter, catalogue, seq, ${rowColumns.join(', ')})
    VALUES ${Array(width)
      .fill(`(${marks(7 + rowColumns.length)})`)
      .join(', ')}`
}

function cellSql(width: number): string {
  return `INSERT INTO aggregate_rollup (tenant, domain, day, reporter, ${cellColumns.join(', ')})
    VALUES ${Array(width)
      .fill(`(${marks(4 + cellColumns.length)})`)
      .join(', ')}
    ON CONFLICT (${rollupKeyColumns.join(', ')})
    DO UPDATE SET messages = messages + excluded.messages, records = records + excluded.records`
}

/** Runs the widest statement that fits again and again; `push` adds the parameters of the row at a place. */
function runWide(
  statements: readonly WideStatement[],
  rows: number,
  push: (into: number[], row: number) => void,
): void {
  let at = 0
  for (const { width, statement } of statements)
    for (; rows - at >= width; at += width) {
      const parameters: number[] = []
      for (let row = at; row < at + width; row++) push(parameters, row)
      statement.run(...parameters)
    }
}

/** The writing connection of SQLite. Everything is answered at once; it lives in the writer thread. */
export class SqliteSession implements Session {
  readonly dialect = 'sqlite'
  readonly #database: SqliteDatabase
  readonly statements: StatementCache
  readonly #cache = new InternCache()
  readonly #rows: readonly WideStatement[]
  readonly #cells: readonly WideStatement[]
  readonly #facts: SqliteStatement
  #lastReportId: number
  #savepoints: number[] = []

  constructor(database: SqliteDatabase) {
    this.#database = database
    this.statements = new StatementCache(database, writerStatements)
    this.#rows = rowWidths.map(width => ({ width, statement: database.prepare(rowSql(width)) }))
    this.#cells = rowWidths.map(width => ({ width, statement: database.prepare(cellSql(width)) }))
    this.#facts = database.prepare(
      'SELECT confirmed_ptr, asn FROM source WHERE id = ? AND (confirmed_ptr IS NOT NULL OR asn IS NOT NULL)',
    )
    this.#lastReportId = Number(this.all("SELECT seq FROM sqlite_sequence WHERE name = 'report'", [])[0]?.['seq'] ?? 0)
  }

  all(sql: string, parameters: readonly SqlValue[]): readonly SqlRow[] {
    return allRows(this.statements.get(sql), parameters)
  }

  run(sql: string, parameters: readonly SqlValue[]): number {
    return Number(this.statements.get(sql).run(...parameters).changes)
  }

  insert(table: string, values: Readonly<Record<string, SqlValue>>): number {
    const names = Object.keys(values)
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks(names.length)})`
    return Number(this.statements.get(sql).run(...Object.values(values)).lastInsertRowid)
  }

  nextReportId(): number {
    this.#lastReportId += 1
    return this.#lastReportId
  }

  intern(dictionary: Dictionary, tenant: number, entries: readonly DictionaryEntry[]): readonly number[] {
    const ids = this.#cache.of(dictionary, tenant)
    return entries.map(entry => ids.get(entry.key) ?? this.#find(dictionary, tenant, entry, ids))
  }

  #find(dictionary: Dictionary, tenant: number, entry: DictionaryEntry, ids: Map<string, number>): number {
    const { key, extra } = dictionaries[dictionary]
    const stored = key === 'digest' ? setDigest(entry.key) : entry.key
    const found = this.statements
      .get(`SELECT id FROM ${dictionary} WHERE tenant = ? AND ${key} = ?`)
      .get(tenant, stored)
    if (found !== undefined) {
      const id = Number(found['id'])
      this.#cache.keep(ids, entry.key, id)
      return id
    }
    const columns = ['tenant', key, ...extra]
    const added = this.statements
      .get(`INSERT INTO ${dictionary} (${columns.join(', ')}) VALUES (${marks(columns.length)})`)
      .run(tenant, stored, ...entry.extra)
    const id = Number(added.lastInsertRowid)
    this.#cache.add(ids, entry.key, id)
    return id
  }

  sourceFacts(sources: readonly number[]): ReadonlyMap<number, SourceFacts> {
    const facts = new Map<number, SourceFacts>()
    for (const id of sources) {
      const row = this.#facts.get(id)
      if (row !== undefined) facts.set(id, sourceFactsOf(row))
    }
    return facts
  }

  appendRows({ place, catalogue, first, values }: RowRun): void {
    const { tenant, domain, day, report, reporter } = place
    const width = rowColumns.length
    runWide(this.#rows, values.length / width, (into, row) => {
      into.push(tenant, domain, day, report, reporter, catalogue, first + row)
      for (let at = row * width; at < (row + 1) * width; at++) into.push(values[at] ?? 0)
    })
  }

  addCells({ place, values }: CellRun): void {
    const { tenant, domain, day, reporter } = place
    const width = cellColumns.length
    runWide(this.#cells, values.length / width, (into, cell) => {
      into.push(tenant, domain, day, reporter)
      for (let at = cell * width; at < (cell + 1) * width; at++) into.push(values[at] ?? 0)
    })
  }

  savepoint(): void {
    this.statements.get(`SAVEPOINT s${this.#savepoints.length}`).run()
    this.#savepoints.push(this.#cache.mark())
  }

  release(): void {
    this.#savepoints.pop()
    this.statements.get(`RELEASE s${this.#savepoints.length}`).run()
  }

  rollbackToSavepoint(): void {
    this.#cache.undoTo(this.#savepoints.pop() ?? 0)
    this.statements.get(`ROLLBACK TO s${this.#savepoints.length}`).run()
    this.statements.get(`RELEASE s${this.#savepoints.length}`).run()
  }

  begin(): void {
    // IMMEDIATE: a transaction that reads first would otherwise fail when it turns to writing.
    this.statements.get('BEGIN IMMEDIATE').run()
  }

  commit(): void {
    this.statements.get('COMMIT').run()
    this.#cache.settle()
  }

  rollback(): void {
    this.#savepoints = []
    this.#cache.undoTo(0)
    this.statements.get('ROLLBACK').run()
  }

  forget(dictionary: Dictionary, tenant: number): void {
    this.#cache.forget(dictionary, tenant)
  }

  /** Takes back what a holder of the connection left uncommitted. */
  rollbackLeftover(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // No transaction was open, which is the normal case; there is no portable way to ask.
    }
  }

  /** Outside a transaction: statements such as a vacuum. */
  execute(sql: string): void {
    this.#database.exec(sql)
  }

  close(): void {
    // The query planner learns from what was stored; it is cheap when nothing changed.
    this.#database.exec('PRAGMA optimize')
    this.#database.close()
  }
}

/** Opens the file of a store, or makes it, and brings its schema up to date. */
export async function openSqliteSession(path: string, now: () => number): Promise<SqliteSession> {
  const database = openWriter(path)
  database.exec('BEGIN IMMEDIATE')
  try {
    await migrate({
      dialect: 'sqlite',
      execute: sql => database.exec(sql),
      all: sql =>
        database
          .prepare(sql)
          .all()
          .map(row => ({ id: Number(row['id']), name: String(row['name']), checksum: String(row['checksum']) })),
      record: ({ id, name, checksum }) =>
        database
          .prepare('INSERT INTO migration (id, name, checksum, applied_at) VALUES (?, ?, ?, ?)')
          .run(id, name, checksum, now()),
    })
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    database.close()
    throw error
  }
  return new SqliteSession(database)
}

/** Transactions on the one writing connection, one after the other. */
export function sqliteTransactor(session: SqliteSession, turns: Turns): Transactor {
  return {
    async transaction(body) {
      const endTurn = await turns.next()
      try {
        session.begin()
        try {
          const value = await body(session)
          session.commit()
          return value
        } catch (error) {
          session.rollback()
          throw error
        }
      } finally {
        endTurn()
      }
    },
  }
}
