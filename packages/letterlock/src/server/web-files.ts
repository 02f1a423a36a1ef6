import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { pagePolicy } from './security-headers.ts'

/** The word in index.html that a nonce takes the place of; the web app's build writes it. */
const nonceWord = '__LETTERLOCK_NONCE__'

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** Files smaller than this are not worth compressing. */
const gzipFloorBytes = 1_024

interface WebFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly gzip: Uint8Array<ArrayBuffer> | null
  readonly type: string
  /** Its name holds a hash of its content, so it never changes. */
  readonly isImmutable: boolean
}

/** The files of the web app, in memory: a few hundred kilobytes, and no path of a request ever reaches the disk. */
export class WebFiles {
  readonly #files = new Map<string, WebFile>()
  readonly #index: string | null

  constructor(directory: string | null) {
    if (directory !== null)
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue
        const path = join(entry.parentPath, entry.name)
        const name = path.slice(directory.length).replaceAll('\\', '/')
        if (!name.startsWith('/.')) this.#files.set(name, webFile(path, name))
      }
    const index = this.#files.get('/index.html')
    this.#index = index === undefined ? null : Buffer.from(index.bytes).toString('utf8')
  }

  get isBuilt(): boolean {
    return this.#index !== null
  }

  /** A file by the path of its address; null where there is none. */
  file(path: string, acceptsGzip: boolean): Response | null {
    const file = this.#files.get(path)
    if (file === undefined || path === '/index.html') return null
    const isPacked = acceptsGzip && file.gzip !== null
    return new Response(isPacked ? file.gzip : file.bytes, {
      headers: {
        'content-type': file.type,
        'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
        vary: 'accept-encoding',
        ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
      },
    })
  }

  /** The page of the app, with a nonce of its own; null where the app is not built. */
  page(): Response | null {
    if (this.#index === null) return null
    const nonce = randomBytes(18).toString('base64')
    return new Response(this.#index.replaceAll(nonceWord, nonce), {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': pagePolicy(nonce),
      },
    })
  }
}

function webFile(path: string, name: string): WebFile {
  const bytes = new Uint8Array(readFileSync(path))
  const type = mediaTypes[extname(name)] ?? 'application/octet-stream'
  const isText = !/^(image\/(png|x-icon)|font\/)/.test(type)
  const gzip = isText && bytes.length >= gzipFloorBytes ? new Uint8Array(gzipSync(bytes, { level: 9 })) : null
  return { bytes, gzip, type, isImmutable: /^\/assets\/.+-[\w-]{8,}\.\w+$/.test(name) }
}

/** Where the built web app is: inside the installed package, or beside it in the workspace; null where it is not. */
export function webDirectory(): string | null {
  const places = ['../web/', '../../../web/dist/'].map(place => fileURLToPath(new URL(place, import.meta.url)))
  return places.map(place => place.replace(/[/\\]$/, '')).find(place => existsSync(join(place, 'index.html'))) ?? null
}
