import { setMaxListeners } from 'node:events'
import { type Answer, canonicalName, parseNameText, type Question, type Resolver } from '@letterlock/protocols'
import { AnswerCache } from './answer-cache.ts'
import {
  type BulkAnswer,
  type BulkContext,
  type BulkOptions,
  type BulkQuestion,
  BulkRun,
  type BulkSummary,
} from './bulk-run.ts'
import { Deadlines } from './deadlines.ts'
import { failedAnswer } from './dns-answer.ts'
import { Lookup, type LookupPlan, type LookupQuestion } from './dns-lookup.ts'
import type { KnownServer, Validation } from './known-server.ts'
import type { NameServer } from './name-server.ts'
import { ServerSet } from './server-set.ts'
import { publicValidationNames, testValidation, type ValidationName, type ValidationNames } from './test-validation.ts'

/** Questions under way at one time; a caller that needs more has lost count. */
export const lookupsLimit = 10_000

export interface DnsClientOptions {
  /** Recursive resolvers in the form of `parseNameServer`, asked in turn; those of the system where absent. */
  readonly servers?: readonly string[]
  /** The way to the servers is safe, so that their AD bit counts; on loopback it always does. */
  readonly trustAd?: boolean
  /** TCP only: one connection to each server carries everything, which is the cheapest way for many questions. */
  readonly useTcp?: boolean
  /** Milliseconds given to each try in turn. */
  readonly timeouts?: readonly number[]
  /** Milliseconds for all tries of one question together. */
  readonly deadlineMs?: number
  /** Milliseconds that a TCP connection may be idle. */
  readonly idleMs?: number
  /** The system's configuration in another place than /etc/resolv.conf. */
  readonly systemFile?: string
  /** Answers and octets that are kept. */
  readonly cache?: { readonly answers?: number; readonly octets?: number }
  /** Questions under way at one time; one more is answered with the temporary cause `limit`. */
  readonly lookups?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** A caching resolver. `close` gives up what is under way and lets the process end. */
export interface DnsClient extends Resolver {
  readonly servers: readonly NameServer[]
  /**
   * The road for many questions, such as the names of all domains of an audit: by pipelined TCP, without cache and without
   * looking for equal questions, which a list has no use for. `take` gets the answers in the order they come, those of one
   * read together; while it is at work (returns a promise) no further question is taken from the source. Rejects only with
   * what `take` or the source throws.
   */
  askAll<Asked extends BulkQuestion>(
    questions: Iterable<Asked> | AsyncIterable<Asked>,
    take: (answers: readonly BulkAnswer<Asked>[]) => void | Promise<void>,
    options?: BulkOptions,
  ): Promise<BulkSummary>
  /**
   * Asks each server for a name that is signed well and one that is signed badly, past the cache, and remembers what it
   * does. Before that, and where the test cannot tell, AD of a trusted server counts and nothing is called insecure.
   */
  testValidation(names?: ValidationNames, signal?: AbortSignal): Promise<readonly ServerValidation[]>
  close(): void
}

/** What is known of one server of a client. */
export interface ServerValidation {
  readonly server: NameServer
  /** AD of this server counts: it is on loopback, or named as trusted, and was not seen to let bogus data through. */
  readonly isTrusted: boolean
  readonly validation: Validation
}

/**
 * A caching resolver over UDP and TCP, by default with the resolvers of the system. Throws a TypeError where a server has
 * no address; afterwards never.
 */
export function createDnsClient(options: DnsClientOptions = {}): DnsClient {
  return new Client(options)
}

interface Waiter {
  readonly tell: (answer: Answer) => void
  readonly signal: AbortSignal | undefined
  readonly onAbort: (() => void) | null
}

/** A look-up under way and everybody who asked the same. */
interface Flight {
  readonly lookup: Lookup
  readonly waiters: Waiter[]
}

class Client implements DnsClient {
  readonly #options: DnsClientOptions
  readonly #now: () => number
  readonly #deadlines = new Deadlines()
  readonly #cache: AnswerCache
  readonly #flights = new Map<string, Flight>()
  readonly #servers: ServerSet
  readonly #udp = { open: 0 }
  readonly #runs = new Set<{ cancel(): void }>()
  #apart = 0
  #isClosed = false

