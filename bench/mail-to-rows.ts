import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIntake } from '../packages/letterlock/src/intake/create-intake.ts'
import type { IntakeOp } from '../packages/letterlock/src/store/intake-op.ts'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { reportMail } from '../test/made-reports.ts'
import { usualSteps } from './usual-pipeline.ts'

/*
 * Report mails of 7 KB with 25 records to stored rows with roll-ups: CPU time of the whole process, all threads.
 * 200 domains and 200,000 sources by a power law, 40 reporters, 40 services.
 * Run after a build: node --import tsx --conditions source bench/mail-to-rows.ts [reports]
 * `floor` bounds are those of the design; absolutes wander with the machine, the ratio decides.
 */

const records = 25
const batchSize = 64
const reports = Number(process.argv[2] ?? 6000)
const usualReports = Math.max(200, Math.floor(reports / 10))
const floor = { reports: 1000, records: 25_000, ratio: 5 }

const folder = mkdtempSync(join(tmpdir(), 'letterlock-bench-'))
const domains = Array.from({ length: 200 }, (_, at) => `domain${at}.example`)
const reporters = Array.from({ length: 40 }, (_, at) => `receiver${at}.example`)

function mailOf(number: number): Buffer {
  return reportMail({
    id: `bench-${number}`,
    domain: domains[Math.floor(domains.length * ((number * 0.618) % 1) ** 2.3)] ?? '',
    reporter: reporters[number % reporters.length] ?? '',
    begin: 1_764_547_200 + Math.floor(number / 1000) * 86_400,
    records,
    sources: 200_000,
  })
}

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

async function freshStore(name: string): Promise<Store> {
  const opened = await openStore({ dataDir: join(folder, name) })
  if (opened.state !== 'opened') throw new Error(opened.state)
  return opened.store
}

async function ours(source: 'mbox' | 'folder'): Promise<Measured> {
  const paths = { warm: join(folder, `${source}-warm`), all: join(folder, source) }
  write(paths.warm, source, 1_000_000, Math.min(1000, reports))
  write(paths.all, source, 0, reports)
  const store = await freshStore(`data-${source}`)
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
  await ingest(paths.warm)
  const measured = await measure(reports, () => ingest(paths.all))
  await intake.close()
  await store.close()
  return measured
}

function write(path: string, source: 'mbox' | 'folder', first: number, count: number): void {
  const mails = Array.from({ length: count }, (_, at) => mailOf(first + at))
  if (source === 'mbox') {
    const line = Buffer.from('From reports@example.net Tue Nov 24 10:00:00 2026\r\n')
    writeFileSync(path, Buffer.concat(mails.flatMap(mail => [line, mail, Buffer.from('\r\n')])))
    return
  }
  mkdirSync(path)
  mails.forEach((mail, at) => {
    writeFileSync(join(path, `${at}.eml`), mail)
  })
}

async function usual(): Promise<Measured> {
  const store = await freshStore('data-usual')
  const ingest = async (first: number, count: number): Promise<number> => {
    let stored = 0
    for (let at = 0; at < count; at += batchSize) {
      const batch: IntakeOp[][] = []
      for (let number = at; number < Math.min(count, at + batchSize); number++) {
        batch.push(await usualSteps(`${first + number}.eml`, mails[number] ?? Buffer.alloc(0)))
      }
      const verdicts = await store.intake.writeMany(batch)
      stored += verdicts.filter(verdict => verdict.documents[0]?.verdict === 'stored').length
    }
    return stored
  }
  let mails = Array.from({ length: 200 }, (_, at) => mailOf(1_000_000 + at))
  await ingest(1_000_000, mails.length)
  mails = Array.from({ length: usualReports }, (_, at) => mailOf(at))
  const measured = await measure(usualReports, () => ingest(0, usualReports))
  await store.close()
  return measured
}

function line(name: string, { perSecond, milliseconds }: Measured): string {
  const rows = Math.round(perSecond * records)
  return `${name.padEnd(34)} ${Math.round(perSecond)} reports, ${rows} records per CPU second (${milliseconds.toFixed(3)} ms each)`
}

console.log(`${reports} mails of ${mailOf(0).length} bytes with ${records} records`)
const mbox = await ours('mbox')
console.log(line('letterlock, mbox', mbox))
const files = await ours('folder')
console.log(line('letterlock, one file each', files))
const compared = await usual()
console.log(line('mailparser + fast-xml-parser', compared))
const ratio = mbox.perSecond / compared.perSecond
console.log(`ratio ${ratio.toFixed(1)} (wanted ${floor.ratio}; ${floor.reports} reports, ${floor.records} records)`)
rmSync(folder, { recursive: true })
