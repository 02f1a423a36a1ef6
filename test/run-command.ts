import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The built program: threads run from the build, and so does what these tests start. */
export const program = fileURLToPath(new URL('../packages/letterlock/dist/cli/main.js', import.meta.url))

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly stdin?: Buffer
  readonly environment?: Readonly<Record<string, string>>
  readonly workingDirectory?: string
  /** For Node itself, before the program. */
  readonly nodeArguments?: readonly string[]
}

/** Runs a command of the built program to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { stdin, environment = {}, workingDirectory, nodeArguments = [] } = options
  const child = spawn(process.execPath, [...nodeArguments, program, ...args], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment },
    ...(workingDirectory === undefined ? {} : { cwd: workingDirectory }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, stdout, stderr }
}

/** One line of what `ingest --json` says of a document. */
export interface IngestDocument {
  readonly name: string
  readonly path: string | null
  readonly verdict: string
  readonly kind?: string
  readonly rows?: number
  readonly messages?: number
  readonly deviations?: Readonly<Record<string, number>>
  readonly code?: string | null
  readonly reason?: string | null
  readonly text: string | null
}

export interface IngestAnswer {
  readonly schema: string
  readonly documents: readonly IngestDocument[]
  readonly summary: Readonly<Record<string, number>>
  readonly exit: number
}

/** Runs `ingest --json` and gives what it says. */
export async function ingestJson(args: readonly string[], options: CommandOptions = {}): Promise<IngestAnswer> {
  const { stdout, stderr, code } = await runCommand(['ingest', '--json', ...args], options)
  if (stdout === '') throw new Error(`exit ${code}: ${stderr}`)
  const answer: IngestAnswer = JSON.parse(stdout)
  if (answer.exit !== code) throw new Error(`exit ${code} instead of ${answer.exit}: ${stderr}`)
  return answer
}