  constructor(options: DnsClientOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#cache = new AnswerCache(options.cache)
    this.#servers = new ServerSet(options, this.#deadlines)
  }

  get servers(): readonly NameServer[] {
    return this.#servers.resolvers.map(({ server }) => server)
  }

  get #plan(): LookupPlan {
    const { timeouts } = this.#servers
    const deadlineMs = this.#options.deadlineMs ?? timeouts.reduce((sum, timeout) => sum + timeout, 0)
    return { timeouts, deadlineMs, deadlines: this.#deadlines, now: this.#now, udp: this.#udp }
  }

  query(question: Question): Promise<Answer> {
    const name = canonicalName(question.name)
    const key = keyOf(name, question)
    const cached = this.#cached(key, name, question)
    if (cached !== null) return Promise.resolve(cached)
    const refused = this.#refusal(name, question)
    if (refused !== null) return Promise.resolve(refused)
    const servers = this.#servers.serversFor(question)
    if (servers === null) return Promise.resolve(failedAnswer('unreachable', question.server ?? '', this.#now()))
    return new Promise(resolve => {
      const underWay = this.#flights.get(key)
      const flight = underWay ?? this.#prepare(key, name, question, servers)
      flight.waiters.push(this.#waiter(key, flight, resolve, question.signal))
      if (underWay === undefined) flight.lookup.start()
    })
  }

  askAll<Asked extends BulkQuestion>(
    questions: Iterable<Asked> | AsyncIterable<Asked>,
    take: (answers: readonly BulkAnswer<Asked>[]) => void | Promise<void>,
    options: BulkOptions = {},
  ): Promise<BulkSummary> {
    const source = Symbol.iterator in questions ? questions[Symbol.iterator]() : questions[Symbol.asyncIterator]()
    const context: BulkContext = {
      servers: this.#servers.resolvers,
      deadlines: this.#deadlines,
      now: this.#now,
      isAskable,
      lookUp: question => this.#askApart(this.#servers.resolvers, question, true),
    }
    const run = new BulkRun(context, source, take, options)
    this.#runs.add(run)
    if (this.#isClosed) run.cancel()
    return run.run().finally(() => this.#runs.delete(run))
  }

  testValidation(
    names: ValidationNames = publicValidationNames,
    signal?: AbortSignal,
  ): Promise<readonly ServerValidation[]> {
    return Promise.all(
      this.#servers.resolvers.map(async known => {
        const given = signal === undefined ? {} : { signal }
        const ask = (name: ValidationName, checkingDisabled: boolean) =>
          this.#askApart([known], { ...name, ...given, checkingDisabled }, false)
        const validation = await testValidation(ask, names)
        known.learn(validation)
        // What is kept was judged by what was known before.
        this.#cache.clear()
        return { server: known.server, isTrusted: known.isTrusted, validation }
      }),
    )
  }

  /** Past the cache and past everybody else who asks. */
  #askApart(servers: readonly KnownServer[], question: Question, prefersTcp: boolean): Promise<Answer> {
    const name = canonicalName(question.name)
    const refused = this.#refusal(name, question)
    if (refused !== null) return Promise.resolve(refused)
    this.#apart += 1
    return new Promise(resolve => {
      const key = `apart ${this.#apart}`
      const waiters: Waiter[] = []
      const done = (answer: Answer) => this.#land(key, waiters, answer)
      const flight = { lookup: new Lookup(asLookup(name, question, prefersTcp), servers, this.#plan, done), waiters }
      this.#flights.set(key, flight)
      waiters.push(this.#waiter(key, flight, resolve, question.signal))
      flight.lookup.start()
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const [key, { lookup, waiters }] of this.#flights) {
      lookup.cancel()
      this.#land(key, waiters, failedAnswer('unreachable', 'closed', this.#now()))
    }
    for (const run of this.#runs) run.cancel()
    this.#servers.close()
    this.#cache.clear()
  }

  #cached(key: string, name: string, question: Question): Answer | null {
    const now = this.#now()
    return this.#cache.get(key, now) ?? this.#cache.get(missingKeyOf(name, question), now)
  }

  /** Why a question is not asked at all. */
  #refusal(name: string, question: Question): Answer | null {
    const now = this.#now()
    if (this.#isClosed) return failedAnswer('unreachable', 'closed', now)
    if (!isAskable(name)) return failedAnswer('malformed', 'not asked', now)
    if (question.signal?.aborted === true) return failedAnswer('timeout', 'not asked', now)
    if (this.#flights.size >= (this.#options.lookups ?? lookupsLimit)) return failedAnswer('limit', 'not asked', now)
    return null
  }

  #prepare(key: string, name: string, question: Question, servers: readonly KnownServer[]): Flight {
    const waiters: Waiter[] = []
    const lookup = new Lookup(asLookup(name, question), servers, this.#plan, answer => {
      this.#keep(key, question, answer)
      this.#land(key, waiters, answer)
    })
    const flight = { lookup, waiters }
    this.#flights.set(key, flight)
    return flight
  }

  #waiter(key: string, flight: Flight, tell: (answer: Answer) => void, signal: AbortSignal | undefined): Waiter {
    if (signal === undefined) return { tell, signal, onAbort: null }
    const onAbort = () => {
      flight.waiters.splice(flight.waiters.indexOf(waiter), 1)
      tell(failedAnswer('timeout', 'given up', this.#now()))
      if (flight.waiters.length > 0) return
      this.#flights.delete(key)
      flight.lookup.cancel()
    }
    const waiter = { tell, signal, onAbort }
    // One signal ends all questions of a message: many listeners are no leak.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', onAbort, { once: true })
    return waiter
  }

  #land(key: string, waiters: readonly Waiter[], answer: Answer): void {
    this.#flights.delete(key)
    for (const { tell, signal, onAbort } of waiters) {
      if (onAbort !== null) signal?.removeEventListener('abort', onAbort)
      tell(answer)
    }
  }

  #keep(key: string, question: Question, answer: Answer): void {
    const now = this.#now()
    const last = answer.chain.at(-1)
    const isMissing = answer.outcome.kind === 'nxdomain'
    if (!isMissing || last !== undefined) this.#cache.put(key, answer, now)
    if (!isMissing) return
    // DNS-008, DNS-011: the last name of the chain is the one that is missing, for every type.
    const name = canonicalName(last === undefined ? question.name : last.target)
    this.#cache.put(missingKeyOf(name, question), last === undefined ? answer : { ...answer, chain: [], raw: [] }, now)
  }
}

function asLookup(name: string, question: Question, prefersTcp = false): LookupQuestion {
  return {
    name,
    type: question.type,
    isRecursive: question.server === undefined,
    checkingDisabled: question.checkingDisabled ?? false,
    wantsSignatures: question.wantsSignatures ?? false,
    prefersTcp,
  }
}

function keyOf(name: string, question: Question): string {
  return `${name}/${question.type}${contextOf(question)}`
}

function missingKeyOf(name: string, question: Question): string {
  return `${name}/*${contextOf(question)}`
}

function contextOf({ checkingDisabled, wantsSignatures, server }: Question): string {
  return `/${checkingDisabled === true ? 'c' : ''}${wantsSignatures === true ? 'd' : ''}/${server ?? ''}`
}

/** The name has a wire form. */
function isAskable(name: string): boolean {
  return plainName.test(name) || parseNameText(name).ok
}

/** Most names, tested without taking them apart. */
const plainName = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/
