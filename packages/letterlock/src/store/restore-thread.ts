import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { syncPath } from './backup.ts'
import { databaseFile } from './database-file.ts'
import { lockDirectory } from './lock.ts'
import { checkMigrations } from './migrations.ts'
import type { RestoreResult, RestoreSetup } from './restore.ts'
import { openSqlite } from './sqlite.ts'

/* Entry of the thread that brings a copy back: it opens SQLite, which the main thread never does. */

function run(setup: RestoreSetup): RestoreResult {
  mkdirSync(setup.dataDir, { recursive: true, mode: 0o700 })
  const lock = lockDirectory(setup.dataDir)
  if (lock === null) return { type: 'held' }
  try {
    return { type: 'restored', kept: replace(setup) }
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) }
  } finally {
    lock.release()
  }
}

/** Where the store of before is kept now. */
function replace({ file, dataDir, now }: RestoreSetup): string | null {
  if (!existsSync(file)) throw new Error(`${file} does not exist`)
  const target = join(dataDir, databaseFile)
  const incoming = `${target}.incoming`
  for (const rest of ['', '-wal', '-shm', '-journal']) rmSync(incoming + rest, { force: true })
  copyFileSync(file, incoming)
  try {
    check(incoming, file)
  } catch (error) {
    rmSync(incoming, { force: true })
    throw error
  }
  chmodSync(incoming, 0o600)
  syncPath(incoming)
  const kept = keepStore(target, join(dataDir, `letterlock-before-${now}.db`))
  renameSync(incoming, target)
  syncPath(dataDir)
  return kept
}

/** Only a whole store of a version that this program knows may take the place. */
function check(copy: string, name: string): void {
  const database = openSqlite(copy, { readOnly: false })
  try {
    const applied = database
      .prepare('SELECT id, name, checksum FROM migration ORDER BY id')
      .all()
      .map(row => ({ id: Number(row['id']), name: String(row['name']), checksum: String(row['checksum']) }))
    checkMigrations(applied)
    const verdict = Object.values(database.prepare('PRAGMA integrity_check(1)').all()[0] ?? {})[0]
    if (verdict !== 'ok') throw new Error(`it is damaged: ${String(verdict)}`)
  } catch (error) {
    throw new Error(`${name} is no store that can be brought back: ${error instanceof Error ? error.message : error}`)
  } finally {
    database.close()
  }
  for (const rest of ['-wal', '-shm', '-journal']) rmSync(copy + rest, { force: true })
}

function keepStore(target: string, kept: string): string | null {
  if (!existsSync(target)) {
    for (const rest of ['-wal', '-shm']) rmSync(target + rest, { force: true })
    return null
  }
  // Opening and closing moves what a killed process left in the log into the file.
  const database = openSqlite(target, { readOnly: false })
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  for (const rest of ['-wal', '-shm']) rmSync(target + rest, { force: true })
  renameSync(target, kept)
  return kept
}

const port = parentPort
if (port === null) throw new Error('this file is the entry of a worker thread')
// `restoreSqlite` starts this thread and gives it its setup.
port.postMessage(run(workerData as RestoreSetup))
