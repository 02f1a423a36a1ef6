import { type Answer, aliasesLimit, type Message, type QueryBits, type RecordType } from '@letterlock/protocols'
import type { Deadlines } from './deadlines.ts'
import { failedAnswer, readAnswer } from './dns-answer.ts'
import { type KnownServer, quietMs } from './known-server.ts'
import { type Failure, TcpQuery } from './tcp-connection.ts'
import { UdpExchange, type UdpReply, udpSocketsLimit, withRandomCase } from './udp-exchange.ts'

/** One question as it goes out. */
export interface LookupQuestion {
  /** In lower case, without the final dot, with a wire form. */
  readonly name: string
  readonly type: RecordType
  readonly isRecursive: boolean
  readonly checkingDisabled: boolean
  readonly wantsSignatures: boolean
  /** One of many: they would crowd each other out by UDP. */
  readonly prefersTcp: boolean
}

/** What all look-ups of one client share. */
export interface LookupPlan {
  /** Milliseconds given to each try in turn; their number is the number of tries. */
  readonly timeouts: readonly number[]
  /** Milliseconds for all tries together. */
  readonly deadlineMs: number
  readonly deadlines: Deadlines
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Sockets that are open for queries by UDP. */
  readonly udp: { open: number }
}

/** Extended errors aside, response code of a server that could not read the query (RFC 1035 s4.1.1). */
const formatError = 1

const serverFailure = 2

/** An answer that came in two messages: it holds as long, and is as safe, as the lesser of the two. */
function joined(first: Answer, rest: Answer): Answer {
  const chain = [...first.chain, ...rest.chain]
  const raw = [...first.raw, ...rest.raw]
  const authenticData = first.authenticData && rest.authenticData
  const [before, after] = [first.outcome, rest.outcome]
  if (!('security' in after) || !('security' in before)) return { ...rest, chain, raw, authenticData }
  const security = before.security === after.security ? after.security : 'indeterminate'
  const ttl = Math.min(after.ttl ?? 0, ...first.chain.map(alias => alias.ttl))
  const outcome = after.ttl === null ? { ...after, security } : { ...after, ttl, security }
  return { ...rest, outcome, chain, raw, authenticData }
}

/** What one try is about; a server may be asked several times within it. */
interface Try {
  readonly server: KnownServer
  readonly name: string
  readonly hasRandomCase: boolean
  readonly isPlain: boolean
  /** Set by us to see whether a failure goes away without checking. */
  readonly looksBehind: Answer | null
}

/**
 * One question from the first try to the answer: over the servers in turn, by UDP and where needed by TCP. `done` is
 * called once unless the look-up is cancelled.
 */
export class Lookup {
  readonly #question: LookupQuestion
  readonly #servers: readonly KnownServer[]
  readonly #plan: LookupPlan
  readonly #done: (answer: Answer) => void
  readonly #startedAt = performance.now()
  /** Servers that answered with a failure: they are not asked the same again (RFC 9520 s3.1). */
  readonly #spent: KnownServer[] = []
  #tries = 0
  #last: Answer | null = null
  /** What is under way: one of the two, or nothing. */
  #exchange: UdpExchange | null = null
  #query: LookupQuery | null = null
  #isDone = false
  #tryStartedAt = 0
  /** Earlier messages, where the server gave a chain of aliases in pieces. */
  readonly #pieces: Answer[] = []

  constructor(
    question: LookupQuestion,
    servers: readonly KnownServer[],
    plan: LookupPlan,
    done: (answer: Answer) => void,
  ) {
    this.#question = question
    this.#servers = servers
    this.#plan = plan
    this.#done = done
  }

  start(): void {
    this.#nextTry()
  }

