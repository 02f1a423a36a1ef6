// Builds, checks and tests everything, and closes with one line of counts.
//   node scripts/test.mjs                 everything
//   node scripts/test.mjs --built         tests only, on what is built already
//   node scripts/test.mjs --counts FILE   writes { passed, failed, skipped } there as well
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installDebianPackages } from './debian-packages.mjs'

const { values: options } = parseArgs({
  options: { built: { type: 'boolean', default: false }, counts: { type: 'string' } },
})

/** Everything before the tests; each counts as one failure where it fails. */
const steps = [
  { name: 'build', command: ['npx', 'tsc', '-b'] },
  { name: 'build of the web app', command: ['npm', 'run', 'build', '-w', '@letterlock/web', '--silent'] },
  { name: 'format and lint', command: ['npx', 'biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types of the tests', command: ['npx', 'tsc', '-p', 'tsconfig.tests.json'] },
  { name: 'types of the web app', command: ['npx', 'tsc', '-p', 'packages/web'] },
  { name: 'unused code and dependencies', command: ['npx', 'knip'] },
]

function main() {
  installDebianPackages()
  const failedSteps = options.built ? [] : steps.filter(step => !run(step)).map(step => step.name)
  const tests = runTests()
  report(tests, failedSteps)
}

function run({ name, command: [program, ...args] }) {
  const started = process.hrtime.bigint()
  const { status } = spawnSync(program, args, { stdio: 'inherit' })
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000n) / 1000
  console.log(`${status === 0 ? 'ok    ' : 'failed'} ${name} (${seconds.toFixed(1)} s)`)
  return status === 0
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-test-'))
  const file = join(folder, 'summary.json')
  const args = ['vitest', 'run', '--reporter=default', '--reporter=./scripts/vitest-summary.mjs']
  const { status } = spawnSync('npx', args, { stdio: 'inherit', env: { ...process.env, SUMMARY_FILE: file } })
  const none = { passed: 0, failed: 1, skipped: 0, failures: ['vitest gave no result'], skips: [] }
  const summary = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : none
  rmSync(folder, { recursive: true })
  if (status !== 0 && summary.failed === 0) return { ...summary, failed: 1, failures: ['vitest failed'] }
  return summary
}

function report(tests, failedSteps) {
  for (const line of skippedLines(tests.skips)) console.log(line)
  for (const name of failedSteps) console.log(`failed: ${name}`)
  for (const failure of tests.failures) console.log(`failed: ${failure}`)
  const counts = { passed: tests.passed, failed: tests.failed + failedSteps.length, skipped: tests.skipped }
  if (options.counts !== undefined) writeFileSync(options.counts, JSON.stringify(counts))
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

/** One line for each skipped test, under the reason they share. */
function skippedLines(skips) {
  const byReason = groupBy(skips, skip => skip.reason)
  return [...byReason].flatMap(([reason, group]) => [
    `skipped ${group.length}: ${reason}`,
    ...group.map(skip => `  ${skip.file}: ${skip.name}`),
  ])
}

function groupBy(values, keyOf) {
  const groups = new Map()
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value])
  return groups
}

main()
