import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChecks } from '../../packages/letterlock/src/authentication/message-checks.ts'
import { createIntake } from '../../packages/letterlock/src/intake/create-intake.ts'
import { loadedCatalogue, senderMapMark, takeSenderMap } from '../../packages/letterlock/src/senders/map-store.ts'
import { createApp } from '../../packages/letterlock/src/server/app.ts'
import type { ServerDeps } from '../../packages/letterlock/src/server/deps.ts'
import { silentEvents } from '../../packages/letterlock/src/server/events.ts'
import { listen } from '../../packages/letterlock/src/server/listen.ts'
import { serverMetrics } from '../../packages/letterlock/src/server/metrics.ts'
import { NamesInForce } from '../../packages/letterlock/src/server/names-in-force.ts'
import { WebFiles } from '../../packages/letterlock/src/server/web-files.ts'
import { organizationalDomains } from '../../packages/letterlock/src/store/attribution.ts'
import { openStore, type StorePlace } from '../../packages/letterlock/src/store/open-store.ts'
import { onlyTenant, type Store } from '../../packages/letterlock/src/store/store.ts'

/** A server on loopback with a store of its own, for tests. */
export interface TestServer {
  readonly store: Store
  readonly port: number
  readonly socketPath: string
  /** Answers of the API as JSON; another status than expected is an error with the body. */
  get(path: string, status?: number): Promise<unknown>
  /** Any request; the address begins with `/`. */
  ask(path: string, init?: RequestInit & { readonly duplex?: 'half' }): Promise<Response>
  /** A write from the instance's own pages. */
  write(method: string, path: string, body?: unknown): Promise<Response>
  /** Brings one file in. */
  upload(name: string, bytes: string | Uint8Array<ArrayBuffer>): Promise<Response>
  stop(): Promise<void>
}

/** Noon of 24 November 2026, UTC: the clock of every test. */
export const testNow = 1_795_521_600

export async function startTestServer(
  options: {
    readonly isDemo?: boolean
    readonly web?: string
    readonly place?: StorePlace
    /** Resolvers for messages; none by default, so that no test asks the network. */
    readonly resolvers?: readonly string[]
    readonly lookUps?: (store: Store) => ServerDeps['lookUps']
    /** Looks for maps that other servers on the same database load, so often. */
    readonly mapLookMilliseconds?: number
  } = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-server-'))
  const opened = await openStore(options.place ?? { dataDir: folder })
  if (opened.state !== 'opened') throw new Error(JSON.stringify(opened))
  const { store } = opened
  const intake = createIntake(store, {
    tenant: onlyTenant,
    threads: 1,
    unpackedLimit: 268_435_456,
    keepsFailureReports: () => false,
  })
  const names = new NamesInForce({
    store,
    catalogue: await loadedCatalogue(store.read),
    reload: () => loadedCatalogue(store.read),
    renamed: () => undefined,
    failed: error => console.error(error),
    ...(options.mapLookMilliseconds !== undefined && {
      shared: {
        mark: () => senderMapMark(store.read),
        take: () => takeSenderMap(store.write),
        everyMilliseconds: options.mapLookMilliseconds,
      },
    }),
  })
  await names.watch()
  const app = createApp({
    store,
    intake,
    sources: null,
    names,
    lookUps: options.lookUps?.(store) ?? null,
    messages: new MessageChecks({
      now: () => testNow,
      asksDns: options.isDemo !== true,
      servers: options.resolvers ?? [],
    }),
    organizationalDomain: organizationalDomains(),
    now: () => testNow,
    isDemo: options.isDemo ?? false,
    version: '0.0.0',
    allowedHosts: ['letterlock.example'],
    webFiles: new WebFiles(options.web ?? null),
    events: silentEvents,
    metrics: serverMetrics(),
    onSettings: () => undefined,
  })
  const socketPath = join(folder, 'test.sock')
  const server = await listen(app, { host: '127.0.0.1', port: 0, socketPath })
  const base = `http://127.0.0.1:${server.port}`
  const ask = (path: string, init: RequestInit = {}) => fetch(base + path, init)
  return {
    store,
    port: server.port,
    socketPath,
    ask,
    async get(path, status = 200) {
      const response = await ask(`/api/v1${path}`)
      const text = await response.text()
      if (response.status !== status) throw new Error(`${path}: ${response.status} ${text}`)
      return JSON.parse(text)
    },
    write: (method, path, body) =>
      ask(`/api/v1${path}`, {
        method,
        headers: { origin: base, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    upload: (name, bytes) =>
      ask(`/api/v1/imports?name=${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: { origin: base, 'content-type': 'application/octet-stream' },
        body: bytes,
      }),
    async stop() {
      await server.stop()
      await names.stop()
      await intake.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
