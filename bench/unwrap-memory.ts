import { createReadStream, readFileSync } from 'node:fs'
import { readTlsReport } from '@letterlock/protocols'
import { outsideUnpackedLimit, unwrap } from '../packages/letterlock/src/intake/unwrap.ts'
import { peakBytes } from '../test/peak-memory.ts'

/**
 * Unwraps one file and tells what it found, the CPU time and the largest memory of the process. Arguments: file; `bytes`
 * or `stream`; bytes that it may unpack to. Run by a test in a process of its own, because memory is of a process.
 */
const [path = '', way = 'stream', limit = String(outsideUnpackedLimit)] = process.argv.slice(2)
const input = way === 'bytes' ? { bytes: readFileSync(path) } : { stream: createReadStream(path), path }
const start = process.cpuUsage()
const documents: Record<string, number> = {}
for await (const document of unwrap(input, { name: 'input', unpackedLimit: Number(limit) })) {
  let outcome: string = document.kind
  if (document.kind === 'unreadable') outcome = document.fault.code
  else if (document.kind === 'tls-json') {
    const result = readTlsReport(document.content.bytes, { policyDomain: null, submitterDomain: null, syntheticId: '' })
    outcome = result.ok ? outcome : result.fault.code
  } else if (document.kind === 'aggregate-xml' && document.content.kind === 'stream') {
    for await (const chunk of document.content.chunks) void chunk
    outcome = document.content.end().fault?.code ?? outcome
  }
  documents[outcome] = (documents[outcome] ?? 0) + 1
}
const { user, system } = process.cpuUsage(start)
const megabytes = peakBytes() / 1_048_576
process.stdout.write(`${JSON.stringify({ documents, cpuMilliseconds: (user + system) / 1000, megabytes })}\n`)
