import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Knot, knotMissing } from '../test/servers/knot.ts'

/**
 * Queries per client CPU second over pipelined TCP against Knot on loopback, and dnsperf with the same questions at the
 * same server, in turns. Wants Knot and dnsperf, and the built packages. Run it:
 * npx tsc -b && npx tsx --conditions=source bench/dns-client.ts
 */

/** What one process measured. */
interface Measured {
  readonly asked: number
  readonly cpuSeconds: number
  readonly wallSeconds: number
  /** CPU seconds of the server meanwhile. */
  readonly serverSeconds: number
  readonly note: string
}

const domains = 40_000
const rounds = 5
const clientRepeats = 2
const wanted = 120_000

const dnsperf = '/usr/bin/dnsperf'
const missing = knotMissing() ?? (existsSync(dnsperf) ? null : 'dnsperf (dnsperf) is not installed')
if (missing !== null) {
  console.log(`not measured: ${missing}`)
  process.exitCode = 1
} else await compare()

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-dns-bench-'))
  const file = join(folder, 'questions')
  writeFileSync(file, questions())
  const knot = await Knot.start([{ name: 'bench.tb', records: records() }])
  try {
    const runs: Record<string, Measured[]> = {}
    for (let round = 0; round < rounds; round += 1) {
      measure(runs, 'letterlock, askAll', () => client('bulk', knot, file))
      measure(runs, 'letterlock, query over TCP', () => client('query', knot, file))
      measure(runs, 'dnsperf, UDP', () => perf(['-m', 'udp', '-c', '4', '-q', '400'], knot, file))
      measure(runs, 'dnsperf, TCP', () => perf(['-m', 'tcp', '-c', '2', '-q', '800'], knot, file))
    }
    report(runs)
  } finally {
    await knot.stop()
    rmSync(folder, { recursive: true })
  }
}

function measure(runs: Record<string, Measured[]>, name: string, run: () => Measured): void {
  const measured = run()
  runs[name] = [...(runs[name] ?? []), measured]
  console.log(`${name}: ${rate(measured).toLocaleString('en')} queries per CPU second, ${line(measured)}`)
}

function line({ asked, cpuSeconds, wallSeconds, serverSeconds, note }: Measured): string {
  const server = `server ${serverSeconds.toFixed(1)} s`
  return `${asked.toLocaleString('en')} asked, CPU ${cpuSeconds.toFixed(1)} s, wall ${wallSeconds.toFixed(1)} s, ${server}, ${note}`
}

function report(runs: Record<string, Measured[]>): void {
  const rates = Object.entries(runs).map(([name, list]) => ({ name, rate: median(list.map(rate)), list }))
  for (const { name, rate: value, list } of rates) {
    const [least = 0, ...more] = list.map(rate).sort((a, b) => a - b)
    console.log(`${name}: median ${format(value)} (${format(least)} to ${format(more.at(-1) ?? least)})`)
  }
  const rateOf = (name: string) => rates.find(entry => entry.name === name)?.rate ?? 0
  const ours = rateOf('letterlock, askAll')
  for (const name of ['dnsperf, UDP', 'dnsperf, TCP'])
    console.log(`letterlock, askAll / ${name}: ${(ours / rateOf(name)).toFixed(2)}`)
  console.log(ours >= wanted ? `target met: ${format(wanted)}` : `TARGET MISSED: ${format(wanted)}`)
  process.exitCode = ours >= wanted ? 0 : 1
}

function rate({ asked, cpuSeconds }: Measured): number {
  return Math.round(asked / cpuSeconds)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

function format(value: number): string {
  return value.toLocaleString('en')
}

function client(road: 'bulk' | 'query', knot: Knot, file: string): Measured {
  const script = fileURLToPath(new URL('dns-client-child.mjs', import.meta.url))
  const before = cpuSecondsOf(knot.pid)
  const args = [script, road, knot.address, file, String(clientRepeats)]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(child.stderr)
  const { asked, cpuSeconds, wallSeconds, outcomes } = JSON.parse(child.stdout)
  return {
    asked,
    cpuSeconds,
    wallSeconds,
    serverSeconds: cpuSecondsOf(knot.pid) - before,
    note: JSON.stringify(outcomes),
  }
}

/** The CPU time is that of the whole process, as bash tells it; dnsperf starts in a few milliseconds. */
function perf(mode: readonly string[], knot: Knot, file: string): Measured {
  const before = cpuSecondsOf(knot.pid)
  const command = `TIMEFORMAT="cpu %R %U %S"; time ${dnsperf} -s 127.0.0.1 -p ${knot.port} -d ${file} -n ${clientRepeats} -D ${mode.join(' ')}`
  const child = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
  const [wall = 0, user = 0, system = 0] = (/cpu ([0-9. ]+)/.exec(child.stderr)?.[1] ?? '').split(' ').map(Number)
  const completed = Number(/Queries completed:\s+([0-9]+)/.exec(child.stdout)?.[1] ?? 0)
  const lost = /Queries lost:\s+([0-9]+)/.exec(child.stdout)?.[1] ?? '?'
  return {
    asked: completed,
    cpuSeconds: user + system,
    wallSeconds: wall,
    serverSeconds: cpuSecondsOf(knot.pid) - before,
    note: `${lost} lost`,
  }
}

/** From /proc/PID/stat, in hundredths of a second. */
function cpuSecondsOf(pid: number): number {
  const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The five names that an audit asks for first, of every domain. */
function questions(): string {
  const lines: string[] = []
  for (let index = 0; index < domains; index += 1) {
    const domain = `d${index}.bench.tb`
    lines.push(
      `${domain} MX`,
      `${domain} TXT`,
      `_dmarc.${domain} TXT`,
      `_mta-sts.${domain} TXT`,
      `_smtp._tls.${domain} TXT`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** Every domain has MX and SPF, most have DMARC, one in a hundred MTA-STS and TLS-RPT: two in five names do not exist. */
function records(): string {
  const lines = ['mx A 192.0.2.1']
  for (let index = 0; index < domains; index += 1) {
    lines.push(`d${index} MX 10 mx`, `d${index} TXT "v=spf1 include:_spf.example.org -all"`)
    if (index % 100 !== 0) lines.push(`_dmarc.d${index} TXT "v=DMARC1; p=reject; rua=mailto:dmarc@bench.tb"`)
    if (index % 100 !== 0) continue
    lines.push(`_mta-sts.d${index} TXT "v=STSv1; id=1"`, `_smtp._tls.d${index} TXT "v=TLSRPTv1; rua=mailto:t@bench.tb"`)
  }
  return lines.join('\n')
}
