import type { MiddlewareHandler } from 'hono'
import { isJson, type ServerEnv } from './endpoint.ts'
import { ProblemError } from './problem.ts'

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Names by which an instance may always be asked. */
const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/**
 * Lets only requests pass whose Host header names this instance: a page elsewhere whose name was made to point here
 * (DNS rebinding) sends its own name. `allowed` are names without port.
 */
export function hostGuard(allowed: readonly string[]): MiddlewareHandler<ServerEnv> {
  const names = new Set([...loopbackNames, ...allowed.map(name => name.toLowerCase())])
  return async (context, next) => {
    const host = context.req.header('host') ?? ''
    if (!names.has(hostName(host)))
      throw new ProblemError('unknown-host', 'Ask by an address of this instance, or add the name to allowed-hosts.')
    await next()
  }
}

/** The name in a Host header, without its port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}

/**
 * Takes writes only from pages of this instance and from programs that say so: Sec-Fetch-Site or Origin has to be there
 * and has to be the same origin. Bodies are JSON or files, which no form of another site can send.
 */
export function writeGuard(): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    if (!readingMethods.has(context.req.method)) {
      checkOrigin(context.req.raw.headers)
      checkBody(context.req.raw.headers)
    }
    await next()
  }
}

function checkOrigin(headers: Headers): void {
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  const isOther =
    (site === null && origin === null) ||
    (site !== null && site !== 'same-origin') ||
    (origin !== null && !isOriginOf(origin, headers.get('host') ?? ''))
  if (isOther)
    throw new ProblemError('other-origin', 'A write needs Origin of this instance, or Sec-Fetch-Site: same-origin.')
}

/** Whether an Origin header names the Host that was asked; the scheme may be that of a proxy before us. */
function isOriginOf(origin: string, host: string): boolean {
  const authority = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]
  return authority !== undefined && authority.toLowerCase() === host.toLowerCase()
}

function checkBody(headers: Headers): void {
  const hasBody = headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0
  if (!hasBody) return
  const type = headers.get('content-type') ?? ''
  if (!isJson(type) && !/^application\/octet-stream\s*(;|$)/i.test(type))
    throw new ProblemError('unsupported-body', 'Bodies are application/json or application/octet-stream.')
}

/**
 * Refuses every write of an instance that shows demonstration data. `questions` are paths that take a body and change
 * nothing.
 */
export function readOnlyGuard(isDemo: boolean, questions: ReadonlySet<string>): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    if (isDemo && !readingMethods.has(context.req.method) && !questions.has(context.req.path))
      throw new ProblemError('read-only', 'This is a demonstration: nothing can be changed here.')
    await next()
  }
}
