import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ServerEnv } from './endpoint.ts'

/** Time that answers under way get when the server stops; then their connections are cut. */
const stopMs = 5_000

/** Bytes of request headers: a URL that holds every filter of a screen fits well. */
const headerBytesLimit = 32_768

/** Time for the headers of a request, so that nobody holds connections with half a request. */
const headersTimeoutMs = 15_000

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** A server that takes requests. */
export interface RunningServer {
  readonly url: string
  readonly port: number
  /** Waits a while for answers under way, then cuts them. */
  stop(): Promise<void>
}

/** The two parts of `HOST:PORT`; null where it is none. */
export function parseListen(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host === undefined || port > 65_535 ? null : { host, port }
}

/** Whether only this machine can reach an address. A name other than localhost may point anywhere. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

/** Serves over the network and, where a path is given, over a UNIX socket that only its owner can open. */
export async function listen(
  app: OpenAPIHono<ServerEnv>,
  where: ListenAddress & { readonly socketPath: string | null; readonly onRequest?: () => void },
): Promise<RunningServer> {
  const network = serverOf(app, 'network')
  await started(network, () => network.listen(where.port, where.host))
  const servers = [network]
  const { onRequest = () => undefined } = where
  network.on('request', onRequest)
  if (where.socketPath !== null) {
    const { socketPath } = where
    const socket = serverOf(app, 'socket')
    socket.on('request', onRequest)
    // We hold the lock of the directory: a socket that is there belongs to a process that is gone.
    rmSync(socketPath, { force: true })
    try {
      await started(socket, () => socket.listen(socketPath))
      chmodSync(socketPath, 0o600)
    } catch (error) {
      await stopped(network)
      throw error
    }
    servers.push(socket)
  }
  const { port } = addressOf(network)
  const host = where.host.includes(':') ? `[${where.host}]` : where.host
  return {
    url: `http://${host}:${port}/`,
    port,
    async stop() {
      await Promise.all(servers.map(stopped))
      if (where.socketPath !== null) rmSync(where.socketPath, { force: true })
    },
  }
}

function serverOf(app: OpenAPIHono<ServerEnv>, via: 'network' | 'socket'): Server {
  const listener = getRequestListener(request => app.fetch(request, { via }), { hostname: 'localhost' })
  const server = createServer({ maxHeaderSize: headerBytesLimit }, listener)
  server.headersTimeout = headersTimeoutMs
  // An upload may take its time; the socket's inactivity ends it instead.
  server.requestTimeout = 0
  server.setTimeout(120_000)
  return server
}

function started(server: Server, listenNow: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    listenNow()
  })
}

function stopped(server: Server): Promise<void> {
  return new Promise(resolve => {
    const cut = setTimeout(() => server.closeAllConnections(), stopMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** A server that listens on a port has an address with one. */
function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address
}
