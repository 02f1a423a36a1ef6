import { OpenAPIHono } from '@hono/zod-openapi'
import { explainMessageRoute } from '@letterlock/contract'
import { openApiInfo } from './api-document.ts'
import type { ServerDeps } from './deps.ts'
import { type Api, json, type RequestContext, type ServerEnv } from './endpoint.ts'
import { hostGuard, readOnlyGuard, writeGuard } from './guard.ts'
import { ProblemError, problemResponse } from './problem.ts'
import { administrationRoutes } from './routes/administration.ts'
import { domainRoutes } from './routes/domains.ts'
import { intakeRoutes } from './routes/intake.ts'
import { messageRoutes } from './routes/messages.ts'
import { overviewRoutes } from './routes/overview.ts'
import { reportRoutes } from './routes/reports.ts'
import { rowRoutes } from './routes/rows.ts'
import { senderMapRoutes } from './routes/sender-map.ts'
import { senderRoutes } from './routes/senders.ts'
import { tlsRoutes } from './routes/tls.ts'
import { commonHeaders, dataPolicy } from './security-headers.ts'

export const apiBase = '/api/v1'

/** The whole server as one function from request to response. Guards come first, so no route can be without them. */
export function createApp(deps: ServerDeps): OpenAPIHono<ServerEnv> {
  const app = new OpenAPIHono<ServerEnv>()
  app.use(async (context, next) => {
    const started = performance.now()
    await next()
    finish(context, deps, started)
  })
  app.use(hostGuard(deps.allowedHosts))
  app.use(writeGuard())
  app.use(readOnlyGuard(deps.isDemo, new Set([`${apiBase}${explainMessageRoute.path}`])))

  const api: Api = new OpenAPIHono<ServerEnv>()
  overviewRoutes(api, deps)
  domainRoutes(api, deps)
  senderRoutes(api, deps)
  senderMapRoutes(api, deps)
  rowRoutes(api, deps)
  tlsRoutes(api, deps)
  reportRoutes(api, deps)
  intakeRoutes(api, deps)
  messageRoutes(api, deps)
  administrationRoutes(api, deps)
  const document = api.getOpenAPI31Document(openApiInfo(deps.version))
  app.route(apiBase, api)
  app.get('/api/openapi.json', () => json(document))
  app.all('/api/*', () => {
    throw new ProblemError('not-found', 'There is no such address in the API.')
  })
  healthRoutes(app, deps)
  webRoutes(app, deps)
  app.onError((error, context) => {
    if (error instanceof ProblemError) return problemResponse(error)
    deps.events.failed({ route: context.get('route') ?? 'unknown', error })
    return problemResponse(new ProblemError('internal', 'The request could not be answered.'))
  })
  app.notFound(() => problemResponse(new ProblemError('not-found', 'There is nothing at this address.')))
  return app
}

/** Headers of every answer, and what is counted and told of it. */
function finish(context: RequestContext, deps: ServerDeps, started: number): void {
  const { headers, status } = context.res
  for (const [name, value] of Object.entries(commonHeaders)) headers.set(name, value)
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', dataPolicy)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  const ms = performance.now() - started
  const route = context.get('route') ?? 'other'
  const { method } = context.req
  deps.metrics.request({ method, route, status, seconds: ms / 1_000 })
  deps.events.request({ method, route, status, ms: Math.round(ms) })
}

function healthRoutes(app: OpenAPIHono<ServerEnv>, deps: ServerDeps): void {
  app.get('/healthz', () => json({ status: 'ok' }))
  app.get('/readyz', async () => {
    try {
      await deps.store.read.selectFrom('migration').select('id').limit(1).execute()
      return json({ status: 'ready' })
    } catch (error) {
      deps.events.failed({ route: '/readyz', error })
      return problemResponse(new ProblemError('busy', 'The store does not answer.'))
    }
  })
  app.get('/metrics', async () => {
    const { contentType, body } = await deps.metrics.text()
    return new Response(body, { headers: { 'content-type': contentType } })
  })
}

/** The app's files; every other address is a screen, and the page finds out which. */
function webRoutes(app: OpenAPIHono<ServerEnv>, deps: ServerDeps): void {
  app.get('*', context => {
    const acceptsGzip = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '')
    const file = deps.webFiles.file(context.req.path, acceptsGzip)
    if (file !== null) return file
    const isPage = !/\.\w+$/.test(context.req.path) || (context.req.header('accept') ?? '').includes('text/html')
    const page = isPage ? deps.webFiles.page() : null
    if (page !== null) return page
    throw deps.webFiles.isBuilt
      ? new ProblemError('not-found', 'There is nothing at this address.')
      : new ProblemError('not-available', 'The web app is not built. Run: npm run build')
  })
}
