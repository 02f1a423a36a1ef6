import { chmodSync, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { Kysely } from 'kysely'
import type { SenderMap } from './attribution.ts'
import { backupSqlite } from './backup.ts'
import { databaseFile } from './database-file.ts'
import { deliveryBytes } from './delivery-bytes.ts'
import { connectServedIntake } from './intake-port.ts'
import { openPostgresStore } from './postgres-store.ts'
import type { ChangeSummary } from './removal.ts'
import type { Database } from './schema.ts'
import { socketPath } from './socket-path.ts'
import { ReaderPool, threadDialect, WriterTurns } from './sqlite-dialect.ts'
import type { Store } from './store.ts'
import { ThreadClient } from './thread-client.ts'
import { threadFile } from './thread-file.ts'
import type { ReaderSetup, WriterCall, WriterSetup, WriterStart } from './thread-messages.ts'

/** Where a store lives: a directory of its own, or a PostgreSQL database. */
export type StorePlace = { readonly dataDir: string } | { readonly postgresUrl: string }

export interface StoreOptions {
  /** Services that name senders below the built-in ones; without it, those that a person loaded into this store. */
  readonly map?: SenderMap | null
  /** Threads that read at most; each keeps some 8 MiB of pages while it is used. */
  readonly readers?: number
}

/**
 * What opening a store came to. `held`: another process owns the directory and answers the HTTP API on the socket.
 * `failed`: the text says what is wrong, such as a store of a newer version.
 */
export type OpenedStore =
  | { readonly state: 'opened'; readonly store: Store }
  | { readonly state: 'held'; readonly socketPath: string }
  | { readonly state: 'failed'; readonly text: string }

const readersLimit = 4

/** Without a query for this long, readers give back their memory. Screens that are open ask more often or not at all. */
const restAfterMs = 20_000

/** Opens a store, or makes it where there is none. */
export async function openStore(place: StorePlace, options: StoreOptions = {}): Promise<OpenedStore> {
  if ('postgresUrl' in place) return openPostgresStore(place.postgresUrl, options)
  const { dataDir } = place
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    return { state: 'failed', text: `${dataDir}: ${error instanceof Error ? error.message : String(error)}` }
  }
  const file = join(dataDir, databaseFile)
  const setup: WriterSetup = { dataDir, file, map: options.map ?? null }
  const writer = new ThreadClient(threadFile('writer-thread', import.meta.url), setup)
  const start = await startOf(writer)
  if (start.type === 'held') return { state: 'held', socketPath: socketPath(dataDir) }
  if (start.type === 'failed') return { state: 'failed', text: start.message }
  // Reports hold addresses of people.
  chmodSync(file, 0o600)
  const count = options.readers ?? Math.min(readersLimit, Math.max(2, availableParallelism() - 1))
  const readerSetup: ReaderSetup = { file }
  const readers = new ReaderPool({
    start: () => new ThreadClient(threadFile('reader-thread', import.meta.url), readerSetup),
    limit: count,
    restAfterMs,
  })
  return { state: 'opened', store: new SqliteStore({ file, writer, readers }) }
}

function startOf(writer: ThreadClient): Promise<WriterStart> {
  return new Promise(resolve => {
    writer.worker.once('message', (start: WriterStart) => resolve(start))
    writer.worker.once('error', error =>
      resolve({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
    writer.worker.once('exit', () => resolve({ type: 'failed', message: 'the writer thread ended at once' }))
  })
}

/** The store in a data directory: one thread that writes, some that read. */
class SqliteStore implements Store {
  readonly read: Kysely<Database>
  readonly write: Kysely<Database>
  readonly intake: ReturnType<typeof connectServedIntake>
  readonly #file: string
  readonly #writer: ThreadClient
  readonly #readers: ReaderPool
  #closing: Promise<void> | null = null

  constructor(of: { file: string; writer: ThreadClient; readers: ReaderPool }) {
    this.#file = of.file
    this.#writer = of.writer
    this.#readers = of.readers
    this.read = new Kysely({ dialect: threadDialect(of.readers) })
    this.write = new Kysely({ dialect: threadDialect(new WriterTurns(of.writer)) })
    this.intake = connectServedIntake(this.intakePort())
  }

  intakePort(): MessageChannel['port1'] {
    const { port1, port2 } = new MessageChannel()
    this.#writer.worker.postMessage({ type: 'port', port: port2 }, [port2])
    return port1
  }

  deliveryBytes(delivery: number): ReturnType<Store['deliveryBytes']> {
    return deliveryBytes(this.read, delivery)
  }

  reparse(...args: Parameters<Store['reparse']>): Promise<ChangeSummary> {
    return this.intake.reparse(...args)
  }

  async removeBefore(limit: Parameters<Store['removeBefore']>[0]): Promise<ChangeSummary> {
    return this.#change({ name: 'removeBefore', argument: limit })
  }

  async storeSourceFacts(facts: Parameters<Store['storeSourceFacts']>[0]): Promise<ChangeSummary> {
    return this.#change({ name: 'storeSourceFacts', argument: facts })
  }

  async reattribute(map?: SenderMap | null): Promise<ChangeSummary> {
    return this.#change({ name: 'reattribute', argument: map === undefined ? 'same map' : map })
  }

  async removeDomain(domain: number): Promise<ChangeSummary> {
    return this.#change({ name: 'removeDomain', argument: domain })
  }

  async removeQuarantine(id: number): Promise<boolean> {
    return (await this.#call({ name: 'removeQuarantine', argument: id })) === true
  }

  async compact(): Promise<void> {
    await this.#call({ name: 'compact', argument: null })
  }

  async backup(file: string): Promise<void> {
    await backupSqlite(this.#file, file)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // Readers first: the last connection to close moves the log into the file.
    await this.#readers.close()
    await this.#writer.call(id => ({ type: 'close', id }))
    await this.#writer.ended()
  }

  async #change(call: WriterCall): Promise<ChangeSummary> {
    // The writer thread is ours: these calls answer with a summary.
    return (await this.#call(call)) as ChangeSummary
  }

  #call(call: WriterCall): Promise<unknown> {
    return this.#writer.call(id => ({ type: 'call', id, call }))
  }
}
