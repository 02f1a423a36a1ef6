// Builds a store of ten million rows once and keeps it, then measures every screen's first view at the API, and the
// memory of an idle process:
//
//   npx tsx --conditions=source bench/ten-million.ts [FOLDER]     default: /tmp/letterlock-ten-million
//
// The build takes some ten minutes; the program itself is run from dist, so build it first.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attributorOf } from '../packages/letterlock/src/store/attribution.ts'
import { openSqliteSession, sqliteTransactor } from '../packages/letterlock/src/store/sqlite-session.ts'
import { Turns } from '../packages/letterlock/src/store/turns.ts'
import { StoreWriter } from '../packages/letterlock/src/store/writer.ts'
import { deliveriesOfDay, domainName, population, reportsByDomain } from './ten-million/population.ts'

const batchSize = 256
const listen = '127.0.0.1:18480'
const target = { largestMs: 300, ordinaryMs: 50, idleMiB: 200 }

/** First views: what each screen asks for when it opens, in the scope of one domain and 90 days. */
const firstViews = [
  '/scope',
  '/today',
  '/volume',
  '/domains',
  '/domains/{domain}',
  '/domains/{domain}/selectors',
  '/senders',
  '/senders/{sender}',
  '/senders-by-reporter',
  '/coverage',
  '/rows',
  '/tls',
  '/reports',
  '/failure-reports',
  '/quarantine',
  '/sources',
] as const

const folder = process.argv[2] ?? '/tmp/letterlock-ten-million'
const finished = join(folder, 'finished')
if (!existsSync(finished)) await build()
await measure()

async function build(): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'letterlock.db')
  const session = await openSqliteSession(file, () => Math.floor(Date.now() / 1000))
  const writer = new StoreWriter({
    transactor: sqliteTransactor(session, new Turns()),
    attributor: attributorOf(null),
    now: () => Math.floor(Date.now() / 1000),
  })
  const perDomain = reportsByDomain(population.rows / population.rowsPerReport)
  const before = process.cpuUsage()
  let stored = 0
  for (let day = 0; day < population.days; day += 1) {
    const due = [...deliveriesOfDay(day, perDomain)]
    for (let first = 0; first < due.length; first += batchSize) {
      const verdicts = await writer.writeMany(due.slice(first, first + batchSize))
      stored += verdicts.filter(verdict => verdict.documents[0]?.verdict === 'stored').length
    }
    if (day % 30 === 29) console.log(`day ${day + 1}: ${stored} reports, ${Math.round(statSync(file).size / 1e6)} MB`)
  }
  const { user, system } = process.cpuUsage(before)
  session.execute('PRAGMA wal_checkpoint(TRUNCATE)')
  session.execute('PRAGMA optimize')
  session.close()
  const text = `${stored} reports, ${stored * population.rowsPerReport} rows, ${statSync(file).size} bytes, ${(user + system) / 1e6} CPU s`
  writeFileSync(finished, text)
  console.log(text)
}

async function measure(): Promise<void> {
  console.log(readFileSync(finished, 'utf8'))
  const program = fileURLToPath(new URL('../packages/letterlock/dist/cli/main.js', import.meta.url))
  const server = spawn(process.execPath, [program, 'serve', '--data', folder, '--listen', listen], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await untilReady()
    await settle()
    console.log(`idle after start: ${residentMiB(server.pid ?? 0)} MiB`)
    for (const [rank, limit] of [
      [0, target.largestMs],
      [100, target.ordinaryMs],
    ] as const)
      await measureDomain(server.pid ?? 0, domainName(rank), limit)
    await settle()
    console.log(`idle after these: ${residentMiB(server.pid ?? 0)} MiB (target ${target.idleMiB})`)
  } finally {
    server.kill('SIGTERM')
  }
}

async function measureDomain(server: number, domain: string, limit: number): Promise<void> {
  const scope = `domain=${domain}&from=${dayText(population.lastDay - 89)}&to=${dayText(population.lastDay)}`
  const sender = await largestSender(scope)
  console.log(`\n${domain}, 90 days (target ${limit} ms): first, median of 5, CPU of the server in that median`)
  for (const view of firstViews) {
    const path = view.replace('{domain}', domain).replace('{sender}', encodeURIComponent(sender))
    // The page of a domain takes its name from the path.
    const query = view.startsWith('/domains/') ? scope.replace(/^domain=[^&]*&/, '') : scope
    const runs: { readonly ms: number; readonly cpuMs: number }[] = []
    let bytes = 0
    for (let run = 0; run < 6; run += 1) {
      const started = performance.now()
      const cpuBefore = cpuMs(server)
      const answer = await fetch(`http://${listen}/api/v1${path}?${query}`)
      bytes = (await answer.arrayBuffer()).byteLength
      if (!answer.ok) throw new Error(`${path} answers ${answer.status}`)
      runs.push({ ms: performance.now() - started, cpuMs: cpuMs(server) - cpuBefore })
    }
    const [first, ...others] = runs
    const median = others.sort((left, right) => left.ms - right.ms)[2]
    const mark = (median?.ms ?? 0) > limit ? 'SLOW' : 'ok  '
    const columns = [first?.ms, median?.ms, median?.cpuMs].map(value => (value ?? 0).toFixed(0).padStart(6)).join(' ')
    console.log(`${mark} ${columns} ms ${String(bytes).padStart(8)} bytes  ${view}`)
  }
}

async function largestSender(scope: string): Promise<string> {
  const answer = await fetch(`http://${listen}/api/v1/senders?${scope}&sort=messages&limit=1`)
  const { data } = (await answer.json()) as { data: { senders: readonly { sender: { key: string } }[] } }
  return data.senders[0]?.sender.key ?? ''
}

async function untilReady(): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const isReady = await fetch(`http://${listen}/readyz`).then(
      answer => answer.ok,
      () => false,
    )
    if (isReady) return
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  throw new Error('the server is not ready after a minute')
}

function settle(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 5000))
}

/** Resident memory by /proc: Linux only. */
function residentMiB(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return Math.round(Number(kilobytes) / 1024)
}

/** CPU time of a process so far, in steps of 10 ms: on a busy machine it says more than the clock. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function dayText(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}
