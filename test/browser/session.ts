import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { freePort } from '../servers/free-port.ts'

const program = fileURLToPath(new URL('../../packages/letterlock/dist/cli/main.js', import.meta.url))
/** The browser without a window of its own takes a quarter less time. */
const executablePath =
  ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(path => existsSync(path)) ?? '/usr/bin/chromium'

/** Why browser tests cannot run here, or null. */
export const browserLack: string | null = existsSync(executablePath)
  ? existsSync(program)
    ? null
    : 'needs a build'
  : 'needs chromium'

/** The program as a person starts it, on a free port of loopback. */
export interface RunningServer {
  readonly origin: string
  stop(): Promise<void>
}

/** Starts `letterlock serve` in an empty data directory; `--demo` and more come in as flags. */
export async function startServer(flags: readonly string[]): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-browser-'))
  const address = `127.0.0.1:${await freePort()}`
  const args = [program, 'serve', '--listen', address, '--data', join(folder, 'data'), ...flags]
  const server = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const origin = `http://${address}`
  await untilReady(server, `${origin}/readyz`)
  return {
    origin,
    stop: async () => {
      const ended = new Promise(resolve => server.once('exit', resolve))
      server.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-quic'],
  })
}

/** A page, with everything that must never happen on it. */
export interface WatchedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors of scripts, violations of the Content-Security-Policy, requests to third parties, answers of 4xx and 5xx. */
  readonly faults: string[]
}

/** Opens an empty page that notes its faults. */
export async function watchedPage(
  browser: Browser,
  origin: string,
  options: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number; readonly height?: number } = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    reducedMotion: 'reduce',
    baseURL: origin,
    acceptDownloads: true,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(`script: ${error.message}`))
  page.on('console', message => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`)
  })
  page.on('request', request => {
    const isOwn = request.url().startsWith(`${origin}/`) || /^(blob|data):/.test(request.url())
    if (!isOwn) faults.push(`third party: ${request.url()}`)
  })
  page.on('response', response => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event => {
      console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  return { page, context, faults }
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  let said = ''
  server.stderr?.on('data', chunk => {
    said = `${said}${chunk}`.slice(-4000)
  })
  for (let attempt = 0; attempt < 800; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`serve ended with ${server.exitCode}: ${said}`)
    const isReady = await fetch(url).then(
      response => response.ok,
      () => false,
    )
    if (isReady) return
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  server.kill('SIGKILL')
  throw new Error(`not ready in time: ${said}`)
}

/** Waits until the page has its heading and nothing more is being loaded. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ timeout: 15_000 })
  await page.waitForLoadState('networkidle')
  // On a busy machine the network may rest between two requests: what is still to come has its place held on the page.
  await page.waitForFunction(
    () => document.querySelector('main :is(.frame, .chart-room, [aria-busy="true"])') === null,
    null,
    {
      timeout: 15_000,
    },
  )
}
