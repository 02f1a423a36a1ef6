import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { attributorOf, storedMap } from './attribution.ts'
import { serveIntake } from './intake-port.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { runQuery } from './query.ts'
import { onlyTenant } from './schema.ts'
import { openSqliteSession, type SqliteSession, sqliteTransactor } from './sqlite-session.ts'
import type { FromThread, ToWriter, WriterCall, WriterSetup, WriterStart } from './thread-messages.ts'
import { Turns } from './turns.ts'
import { StoreWriter } from './writer.ts'

/* Entry of the writer thread: the only place that writes to SQLite, and the holder of the data directory. */

const secondsNow = () => Math.floor(Date.now() / 1000)

/** Pages given back at once: some 8 MiB, so that intake does not wait for a large vacuum. */
const vacuumPages = 2_000

async function run(port: MessagePort, setup: WriterSetup): Promise<void> {
  const tell = (start: WriterStart) => port.postMessage(start)
  const lock = lockDirectory(setup.dataDir)
  if (lock === null) {
    tell({ type: 'held' })
    return
  }
  try {
    const session = await openSqliteSession(setup.file, secondsNow)
    const map = setup.map ?? (await storedMap(session))
    new WriterThread({ port, map, session, lock }).listen()
    tell({ type: 'ready' })
  } catch (error) {
    lock.release()
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

class WriterThread {
  readonly #port: MessagePort
  readonly #session: SqliteSession
  readonly #lock: DirectoryLock
  readonly #turns = new Turns()
  readonly #writer: StoreWriter
  readonly #intakePorts: MessagePort[] = []
  #map: WriterSetup['map']
  #endTurn: (() => void) | null = null

  constructor(of: { port: MessagePort; map: WriterSetup['map']; session: SqliteSession; lock: DirectoryLock }) {
    this.#port = of.port
    this.#session = of.session
    this.#lock = of.lock
    this.#map = of.map
    this.#writer = new StoreWriter({
      transactor: sqliteTransactor(of.session, this.#turns),
      attributor: attributorOf(this.#map),
      now: secondsNow,
    })
  }

  listen(): void {
    this.#port.on('message', (message: ToWriter) => {
      if (message.type === 'port') {
        this.#intakePorts.push(message.port)
        serveIntake(message.port, this.#writer)
        return
      }
      const { id } = message
      this.#handle(message).then(
        value => this.#port.postMessage({ type: 'answer', id, value } satisfies FromThread),
        (error: unknown) => {
          const text = error instanceof Error ? error.message : String(error)
          this.#port.postMessage({ type: 'refused', id, message: text } satisfies FromThread)
        },
      )
    })
  }

  async #handle(message: Exclude<ToWriter, { readonly type: 'port' }>): Promise<unknown> {
    switch (message.type) {
      case 'call':
        return this.#call(message.call)
      case 'lock':
        this.#endTurn = await this.#turns.next()
        return null
      case 'query':
        return runQuery(this.#session.statements, message)
      case 'unlock':
        this.#unlock()
        return null
      case 'close':
        return this.#close()
    }
  }

  #unlock(): void {
    // Whoever was interrupted in a transaction did not commit it.
    this.#session.rollbackLeftover()
    this.#session.forget('domain', onlyTenant)
    this.#endTurn?.()
    this.#endTurn = null
  }

  async #call(call: WriterCall): Promise<unknown> {
    const writer = this.#writer
    switch (call.name) {
      case 'removeBefore':
        return writer.removeBefore(call.argument)
      case 'storeSourceFacts':
        return writer.storeSourceFacts(call.argument)
      case 'reattribute':
        if (call.argument !== 'same map') this.#map = call.argument
        return writer.reattribute(attributorOf(this.#map))
      case 'removeDomain':
        return writer.removeDomain(call.argument)
      case 'removeQuarantine':
        return writer.removeQuarantine(call.argument)
      case 'compact':
        return this.#compact()
    }
  }

  /** Gives free pages back in steps, in turn with intake. */
  async #compact(): Promise<void> {
    for (;;) {
      const endTurn = await this.#turns.next()
      try {
        const free = Number(this.#session.all('PRAGMA freelist_count', [])[0]?.['freelist_count'] ?? 0)
        if (free === 0) return
        this.#session.all(`PRAGMA incremental_vacuum(${vacuumPages})`, [])
      } finally {
        endTurn()
      }
    }
  }

  /** Waits for what is under way. */
  async #close(): Promise<void> {
    await this.#turns.next()
    for (const port of this.#intakePorts) port.close()
    this.#session.close()
    this.#lock.release()
    setImmediate(() => this.#port.close())
  }
}

if (parentPort === null) throw new Error('this file is the entry of a worker thread')
// The store starts this thread and gives it its setup.
await run(parentPort, workerData as WriterSetup)
