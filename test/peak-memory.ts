import { existsSync, readFileSync } from 'node:fs'

const statusFile = '/proc/self/status'

/**
 * The most resident memory that this process had since its program was started, in bytes. Linux counts `maxRSS` from
 * the moment of the fork, with the memory of the parent in it, so that its status file is asked where there is one.
 */
export function peakBytes(): number {
  return existsSync(statusFile) ? peakOfStatus(readFileSync(statusFile, 'utf8')) : process.resourceUsage().maxRSS * 1024
}

function peakOfStatus(status: string): number {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024
}

/** Arguments for Node that make a program write its peak memory, in bytes, into a file when it ends. */
export function peakMemoryArguments(file: string): readonly string[] {
  // Written out once more: what the test runner makes of the functions above holds names of its own.
  const source = `import { existsSync, readFileSync, writeFileSync } from 'node:fs'
const status = ${JSON.stringify(statusFile)}
const peak = () => existsSync(status)
  ? Number(/^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1]) * 1024
  : process.resourceUsage().maxRSS * 1024
process.on('exit', () => writeFileSync(${JSON.stringify(file)}, String(peak())))`
  return ['--import', `data:text/javascript,${encodeURIComponent(source)}`]
}
