import { type Deadlines, notTimed, type Timed } from './deadlines.ts'
import type { NameServer } from './name-server.ts'
import { type Closing, type ConnectionEvents, TcpConnection, type TcpQuery } from './tcp-connection.ts'

/** Queries under way on one connection: enough to keep a server busy, few enough to ask again when it closes. */
export const pipelineLimit = 400

/** Milliseconds that a connection stays open with nothing to do (RFC 7766 s6.2.3: of the order of seconds). */
export const idleMs = 10_000

/** Connections that may close on one query without answering any: more are no accident. */
export const replaysLimit = 2

/**
 * The way to one server by TCP: one connection at a time (RFC 7766 s6.2.2), opened when there is something to ask, closed
 * when there was nothing for a while. What a closed connection left unanswered is asked again (RFC 7766 s6.2.4).
 */
export class TcpRoad implements ConnectionEvents {
  readonly #server: NameServer
  readonly #deadlines: Deadlines
  readonly #onReadAll: () => void
  readonly #idleMs: number
  #connection: TcpConnection | null = null
  #waiting: TcpQuery[] = []
  readonly #fullPipeline: number
  /** Fewer after a server closed on a full pipeline: some answer one query for each connection. */
  #pipeline: number
  #isClosed = false
  /** Connections opened so far. */
  connections = 0
  readonly #idle: Timed = {
    slot: notTimed,
    rounds: 0,
    expired: () => {
      if (this.#connection?.inFlight === 0) this.#connection.close()
    },
  }

  constructor(
    server: NameServer,
    deadlines: Deadlines,
    options: { readonly pipeline?: number; readonly idleMs?: number; readonly onReadAll?: () => void } = {},
  ) {
    this.#server = server
    this.#deadlines = deadlines
    this.#fullPipeline = options.pipeline ?? pipelineLimit
    this.#pipeline = this.#fullPipeline
    this.#idleMs = options.idleMs ?? idleMs
    this.#onReadAll = options.onReadAll ?? (() => undefined)
  }

  /** A query would be sent at once. */
  get hasRoom(): boolean {
    return this.#waiting.length === 0 && (this.#connection?.inFlight ?? 0) < this.#pipeline
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Sends the query, or keeps it until there is room; in `timeoutMs` it fails. */
  ask(query: TcpQuery, timeoutMs: number): void {
    query.replays = 0
    query.timeoutMs = timeoutMs
    query.carrier = this
    this.#deadlines.add(query, timeoutMs)
    this.#place(query)
  }

  /** The query is given up without a word. */
  cancel(query: TcpQuery): void {
    this.#deadlines.delete(query)
    query.carrier?.forget(query)
    this.#fill()
    this.#rest()
  }

  /** Closes for good; what is under way fails. */
  close(): void {
    this.#isClosed = true
    this.#deadlines.delete(this.#idle)
    this.#connection?.close()
    this.#failAll(this.#waiting.splice(0))
  }

  /** A query whose turn has not come. */
  timedOut(query: TcpQuery): void {
    this.forget(query)
    query.failed('timeout')
  }

  forget(query: TcpQuery): void {
    this.#waiting = this.#waiting.filter(other => other !== query)
    query.carrier = null
  }

  settled(query: TcpQuery): void {
    this.#deadlines.delete(query)
  }

  readAll(): void {
    this.#onReadAll()
    this.#fill()
    this.#rest()
  }

  retired(connection: TcpConnection): void {
    if (this.#connection === connection) this.#connection = null
  }

  closed(unanswered: readonly TcpQuery[], { connection, byServer, answered }: Closing): void {
    this.retired(connection)
    if (this.#isClosed) {
      this.#failAll(unanswered)
      return
    }
    const wasUseful = byServer && answered > 0
    if (unanswered.length === 0) this.#pipeline = this.#fullPipeline
    // After many answers it was a restart or the like; after few the server takes no more on one connection.
    else if (wasUseful && answered < 4 * this.#pipeline)
      this.#pipeline = Math.max(1, Math.min(answered, this.#pipeline >> 1))
    const again: TcpQuery[] = []
    const lost: TcpQuery[] = []
    for (const query of unanswered) {
      if (!wasUseful) query.replays += 1
      query.carrier = this
      if (query.replays > replaysLimit) lost.push(query)
      else again.push(query)
    }
    this.#waiting.unshift(...again)
    this.#failAll(lost)
    this.#fill()
  }

  #place(query: TcpQuery): void {
    if (this.#isClosed) {
      this.#failAll([query])
      return
    }
    if (this.hasRoom) this.#send(query)
    else this.#waiting.push(query)
  }

  #send(query: TcpQuery): void {
    const connection = this.#open()
    if (!connection.send(query)) {
      this.#failAll([query])
      return
    }
    if (this.#idle.slot !== notTimed) {
      this.#deadlines.delete(this.#idle)
      connection.keepAlive(true)
    }
  }

  #open(): TcpConnection {
    if (this.#connection !== null) return this.#connection
    this.connections += 1
    this.#connection = new TcpConnection(this.#server, this)
    return this.#connection
  }

  #fill(): void {
    while (this.#waiting.length > 0 && (this.#connection?.inFlight ?? 0) < this.#pipeline) {
      const query = this.#waiting.shift()
      if (query === undefined) return
      this.#send(query)
    }
  }

  /** With nothing under way the connection is kept for a while, but keeps nobody. */
  #rest(): void {
    const connection = this.#connection
    if (connection === null || connection.inFlight > 0 || this.#waiting.length > 0) return
    if (this.#idle.slot !== notTimed) return
    connection.keepAlive(false)
    this.#deadlines.add(this.#idle, this.#idleMs)
  }

  #failAll(queries: readonly TcpQuery[]): void {
    for (const query of queries) {
      this.#deadlines.delete(query)
      query.carrier = null
      query.failed('unreachable')
    }
  }
}
