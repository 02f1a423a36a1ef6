import { createRequire } from 'node:module'
import type { SqlRow, SqlValue } from './session.ts'

/*
 * The one place that knows which SQLite this is: node:sqlite where it needs no flag (22.13 and later), else
 * @photostructure/sqlite, which has the same interface. Used by the threads of the store only.
 */

export interface SqliteStatement {
  all(...parameters: readonly SqlValue[]): SqlRow[]
  get(...parameters: readonly SqlValue[]): SqlRow | undefined
  run(...parameters: readonly SqlValue[]): {
    readonly changes: number | bigint
    readonly lastInsertRowid: number | bigint
  }
  setReadBigInts(isEnabled: boolean): void
}

export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  close(): void
}

interface SqliteModule {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly: boolean; readonly timeout: number },
  ) => SqliteDatabase
}

const require = createRequire(import.meta.url)

function hasBuiltInSqlite(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  // 22.13 and 23.4 dropped the flag.
  return major > 23 || (major === 23 && minor >= 4) || (major === 22 && minor >= 13)
}

function sqliteModule(): SqliteModule {
  // Loaded by name at run time: Node 20 has no node:sqlite, and its types are not those of the newest.
  return require(hasBuiltInSqlite(process.versions.node) ? 'node:sqlite' : '@photostructure/sqlite')
}

/** Milliseconds to wait for a lock that another process holds: only a backup or a check from outside can hold one. */
const busyTimeout = 10_000

export function openSqlite(
  path: string,
  options: { readonly readOnly: boolean; readonly timeout?: number },
): SqliteDatabase {
  const { DatabaseSync } = sqliteModule()
  return new DatabaseSync(path, { readOnly: options.readOnly, timeout: options.timeout ?? busyTimeout })
}

/**
 * KiB of pages each connection keeps; the file is also in the page cache of the system. The writer keeps the pages that
 * one transaction changes, some 40 KiB a report; of a transaction that changes more a part is written twice, which costs
 * less than the memory beside that of a large report.
 */
const writerCacheKibibytes = 8_192
const readerCacheKibibytes = 8_192

/**
 * Pages of the log before they are moved into the file (64 MiB). Intake touches the same pages again and again; moving
 * them after every commit would write each of them many times.
 */
const checkpointPages = 16_384

/**
 * A connection that writes. WAL with `synchronous = FULL` syncs the log before a commit returns: a killed process
 * loses nothing that was acknowledged, and neither does a loss of power on a disk that keeps its word about syncing.
 */
export function openWriter(path: string): SqliteDatabase {
  const database = openSqlite(path, { readOnly: false })
  // Before the first table, or a VACUUM would be needed: space of removed reports goes back to the system.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  database.exec(`PRAGMA cache_size = -${writerCacheKibibytes}`)
  database.exec('PRAGMA foreign_keys = OFF')
  return database
}

export function openReader(path: string): SqliteDatabase {
  const database = openSqlite(path, { readOnly: true })
  database.exec(`PRAGMA cache_size = -${readerCacheKibibytes}`)
  database.exec('PRAGMA temp_store = MEMORY')
  return database
}

/** Prepared statements by their text. Bounded: filters make many texts. */
export class StatementCache {
  readonly #database: SqliteDatabase
  readonly #statements = new Map<string, SqliteStatement>()
  readonly #limit: number

  constructor(database: SqliteDatabase, limit: number) {
    this.#database = database
    this.#limit = limit
  }

  get(sql: string): SqliteStatement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    if (this.#statements.size >= this.#limit) {
      const [oldest] = this.#statements.keys()
      if (oldest !== undefined) this.#statements.delete(oldest)
    }
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** All rows; integers past 2^53 are rounded instead of failing (number.ts). */
export function allRows(statement: SqliteStatement, parameters: readonly SqlValue[]): SqlRow[] {
  try {
    return statement.all(...parameters)
  } catch (error) {
    if (!isOutOfRange(error)) throw error
    statement.setReadBigInts(true)
    try {
      return statement.all(...parameters).map(withNumbers)
    } finally {
      statement.setReadBigInts(false)
    }
  }
}

function isOutOfRange(error: unknown): boolean {
  // Both modules say so for an integer that no double holds; the codes differ.
  return error instanceof Error && /too large|out of range/i.test(error.message)
}

function withNumbers(row: SqlRow): SqlRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )
}
