import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomNumbers, reportSteps } from '../bench/report-steps.ts'
import { writeSenderMap } from '../packages/letterlock/src/senders/map-store.ts'
import { readSenderMap } from '../packages/letterlock/src/senders/sender-map.ts'
import { openStore, type StorePlace } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { type PostgresServer, startPostgres, whyNoPostgres } from './postgres-server.ts'
import { program } from './run-command.ts'

/** Enough days that naming takes several transactions (200 days each). */
const shape = { domains: 3, reporters: 2, days: 300, sources: 40, recordsPerReport: 4, pieceBytes: 20 }
const reports = 1_500

/** Moments of the signal after the instance said that it is there, in milliseconds: naming has just begun then. */
const moments = [0, 40, 150]

/** What a service manager waits at least before it kills. */
const patienceMilliseconds = 10_000

const folder = mkdtempSync(join(tmpdir(), 'letterlock-stop-'))
let postgres: PostgresServer | null = null

beforeAll(async () => {
  if (whyNoPostgres() === null) postgres = await startPostgres()
}, 60_000)
afterAll(() => {
  postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const key = ['tenant', 'domain', 'day', 'reporter', 'sender', 'header_from', 'alignment', 'authentication'] as const

/** Roll-ups as they are kept, and as they follow from the rows. */
async function rollups(store: Store): Promise<{ readonly kept: string[]; readonly fromRows: string[] }> {
  const kept = await store.read
    .selectFrom('aggregate_rollup')
    .select([...key, 'disposition', 'messages', 'records'])
    .execute()
  const fromRows = await store.read
    .selectFrom('aggregate_row')
    .select([...key, 'rollup_disposition as disposition'])
    .select(({ fn }) => [fn.sum<number>('messages').as('messages'), fn.countAll<number>().as('records')])
    .groupBy([...key, 'rollup_disposition'])
    .execute()
  const text = (row: Record<string, unknown>): string =>
    JSON.stringify(
      Object.entries(row)
        .map(([name, value]) => [name, Number(value)])
        .sort(),
    )
  return { kept: kept.map(text).sort(), fromRows: fromRows.map(text).sort() }
}

/** Rows by the key of their sender. */
async function rowsBySender(store: Store): Promise<Readonly<Record<string, number>>> {
  const found = await store.read
    .selectFrom('aggregate_row as row')
    .innerJoin('sender', on => on.onRef('sender.id', '=', 'row.sender').onRef('sender.tenant', '=', 'row.tenant'))
    .groupBy('sender.key')
    .select(eb => ['sender.key', eb.fn.countAll<number>().as('count')])
    .execute()
  return Object.fromEntries(found.map(({ key: name, count }) => [name, Number(count)]))
}

async function withStore<T>(place: StorePlace, use: (store: Store) => Promise<T>): Promise<T> {
  const opened = await openStore(place)
  if (opened.state !== 'opened') throw new Error(`the store is ${opened.state}`)
  try {
    return await use(opened.store)
  } finally {
    await opened.store.close()
  }
}

/** A map that gives every sender of the made reports another name: what the next instance names rows by. */
async function loadMap(store: Store, round: number): Promise<void> {
  const service = {
    id: `local-round${round}`,
    name: `Round ${round}`,
    category: 'marketing',
    dkimDomains: Array.from({ length: 40 }, (_, at) => `service${at}.example`),
  }
  const read = readSenderMap(
    JSON.stringify({ schema: 'letterlock.senders/1', services: [service] }),
    'map.json',
    '2026-11-24',
  )
  if (!read.ok) throw new Error(read.text)
  await writeSenderMap(store.write, read.value, { name: 'map.json', loadedAt: round })
}

interface Stopped {
  readonly code: number | null
  readonly milliseconds: number
  readonly said: string
}

/** Starts an instance, and ends it as a service manager does: so many milliseconds after it is there, or when named. */
async function startAndStop(place: StorePlace, after: number | 'named'): Promise<Stopped> {
  const at =
    'dataDir' in place ? ['--data', place.dataDir] : ['--data', join(folder, 'unused'), '--db', place.postgresUrl]
  const child = spawn(process.execPath, [program, 'serve', ...at, '--listen', '127.0.0.1:0'], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', LETTERLOCK_SENDERS_REVERSE_NAMES: 'false' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  await expect.poll(() => said, { timeout: 60_000, interval: 5 }).toContain('letterlock: open http://')
  const origin = /http:\/\/[\d.:]+/.exec(said)?.[0] ?? ''
  if (after === 'named') await expect.poll(() => namingOf(origin), { timeout: 60_000 }).toBe('done')
  else await sleep(after)
  const started = performance.now()
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const [code] = (await ended) as [number | null]
  clearTimeout(killer)
  return { code, milliseconds: performance.now() - started, said }
}

async function namingOf(origin: string): Promise<string> {
  const { naming } = (await (await fetch(`${origin}/api/v1/sender-map`)).json()) as { readonly naming: string }
  return naming
}

const places = [
  { name: 'SQLite', reason: null, place: (): StorePlace => ({ dataDir: join(folder, 'data') }) },
  {
    name: 'PostgreSQL',
    reason: whyNoPostgres(),
    place: (): StorePlace => ({ postgresUrl: postgres?.database() ?? '' }),
  },
]

describe.each(places)('SIGTERM while senders are named anew, $name', ({ reason, place }) => {
  test.skipIf(reason !== null)(
    'the process ends soon, roll-ups are the sums of the rows, and the next start goes on',
    async () => {
      const where = place()
      const total = await withStore(where, async store => {
        const steps = Array.from({ length: reports }, (_, id) => reportSteps(shape, randomNumbers(id), id))
        for (let at = 0; at < reports; at += 200) await store.intake.writeMany(steps.slice(at, at + 200))
        await store.reattribute()
        return Object.values(await rowsBySender(store)).reduce((sum, count) => sum + count, 0)
      })
      let cutOff = 0
      for (const [round, moment] of moments.entries()) {
        await withStore(where, store => loadMap(store, round))
        const stopped = await startAndStop(where, moment)
        expect(stopped.code, stopped.said).toBe(0)
        expect(stopped.milliseconds, `stopped after ${moment} ms`).toBeLessThan(patienceMilliseconds)
        await withStore(where, async store => {
          const { kept, fromRows } = await rollups(store)
          expect(kept).toEqual(fromRows)
          const rows = await rowsBySender(store)
          expect(Object.values(rows).reduce((sum, count) => sum + count, 0)).toBe(total)
          // Some rows have the new name already, others not yet: it was stopped on the way.
          const named = rows[`service:local-round${round}`] ?? 0
          const old = Object.entries(rows).filter(
            ([name]) => name.startsWith('dkim:service') || /^service:local-round/.test(name),
          )
          if (old.reduce((sum, [, count]) => sum + count, 0) > named) cutOff += 1
        })
      }
      // Else the test has not met what it is about.
      expect(cutOff).toBeGreaterThan(0)
      expect(await startAndStop(where, 'named')).toMatchObject({ code: 0 })
      await withStore(where, async store => {
        const rows = await rowsBySender(store)
        const last = moments.length - 1
        expect(rows[`service:local-round${last}`]).toBeGreaterThan(total / 2)
        const left = Object.keys(rows).filter(
          name =>
            name.startsWith('dkim:service') || (name.startsWith('service:local-round') && !name.endsWith(`${last}`)),
        )
        expect(left).toEqual([])
        const { kept, fromRows } = await rollups(store)
        expect(kept).toEqual(fromRows)
      })
    },
    300_000,
  )
})