  cancel(): void {
    this.#isDone = true
    if (this.#query !== null) this.#query.attempt.server.road.cancel(this.#query)
    if (this.#exchange === null) return
    this.#plan.udp.open -= 1
    this.#exchange.cancel()
  }

  #finish(answer: Answer): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#done(this.#pieces.reduceRight((rest, piece) => joined(piece, rest), answer))
  }

  /** Milliseconds for the try that is under way. */
  #timeLeft(): number {
    const now = performance.now()
    const all = this.#plan.deadlineMs - (now - this.#startedAt)
    return Math.min(all, (this.#plan.timeouts[this.#tries - 1] ?? 0) - (now - this.#tryStartedAt))
  }

  #nextTry(): void {
    const server = this.#nextServer()
    this.#tries += 1
    this.#tryStartedAt = performance.now()
    this.#pieces.length = 0
    if (server === null || this.#timeLeft() <= 0) {
      this.#finish(this.#last ?? failedAnswer('unreachable', 'no resolver', this.#plan.now()))
      return
    }
    const isPlain = !server.speaksEdns
    this.#ask({
      server,
      name: this.#question.name,
      hasRandomCase: server.keepsCase && !server.useTcp,
      isPlain,
      looksBehind: null,
    })
  }

  /** The servers take turns in the order given; those that were silent lately come after the others. */
  #nextServer(): KnownServer | null {
    const [only, ...others] = this.#servers
    if (only !== undefined && others.length === 0) return this.#spent.includes(only) ? null : only
    const now = performance.now()
    const left = this.#servers.filter(server => !this.#spent.includes(server))
    const lively = left.filter(server => server.quietUntil <= now)
    const order = lively.length > 0 ? lively : left
    return order[this.#tries % Math.max(1, order.length)] ?? null
  }

  #bits(attempt: Try): QueryBits {
    const { isRecursive, checkingDisabled, wantsSignatures } = this.#question
    const isBehind = attempt.looksBehind !== null
    return { isRecursive, checkingDisabled: checkingDisabled || isBehind, wantsSignatures, isPlain: attempt.isPlain }
  }

  #ask(attempt: Try): void {
    const { udp } = this.#plan
    // Beyond the limit of sockets one connection carries all the others.
    if (attempt.server.useTcp || this.#question.prefersTcp || udp.open >= udpSocketsLimit) {
      this.#askByTcp(attempt.hasRandomCase ? { ...attempt, hasRandomCase: false } : attempt)
      return
    }
    udp.open += 1
    this.#exchange = new UdpExchange(
      { ...attempt, type: this.#question.type, bits: this.#bits(attempt) },
      { server: attempt.server.server, timeoutMs: this.#timeLeft(), deadlines: this.#plan.deadlines },
      reply => {
        udp.open -= 1
        this.#exchange = null
        this.#onUdpReply(attempt, reply)
      },
    )
  }

  #onUdpReply(attempt: Try, reply: UdpReply): void {
    switch (reply.kind) {
      case 'message':
        this.#onMessage(attempt, reply.message)
        break
      case 'failed':
        this.#onFailure(attempt, reply.cause)
        break
      case 'truncated':
      case 'guessed-at':
        this.#askByTcp({ ...attempt, hasRandomCase: false })
        break
      case 'other-case':
        // By TCP nobody guesses: there the case shows what the server does with it.
        this.#askByTcp(attempt)
        break
    }
  }

  #askByTcp(attempt: Try): void {
    const query = new LookupQuery(this, attempt, { type: this.#question.type, bits: this.#bits(attempt) })
    this.#query = query
    attempt.server.road.ask(query, this.#timeLeft())
  }

  /** For `LookupQuery` alone. */
  answeredByTcp(attempt: Try, message: Message, isExactCase: boolean): void {
    this.#query = null
    if (attempt.hasRandomCase) attempt.server.keepsCase = isExactCase
    this.#onMessage(attempt, message)
  }

  /** For `LookupQuery` alone. */
  failedByTcp(attempt: Try, cause: Failure): void {
    this.#query = null
    // A server that changes the case and has no TCP: id and port have to do.
    if (attempt.hasRandomCase) attempt.server.keepsCase = false
    if (attempt.hasRandomCase && cause === 'unreachable') this.#ask({ ...attempt, hasRandomCase: false })
    else this.#onFailure(attempt, cause)
  }

  #onFailure(attempt: Try, cause: Failure): void {
    if (attempt.looksBehind !== null) {
      // Whether it is bogus may still show at the next try.
      this.#last = attempt.looksBehind
      this.#nextTry()
      return
    }
    if (cause !== 'malformed') attempt.server.quietUntil = performance.now() + quietMs
    // What a server said counts for more than that another was silent.
    if ((this.#last?.rcode ?? null) === null) this.#last = failedAnswer(cause, attempt.server.label, this.#plan.now())
    this.#nextTry()
  }

  #onMessage(attempt: Try, message: Message): void {
    const { server } = attempt
    server.quietUntil = 0
    // RFC 6891 s7: a server that does not know EDNS says FORMERR and sends no OPT.
    if (message.rcode === formatError && !message.hasEdns && !attempt.isPlain) {
      this.#ask({ ...attempt, isPlain: true })
      return
    }
    if (attempt.isPlain && message.rcode !== formatError) server.speaksEdns = false
    const { checkingDisabled } = this.#bits(attempt)
    const asked = { name: attempt.name, type: this.#question.type, checkingDisabled }
    const { answer, follow } = readAnswer(message, asked, server, this.#plan.now())
    if (attempt.looksBehind !== null) {
      this.#onLookBehind(attempt.server, attempt.looksBehind, answer)
      return
    }
    if (follow !== null) {
      this.#follow(attempt, answer, follow)
      return
    }
    if (answer.outcome.kind !== 'temporary') {
      this.#finish(answer)
      return
    }
    if (message.rcode === serverFailure && server.isValidating && !this.#question.checkingDisabled) {
      this.#ask({ ...attempt, looksBehind: answer })
      return
    }
    this.#failed(server, answer)
  }

  /** The rest of a chain of aliases that the server left for us to resolve. */
  #follow(attempt: Try, answer: Answer, target: string): void {
    // An authoritative server knows its own zones alone: where they end, its answer ends.
    if (!this.#question.isRecursive) {
      this.#finish(answer)
      return
    }
    this.#pieces.push(answer)
    if (this.#pieces.reduce((sum, piece) => sum + piece.chain.length, 0) > aliasesLimit) {
      this.#finish(failedAnswer('servfail', attempt.server.label, answer.at))
      return
    }
    this.#ask({ ...attempt, name: target })
  }

  /** A resolver that validates, fails, and answers when told not to check: the data are bogus (RFC 4035 s5.5). */
  #onLookBehind(server: KnownServer, failure: Answer, unchecked: Answer): void {
    if (unchecked.outcome.kind === 'temporary' || unchecked.outcome.kind === 'bogus') this.#failed(server, failure)
    else this.#finish({ ...failure, outcome: { kind: 'bogus' } })
  }

  #failed(server: KnownServer, answer: Answer): void {
    this.#last = answer
    this.#spent.push(server)
    this.#nextTry()
  }
}

class LookupQuery extends TcpQuery {
  readonly name: string
  readonly shownName: string
  readonly type: RecordType
  readonly bits: QueryBits
  readonly attempt: Try
  readonly #lookup: Lookup

  constructor(lookup: Lookup, attempt: Try, { type, bits }: { readonly type: RecordType; readonly bits: QueryBits }) {
    super()
    this.name = attempt.hasRandomCase ? withRandomCase(attempt.name) : attempt.name
    this.shownName = attempt.name
    this.type = type
    this.bits = bits
    this.attempt = attempt
    this.#lookup = lookup
  }

  answered(message: Message, isExactCase: boolean): void {
    this.#lookup.answeredByTcp(this.attempt, message, isExactCase)
  }

  failed(cause: Failure): void {
    this.#lookup.failedByTcp(this.attempt, cause)
  }
}
