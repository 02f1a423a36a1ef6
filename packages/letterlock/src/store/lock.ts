import { join } from 'node:path'
import { openSqlite, type SqliteDatabase } from './sqlite.ts'

/*
 * One process owns a data directory. It holds an exclusive SQLite transaction on a file of its own, which is a lock
 * of the operating system: it ends with the process, however that ends, so that no stale lock is ever left behind.
 * Like every such lock it needs a local file system; a data directory on a network share is not supported.
 */

const lockFile = 'letterlock.lock'

/** A held lock; the process holds it until it is given back or ends. */
export interface DirectoryLock {
  release(): void
}

/** Takes the lock of a data directory, or null where another process has it. For threads of the store only. */
export function lockDirectory(dataDir: string): DirectoryLock | null {
  const database = openSqlite(join(dataDir, lockFile), { readOnly: false, timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    throw error
  }
  return { release: () => release(database) }
}

function release(database: SqliteDatabase): void {
  database.exec('ROLLBACK')
  database.close()
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /database is locked|SQLITE_BUSY/.test(error.message)
}
