import { createReadStream } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import type { PathResult } from '../intake/intake.ts'
import { findFiles } from '../intake/paths.ts'
import type { DeliveryVerdict } from '../store/intake-op.ts'
import { CommandError, exitCodes } from './exit-code.ts'

/** Bytes of an answer that are taken: verdicts of a very large mbox fit. */
const answerLimit = 256 * 1_048_576
const connectTimeoutMs = 2000

/** A running instance, spoken to over the UNIX socket in its data directory. */
export interface RunningInstance {
  /** Gives the instance one file after the other. */
  ingestPaths(paths: readonly string[], signal: AbortSignal): AsyncIterable<PathResult>
  /** One question to its API. A refusal whose status is not `expected` ends the command. */
  ask(asked: InstanceRequest, signal: AbortSignal): Promise<InstanceAnswer>
}

export interface InstanceRequest {
  readonly method: 'GET' | 'PUT' | 'POST'
  /** Below `/api/v1`, with its query. */
  readonly path: string
  readonly body?: string | NodeJS.ReadableStream
  /** Media type of the body. */
  readonly type?: 'application/json' | 'application/octet-stream'
  /** Statuses of refusals that the command has words of its own for. */
  readonly expected?: readonly number[]
}

/** The body of an answer, or what a refusal says. */
export type InstanceAnswer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly status: number; readonly text: string }

/** The instance that owns the data. Ends the command where nobody answers on its socket. */
export async function connectInstance(socketPath: string): Promise<RunningInstance> {
  if (!(await answers(socketPath))) {
    throw new CommandError(exitCodes.failed, 'another command is working on this data', 'try again when it is done')
  }
  return {
    ingestPaths: (paths, signal) => ingestPaths(socketPath, paths, signal),
    ask: (asked, signal) => ask(socketPath, asked, signal),
  }
}

/** False where nobody listens: a socket file stays behind when a process is killed. */
async function answers(socketPath: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect(socketPath)
    const settle = (isAnswered: boolean): void => {
      socket.destroy()
      resolve(isAnswered)
    }
    socket.setTimeout(connectTimeoutMs, () => settle(false))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

async function* ingestPaths(
  socketPath: string,
  paths: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<PathResult> {
  for (const path of paths) {
    if (path === '-') {
      yield* importOne(socketPath, 'stdin', process.stdin, signal)
      continue
    }
    for await (const found of findFiles([path])) {
      if (signal.aborted) return
      if (found.kind === 'missing') yield { kind: 'failed', name: found.path, text: found.reason }
      else yield* importOne(socketPath, found.name, createReadStream(found.path), signal)
    }
  }
}

async function* importOne(
  socketPath: string,
  name: string,
  body: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<PathResult> {
  let answer: { readonly status: number; readonly text: string }
  try {
    const path = `/imports?name=${encodeURIComponent(name)}`
    answer = await send(socketPath, { method: 'POST', path, body, type: 'application/octet-stream' }, signal)
  } catch (error) {
    yield { kind: 'failed', name, text: error instanceof Error ? error.message : String(error) }
    return
  }
  if (answer.status === 401 || answer.status === 403) {
    throw new CommandError(exitCodes.authentication, 'the running instance refused the import')
  }
  const verdicts = answer.status < 300 ? verdictsOf(answer.text) : null
  if (verdicts === null) yield { kind: 'failed', name, text: problemOf(answer.text, answer.status) }
  else for (const verdict of verdicts) yield { kind: 'verdict', verdict }
}

async function send(
  socketPath: string,
  { method, path, body, type }: InstanceRequest,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      path: `/api/v1${path}`,
      method,
      signal,
      headers: {
        host: 'localhost',
        ...(type === undefined ? {} : { 'content-type': type }),
        'sec-fetch-site': 'same-origin',
        accept: 'application/json',
      },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (response: IncomingMessage) => {
      readAll(response).then(text => resolve({ status: response.statusCode ?? 0, text }), reject)
    })
    if (body === undefined || typeof body === 'string') {
      outgoing.end(body)
      return
    }
    body.once('error', error => outgoing.destroy(error))
    body.pipe(outgoing)
  })
}

/** One question; a refusal that the command does not expect ends it. */
async function ask(socketPath: string, asked: InstanceRequest, signal: AbortSignal): Promise<InstanceAnswer> {
  const answer = await send(socketPath, asked, signal).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    throw new CommandError(exitCodes.failed, `the running instance did not answer: ${text}`)
  })
  if (answer.status < 300) return { ok: true, text: answer.text }
  const said = problemOf(answer.text, answer.status)
  if (answer.status === 401 || answer.status === 403)
    throw new CommandError(exitCodes.authentication, `the running instance refused: ${said}`)
  if (asked.expected?.includes(answer.status) === true) return { ok: false, status: answer.status, text: said }
  throw new CommandError(exitCodes.failed, `the running instance answered: ${said}`)
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response) {
    size += part.length
    if (size > answerLimit) throw new Error('the answer of the instance is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The verdicts in the answer: the one place where the shape is taken on trust, as it is this program's own. */
function verdictsOf(text: string): readonly DeliveryVerdict[] | null {
  try {
    const answer = JSON.parse(text) as { readonly deliveries?: readonly DeliveryVerdict[] } | null
    return answer?.deliveries ?? null
  } catch {
    return null
  }
}

function problemOf(text: string, status: number): string {
  try {
    const problem = JSON.parse(text) as { readonly detail?: unknown; readonly title?: unknown } | null
    const said = problem?.detail ?? problem?.title
    if (typeof said === 'string') return said
  } catch {
    // Not JSON: the status has to do.
  }
  return `the running instance answered ${status}`
}
