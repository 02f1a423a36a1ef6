import { type Answer, canonicalName, type Message, type QueryBits, type RecordType } from '@letterlock/protocols'
import type { Deadlines } from './deadlines.ts'
import { failedAnswer, readAnswer } from './dns-answer.ts'
import type { KnownServer } from './known-server.ts'
import { type Failure, TcpQuery } from './tcp-connection.ts'
import { TcpRoad } from './tcp-road.ts'

/** Connections to each server: two keep it busy while one is being read. */
export const bulkConnections = 2

/** Questions under way on each connection: more only wait at the server. */
export const bulkWindow = 400

/** Part of the room up to which questions under way are waited for before more are taken. */
const refillBelow = 0.75

/** Milliseconds for each try of a question. */
export const bulkTryMs = 5000

/** Tries of a question that nobody answers, each by another connection. */
export const bulkTries = 3

/** A question of many. `server` and `signal` are those of the whole run. */
export interface BulkQuestion {
  readonly name: string
  readonly type: RecordType
  readonly checkingDisabled?: boolean
  readonly wantsSignatures?: boolean
}

export interface BulkAnswer<Asked extends BulkQuestion> {
  /** The very object that was asked. */
  readonly question: Asked
  readonly answer: Answer
}

export interface BulkOptions {
  readonly connections?: number
  readonly window?: number
  readonly tryMs?: number
  readonly tries?: number
  readonly signal?: AbortSignal
}

export interface BulkSummary {
  readonly asked: number
  /** Questions that ended without an answer of any server. */
  readonly unanswered: number
  /** Tries beyond the first. */
  readonly repeated: number
  /** Connections opened. */
  readonly connections: number
}

/** What a run needs of the client it belongs to. */
export interface BulkContext {
  readonly servers: readonly KnownServer[]
  readonly deadlines: Deadlines
  readonly now: () => number
  readonly isAskable: (name: string) => boolean
  /** The ordinary way, past the cache: for the few answers that take more than one message. */
  readonly lookUp: (question: BulkQuestion) => Promise<Answer>
}

type Take<Asked extends BulkQuestion> = (answers: readonly BulkAnswer<Asked>[]) => void | Promise<void>

interface Lane {
  readonly server: KnownServer
  readonly road: TcpRoad
}

/**
 * Many questions by pipelined TCP. Questions are taken from their source when there is room, so that memory is bounded
 * by what is under way; answers are handed over as they come, all of one read together.
 */
export class BulkRun<Asked extends BulkQuestion> {
  readonly #context: BulkContext
  readonly #source: Iterator<Asked> | AsyncIterator<Asked>
  readonly #take: Take<Asked>
  readonly #lanes: readonly Lane[]
  readonly #room: number
  readonly #tryMs: number
  readonly #tries: number
  readonly #signal: AbortSignal | undefined
  #batch: BulkAnswer<Asked>[] = []
  #underWay = 0
  #asked = 0
  #unanswered = 0
  #repeated = 0
  #turn = 0
  /** The source is at work on the next question. */
  #isPulling = false
  /** Whoever takes answers is at work on the last ones. */
  #isTaking = false
  #isAtEnd = false
  #isTellingLater = false
  #settle: { resolve: (summary: BulkSummary) => void; reject: (error: unknown) => void } | null = null

