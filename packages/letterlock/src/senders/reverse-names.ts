import { Resolver } from 'node:dns/promises'
import type ipaddr from 'ipaddr.js'
import { isSameAddress, publicAddress, reverseName } from './public-address.ts'

/** What a look-up found. Only `confirmed` may name a sender; `none` is an answer, `temporary` is no answer. */
export type ReverseNameResult =
  | { readonly kind: 'confirmed'; readonly name: string }
  /** No PTR record, or none whose name leads back to the address. */
  | { readonly kind: 'none' }
  /** Time limit, server failure, nobody there: to be asked again. */
  | { readonly kind: 'temporary'; readonly cause: string }
  /** Private, reserved or no address at all: nobody outside is asked about it. */
  | { readonly kind: 'not public' }

/** PTR names of one address that are followed: more are a sign of misuse, and each costs a look-up. */
export const namesLimit = 5

/** Longest domain name in text form (RFC 1035 s2.3.4). */
const nameLengthLimit = 253

/** Host names only (RFC 952, RFC 1123 s2.1); the underscore is met in real PTR names. */
const hostForm = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/

export interface ReverseNamesOptions {
  /** `HOST:PORT` of the servers to ask; without it the system's. */
  readonly servers?: readonly string[]
  /** Milliseconds for one try of one question. */
  readonly timeoutMs?: number
  /** Tries of one question. */
  readonly tries?: number
}

/** Forward-confirmed reverse names, asked of the system's resolver. Nothing is kept here: the store does. */
export class ReverseNames {
  readonly #resolver: Resolver

  constructor(options: ReverseNamesOptions = {}) {
    this.#resolver = new Resolver({ timeout: options.timeoutMs ?? 3000, tries: options.tries ?? 2 })
    if (options.servers !== undefined) this.#resolver.setServers([...options.servers])
  }

  /**
   * The PTR name of an address whose own address records hold that address. Of several the smallest, so that a second
   * look-up gives the same.
   */
  async find(ip: string): Promise<ReverseNameResult> {
    const address = publicAddress(ip)
    if (address === null) return { kind: 'not public' }
    const pointers = await this.#ask(() => this.#resolver.resolvePtr(reverseName(address)))
    if (pointers.kind !== 'records') return pointers
    const names = [...new Set(pointers.records.map(tidy))].filter(isHost).sort().slice(0, namesLimit)
    let temporary: ReverseNameResult | null = null
    for (const name of names) {
      const answer = await this.#ask(() => this.#addresses(name, address))
      if (answer.kind === 'temporary') temporary = answer
      if (answer.kind === 'records' && answer.records.some(text => isSameAddress(text, address)))
        return { kind: 'confirmed', name }
    }
    return temporary ?? { kind: 'none' }
  }

  /** Gives up what is under way. */
  cancel(): void {
    this.#resolver.cancel()
  }

  #addresses(name: string, address: ipaddr.IPv4 | ipaddr.IPv6): Promise<string[]> {
    return address.kind() === 'ipv4' ? this.#resolver.resolve4(name) : this.#resolver.resolve6(name)
  }

  async #ask(
    question: () => Promise<string[]>,
  ): Promise<
    | { readonly kind: 'records'; readonly records: readonly string[] }
    | { readonly kind: 'none' }
    | { readonly kind: 'temporary'; readonly cause: string }
  > {
    try {
      return { kind: 'records', records: await question() }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      // The name does not exist, or has no such record. Everything else is no answer.
      if (code === 'ENOTFOUND' || code === 'ENODATA') return { kind: 'none' }
      return { kind: 'temporary', cause: code }
    }
  }
}

function tidy(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

function isHost(name: string): boolean {
  return name.length <= nameLengthLimit && hostForm.test(name)
}
