import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { reportMail } from './made-reports.ts'
import { program, runCommand } from './run-command.ts'

/** How often an import is killed. */
const kills = 50
/** Mails of one round: enough for several transactions. */
const mailsPerRound = 130
const recordsPerMail = 5

let folder = ''
let dataDir = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-kill-'))
  dataDir = join(folder, 'data')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Numbers between 0 and 1, the same in each run, so that a failure can be looked at again. */
function sequence(): () => number {
  let state = 20_261_124
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

function writeRound(round: number): string {
  const path = join(folder, `round-${round}`)
  mkdirSync(path)
  for (let number = 0; number < mailsPerRound; number++) {
    const id = reportId(round, number)
    const mail = reportMail({ id, domain: `domain${number % 7}.example`, records: recordsPerMail })
    writeFileSync(join(path, `${id}.eml`), mail)
  }
  return path
}

const reportId = (round: number, number: number): string => `r${round}-${number}`

/** When the process is killed: after a time, or after so many lines of verdicts. */
type Moment = { readonly milliseconds: number } | { readonly lines: number }

/** Imports a folder and kills the process; gives the report ids of the verdict lines that were printed whole. */
async function importAndKill(path: string, moment: Moment): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, 'ingest', '--data', dataDir, path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  const timer = 'milliseconds' in moment ? setTimeout(kill, moment.milliseconds) : undefined
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
    if ('lines' in moment && output.split('\n').length > moment.lines) kill()
  })
  await new Promise(resolve => child.once('close', resolve))
  clearTimeout(timer)
  const whole = output.slice(0, output.lastIndexOf('\n') + 1).split('\n')
  return whole.flatMap(line => /^(?:stored|tolerated|known) .*\/(r\d+-\d+)\.eml/.exec(line)?.[1] ?? [])
}

async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const opened = await openStore({ dataDir })
  if (opened.state !== 'opened') throw new Error(`the store is ${opened.state}`)
  try {
    return await use(opened.store)
  } finally {
    await opened.store.close()
  }
}

/** Ids of the reports in the store, each as often as it is there. */
const storedIds = (store: Store): Promise<string[]> =>
  store.read
    .selectFrom('report')
    .select('report_id')
    .execute()
    .then(rows => rows.map(row => row.report_id))

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

describe('kill -9 at any moment of an import', () => {
  test(`${kills} times: no acknowledged report is lost, none is doubled, roll-ups are the sums of the rows`, {
    timeout: 600_000,
  }, async () => {
    const next = sequence()
    const acknowledged = new Set<string>()
    const started = Date.now()
    await importAndKill(writeRound(0), { lines: Number.POSITIVE_INFINITY })
    const wholeRun = Date.now() - started
    let killedHalfway = 0
    for (let round = 1; round <= kills; round++) {
      const path = writeRound(round)
      const moment =
        round % 2 === 0
          ? { milliseconds: wholeRun * (0.1 + 0.8 * next()) }
          : { lines: 1 + Math.floor(next() * mailsPerRound) }
      const told = await importAndKill(path, moment)
      for (const id of told) acknowledged.add(id)
      if (told.length > 0 && told.length < mailsPerRound) killedHalfway++
      await withStore(async store => {
        const stored = await storedIds(store)
        expect(stored.length, `round ${round}: doubled`).toBe(new Set(stored).size)
        const missing = [...acknowledged].filter(id => !stored.includes(id))
        expect(missing, `round ${round}: acknowledged and lost`).toEqual([])
      })
      // Every fifth round goes on from where it was killed, and then nothing may be missing.
      if (round % 5 !== 0) continue
      const resumed = await runCommand(['ingest', '--data', dataDir, path])
      expect(resumed.code).toBe(0)
      for (let number = 0; number < mailsPerRound; number++) acknowledged.add(reportId(round, number))
      await withStore(async store => {
        const { kept, fromRows } = await rollups(store)
        expect(kept).toEqual(fromRows)
      })
    }
    expect(killedHalfway).toBeGreaterThan(kills / 4)
    await runCommand(['ingest', '--data', dataDir, folder])
    await withStore(async store => {
      const stored = await storedIds(store)
      expect(stored.length).toBe((kills + 1) * mailsPerRound)
      expect(new Set(stored).size).toBe(stored.length)
      const { kept, fromRows } = await rollups(store)
      expect(kept).toEqual(fromRows)
      const rows = await store.read
        .selectFrom('aggregate_row')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      expect(Number(rows.count)).toBe((kills + 1) * mailsPerRound * recordsPerMail)
    })
  })
})