  constructor(
    context: BulkContext,
    source: Iterator<Asked> | AsyncIterator<Asked>,
    take: Take<Asked>,
    options: BulkOptions,
  ) {
    this.#context = context
    this.#source = source
    this.#take = take
    this.#tryMs = options.tryMs ?? bulkTryMs
    this.#tries = options.tries ?? bulkTries
    const pipeline = options.window ?? bulkWindow
    const connections = options.connections ?? bulkConnections
    this.#lanes = context.servers.flatMap(server =>
      Array.from({ length: connections }, () => ({
        server,
        road: new TcpRoad(server.server, context.deadlines, { pipeline, onReadAll: () => this.#afterRead() }),
      })),
    )
    this.#room = Math.max(1, this.#lanes.length * pipeline)
    const { signal } = options
    if (signal?.aborted === true) this.#isAtEnd = true
    else signal?.addEventListener('abort', this.cancel, { once: true })
    this.#signal = signal
  }

  run(): Promise<BulkSummary> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#pump()
      this.#endIfDone()
    })
  }

  /** Takes no more questions; those under way end unanswered. */
  readonly cancel = (): void => {
    this.#isAtEnd = true
    for (const { road } of this.#lanes) road.close()
  }

  /** Takes questions while there is room, once there is room for some: one write with many costs as much as with one. */
  #pump(): void {
    if (this.#underWay > this.#room * refillBelow) return
    while (!this.#isAtEnd && !this.#isPulling && !this.#isTaking && this.#underWay < this.#room) {
      const next = this.#guarded(() => this.#source.next())
      if (next === undefined) return
      if (!(next instanceof Promise)) this.#onNext(next)
      else this.#pull(next)
    }
  }

  #onNext(next: IteratorResult<Asked>): void {
    if (next.done === true) this.#isAtEnd = true
    else this.#start(next.value)
  }

  #start(question: Asked): void {
    const name = canonicalName(question.name)
    this.#asked += 1
    this.#underWay += 1
    if (this.#lanes.length === 0 || !this.#context.isAskable(name)) {
      const cause = this.#lanes.length === 0 ? 'unreachable' : 'malformed'
      this.#done(question, failedAnswer(cause, 'not asked', this.#context.now()))
    } else this.#send(new BulkQuery(this, question, name))
  }

  #send(query: BulkQuery<Asked>): void {
    const lane = this.#nextLane()
    if (lane === undefined) return
    query.server = lane.server
    lane.road.ask(query, this.#tryMs)
  }

  /** The lanes in turn, but for those that have enough to do. */
  #nextLane(): Lane | undefined {
    for (let tries = 0; tries < this.#lanes.length; tries += 1) {
      this.#turn = (this.#turn + 1) % this.#lanes.length
      if (this.#lanes[this.#turn]?.road.hasRoom === true) break
    }
    return this.#lanes[this.#turn]
  }

  /** For `BulkQuery` alone. */
  answered(query: BulkQuery<Asked>, message: Message): void {
    const { server, question, name } = query
    if (server === null) return
    const asked = { name, type: query.type, checkingDisabled: query.bits.checkingDisabled }
    const { answer, follow } = readAnswer(message, asked, server, this.#context.now())
    const isPlainSailing = follow === null && message.rcode !== 1 && !(message.rcode === 2 && server.isValidating)
    if (isPlainSailing) this.#done(question, answer)
    else {
      const { checkingDisabled, wantsSignatures } = query.bits
      const alone = this.#context.lookUp({ name, type: query.type, checkingDisabled, wantsSignatures })
      alone.then(found => this.#done(question, found))
    }
  }

  /** For `BulkQuery` alone. */
  failed(query: BulkQuery<Asked>, cause: Failure): void {
    query.tries += 1
    if (query.tries < this.#tries && !this.#isAtEndByAbort()) {
      this.#repeated += 1
      this.#send(query)
      return
    }
    this.#unanswered += 1
    this.#done(query.question, failedAnswer(cause, query.server?.label ?? 'not asked', this.#context.now()))
  }

  #isAtEndByAbort(): boolean {
    return this.#lanes.every(({ road }) => road.isClosed)
  }

  #done(question: Asked, answer: Answer): void {
    this.#underWay -= 1
    this.#batch.push({ question, answer })
    if (this.#isTellingLater) return
    this.#isTellingLater = true
    // At the latest: what came in one read is told right after it.
    queueMicrotask(() => this.#afterRead())
  }

  #afterRead(): void {
    this.#isTellingLater = false
    if (this.#batch.length > 0 && !this.#isTaking) {
      const batch = this.#batch
      this.#batch = []
      const taken = this.#guarded(() => this.#take(batch))
      if (taken instanceof Promise) this.#waitForTaker(taken)
    }
    this.#pump()
    this.#endIfDone()
  }

  #pull(next: Promise<IteratorResult<Asked>>): void {
    this.#isPulling = true
    next.then(
      result => {
        this.#isPulling = false
        this.#onNext(result)
        this.#afterRead()
      },
      (error: unknown) => this.#break(error),
    )
  }

  #waitForTaker(taken: Promise<void>): void {
    this.#isTaking = true
    taken.then(
      () => {
        this.#isTaking = false
        this.#afterRead()
      },
      (error: unknown) => this.#break(error),
    )
  }

  /** What the caller's own functions throw ends the run and is the caller's to see. */
  #guarded<Value>(call: () => Value): Value | undefined {
    try {
      return call()
    } catch (error) {
      this.#break(error)
      return undefined
    }
  }

  #break(error: unknown): void {
    const settle = this.#settle
    this.#settle = null
    this.cancel()
    settle?.reject(error)
  }

  #endIfDone(): void {
    const isBusy = this.#isPulling || this.#isTaking || this.#underWay > 0 || this.#batch.length > 0
    if (!this.#isAtEnd || isBusy) return
    const settle = this.#settle
    this.#settle = null
    this.#signal?.removeEventListener('abort', this.cancel)
    for (const { road } of this.#lanes) road.close()
    const connections = this.#lanes.reduce((sum, { road }) => sum + road.connections, 0)
    settle?.resolve({ asked: this.#asked, unanswered: this.#unanswered, repeated: this.#repeated, connections })
  }
}

/** Bits are shared: there are four kinds of them. */
const bitsOf: readonly QueryBits[] = [0, 1, 2, 3].map(kind => ({
  isRecursive: true,
  checkingDisabled: (kind & 1) !== 0,
  wantsSignatures: (kind & 2) !== 0,
  isPlain: false,
}))

const ordinaryBits: QueryBits = { isRecursive: true, checkingDisabled: false, wantsSignatures: false, isPlain: false }

class BulkQuery<Asked extends BulkQuestion> extends TcpQuery {
  readonly question: Asked
  readonly name: string
  readonly shownName: string
  readonly type: RecordType
  readonly bits: QueryBits
  readonly #run: BulkRun<Asked>
  tries = 0
  server: KnownServer | null = null

  constructor(run: BulkRun<Asked>, question: Asked, name: string) {
    super()
    this.#run = run
    this.question = question
    this.name = name
    this.shownName = name
    this.type = question.type
    const kind = (question.checkingDisabled === true ? 1 : 0) + (question.wantsSignatures === true ? 2 : 0)
    this.bits = bitsOf[kind] ?? ordinaryBits
  }

  answered(message: Message): void {
    this.#run.answered(this, message)
  }

  failed(cause: Failure): void {
    this.#run.failed(this, cause)
  }
}
