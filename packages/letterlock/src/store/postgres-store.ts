import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'
import { attributorOf, type SenderMap, storedMap } from './attribution.ts'
import { deliveryBytes } from './delivery-bytes.ts'
import { serveIntake } from './intake-port.ts'
import { InternCache } from './intern-cache.ts'
import { migrate } from './migrations.ts'
import { toNumber } from './number.ts'
import type { OpenedStore, StoreOptions } from './open-store.ts'
import { type PostgresMemory, PostgresSession } from './postgres-session.ts'
import type { ChangeSummary } from './removal.ts'
import type { Database } from './schema.ts'
import type { Transactor } from './session.ts'
import type { Store } from './store.ts'
import { Turns } from './turns.ts'
import { StoreWriter } from './writer.ts'

/** Types of PostgreSQL whose text we turn into numbers: int8, and numeric, which sums of int8 have. */
const numberTypes: readonly number[] = [20, 1700]

/** Connections of one process: one writes, the rest read. */
const connectionsLimit = 8

/** First half of the keys of our advisory locks, so that other programs on the database have others. */
const lockSpace = 0x4c6c

/** Second halves: one writer at a time for a tenant, one process at a time that changes the schema. */
const writerLock = 1
const migrationLock = 0

const secondsNow = () => Math.floor(Date.now() / 1000)

/** Opens a store in a PostgreSQL database, which many processes may share. */
export async function openPostgresStore(url: string, options: StoreOptions): Promise<OpenedStore> {
  const pool = new Pool({
    connectionString: url,
    max: connectionsLimit,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        numberTypes.includes(oid) && format !== 'binary' ? toNumber : types.getTypeParser(oid, format ?? 'text'),
    },
  })
  // A connection that the server ends while it is idle is replaced; without a listener it would end the process.
  pool.on('error', () => undefined)
  let map: SenderMap | null
  try {
    await migratePostgres(pool)
    map = options.map ?? (await loadMap(pool))
  } catch (error) {
    await pool.end()
    return { state: 'failed', text: error instanceof Error ? error.message : String(error) }
  }
  return { state: 'opened', store: new PostgresStore(pool, map) }
}

async function loadMap(pool: Pool): Promise<SenderMap | null> {
  const client = await pool.connect()
  try {
    return await storedMap(new PostgresSession(client, { cache: new InternCache(), reportIds: [] }))
  } finally {
    client.release()
  }
}

async function migratePostgres(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [lockSpace, migrationLock])
    await migrate({
      dialect: 'postgres',
      execute: sql => client.query(sql),
      all: async sql => (await client.query(sql)).rows,
      record: ({ id, name, checksum }) =>
        client.query('INSERT INTO migration (id, name, checksum, applied_at) VALUES ($1, $2, $3, $4)', [
          id,
          name,
          checksum,
          secondsNow(),
        ]),
    })
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

/**
 * One transaction at a time, here and among all processes: dictionaries and roll-ups are shared by all reports, and
 * taking turns is what keeps writers from waiting for each other in circles.
 */
function postgresTransactor(pool: Pool): Transactor {
  const turns = new Turns()
  const memory: PostgresMemory = { cache: new InternCache(), reportIds: [] }
  return {
    async transaction(body) {
      const endTurn = await turns.next()
      try {
        const client = await pool.connect()
        let failure: Error | undefined
        try {
          await client.query('BEGIN')
          await client.query('SELECT pg_advisory_xact_lock($1, $2)', [lockSpace, writerLock])
          const session = new PostgresSession(client, memory)
          const value = await body(session)
          await session.flush()
          await client.query('COMMIT')
          memory.cache.settle()
          return value
        } catch (error) {
          memory.cache.undoTo(0)
          failure = error instanceof Error ? error : new Error(String(error))
          await client.query('ROLLBACK').then(
            () => {
              failure = undefined
            },
            () => undefined,
          )
          throw error
        } finally {
          // A connection that cannot even roll back is of no use to others.
          client.release(failure)
        }
      } finally {
        endTurn()
      }
    },
  }
}

class PostgresStore implements Store {
  readonly read: Kysely<Database>
  readonly write: Kysely<Database>
  readonly intake: StoreWriter
  readonly #pool: Pool
  readonly #ports: MessagePort[] = []
  #map: SenderMap | null
  #closing: Promise<void> | null = null

  constructor(pool: Pool, map: SenderMap | null) {
    this.#pool = pool
    this.#map = map
    this.read = new Kysely({ dialect: new PostgresDialect({ pool }) })
    this.write = this.read
    this.intake = new StoreWriter({
      transactor: postgresTransactor(pool),
      attributor: attributorOf(map),
      now: secondsNow,
    })
  }

  intakePort(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    serveIntake(port2, this.intake)
    port2.unref()
    this.#ports.push(port2)
    return port1
  }

  deliveryBytes(delivery: number): ReturnType<Store['deliveryBytes']> {
    return deliveryBytes(this.read, delivery)
  }

  reparse(...args: Parameters<Store['reparse']>): Promise<ChangeSummary> {
    return this.intake.reparse(...args)
  }

  removeBefore(limit: Parameters<Store['removeBefore']>[0]): Promise<ChangeSummary> {
    return this.intake.removeBefore(limit)
  }

  storeSourceFacts(facts: Parameters<Store['storeSourceFacts']>[0]): Promise<ChangeSummary> {
    return this.intake.storeSourceFacts(facts)
  }

  reattribute(map?: SenderMap | null): Promise<ChangeSummary> {
    if (map !== undefined) this.#map = map
    return this.intake.reattribute(attributorOf(this.#map))
  }

  removeDomain(domain: number): Promise<ChangeSummary> {
    return this.intake.removeDomain(domain)
  }

  removeQuarantine(id: number): Promise<boolean> {
    return this.intake.removeQuarantine(id)
  }

  /** PostgreSQL's autovacuum does it. */
  async compact(): Promise<void> {}

  async backup(): Promise<void> {
    throw new Error(
      'A store in PostgreSQL is copied by its own tools: `pg_dump --format=custom`, and `pg_restore` to bring it back.',
    )
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const port of this.#ports) port.close()
    await this.#pool.end()
  }
}
