import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { ThreadClient } from './thread-client.ts'
import { threadFile } from './thread-file.ts'

/**
 * Writes a copy of a store in use to a new file: a snapshot of one moment, compact, with everything in it. The file
 * appears under its name only when it is whole and synced. An existing file is left alone: throws.
 */
export async function backupSqlite(database: string, file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} exists already; a backup never writes over a file`)
  const part = `${file}.part`
  rmSync(part, { force: true })
  const thread = new ThreadClient(threadFile('reader-thread', import.meta.url), { file: database })
  try {
    await thread.call(id => ({ type: 'query', id, sql: 'VACUUM INTO ?', parameters: [part], givesRows: false }))
    // Reports hold addresses of people.
    chmodSync(part, 0o600)
    syncPath(part)
    renameSync(part, file)
    syncPath(dirname(file))
  } finally {
    thread.worker.postMessage({ type: 'close' })
    await thread.ended()
    rmSync(part, { force: true })
  }
}

/** Makes a file or the names in a folder durable. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
