// Builds a store of ten million rows once and keeps it, then measures every screen's first view at the API, the memory
// of an idle process, and how long it takes to stop:
//
//   npx tsx --conditions=source bench/ten-million.ts [FOLDER [ROWS]]     default: /tmp/letterlock-ten-million 10000000
//
// The build takes some ten minutes; the program itself is run from dist, so build it first. A folder whose store is of
// another schema is told so by the program: remove it and run again.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { attributorOf } from '../packages/letterlock/src/store/attribution.ts'
import { openSqliteSession, sqliteTransactor } from '../packages/letterlock/src/store/sqlite-session.ts'
import { Turns } from '../packages/letterlock/src/store/turns.ts'
import { StoreWriter } from '../packages/letterlock/src/store/writer.ts'
import { deliveriesOfDay, domainName, population, reportsByDomain } from './ten-million/population.ts'

const batchSize = 256
const listen = '127.0.0.1:18480'
const target = { largestMs: 300, ordinaryMs: 50, idleMiB: 200 }

/** Each view is asked for this often; the median of all but the first counts. */
const runs = 6

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
  '/rows?source={source}',
  '/tls',
  '/reports',
  '/failure-reports',
  '/quarantine',
  '/sources',
] as const

const [folder = '/tmp/letterlock-ten-million', rows = String(population.rows)] = process.argv.slice(2)
const file = join(folder, 'letterlock.db')
const finished = join(folder, 'finished')
const now = () => Math.floor(Date.now() / 1000)
if (!existsSync(finished)) await build(Number(rows))
await pinCatalogue()
await measure()

async function build(wantedRows: number): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const session = await openSqliteSession(file, now)
  const writer = new StoreWriter({
    transactor: sqliteTransactor(session, new Turns()),
    attributor: attributorOf(null),
    now,
  })
  const perDomain = reportsByDomain(wantedRows / population.rowsPerReport)
  const before = process.cpuUsage()
  for (let day = 0; day < population.days; day += 1) {
    const due = [...deliveriesOfDay(day, perDomain)]
    for (let first = 0; first < due.length; first += batchSize) {
      const verdicts = await writer.writeMany(due.slice(first, first + batchSize))
      const refused = verdicts.find(verdict => verdict.documents[0]?.verdict !== 'stored')
      if (refused !== undefined) throw new Error(`a report was not stored: ${JSON.stringify(refused)}`)
    }
    if (day % 30 === 29) console.log(`day ${day + 1}: ${Math.round(statSync(file).size / 1e6)} MB`)
  }
  const { user, system } = process.cpuUsage(before)
  const counts = session.all(
    'SELECT (SELECT count(*) FROM report) AS reports, (SELECT count(*) FROM aggregate_row) AS stored',
    [],
  )
  session.execute('PRAGMA wal_checkpoint(TRUNCATE)')
  session.close()
  const { reports, stored } = counts[0] ?? {}
  const text = `${reports} reports, ${stored} rows, ${statSync(file).size} bytes, ${(user + system) / 1e6} CPU s`
  writeFileSync(finished, text)
}

/** Notes the catalogue of this program as the one that named all rows: else naming them anew would run beside. */
async function pinCatalogue(): Promise<void> {
  const session = await openSqliteSession(file, now)
  session.run(
    `INSERT INTO setting (tenant, key, value) VALUES (1, 'attributedBy', ?)
     ON CONFLICT (tenant, key) DO UPDATE SET value = excluded.value`,
    [attributorOf(null).version],
  )
  session.close()
}

