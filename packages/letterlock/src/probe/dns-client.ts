import type { Alias, Answer, Outcome, Question, Resolver, ResourceRecord, Security } from '@letterlock/protocols'
import { type Exchange, exchange } from './dns-exchange.ts'
import { formatNameServer, isLoopback, type NameServer, parseNameServer } from './name-server.ts'
import { systemConfiguration } from './resolver-configuration.ts'

/** Milliseconds given to each try in turn (DNS-014: ten seconds in all, over the servers in turn). */
export const tryTimeouts = [2000, 3000, 5000] as const

/** Answers kept. */
export const cachedAnswersLimit = 10_000

/** Seconds that an answer is kept at least and at most (DNS-013). */
export const cacheSeconds = { least: 1, most: 86_400, negative: 10_800 } as const

/** Aliases followed in one answer. */
const aliasesLimit = 12

export interface DnsClientOptions {
  /** Recursive resolvers in the form of `parseNameServer`, asked in turn; those of the system where absent. */
  readonly servers?: readonly string[]
  /** The way to the servers is safe, so that their AD bit counts; on loopback it always does. */
  readonly trustAd?: boolean
  /** Milliseconds given to each try in turn. */
  readonly timeouts?: readonly number[]
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** A caching resolver. `close` gives up what is under way and lets the process end. */
export interface DnsClient extends Resolver {
  readonly servers: readonly NameServer[]
  close(): Promise<void>
}

/** A caching resolver over UDP and TCP. Throws a TypeError where a server has no address; afterwards never. */
export function createDnsClient(options: DnsClientOptions = {}): DnsClient {
  return new Client(options)
}

/** A caching resolver over UDP and TCP. Never rejects: what failed is an outcome. */
class Client implements DnsClient {
  readonly servers: readonly NameServer[]
  readonly #trustAd: boolean
  readonly #timeouts: readonly number[]
  readonly #now: () => number
  readonly #cache = new Map<string, { readonly answer: Answer; readonly until: number }>()
  readonly #underWay = new Map<string, Promise<Answer>>()

  constructor(options: DnsClientOptions) {
    const system = options.servers === undefined ? systemConfiguration() : null
    this.servers = system?.servers ?? (options.servers ?? []).map(serverOf)
    this.#trustAd = options.trustAd ?? system?.trustAd ?? false
    this.#timeouts = options.timeouts ?? tryTimeouts
    this.#now = options.now ?? Date.now
  }

