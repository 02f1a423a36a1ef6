import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomNumbers, reportSteps } from '../../../../bench/report-steps.ts'
import { type PostgresServer, startPostgres, whyNoPostgres } from '../../../../test/postgres-server.ts'
import type { SenderMap } from './attribution.ts'
import { openStore, type StorePlace } from './open-store.ts'
import type { Store } from './store.ts'

/* Naming rows anew while other things happen. The threads of SQLite run the built files: build before. */

/** Enough days that naming takes several transactions (200 days each). */
const shape = { domains: 1, reporters: 1, days: 900, sources: 40, recordsPerReport: 4, pieceBytes: 20 }
const reports = 900

const folder = mkdtempSync(join(tmpdir(), 'letterlock-naming-'))
let server: PostgresServer | null = null
const rejections: unknown[] = []
const noteRejection = (reason: unknown) => rejections.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', noteRejection)
  if (whyNoPostgres() === null) server = await startPostgres()
})
afterAll(() => {
  process.off('unhandledRejection', noteRejection)
  server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function opened(place: StorePlace): Promise<Store> {
  const result = await openStore(place)
  if (result.state !== 'opened') throw new Error(JSON.stringify(result))
  return result.store
}

/** Every service that the made reports sign with, as one. */
const map: SenderMap = {
  entries: [],
  services: [
    {
      id: 'local-all',
      name: 'All of them',
      category: 'marketing',
      spfIncludes: [],
      dkimDomains: Array.from({ length: 40 }, (_, at) => `service${at}.example`),
      dkimSelectors: [],
      envelopeDomains: [],
      ptrDomains: [],
      alignedDkim: 'unknown',
      alignedSpf: 'unknown',
      setUp: '',
      sources: [],
    },
  ],
  hash: 'all',
}

/** Rows by what names their sender, so that a row that was forgotten shows. */
async function rowsBySender(store: Store): Promise<Readonly<Record<string, number>>> {
  const found = await store.read
    .selectFrom('aggregate_row as row')
    .innerJoin('sender', join_ => join_.onRef('sender.id', '=', 'row.sender').onRef('sender.tenant', '=', 'row.tenant'))
    .groupBy('sender.key')
    .orderBy('sender.key')
    .select(eb => ['sender.key', eb.fn.countAll<number>().as('count')])
    .execute()
  return Object.fromEntries(found.map(({ key, count }) => [key, Number(count)]))
}

/** Whether rows are being named: the mark that stands in the store from the first transaction to the last. */
async function isNaming(store: Store): Promise<boolean> {
  const row = await store.read
    .selectFrom('setting')
    .select('value')
    .where('key', '=', 'attributedBy')
    .executeTakeFirst()
  return row?.value === ''
}

async function filled(place: StorePlace): Promise<Store> {
  const store = await opened(place)
  const steps = Array.from({ length: reports }, (_, id) => reportSteps(shape, randomNumbers(id), id))
  await store.intake.writeMany(steps)
  await store.reattribute()
  return store
}

const places = [
  { name: 'SQLite', reason: null, place: (name: string): StorePlace => ({ dataDir: join(folder, name) }) },
  { name: 'PostgreSQL', reason: whyNoPostgres(), place: (): StorePlace => ({ postgresUrl: server?.database() ?? '' }) },
]

describe.each(places)('naming rows anew in $name', ({ reason, place }) => {
  test.skipIf(reason !== null)(
    'closing cuts it off without a failure that nobody hears, and the next start ends it',
    async () => {
      const where = place('closing')
      const store = await filled(where)
      const before = await rowsBySender(store)
      const all = Object.values(before).reduce((sum, count) => sum + count, 0)
      const naming = store.reattribute(map).then(
        () => 'done',
        () => 'cut off',
      )
      await expect.poll(() => isNaming(store), { interval: 1 }).toBe(true)
      const started = performance.now()
      await store.close()
      expect(performance.now() - started).toBeLessThan(10_000)
      expect(await naming).toBe('cut off')

      const result = await openStore(where, { map })
      if (result.state !== 'opened') throw new Error(JSON.stringify(result))
      const again = result.store
      expect(await isNaming(again)).toBe(true)
      await again.reattribute()
      expect(await isNaming(again)).toBe(false)
      const after = await rowsBySender(again)
      expect(Object.keys(after).filter(key => key.startsWith('dkim:service'))).toEqual([])
      expect(after['service:local-all']).toBeGreaterThan(all / 2)
      expect(Object.values(after).reduce((sum, count) => sum + count, 0)).toBe(all)
      await again.close()
      // What Node would have told by now.
      await new Promise(resolve => setImmediate(resolve))
      expect(rejections).toEqual([])
    },
    60_000,
  )

  test.skipIf(reason !== null)(
    'a map that is taken back on the way leaves no name behind',
    async () => {
      const store = await filled(place('back'))
      const before = await rowsBySender(store)
      const forth = store.reattribute(map)
      await expect.poll(() => isNaming(store), { interval: 1 }).toBe(true)
      await Promise.all([forth, store.reattribute(null)])
      expect(await rowsBySender(store)).toEqual(before)
      expect(await isNaming(store)).toBe(false)
      await store.close()
    },
    60_000,
  )
})
