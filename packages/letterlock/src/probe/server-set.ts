import { statSync } from 'node:fs'
import type { Question } from '@letterlock/protocols'
import type { Deadlines } from './deadlines.ts'
import { KnownServer } from './known-server.ts'
import { isLoopback, type NameServer, parseNameServer } from './name-server.ts'
import { type ResolverConfiguration, systemConfiguration, systemFile } from './resolver-configuration.ts'

/** Milliseconds given to each try in turn (DNS-014: ten seconds in all, over the servers in turn). */
export const tryTimeouts: readonly number[] = [2000, 3000, 5000]

/** Servers remembered of those that questions name themselves (`Question.server`). */
export const namedServersLimit = 1000

/** Milliseconds between two looks at whether the system's configuration has changed, as it does when a network is joined. */
export const configurationCheckMs = 10_000

export interface ServerSetOptions {
  /** In the form of `parseNameServer`; those of the system where absent. */
  readonly servers?: readonly string[]
  readonly trustAd?: boolean
  readonly useTcp?: boolean
  readonly timeouts?: readonly number[]
  /** Milliseconds that a TCP connection may be idle. */
  readonly idleMs?: number
  /** The system's configuration in another place. */
  readonly systemFile?: string
}

/** The servers of one client: its resolvers, and those that questions name themselves. */
export class ServerSet {
  readonly #options: ServerSetOptions
  readonly #deadlines: Deadlines
  readonly #file: string
  #resolvers: readonly KnownServer[] = []
  #timeouts: readonly number[] = tryTimeouts
  #rotates = false
  #rotation = 0
  #changedAt = 0
  #checkedAt = 0
  readonly #named = new Map<string, KnownServer>()

  /** Throws a TypeError where a server has no address. */
  constructor(options: ServerSetOptions, deadlines: Deadlines) {
    this.#options = options
    this.#deadlines = deadlines
    this.#file = options.systemFile ?? systemFile
    if (options.servers === undefined) this.#takeSystem()
    else this.#take(options.servers.map(serverOf), { trustAd: false, useTcp: false })
    if (options.timeouts !== undefined) this.#timeouts = options.timeouts
  }

  get resolvers(): readonly KnownServer[] {
    this.#refresh()
    return this.#resolvers
  }

  /** Milliseconds given to each try in turn. */
  get timeouts(): readonly number[] {
    return this.#timeouts
  }

  /** In the order in which they are asked; null where the question names a server that has no address. */
  serversFor(question: Question): readonly KnownServer[] | null {
    if (question.server !== undefined) {
      const named = this.#namedServer(question.server)
      return named === null ? null : [named]
    }
    const { resolvers } = this
    if (!this.#rotates) return resolvers
    this.#rotation = (this.#rotation + 1) % Math.max(1, resolvers.length)
    return [...resolvers.slice(this.#rotation), ...resolvers.slice(0, this.#rotation)]
  }

  close(): void {
    for (const server of [...this.#resolvers, ...this.#named.values()]) server.road.close()
  }

  #refresh(): void {
    if (this.#options.servers !== undefined) return
    const now = performance.now()
    if (now - this.#checkedAt < configurationCheckMs) return
    this.#checkedAt = now
    if (changeTime(this.#file) !== this.#changedAt) this.#takeSystem()
  }

  #takeSystem(): void {
    this.#checkedAt = performance.now()
    this.#changedAt = changeTime(this.#file)
    const system = systemConfiguration(this.#file)
    this.#rotates = system.rotate
    this.#timeouts = this.#options.timeouts ?? timeoutsOf(system)
    this.#take(system.servers, system)
  }

  /** What is learnt of a server stays when it is named again; the connections of the others close when they are idle. */
  #take(servers: readonly NameServer[], system: { readonly trustAd: boolean; readonly useTcp: boolean }): void {
    const trustAd = this.#options.trustAd ?? system.trustAd
    const useTcp = this.#options.useTcp ?? system.useTcp
    this.#resolvers = servers.map(server => {
      const isTrusted = trustAd || isLoopback(server)
      const before = this.#resolvers.find(known => known.isSame(server, { isTrusted, useTcp }))
      return before ?? this.#known(server, { isTrusted, useTcp })
    })
  }

  #namedServer(text: string): KnownServer | null {
    const before = this.#named.get(text)
    if (before !== undefined) return before
    const server = parseNameServer(text)
    if (server === null) return null
    // An authoritative server proves nothing by AD, whichever way it takes.
    const known = this.#known(server, { isTrusted: false, useTcp: this.#options.useTcp ?? false })
    this.#named.set(text, known)
    // What is under way keeps its own hold of the server, and its connection closes when it is idle.
    const [oldest] = this.#named.keys()
    if (this.#named.size > namedServersLimit && oldest !== undefined) this.#named.delete(oldest)
    return known
  }

  #known(server: NameServer, options: { readonly isTrusted: boolean; readonly useTcp: boolean }): KnownServer {
    const idle = this.#options.idleMs === undefined ? {} : { idleMs: this.#options.idleMs }
    return new KnownServer(server, { ...options, ...idle, deadlines: this.#deadlines })
  }
}

/** Zero where there is no file that can be read. */
function changeTime(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}

/** A round over the servers for each attempt, as the system's own resolver does; our own times where it says nothing. */
function timeoutsOf({ servers, timeoutSeconds, attempts }: ResolverConfiguration): readonly number[] {
  if (timeoutSeconds === null && attempts === null) return tryTimeouts
  return new Array<number>((attempts ?? 2) * servers.length).fill((timeoutSeconds ?? 5) * 1000)
}

function serverOf(text: string): NameServer {
  const server = parseNameServer(text)
  if (server === null) throw new TypeError(`"${text}" is no address of a name server`)
  return server
}
