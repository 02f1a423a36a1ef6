import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** Vitest reporter: writes counts, failures and skipped tests with their reasons to the file in SUMMARY_FILE. */
export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] }
    for (const module of modules) addModule(summary, module)
    for (const error of unhandledErrors) {
      summary.failed += 1
      summary.failures.push(`unhandled error: ${firstLine(error.message)}`)
    }
    const file = process.env.SUMMARY_FILE
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary))
  }
}

function addModule(summary, module) {
  const file = relative(process.cwd(), module.moduleId)
  const failedBefore = summary.failed
  for (const test of module.children.allTests()) addTest(summary, file, test)
  // A file that cannot be loaded, or whose hooks fail, has no failed test to show for it.
  if (!module.ok() && summary.failed === failedBefore) {
    summary.failed += 1
    summary.failures.push(`${file}: ${firstLine(module.errors()[0]?.message ?? 'failed outside of a test')}`)
  }
}

function addTest(summary, file, test) {
  const { state, note } = test.result()
  if (state === 'passed') summary.passed += 1
  else if (state === 'failed') {
    summary.failed += 1
    summary.failures.push(`${file}: ${test.fullName}`)
  } else {
    summary.skipped += 1
    summary.skips.push({ file, name: test.fullName, reason: note ?? reasonOf(test) })
  }
}

/** Suites that are skipped as a whole say why at the end of their name: `… (needs PostgreSQL)`. */
function reasonOf(test) {
  for (let task = test; task !== undefined && task.type !== 'module'; task = task.parent) {
    const reason = /\((needs [^)]*)\)/.exec(task.name)?.[1]
    if (reason !== undefined) return reason
  }
  return 'no reason stated'
}

function firstLine(text) {
  return stripVTControlCharacters(text).split('\n', 1)[0]
}
