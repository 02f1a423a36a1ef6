import type { Deadlines } from './deadlines.ts'
import type { AnswerSource } from './dns-answer.ts'
import { formatNameServer, type NameServer } from './name-server.ts'
import { TcpRoad } from './tcp-road.ts'

/** Milliseconds that a server which did not answer is asked after the others (RFC 2308 s7.2 allows five minutes). */
export const quietMs = 30_000

/** What a test of a resolver's validation gave; `unknown` where the test could not tell. */
export type Validation =
  | { readonly kind: 'validates' }
  | { readonly kind: 'does-not-validate' }
  | {
      readonly kind: 'unknown'
      readonly reason: string
      /** Data passed that should not have: until it is clear why, AD of this resolver does not count. */
      readonly isAdDoubtful?: boolean
    }

export interface ServerOptions {
  readonly deadlines: Deadlines
  /** Its AD bit counts: the way to it is safe (DANE-001), and it is a resolver. */
  readonly isTrusted: boolean
  readonly useTcp: boolean
  /** Milliseconds that its connection may be idle. */
  readonly idleMs?: number
}

/** One name server, with what was learnt about it. */
export class KnownServer implements AnswerSource {
  readonly server: NameServer
  readonly label: string
  /** The connection to it. */
  readonly road: TcpRoad
  readonly #isTrustworthy: boolean
  /** Only TCP is used. */
  readonly useTcp: boolean
  /** It gives the question back in the case it came in. */
  keepsCase = true
  speaksEdns = true
  /** Monotonic milliseconds until which others are asked first. */
  quietUntil = 0
  #validation: Validation = { kind: 'unknown', reason: 'not tested' }

  constructor(server: NameServer, options: ServerOptions) {
    this.server = server
    this.label = formatNameServer(server)
    this.#isTrustworthy = options.isTrusted
    this.useTcp = options.useTcp
    this.road = new TcpRoad(server, options.deadlines, options.idleMs === undefined ? {} : { idleMs: options.idleMs })
  }

  /** AD of a server that was seen to let bogus data through says nothing. */
  get isTrusted(): boolean {
    const { kind } = this.#validation
    if (kind === 'does-not-validate' || (kind === 'unknown' && this.#validation.isAdDoubtful === true)) return false
    return this.#isTrustworthy
  }

  get isValidating(): boolean {
    return this.#validation.kind === 'validates'
  }

  /** Takes the result of a test. One that could not tell takes nothing back that was known, but a doubt does. */
  learn(validation: Validation): void {
    const saysNothing = validation.kind === 'unknown' && validation.isAdDoubtful !== true
    if (!saysNothing || this.#validation.kind === 'unknown') this.#validation = validation
  }

  isSame(
    server: NameServer,
    { isTrusted, useTcp }: { readonly isTrusted: boolean; readonly useTcp: boolean },
  ): boolean {
    return this.label === formatNameServer(server) && this.#isTrustworthy === isTrusted && this.useTcp === useTcp
  }
}
