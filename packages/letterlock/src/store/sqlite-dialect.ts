import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { unpacked } from './query.ts'
import type { SqlValue } from './session.ts'
import type { ThreadClient } from './thread-client.ts'
import type { PackedRows } from './thread-messages.ts'

/** Gives a connection to one holder at a time. */
export interface ConnectionSource {
  acquire(): Promise<ThreadConnection>
  release(connection: ThreadConnection): Promise<void>
}

/** Kysely on SQLite that lives in other threads. */
export function threadDialect(source: ConnectionSource): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ThreadDriver(source),
    createIntrospector: database => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** A connection in a thread. */
export class ThreadConnection implements DatabaseConnection {
  readonly client: ThreadClient
  readonly use: 'reads' | 'writes'

  constructor(client: ThreadClient, use: 'reads' | 'writes') {
    this.client = client
    this.use = use
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const answer = await this.client.call(id => ({
      type: 'query',
      id,
      sql: query.sql,
      parameters: query.parameters.map(parameterOf),
      givesRows: givesRows(query),
    }))
    // The thread is ours: what it answers to a query are packed rows.
    const packed = answer as PackedRows
    return {
      rows: unpacked(packed) as Row[],
      numAffectedRows: BigInt(packed.changes),
      insertId: BigInt(packed.insertId),
    }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for a generator; pages by key take its place here
  async *streamQuery<Row>(): AsyncGenerator<QueryResult<Row>> {
    throw new Error('streams of rows are read page by page')
  }
}

function givesRows(query: CompiledQuery): boolean {
  if (SelectQueryNode.is(query.query)) return true
  return /^\s*(select|with|pragma|explain|values)\b/i.test(query.sql) || /\breturning\b/i.test(query.sql)
}

function parameterOf(value: unknown): SqlValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
  if (value instanceof Uint8Array) return value
  throw new Error(`a parameter of type ${typeof value} has no form in the store`)
}

class ThreadDriver implements Driver {
  readonly #source: ConnectionSource

  constructor(source: ConnectionSource) {
    this.#source = source
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<DatabaseConnection> {
    return this.#source.acquire()
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const isWriting = connection instanceof ThreadConnection && connection.use === 'writes'
    await connection.executeQuery(CompiledQuery.raw(isWriting ? 'begin immediate' : 'begin'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof ThreadConnection) await this.#source.release(connection)
  }

  async destroy(): Promise<void> {}
}

/** What a pool of readers is made of. */
export interface ReaderPoolOptions {
  readonly start: () => ThreadClient
  /** Threads at once, at most. */
  readonly limit: number
  /** Milliseconds without a query until the threads give back what they keep. */
  readonly restAfterMs: number
}

/**
 * Readers, each for one holder at a time; who finds none free waits in turn. Threads are started when they are needed.
 * When nobody has asked for a while, all but one end and that one lets go of its pages: an instance at rest, as most
 * are nearly always, takes no more memory than one that was just started.
 */
export class ReaderPool implements ConnectionSource {
  readonly #options: ReaderPoolOptions
  readonly #free: ThreadConnection[] = []
  readonly #all = new Set<ThreadConnection>()
  readonly #waiting: ((connection: ThreadConnection) => void)[] = []
  readonly #ending = new Set<Promise<void>>()
  #rest: NodeJS.Timeout | null = null

  constructor(options: ReaderPoolOptions) {
    this.#options = options
    this.#free.push(this.#start())
  }

  async acquire(): Promise<ThreadConnection> {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#all.size < this.#options.limit) return this.#start()
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  async release(connection: ThreadConnection): Promise<void> {
    const next = this.#waiting.shift()
    if (next !== undefined) {
      next(connection)
      return
    }
    this.#free.push(connection)
    if (this.#rest === null) {
      this.#rest = setTimeout(() => this.#takeRest(), this.#options.restAfterMs)
      this.#rest.unref()
    } else this.#rest.refresh()
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    if (this.#rest !== null) clearTimeout(this.#rest)
    for (const connection of this.#all) this.#end(connection)
    await Promise.all(this.#ending)
  }

  #start(): ThreadConnection {
    const connection = new ThreadConnection(this.#options.start(), 'reads')
    this.#all.add(connection)
    return connection
  }

  #takeRest(): void {
    if (this.#free.length < this.#all.size) {
      this.#rest?.refresh()
      return
    }
    const [kept, ...others] = this.#free.splice(0)
    if (kept !== undefined) {
      kept.client.worker.postMessage({ type: 'rest' })
      this.#free.push(kept)
    }
    for (const other of others) this.#end(other)
  }

  #end({ client }: ThreadConnection): void {
    client.worker.postMessage({ type: 'close' })
    const ended = client.ended().finally(() => this.#ending.delete(ended))
    this.#ending.add(ended)
    for (const connection of this.#all) if (connection.client === client) this.#all.delete(connection)
  }
}

/** The writer's connection, taken in turn with intake. */
export class WriterTurns implements ConnectionSource {
  readonly #client: ThreadClient

  constructor(client: ThreadClient) {
    this.#client = client
  }

  async acquire(): Promise<ThreadConnection> {
    await this.#client.call(id => ({ type: 'lock', id }))
    return new ThreadConnection(this.#client, 'writes')
  }

  async release(): Promise<void> {
    await this.#client.call(id => ({ type: 'unlock', id }))
  }
}