async function measure(): Promise<void> {
  console.log(readFileSync(finished, 'utf8'))
  const program = fileURLToPath(new URL('../packages/letterlock/dist/cli/main.js', import.meta.url))
  const server = spawn(process.execPath, [program, 'serve', '--data', folder, '--listen', listen], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // Nothing may run beside what is measured.
    env: { ...process.env, LETTERLOCK_SENDERS_REVERSE_NAMES: 'false' },
  })
  const kill = () => server.kill('SIGKILL')
  process.once('exit', kill)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  await untilReady(server)
  await wait(10_000)
  console.log(`resident 10 s after start: ${residentMiB(server)} MiB (target ${target.idleMiB})`)
  for (const [rank, limit] of [
    [0, target.largestMs],
    [100, target.ordinaryMs],
  ] as const)
    await measureDomain(server, domainName(rank), limit)
  console.log(`\nresident after these: ${residentMiB(server)} MiB`)
  await wait(60_000)
  console.log(`a minute later: ${residentMiB(server)} MiB (target ${target.idleMiB})`)
  const asked = performance.now()
  server.kill('SIGTERM')
  await once(server, 'exit')
  console.log(`stopped after ${Math.round(performance.now() - asked)} ms`)
  process.off('exit', kill)
}

async function measureDomain(server: ChildProcess, domain: string, limit: number): Promise<void> {
  const scope = `domain=${domain}&from=${dayText(population.lastDay - 89)}&to=${dayText(population.lastDay)}`
  const sender = encodeURIComponent(await largestSender(scope))
  const source = await sourceOfARow(scope)
  console.log(`\n${domain}, 90 days, target ${limit} ms, load ${loadavg().map(load => load.toFixed(1))}`)
  console.log('       first  median     CPU     bytes  view')
  for (const view of firstViews) {
    const path = view.replace('{domain}', domain).replace('{sender}', sender).replace('{source}', source)
    const { first, median, cpu, bytes } = await timed(server, addressOf(path, scope))
    const columns = [first, median, cpu].map(ms => ms.toFixed(0).padStart(8)).join('')
    console.log(`${median > limit ? 'SLOW' : 'ok  '}${columns}${String(bytes).padStart(10)}  ${view}`)
  }
}

function addressOf(path: string, scope: string): string {
  if (path === '/quarantine' || path === '/sources') return path
  // The page of a domain takes its name from the path.
  const query = path.startsWith('/domains/') ? scope.replace(/^domain=[^&]*&/, '') : scope
  return `${path}${path.includes('?') ? '&' : '?'}${query}`
}

/** Milliseconds of the first answer, of the median of the others, and of the server's processor in the others' mean. */
async function timed(server: ChildProcess, path: string) {
  const times: number[] = []
  let bytes = 0
  let cpuBefore = 0
  for (let run = 0; run < runs; run += 1) {
    if (run === 1) cpuBefore = cpuMs(server)
    const started = performance.now()
    const answer = await fetch(`http://${listen}/api/v1${path}`)
    bytes = (await answer.arrayBuffer()).byteLength
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`)
    times.push(performance.now() - started)
  }
  const cpu = (cpuMs(server) - cpuBefore) / (runs - 1)
  const [first = 0, ...others] = times
  const median = others.sort((left, right) => left - right)[Math.floor(others.length / 2)] ?? 0
  return { first, median, cpu, bytes }
}

async function largestSender(scope: string): Promise<string> {
  const answer = await fetch(`http://${listen}/api/v1/senders?${scope}&sort=messages&limit=1`)
  const { data } = (await answer.json()) as { data: { senders: readonly { sender: { key: string } }[] } }
  return data.senders[0]?.sender.key ?? ''
}

async function sourceOfARow(scope: string): Promise<string> {
  const answer = await fetch(`http://${listen}/api/v1/rows?${scope}&limit=1`)
  const { data } = (await answer.json()) as { data: { rows: readonly { source: { ip: string } }[] } }
  return data.rows[0]?.source.ip ?? ''
}

async function untilReady(server: ChildProcess): Promise<void> {
  const started = performance.now()
  while (server.exitCode === null && performance.now() - started < 60_000) {
    const isReady = await fetch(`http://${listen}/readyz`).then(
      answer => answer.ok,
      () => false,
    )
    if (isReady) return
    await wait(100)
  }
  throw new Error('the server is not ready after a minute')
}

/** Resident memory by /proc: Linux only. */
function residentMiB({ pid }: ChildProcess): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return Math.round(Number(kilobytes) / 1024)
}

/** CPU time of a process so far, in steps of 10 ms: on a busy machine it says more than the clock. */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function dayText(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}
