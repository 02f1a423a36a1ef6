import type { SourceFacts } from '@letterlock/posture'
import { setDigest } from './digest.ts'
import { InternCache } from './intern-cache.ts'
import { migrate } from './migrations.ts'
import {
  type CellRun,
  cellColumns,
  codeColumns,
  codesOfColumn,
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

/** Rows of one statement, widest first; the last must be 1. Binding and calling cost more than the row itself. */
const rowWidths = [25, 5, 1]

/** A statement that writes `width` rows at once, with room for its parameters. */
interface WideStatement {
  readonly width: number
  readonly statement: SqliteStatement
  readonly parameters: number[]
}

/** Columns that a statement writes: those that all rows share are bound once, then each row has its own. */
interface WideColumns {
  readonly table: string
  readonly shared: readonly string[]
  readonly own: readonly string[]
  /** The last of its own columns: small codes, handed over as one number, `codeBits` bits for each. */
  readonly codes: readonly string[]
  /** What follows, such as a conflict clause. */
  readonly end: string
}

const codeBits = Math.log2(codesOfColumn)

/** @NOTE No numbered parameters (`?7`): @photostructure/sqlite looks up the name of each, in quadratic time. */
function wideSql({ table, shared, own, codes, end }: WideColumns, width: number): string {
  const bound = own.length + (codes.length > 0 ? 1 : 0)
  const unpacked = codes.map((_, at) => {
    const shift = (codes.length - 1 - at) * codeBits
    return `(column${bound} >> ${shift}) & ${codesOfColumn - 1}`
  })
  const sharedNames = shared.map((_, at) => `shared${at}`)
  return `INSERT INTO ${table} (${[...shared, ...own, ...codes].join(', ')})
    SELECT ${[...sharedNames, ...own.map((_, at) => `column${at + 1}`), ...unpacked].join(', ')}
    FROM (SELECT ${sharedNames.map(name => `? AS ${name}`).join(', ')})
      CROSS JOIN (VALUES ${Array(width)
        .fill(`(${marks(bound)})`)
        .join(', ')})
    WHERE true ${end}`
}

function wideStatements(database: SqliteDatabase, columns: WideColumns): readonly WideStatement[] {
  return rowWidths.map(width => ({ width, statement: database.prepare(wideSql(columns, width)), parameters: [] }))
}

/**
 * Runs the widest statement that fits again and again. `values` holds one row after the other, its codes last. With
 * `firstSeq` rows are numbered from there in the first of their own columns, which `values` does not hold.
 */
function runWide(
  statements: readonly WideStatement[],
  columns: WideColumns,
  run: { readonly shared: readonly number[]; readonly values: readonly number[]; readonly firstSeq: number | null },
): void {
  const { shared, values, firstSeq } = run
  const plain = columns.own.length - (firstSeq === null ? 0 : 1)
  const size = plain + columns.codes.length
  const rows = values.length / size
  let row = 0
  let from = 0
  for (const { width, statement, parameters } of statements)
    for (; rows - row >= width; ) {
      let into = 0
      for (const value of shared) parameters[into++] = value
      for (const end = row + width; row < end; row++) {
        if (firstSeq !== null) parameters[into++] = firstSeq + row
        for (const end = from + plain; from < end; from++) parameters[into++] = values[from] ?? 0
        if (columns.codes.length === 0) continue
        let packed = 0
        for (const end = from + columns.codes.length; from < end; from++)
          packed = (packed << codeBits) | (values[from] ?? 0)
        parameters[into++] = packed
      }
      statement.run(...parameters)
    }
}

const aggregateRows: WideColumns = {
  table: 'aggregate_row',
  shared: ['tenant', 'domain', 'day', 'report', 'reporter', 'catalogue'],
  own: ['seq', ...rowColumns.slice(0, -codeColumns.length)],
  codes: codeColumns,
  end: '',
}

const rollupCells: WideColumns = {
  table: 'aggregate_rollup',
  shared: ['tenant', 'domain', 'day', 'reporter'],
  own: cellColumns,
  codes: [],
  end: `ON CONFLICT (${rollupKeyColumns.join(', ')})
    DO UPDATE SET messages = messages + excluded.messages, records = records + excluded.records`,
}

/** Statements of one dictionary. */
interface DictionaryStatements {
  readonly find: SqliteStatement
  readonly add: SqliteStatement
}

/** The last row that was added to a table by `insert`: rows of a table are mostly added in the same shape. */
interface InsertShape {
  readonly names: readonly string[]
  readonly statement: SqliteStatement
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
  readonly #dictionaries = new Map<Dictionary, DictionaryStatements>()
  readonly #shapes = new Map<string, InsertShape>()
  /** Sources above it were added by the transaction under way: nobody looked anything up about them. */
  #lastOldSource = Number.POSITIVE_INFINITY
  #lastReportId: number
  #savepoints: number[] = []

  constructor(database: SqliteDatabase) {
    this.#database = database
    this.statements = new StatementCache(database, writerStatements)
    this.#rows = wideStatements(database, aggregateRows)
    this.#cells = wideStatements(database, rollupCells)
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
    let shape = this.#shapes.get(table)
    if (shape === undefined || !isSame(shape.names, names)) {
      const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks(names.length)})`
      shape = { names, statement: this.statements.get(sql) }
      this.#shapes.set(table, shape)
    }
    return Number(shape.statement.run(...Object.values(values)).lastInsertRowid)
  }

  nextReportId(): number {
    this.#lastReportId += 1
    return this.#lastReportId
  }

  knownIds(dictionary: Dictionary, tenant: number): ReadonlyMap<string, number> {
    return this.#cache.of(dictionary, tenant)
  }

  intern(dictionary: Dictionary, tenant: number, entries: readonly DictionaryEntry[]): readonly number[] {
    const ids = this.#cache.of(dictionary, tenant)
    return entries.map(entry => ids.get(entry.key) ?? this.#find(dictionary, tenant, entry, ids))
  }

  #find(dictionary: Dictionary, tenant: number, entry: DictionaryEntry, ids: Map<string, number>): number {
    const statements = this.#statementsOf(dictionary)
    const stored = dictionaries[dictionary].key === 'digest' ? setDigest(entry.key) : entry.key
    const found = statements.find.get(tenant, stored)
    if (found !== undefined) {
      const id = Number(found['id'])
      this.#cache.keep(ids, entry.key, id)
      return id
    }
    const id = Number(statements.add.run(tenant, stored, ...entry.extra).lastInsertRowid)
    this.#cache.add(ids, entry.key, id)
    if (dictionary === 'source') this.#lastOldSource = Math.min(this.#lastOldSource, id - 1)
    return id
  }

  #statementsOf(dictionary: Dictionary): DictionaryStatements {
    let statements = this.#dictionaries.get(dictionary)
    if (statements === undefined) {
      const { key, extra } = dictionaries[dictionary]
      const columns = ['tenant', key, ...extra]
      statements = {
        find: this.#database.prepare(`SELECT id FROM ${dictionary} WHERE tenant = ? AND ${key} = ?`),
        add: this.#database.prepare(
          `INSERT INTO ${dictionary} (${columns.join(', ')}) VALUES (${marks(columns.length)})`,
        ),
      }
      this.#dictionaries.set(dictionary, statements)
    }
    return statements
  }

  sourceFacts(sources: readonly number[]): ReadonlyMap<number, SourceFacts> {
    const facts = new Map<number, SourceFacts>()
    for (const id of sources) {
      const row = id > this.#lastOldSource ? undefined : this.#facts.get(id)
      if (row !== undefined) facts.set(id, sourceFactsOf(row))
    }
    return facts
  }

  appendRows({ place, catalogue, first, values }: RowRun): void {
    const { tenant, domain, day, report, reporter } = place
    const shared = [tenant, domain, day, report, reporter, catalogue]
    runWide(this.#rows, aggregateRows, { shared, values, firstSeq: first })
  }

  addCells({ place, values }: CellRun): void {
    const { tenant, domain, day, reporter } = place
    runWide(this.#cells, rollupCells, { shared: [tenant, domain, day, reporter], values, firstSeq: null })
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
    this.#lastOldSource = Number.POSITIVE_INFINITY
  }

  rollback(): void {
    this.#savepoints = []
    this.#cache.undoTo(0)
    this.#lastOldSource = Number.POSITIVE_INFINITY
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

function isSame(names: readonly string[], others: readonly string[]): boolean {
  return names.length === others.length && names.every((name, at) => name === others[at])
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
