import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dnsAnswers } from './dns-answers.ts'
import { freePort } from './free-port.ts'

const program = '/usr/sbin/knotd'

/** Why Knot DNS cannot be run here; null where it can. */
export function knotMissing(): string | null {
  return existsSync(program) && existsSync('/usr/sbin/keymgr') ? null : 'Knot DNS (knot) is not installed'
}

/** A zone in the master format of RFC 1035 s5, without SOA and NS, which are added. */
export interface KnotZone {
  readonly name: string
  readonly records: string
  /** Signed by Knot itself. */
  readonly isSigned?: boolean
}

/** An authoritative server on loopback, over UDP and TCP. */
export class Knot {
  readonly #folder: string
  readonly #process: ChildProcess
  readonly port: number

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
    this.#process = spawn(program, ['-c', join(folder, 'knot.conf')], { stdio: 'ignore' })
  }

  static async start(zones: readonly KnotZone[]): Promise<Knot> {
    const folder = mkdtempSync(join(tmpdir(), 'letterlock-knot-'))
    const port = await freePort()
    for (const name of ['run', 'db', 'zones']) mkdirSync(join(folder, name))
    for (const zone of zones) writeFileSync(join(folder, 'zones', zone.name), zoneText(zone))
    writeFileSync(join(folder, 'knot.conf'), configuration(folder, port, zones))
    const server = new Knot(folder, port)
    for (const zone of zones) await dnsAnswers(port, zone.name)
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** The DS record of a zone's key, as a trust anchor. */
  trustAnchor(zone: string): string {
    const args = ['-c', join(this.#folder, 'knot.conf'), zone, 'ds']
    // One line for each digest; all name the same key.
    const [line = ''] = execFileSync('/usr/sbin/keymgr', args, { encoding: 'utf8' }).trim().split('\n')
    return line.replace(/^(\S+)\s+DS/, '$1 IN DS')
  }

  async stop(): Promise<void> {
    const ended = new Promise(resolve => this.#process.once('exit', resolve))
    this.#process.kill('SIGTERM')
    await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function zoneText({ name, records }: KnotZone): string {
  return `$ORIGIN ${name}.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
${records}
`
}

function configuration(folder: string, port: number, zones: readonly KnotZone[]): string {
  return `
server:
    rundir: "${folder}/run"
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: "${folder}/log"
    any: info
database:
    storage: "${folder}/db"
template:
  - id: default
    storage: "${folder}/zones"
    file: "%s"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
${zones.map(zone => `  - domain: ${zone.name}\n    dnssec-signing: ${zone.isSigned === true ? 'on' : 'off'}\n`).join('')}`
}
