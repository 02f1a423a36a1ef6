import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { invalidRequest, ProblemError } from './problem.ts'

/** How a request came: over the network, or over the socket in the data directory, which only its owner can open. */
export interface ServerEnv {
  Bindings: { readonly via: 'network' | 'socket' }
  Variables: { route: string }
}

export type Api = OpenAPIHono<ServerEnv>
export type RequestContext = Context<ServerEnv>

/** Bytes of a JSON body: the largest is a decision for a thousand domains. */
export const jsonBytesLimit = 1_048_576

type Route = RouteConfig & { getRoutingPath(): string }

type Parsed<T> = T extends z.ZodType ? z.output<T> : Record<never, never>
type RequestOf<R> = R extends { request: infer Q } ? Q : Record<never, never>
type BodyOf<R> =
  RequestOf<R> extends { body: { content: { 'application/json': { schema: infer S } } } } ? Parsed<S> : null

/** The parts of a request after the contract's schemas let them pass. */
export interface Input<R extends Route> {
  readonly params: RequestOf<R> extends { params: infer P } ? Parsed<P> : Record<never, never>
  readonly query: RequestOf<R> extends { query: infer Q } ? Parsed<Q> : Record<never, never>
  readonly body: BodyOf<R>
  readonly context: RequestContext
}

/** Serves a route of the contract: what does not fit its schemas is a problem, and the OpenAPI document lists it. */
export function endpoint<R extends Route>(api: Api, route: R, handler: (input: Input<R>) => Promise<Response>): void {
  api.openAPIRegistry.registerPath(route)
  api.on(route.method, route.getRoutingPath(), async context => {
    context.set('route', route.path)
    const { request } = route
    // What the schemas of this route let pass has the types of this route.
    const input = {
      params: parse(request?.params, context.req.param(), 'path'),
      query: parse(request?.query, knownQuery(request?.query, context), 'query'),
      body: await parseBody(route, context),
      context,
    } as Input<R>
    return await handler(input)
  })
}

function parse(schema: unknown, value: unknown, part: string): unknown {
  if (!(schema instanceof z.ZodType)) return {}
  const result = schema.safeParse(value)
  if (!result.success) throw invalidRequest(result.error, part)
  return result.data
}

/** Parameters of the query. One that is not known is refused: a filter with a typing error would show other numbers. */
function knownQuery(schema: unknown, context: RequestContext): Record<string, string | string[]> {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  const found: Record<string, string | string[]> = {}
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (!known.includes(name))
      throw new ProblemError('invalid-request', 'Something in the request does not fit.', [
        { where: `query.${name}`, text: 'there is no such parameter here' },
      ])
    const [only] = values
    found[name] = values.length === 1 && only !== undefined ? only : values
  }
  return found
}

async function parseBody(route: Route, context: RequestContext): Promise<unknown> {
  const media = route.request?.body?.content['application/json']
  if (media === undefined || !('schema' in media)) return null
  if (!isJson(context.req.header('content-type')))
    throw new ProblemError('unsupported-body', 'This address takes application/json.')
  const text = await boundedText(context.req.raw, jsonBytesLimit)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ProblemError('invalid-request', 'The body is not JSON.')
  }
  return parse(media.schema, value, 'body')
}

export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '')
}

async function boundedText(request: Request, limit: number): Promise<string> {
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.length
    if (size > limit) throw new ProblemError('too-large', `A JSON body has at most ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** An answer in JSON. */
export function json(value: object, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } })
}
