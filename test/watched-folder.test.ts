import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIntake } from '../packages/letterlock/src/intake/create-intake.ts'
import type { Intake } from '../packages/letterlock/src/intake/intake.ts'
import { startSources } from '../packages/letterlock/src/intake/source/start-sources.ts'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { reportMail, reportXml } from './made-reports.ts'

let folder = ''
let store: Store
let intake: Intake
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-folder-'))
  mkdirSync(join(folder, 'in'))
  const opened = await openStore({ dataDir: join(folder, 'data') })
  if (opened.state !== 'opened') throw new Error(opened.state)
  store = opened.store
  intake = createIntake(store, {
    tenant: 1,
    threads: 1,
    unpackedLimit: 1_073_741_824,
    keepsFailureReports: () => false,
  })
})
afterAll(async () => {
  await intake?.close()
  await store?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function reportIds(): Promise<string[]> {
  const rows = await store.read.selectFrom('report').select('report_id').orderBy('report_id').execute()
  return rows.map(row => row.report_id)
}

async function until(isTrue: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await isTrue()) return
    await sleep(50)
  }
  throw new Error(`did not happen: ${what}`)
}

describe('a watched folder as a source', () => {
  test('takes what is there and what appears, says when the folder is gone, and ends when it is switched off', async () => {
    const row = { tenant: 1, kind: 'folder', name: 'drop', state: '{}', is_enabled: 1, created_at: 0 } as const
    const config = JSON.stringify({ path: join(folder, 'in'), pollSeconds: 5 })
    await store.write
      .insertInto('source_config')
      .values({ ...row, config, last_run_at: null, last_error: null })
      .execute()
    writeFileSync(join(folder, 'in', 'a.xml'), reportXml({ id: 'a' }))
    const sources = await startSources({ store, intake, log: () => undefined })
    await until(async () => (await reportIds()).length === 1, 'the file that was there')
    writeFileSync(join(folder, 'in', 'b.eml'), reportMail({ id: 'b' }))
    await until(async () => (await reportIds()).length === 2, 'the file that appeared')
    expect(await reportIds()).toEqual(['a', 'b'])
    rmSync(join(folder, 'in'), { recursive: true })
    await until(() => sources.states()[0]?.error === 'there is no such folder', 'the fault')
    const lastError = async (): Promise<string | null | undefined> =>
      (await store.read.selectFrom('source_config').select('last_error').executeTakeFirst())?.last_error
    await until(async () => (await lastError()) === 'there is no such folder', 'the fault in the store')
    await store.write.updateTable('source_config').set({ is_enabled: 0 }).execute()
    await sources.reload()
    expect(sources.states()).toEqual([])
    await sources.stop()
  })

  test('a configuration that is not usable is said and starts nothing', async () => {
    await store.write.updateTable('source_config').set({ is_enabled: 1, config: '{"path":7}' }).execute()
    const told: string[] = []
    const sources = await startSources({ store, intake, log: event => told.push(event.text) })
    expect(sources.states()).toEqual([])
    expect(told).toEqual(['its configuration is not usable'])
    await sources.stop()
  })
})

describe('one intake for uploads, mailboxes and reports that are read again', () => {
  test('a stream gives a verdict for each message; a stream that breaks off stores nothing of what was cut', async () => {
    const mbox = (...ids: readonly string[]): Buffer =>
      Buffer.concat(ids.flatMap(id => [Buffer.from('From a b\n'), reportMail({ id }), Buffer.from('\n')]))
    async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    }
    const verdicts: string[] = []
    const input = { name: 'up.mbox', channel: 'upload', trust: 'outside' } as const
    for await (const one of intake.ingestStream({ ...input, stream: chunks(mbox('s1', 's2', 's3')) })) {
      verdicts.push(`${one.name} ${one.documents[0]?.verdict}`)
    }
    expect(verdicts).toEqual(['up.mbox#1 stored', 'up.mbox#2 stored', 'up.mbox#3 stored'])
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(reportXml({ id: 'cut', records: 50 })).subarray(0, 4000)
      throw new Error('the sender went away')
    }
    const before = await reportIds()
    const reading = async (): Promise<void> => {
      for await (const _ of intake.ingestStream({ ...input, name: 'cut.xml', stream: broken() }));
    }
    await expect(reading()).rejects.toThrow('the sender went away')
    expect(await reportIds()).toEqual(before)
  })

  test('a file whose reading takes more memory than a thread may have fails alone', async () => {
    const policies = Array.from(
      { length: 60_000 },
      (_, at) => `{"policy":{"policy-type":"sts","policy-domain":"d${at}.example"}}`,
    )
    const range = '"date-range":{"start-datetime":"2026-11-01T00:00:00Z","end-datetime":"2026-11-01T23:59:59Z"}'
    mkdirSync(join(folder, 'small'))
    writeFileSync(
      join(folder, 'small', 'k.json'),
      `{"organization-name":"x","report-id":"y",${range},"policies":[${policies}]}`,
    )
    for (const name of ['a', 'b', 'z'])
      writeFileSync(join(folder, 'small', `${name}.xml`), reportXml({ id: `small-${name}` }))
    const options = { tenant: 1, threads: 1, unpackedLimit: 1_073_741_824, keepsFailureReports: () => false }
    const narrow = createIntake(null, { ...options, threadHeapMiB: 16 })
    const told: string[] = []
    for await (const result of narrow.ingestPaths([join(folder, 'small')])) {
      told.push(
        result.kind === 'failed'
          ? `${result.name} failed`
          : `${result.verdict.name} ${result.verdict.documents[0]?.verdict}`,
      )
    }
    await narrow.close()
    expect([...new Set(told)].sort()).toEqual([
      'small/a.xml stored',
      'small/b.xml stored',
      'small/k.json failed',
      'small/z.xml stored',
    ])
  })

  test('many deliveries at once', async () => {
    const ids = Array.from({ length: 300 }, (_, at) => `many-${at}`)
    const given = ids.map(id =>
      intake.ingestBytes({ name: `${id}.eml`, channel: 'imap', trust: 'outside', bytes: reportMail({ id }) }),
    )
    const verdicts = await Promise.all(given)
    expect(verdicts.map(one => one.documents[0]?.verdict)).toEqual(ids.map(() => 'stored'))
    expect(verdicts.map(one => one.name)).toEqual(ids.map(id => `${id}.eml`))
  })
})
