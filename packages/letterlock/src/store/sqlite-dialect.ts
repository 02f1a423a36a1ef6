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

/** Readers, each for one holder at a time; who finds none free waits in turn. */
export class ReaderPool implements ConnectionSource {
  readonly #free: ThreadConnection[]
  readonly #waiting: ((connection: ThreadConnection) => void)[] = []

  constructor(clients: readonly ThreadClient[]) {
    this.#free = clients.map(client => new ThreadConnection(client, 'reads'))
  }

  async acquire(): Promise<ThreadConnection> {
    const free = this.#free.pop()
    if (free !== undefined) return free
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  async release(connection: ThreadConnection): Promise<void> {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(connection)
    else next(connection)
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
