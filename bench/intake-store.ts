import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attributorOf } from '../packages/letterlock/src/store/attribution.ts'
import { openSqliteSession, sqliteTransactor } from '../packages/letterlock/src/store/sqlite-session.ts'
import { Turns } from '../packages/letterlock/src/store/turns.ts'
import { StoreWriter } from '../packages/letterlock/src/store/writer.ts'
import { type ReportShape, randomNumbers, reportSteps } from './report-steps.ts'

/*
 * CPU time of the store for each report: dictionaries, rows, roll-ups, kept bytes and durable commits, without parsing
 * and without threads. Run: node --import tsx --conditions source bench/intake-store.ts [reports]
 */

const shape: ReportShape = {
  domains: 200,
  reporters: 40,
  days: 3,
  sources: 200_000,
  recordsPerReport: 25,
  pieceBytes: 5_500,
}
const batchSize = 64
/** Mail comes in the order of time: 10 million rows in a year. */
const reportsOfDay = 1_100
const reports = Number(process.argv[2] ?? 6_400)

const folder = mkdtempSync(join(tmpdir(), 'letterlock-bench-'))
const file = join(folder, 'letterlock.db')
const session = await openSqliteSession(file, () => 1)
const writer = new StoreWriter({
  transactor: sqliteTransactor(session, new Turns()),
  attributor: attributorOf(null),
  now: () => 1,
})
const random = randomNumbers(7)

let cpuMicroseconds = 0
let stored = 0
for (let first = 0; first < reports; first += batchSize) {
  const batch = Array.from({ length: Math.min(batchSize, reports - first) }, (_, at) =>
    reportSteps(shape, random, first + at, Math.floor((first + at) / reportsOfDay)),
  )
  const before = process.cpuUsage()
  const verdicts = await writer.writeMany(batch)
  const used = process.cpuUsage(before)
  cpuMicroseconds += used.user + used.system
  stored += verdicts.filter(verdict => verdict.documents[0]?.verdict === 'stored').length
}
const seconds = cpuMicroseconds / 1e6
const rows = stored * shape.recordsPerReport
console.log(`${stored} reports, ${rows} rows in ${seconds.toFixed(2)} CPU s`)
console.log(`${(cpuMicroseconds / stored / 1000).toFixed(3)} ms CPU a report`)
console.log(`${Math.round(stored / seconds)} reports and ${Math.round(rows / seconds)} rows per CPU second`)
session.execute('PRAGMA wal_checkpoint(TRUNCATE)')
console.log(`${Math.round(statSync(file).size / rows)} bytes a row, kept bytes and indexes included`)
session.close()
rmSync(folder, { recursive: true })
