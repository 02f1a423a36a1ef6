import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dnsAnswers } from './dns-answers.ts'
import { freePort } from './free-port.ts'

const program = '/usr/sbin/unbound'

/** Why Unbound cannot be run here; null where it can. */
export function unboundMissing(): string | null {
  return existsSync(program) ? null : 'Unbound (unbound) is not installed'
}

export interface UnboundOptions {
  /** Zones and the port of the loopback server that has them. */
  readonly zones: readonly { readonly name: string; readonly port: number }[]
  /** DS records. Without one for a zone, the zone counts as unsigned. */
  readonly trustAnchors: readonly string[]
  /** Extended errors (RFC 8914) go into the answers. */
  readonly extendedErrors: boolean
  /** A zone that must answer before the server counts as started. */
  readonly ready: string
}

/** A recursive resolver on loopback. */
export class Unbound {
  readonly #folder: string
  readonly #process: ChildProcess
  readonly port: number

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
    this.#process = spawn(program, ['-d', '-c', join(folder, 'unbound.conf')], { stdio: 'ignore' })
  }

  static async start(options: UnboundOptions): Promise<Unbound> {
    const folder = mkdtempSync(join(tmpdir(), 'letterlock-unbound-'))
    const port = await freePort()
    writeFileSync(join(folder, 'unbound.conf'), configuration(folder, port, options))
    const server = new Unbound(folder, port)
    await dnsAnswers(port, options.ready)
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    const ended = new Promise(resolve => this.#process.once('exit', resolve))
    this.#process.kill('SIGTERM')
    await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function configuration(folder: string, port: number, options: UnboundOptions): string {
  return `
server:
  interface: 127.0.0.1
  port: ${port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/pid"
  use-syslog: no
  logfile: "${folder}/log"
  do-ip6: no
  do-not-query-localhost: no
  num-threads: 1
  module-config: "validator iterator"
  ede: ${options.extendedErrors ? 'yes' : 'no'}
  access-control: 127.0.0.0/8 allow
${options.trustAnchors.map(anchor => `  trust-anchor: "${anchor}"\n`).join('')}
remote-control:
  control-enable: no
${options.zones.map(zone => `stub-zone:\n  name: "${zone.name}"\n  stub-addr: 127.0.0.1@${zone.port}\n`).join('')}`
}
