import { createIntake } from '../packages/letterlock/src/intake/create-intake.ts'
import { peakBytes } from '../test/peak-memory.ts'

/**
 * Reads files with several threads, without a store, and tells what became of them and the largest memory of the process.
 * Arguments: threads; files and folders. Run by a test in a process of its own, because memory is of a process.
 */
const [threads = '4', ...paths] = process.argv.slice(2)
const intake = createIntake(null, {
  tenant: 1,
  threads: Number(threads),
  unpackedLimit: 1_073_741_824,
  keepsFailureReports: () => false,
})
const outcomes: Record<string, number> = {}
for await (const result of intake.ingestPaths(paths)) {
  const told = result.kind === 'failed' ? [result.text] : result.verdict.documents.map(one => one.code ?? one.verdict)
  for (const outcome of told) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}
await intake.close()
process.stdout.write(`${JSON.stringify({ outcomes, megabytes: peakBytes() / 1_048_576 })}\n`)
