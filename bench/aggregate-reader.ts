import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { writeAggregateFile } from './aggregate-file.ts'

/**
 * Records per CPU second through the aggregate reader, its peak memory, and saxes with a path builder on the same file.
 * Each measurement is a process of its own, so that memory is its own too. Run it: npx tsx bench/aggregate-reader.ts
 */

/** What one process measured. */
interface Measured {
  readonly records: number
  readonly messages: number
  readonly cpuSeconds: number
  readonly peakMiB: number
}

const sizes = [10_000, 50_000, 500_000]

execFileSync('npx', ['tsc', '-b', 'packages/protocols'], { cwd: fileURLToPath(new URL('..', import.meta.url)) })
compare()

function compare(): void {
  const measured = sizes.map(size => ({ size, file: fileOf(size), ours: run('letterlock', fileOf(size)) }))
  for (const { size, file, ours } of measured) {
    const megabytes = statSync(file).size / 1e6
    console.log(
      `letterlock ${size} records, ${megabytes.toFixed(0)} MB: ${rate(ours)} records per CPU second, peak ${ours.peakMiB.toFixed(0)} MiB`,
    )
  }
  const [small, , large] = measured
  if (small === undefined || large === undefined) return
  const theirs = run('saxes', large.file)
  console.log(
    `saxes with a path builder: ${rate(theirs)} records per CPU second, peak ${theirs.peakMiB.toFixed(0)} MiB`,
  )
  const agree = theirs.records === large.ours.records && theirs.messages === large.ours.messages
  console.log(`records and messages agree: ${agree ? 'yes' : 'NO'}`)
  const ratio = theirs.cpuSeconds / large.ours.cpuSeconds
  const growth = large.ours.cpuSeconds / large.size / (small.ours.cpuSeconds / small.size)
  console.log(`letterlock / saxes: ${ratio.toFixed(1)} (at least 3)`)
  console.log(`CPU per record, 500,000 / 10,000: ${growth.toFixed(2)} (below 1: the start of the process weighs less)`)
  const isMet =
    agree && large.ours.records / large.ours.cpuSeconds >= 150_000 && large.ours.peakMiB <= 150 && ratio >= 3
  console.log(isMet ? 'targets met' : 'TARGETS MISSED')
  process.exitCode = isMet ? 0 : 1
}

function rate(measured: Measured): string {
  return Math.round(measured.records / measured.cpuSeconds).toLocaleString('en')
}

function fileOf(records: number): string {
  const file = fileURLToPath(new URL(`out/aggregate-${records}.xml`, import.meta.url))
  if (!existsSync(file)) writeAggregateFile(file, records)
  return file
}

function run(reader: string, file: string): Measured {
  const script = fileURLToPath(new URL('aggregate-reader-child.mjs', import.meta.url))
  const child = spawnSync(process.execPath, [script, reader, file], { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(child.stderr)
  const measured: Measured = JSON.parse(child.stdout)
  return measured
}