  async query(question: Question): Promise<Answer> {
    const key = `${question.name.toLowerCase().replace(/\.$/, '')}/${question.type}/${question.server ?? ''}/${question.checkingDisabled ?? false}`
    const cached = this.#cache.get(key)
    if (cached !== undefined && cached.until > this.#now()) return cached.answer
    // Equal questions at one time are asked once; one that may be aborted is its asker's own.
    if (question.signal !== undefined) return this.#keep(key, await this.#ask(question))
    const underWay = this.#underWay.get(key)
    if (underWay !== undefined) return await underWay
    const asked = this.#ask(question).then(answer => this.#keep(key, answer))
    this.#underWay.set(key, asked)
    try {
      return await asked
    } finally {
      this.#underWay.delete(key)
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #keep(key: string, answer: Answer): Answer {
    const seconds = secondsToKeep(answer.outcome)
    this.#cache.delete(key)
    if (seconds > 0) this.#cache.set(key, { answer, until: this.#now() + seconds * 1000 })
    const [oldest] = this.#cache.keys()
    if (this.#cache.size > cachedAnswersLimit && oldest !== undefined) this.#cache.delete(oldest)
    return answer
  }

  async #ask(question: Question): Promise<Answer> {
    const servers = question.server === undefined ? this.servers : [serverOf(question.server)]
    let last: Answer = failed('unreachable', 'no resolver is configured', this.#now())
    for (const [index, timeout] of this.#timeouts.entries()) {
      const server = servers[index % servers.length]
      if (server === undefined) break
      const label = formatNameServer(server)
      const isTrusted = this.#trustAd || isLoopback(server)
      const answer = answerOf(await exchange(server, question, timeout), {
        question,
        isTrusted,
        label,
        at: this.#now(),
      })
      // SERVFAIL of one resolver may be its own trouble; bogus and all else is an answer.
      if (answer.outcome.kind !== 'temporary') return answer
      last = answer
      if (question.signal?.aborted === true) break
    }
    return last
  }
}

/** DNS-011, DNS-013. */
function secondsToKeep(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'records':
      return Math.min(Math.max(outcome.ttl, cacheSeconds.least), cacheSeconds.most)
    case 'nodata':
    case 'nxdomain':
      return outcome.ttl === null ? 0 : Math.min(outcome.ttl, cacheSeconds.negative)
    case 'temporary':
    case 'bogus':
      return 0
  }
}

function serverOf(text: string): NameServer {
  const server = parseNameServer(text)
  if (server === null) throw new TypeError(`"${text}" is no address of a name server`)
  return server
}

function failed(cause: 'timeout' | 'unreachable' | 'malformed', server: string, at: number): Answer {
  return {
    outcome: { kind: 'temporary', cause },
    chain: [],
    raw: [],
    server,
    at,
    authenticData: false,
    rcode: null,
    extendedError: null,
  }
}

interface Asking {
  readonly question: Question
  readonly isTrusted: boolean
  readonly label: string
  readonly at: number
}

/** Extended errors that say that DNSSEC failed (RFC 8914 s4.7 to s4.13). */
const bogusErrors: ReadonlySet<number> = new Set([6, 7, 8, 9, 10, 11, 12])

function answerOf(found: Exchange, { question, isTrusted, label, at }: Asking): Answer {
  if (found.kind === 'unaskable') return failed('malformed', label, at)
  if (found.kind !== 'message') return failed(found.kind, label, at)
  const { message } = found
  const chain = chainOf(message.answers, question.name)
  const name = (chain.at(-1)?.target ?? question.name).toLowerCase().replace(/\.$/, '')
  const records = message.answers.filter(record => record.type === question.type && record.name.toLowerCase() === name)
  const security: Security = message.authenticData && isTrusted ? 'secure' : 'indeterminate'
  return {
    outcome: outcomeOf(message.rcode, message.extendedErrors[0]?.code ?? null, {
      records,
      chain,
      security,
      authorities: message.authorities,
    }),
    chain,
    raw: message.answers,
    server: label,
    at,
    authenticData: message.authenticData,
    rcode: message.rcode,
    extendedError: message.extendedErrors[0]?.code ?? null,
  }
}

function outcomeOf(
  rcode: number,
  extendedError: number | null,
  found: {
    readonly records: readonly ResourceRecord[]
    readonly chain: readonly Alias[]
    readonly security: Security
    readonly authorities: readonly ResourceRecord[]
  },
): Outcome {
  const { records, chain, security, authorities } = found
  if (rcode === 0 && records.length > 0)
    return {
      kind: 'records',
      records,
      ttl: Math.min(...records.map(record => record.ttl), ...chain.map(alias => alias.ttl)),
      security,
    }
  if (rcode === 0) return { kind: 'nodata', ttl: negativeTtl(authorities), security }
  if (rcode === 3) return { kind: 'nxdomain', ttl: negativeTtl(authorities), security }
  if (extendedError !== null && bogusErrors.has(extendedError)) return { kind: 'bogus' }
  if (rcode === 4) return { kind: 'temporary', cause: 'not-implemented' }
  return { kind: 'temporary', cause: rcode === 5 ? 'refused' : 'servfail' }
}

/** RFC 2308 s5: the smaller of the SOA's TTL and its minimum; null without one. */
function negativeTtl(authorities: readonly ResourceRecord[]): number | null {
  const soa = authorities.find(record => record.type === 'SOA')
  return soa?.type === 'SOA' ? Math.min(soa.ttl, soa.minimum) : null
}

function chainOf(answers: readonly ResourceRecord[], asked: string): Alias[] {
  const chain: Alias[] = []
  let name = asked.toLowerCase().replace(/\.$/, '')
  while (chain.length < aliasesLimit) {
    const alias = answers.find(record => record.type === 'CNAME' && record.name.toLowerCase() === name)
    if (alias?.type !== 'CNAME') break
    chain.push({ name, target: alias.target, ttl: alias.ttl })
    name = alias.target.toLowerCase()
  }
  return chain
}
