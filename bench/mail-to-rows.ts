import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIntake } from '../packages/letterlock/src/intake/create-intake.ts'
import { batchDeliveries } from '../packages/letterlock/src/intake/delivery-batch.ts'
import type { IntakeOp } from '../packages/letterlock/src/store/intake-op.ts'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { numberedMail, recordsOfMail } from './report-mails.ts'
import { usualSteps } from './usual-pipeline.ts'

/*
 * Report mails of 7 KB with 25 records to stored rows with roll-ups: CPU time of the whole process, all threads. What the
 * mails are like is told in report-mails.ts. Every store first takes the mails of some days, untimed: a store in use
 * knows its senders, and the engine has compiled what is used. The usual pipeline hands its batches, as large as ours,
 * to the same store. Run after a build: npx tsx --conditions=source bench/mail-to-rows.ts [reports]
 * `floor` bounds are those of the design; absolutes wander with the machine, the ratio decides.
 */

const reports = Number(process.argv[2] ?? 20_000)
const earlierReports = 4_000
const usualReports = Math.max(200, Math.floor(reports / 10))
/** Mails that warm up the usual pipeline; what they are about comes after all others. */
const usualWarmUp = { first: 1_000_000, count: 300 }
const floor = { reports: 1000, records: 25_000, ratio: 5 }

const folder = mkdtempSync(join(tmpdir(), 'letterlock-bench-'))

interface Measured {
  readonly perSecond: number
  readonly milliseconds: number
}

async function measure(count: number, work: () => Promise<number>): Promise<Measured> {
  const before = process.cpuUsage()
  const stored = await work()
  const { user, system } = process.cpuUsage(before)
  if (stored !== count) throw new Error(`${stored} reports stored, not ${count}`)
  return { perSecond: (count / (user + system)) * 1e6, milliseconds: (user + system) / 1000 / count }
}

function mails(first: number, count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, at) => numberedMail(first + at))
}

function writeMbox(name: string, first: number, count: number): string {
  const path = join(folder, name)
  const line = Buffer.from('From reports@example.net Tue Nov 24 10:00:00 2026\r\n')
  writeFileSync(path, Buffer.concat(mails(first, count).flatMap(mail => [line, mail, Buffer.from('\r\n')])))
  return path
}

function writeFolder(name: string, first: number, count: number): string {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [at, mail] of mails(first, count).entries()) writeFileSync(join(path, `${at}.eml`), mail)
  return path
}

/** A store that has the earlier reports, and a way to bring more into it that gives the number stored. */
async function storeInUse(name: string): Promise<{
  readonly store: Store
  readonly ingest: (path: string) => Promise<number>
  readonly close: () => Promise<void>
}> {
  const opened = await openStore({ dataDir: join(folder, name) })
  if (opened.state !== 'opened') throw new Error(opened.state)
  const { store } = opened
  const intake = createIntake(store, {
    tenant: 1,
    threads: 1,
    unpackedLimit: 1_073_741_824,
    keepsFailureReports: () => false,
  })
  const ingest = async (path: string): Promise<number> => {
    let stored = 0
    for await (const result of intake.ingestPaths([path])) {
      if (result.kind === 'verdict' && result.verdict.documents[0]?.verdict === 'stored') stored++
    }
    return stored
  }
  await ingest(earlier)
  const close = async (): Promise<void> => {
    await intake.close()
    await store.close()
  }
  return { store, ingest, close }
}

async function ours(name: string, path: string): Promise<Measured> {
  const { ingest, close } = await storeInUse(`data-${name}`)
  const measured = await measure(reports, () => ingest(path))
  await close()
  return measured
}

async function usual(): Promise<Measured> {
  const { store, close } = await storeInUse('data-usual')
  const ingest = async (first: number, given: readonly Buffer[]): Promise<number> => {
    let stored = 0
    for (let at = 0; at < given.length; at += batchDeliveries) {
      const batch: IntakeOp[][] = []
      for (const [place, mail] of given.slice(at, at + batchDeliveries).entries())
        batch.push(await usualSteps(`${first + at + place}.eml`, mail))
      const verdicts = await store.intake.writeMany(batch)
      stored += verdicts.filter(verdict => verdict.documents[0]?.verdict === 'stored').length
    }
    return stored
  }
  await ingest(usualWarmUp.first, mails(usualWarmUp.first, usualWarmUp.count))
  const given = mails(earlierReports, usualReports)
  const measured = await measure(usualReports, () => ingest(earlierReports, given))
  await close()
  return measured
}

function line(name: string, { perSecond, milliseconds }: Measured): string {
  const rows = Math.round(perSecond * recordsOfMail)
  return `${name.padEnd(34)} ${Math.round(perSecond)} reports, ${rows} records per CPU second (${milliseconds.toFixed(3)} ms each)`
}

console.log(`${reports} mails of ${numberedMail(0).length} bytes with ${recordsOfMail} records`)
const earlier = writeMbox('earlier', 0, earlierReports)
const mbox = await ours('mbox', writeMbox('mbox', earlierReports, reports))
console.log(line('letterlock, mbox', mbox))
const files = await ours('files', writeFolder('files', earlierReports, reports))
console.log(line('letterlock, one file each', files))
const compared = await usual()
console.log(line('mailparser + fast-xml-parser', compared))
const ratio = mbox.perSecond / compared.perSecond
console.log(`ratio ${ratio.toFixed(1)} (wanted ${floor.ratio}; ${floor.reports} reports, ${floor.records} records)`)
rmSync(folder, { recursive: true })
