import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { DnsLiteral } from '@letterlock/protocols'

/** Debian's own Python: its packages are not seen by others. */
const python = '/usr/bin/python3'
const program = join(import.meta.dirname, 'python_peer.py')

/** What the peer is asked; `kind` says which package answers. */
export interface PythonQuestion {
  readonly kind: 'spf' | 'dkim' | 'dkim-sign' | 'arc' | 'arc-sign' | 'dmarc'
  readonly zone: DnsLiteral
  readonly [member: string]: unknown
}

/** Name and version of each package, or why they are not to be had. */
export function pythonPackages():
  | { readonly versions: Readonly<Record<'pyspf' | 'dkimpy' | 'authheaders', string>> }
  | { readonly missing: string } {
  const found = spawnSync(python, [program, '--versions'], { encoding: 'utf8' })
  if (found.status !== 0) return { missing: 'python3-spf, python3-dkim and python3-authheaders of Debian are not here' }
  const [pyspf = '', dkimpy = '', authheaders = ''] = found.stdout.trim().split('\n')
  return { versions: { pyspf, dkimpy, authheaders } }
}

/** Answers of one process to all questions, in their order. */
export async function askPython(questions: readonly PythonQuestion[]): Promise<unknown[]> {
  const child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  child.stdin.end(questions.map(question => `${JSON.stringify(question)}\n`).join(''))
  const code = await ended
  const lines = Buffer.concat(output).toString('utf8').split('\n').slice(0, -1)
  if (code !== 0 || lines.length !== questions.length)
    throw new Error(`the peer ended with ${code} after ${lines.length} of ${questions.length} answers`)
  return lines.map(line => JSON.parse(line))
}
