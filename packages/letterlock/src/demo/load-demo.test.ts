import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createIntake } from '../intake/create-intake.ts'
import { openStore } from '../store/open-store.ts'
import { onlyTenant, type Store } from '../store/store.ts'
import { demoDecisions } from './decisions.ts'
import { demoMails } from './demo-mails.ts'
import { demoSenderMap, loadDemo } from './load-demo.ts'

const now = 1_795_600_000
const lastDay = Math.floor(now / 86_400) - 1
const folder = mkdtempSync(join(tmpdir(), 'letterlock-demo-'))
let store: Store

beforeAll(async () => {
  const opened = await openStore({ dataDir: folder }, { map: demoSenderMap })
  if (opened.state !== 'opened') throw new Error(JSON.stringify(opened))
  store = opened.store
  const intake = createIntake(store, {
    tenant: onlyTenant,
    threads: null,
    unpackedLimit: 100_000_000,
    keepsFailureReports: () => false,
  })
  await loadDemo({ store, intake, now })
  await intake.close()
}, 120_000)

afterAll(async () => {
  await store?.close()
  rmSync(folder, { recursive: true })
})

it('stores a report for each mail but the one that cannot be read', async () => {
  const mails = [...demoMails(lastDay)]
  const { reports } = await store.read
    .selectFrom('report')
    .select(count => count.fn.countAll<number>().as('reports'))
    .executeTakeFirstOrThrow()
  const quarantine = await store.read.selectFrom('quarantine').select(['code']).execute()
  expect(quarantine.map(entry => entry.code)).toEqual(['aggregate-entity-used'])
  expect(reports).toBe(mails.length - quarantine.length)
})

it('ends with yesterday, and one reporter fell silent before', async () => {
  const newest = await store.read
    .selectFrom('report')
    .innerJoin('reporter', 'reporter.id', 'report.reporter')
    .where('report.kind', '=', 'aggregate')
    .select(['reporter.name', max => max.fn.max('report.day').as('day')])
    .groupBy('reporter.name')
    .execute()
  expect(Math.max(...newest.map(row => row.day))).toBe(lastDay)
  expect(newest.filter(row => row.day < lastDay - 1).map(row => row.name)).toEqual(['Yonder'])
})

it('has a story for each domain, by senders that were named', async () => {
  const rows = await store.read
    .selectFrom('aggregate_rollup')
    .innerJoin('sender', 'sender.id', 'aggregate_rollup.sender')
    .innerJoin('domain', 'domain.id', 'aggregate_rollup.domain')
    .select(['domain.name', 'sender.key'])
    .distinct()
    .execute()
  const known = rows.map(row => `${row.name} ${row.key}`)
  expect(known).toContain('example.org service:local-ledgerly')
  expect(known).toContain('example.org service:local-surveyhut')
  expect(known).toContain('example.org as:64507')
  expect(known).toContain('example.com service:local-northmail')
  expect(known).toContain('parked.example as:64508')
})

it('records every decision, each about a sender that sent', async () => {
  const { decisions } = await store.read
    .selectFrom('decision')
    .select(count => count.fn.countAll<number>().as('decisions'))
    .executeTakeFirstOrThrow()
  expect(decisions).toBe(demoDecisions.length)
})
