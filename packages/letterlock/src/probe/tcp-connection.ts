import { randomFillSync } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import {
  decodeMessage,
  headerOctets,
  lowerQuestion,
  type Message,
  matchQuestion,
  type QueryBits,
  queryOctetsLimit,
  type RecordType,
  writeQuery,
} from '@letterlock/protocols'
import { notTimed, type Timed } from './deadlines.ts'
import type { NameServer } from './name-server.ts'

/** Messages that answer nothing we asked, before a connection is given up: a server that only talks is no server. */
export const strayMessagesLimit = 100

/** Ids held back on one connection because their answers came too late; then it is replaced (RFC 7766 s6.2.1: no reuse in flight). */
export const lateIdsLimit = 1000

/** Octets of the longest message with its length (RFC 1035 s4.2.2). */
const frameOctetsLimit = 2 + 0xffff

/** Room for the longest message cut in two, and a whole read after it. */
const readRoomOctets = 2 * frameOctetsLimit

/** Octets of queries gathered into one write. */
const writeRoomOctets = 32 * 1024

export type Failure = 'timeout' | 'unreachable' | 'malformed'

/** A query on its way by TCP, and what becomes of it: exactly one of `answered` and `failed` is called. */
export abstract class TcpQuery implements Timed {
  slot: number = notTimed
  rounds = 0
  /** Belongs to the connection that carries it. */
  id = -1
  /** Connections that closed on it without giving any answer. */
  replays = 0
  /** Milliseconds that it is given. */
  timeoutMs = 0
  carrier: { timedOut(query: TcpQuery): void; forget(query: TcpQuery): void } | null = null
  /** In the case that is sent. */
  abstract readonly name: string
  /** The same name as records that bear it shall show it. */
  abstract readonly shownName: string
  abstract readonly type: RecordType
  abstract readonly bits: QueryBits
  abstract answered(message: Message, isExactCase: boolean): void
  abstract failed(cause: Failure): void

  expired(): void {
    this.carrier?.timedOut(this)
  }
}

/** Who ended a connection. */
export interface Closing {
  readonly connection: TcpConnection
  /** The server did, or the network; else we did, because nothing sensible came. */
  readonly byServer: boolean
  /** Queries that were answered before. */
  readonly answered: number
}

export interface ConnectionEvents {
  /** The query is no longer the connection's; its answer is told next. */
  settled(query: TcpQuery): void
  /** Everything that came at once has been told. */
  readAll(): void
  /** Nothing more is to be sent on it; it closes in a moment. */
  retired(connection: TcpConnection): void
  /** The connection is over; these were not answered. */
  closed(unanswered: readonly TcpQuery[], how: Closing): void
}

const randomIds = new Uint16Array(4096)
let nextRandomId = randomIds.length

function randomId(): number {
  if (nextRandomId === randomIds.length) {
    randomFillSync(randomIds)
    nextRandomId = 0
  }
  nextRandomId += 1
  return randomIds[nextRandomId - 1] ?? 0
}

/**
 * One TCP connection to a name server, with any number of queries under way (RFC 7766 s6.2.1.1). Queries put in one turn
 * of the event loop go out in one write; messages are read where the socket left them.
 */
export class TcpConnection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  readonly #underWay = new Map<number, TcpQuery>()
  /** Ids whose answers came too late, and may still come. */
  readonly #lateIds = new Set<number>()
  readonly #readRoom = new Uint8Array(readRoomOctets)
  /** Octets at the front of `#readRoom` that are the start of a message. */
  #kept = 0
  #writeRoom: Uint8Array | null = null
  #written = 0
  readonly #freeRooms: Uint8Array[] = []
  #strays = 0
  #answered = 0
  /** Monotonic milliseconds of the last answer, or of the beginning. */
  #heardAt = performance.now()
  #isClosed = false

  constructor(server: NameServer, events: ConnectionEvents) {
    this.#events = events
    this.#socket = connect({
      host: server.address,
      port: server.port,
      noDelay: true,
      onread: {
        // The next octets follow those of a message that has not come whole.
        buffer: () => this.#readRoom.subarray(this.#kept),
        callback: octets => {
          this.#read(this.#kept + octets)
          return true
        },
      },
    })
    this.#socket.on('error', () => undefined)
    this.#socket.on('end', () => this.#end(true))
    this.#socket.on('close', () => this.#end(true))
  }

  get inFlight(): number {
    return this.#underWay.size
  }

  /** An idle connection does not keep the process alive. */
  keepAlive(isNeeded: boolean): void {
    if (isNeeded) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Sends a query; false where its name has no wire form. */
  send(query: TcpQuery): boolean {
    let room = this.#writeRoom
    if (room === null || this.#written + 2 + queryOctetsLimit > writeRoomOctets) {
      this.#flush()
      room = this.#freeRooms.pop() ?? Buffer.allocUnsafeSlow(writeRoomOctets)
      this.#writeRoom = room
      // After all that the present event leads to: what waits for these answers asks on.
      process.nextTick(this.#flush)
    }
    const from = this.#written + 2
    query.id = this.#freeId()
    const written = writeQuery(room, from, query)
    if (!written.ok) return false
    const octets = written.value - from
    room[from - 2] = octets >>> 8
    room[from - 1] = octets & 0xff
    this.#written = written.value
    query.carrier = this
    this.#underWay.set(query.id, query)
    return true
  }

  /** The query is given up; its answer, should it come, is dropped. */
  forget(query: TcpQuery): void {
    if (this.#underWay.get(query.id) !== query) return
    this.#underWay.delete(query.id)
    this.#lateIds.add(query.id)
    query.carrier = null
  }

  timedOut(query: TcpQuery): void {
    this.forget(query)
    this.#events.settled(query)
    // Nothing at all in most of the time that it waited: the others wait in vain as well.
    const isSilent = performance.now() - this.#heardAt >= query.timeoutMs / 2
    const wasUseless = this.#answered === 0 && this.#underWay.size === 0
    if (isSilent || wasUseless || this.#lateIds.size > lateIdsLimit) {
      this.#events.retired(this)
      // Those whose time is over at this very moment are told so first.
      process.nextTick(() => this.close())
    }
    query.failed('timeout')
    this.#events.readAll()
  }

  close(): void {
    this.#end(false)
  }

  #end(byServer: boolean): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.destroy()
    const unanswered = [...this.#underWay.values()]
    this.#underWay.clear()
    for (const query of unanswered) query.carrier = null
    this.#events.closed(unanswered, { connection: this, byServer, answered: this.#answered })
  }

  #freeId(): number {
    for (;;) {
      const id = randomId()
      // The road keeps far fewer queries under way than there are ids, so this ends soon.
      if (!this.#underWay.has(id) && !this.#lateIds.has(id)) return id
    }
  }

  readonly #flush = () => {
    const room = this.#writeRoom
    if (room === null) return
    this.#writeRoom = null
    const octets = this.#written
    this.#written = 0
    if (octets === 0 || this.#isClosed) return
    this.#socket.write(room.subarray(0, octets), () => {
      this.#freeRooms.push(room)
    })
  }

  /** Reads all whole messages of the first `filled` octets, and moves the rest to the front. */
  #read(filled: number): void {
    const bytes = this.#readRoom
    const answered = this.#answered
    let at = 0
    while (filled - at >= 2 && !this.#isClosed) {
      const from = at + 2
      const to = from + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0))
      if (to > filled) break
      this.#message(from, to)
      at = to
    }
    if (at > 0 && at < filled) bytes.copyWithin(0, at, filled)
    this.#kept = filled - at
    if (this.#answered > answered) this.#heardAt = performance.now()
    if (!this.#isClosed) this.#events.readAll()
  }

  #message(from: number, to: number): void {
    const bytes = this.#readRoom
    const id = ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0)
    const query = to - from < headerOctets ? undefined : this.#underWay.get(id)
    const isResponse = ((bytes[from + 2] ?? 0) & 0x80) !== 0
    if (query === undefined || !isResponse) {
      this.#stray(id)
      return
    }
    const match = matchQuestion(bytes, { from, to }, query)
    // DNS-004: matched by id and by the question, where there is one. An answer without one can only be an error.
    const isError = ((bytes[from + 3] ?? 0) & 0x0f) !== 0
    if (match === 'other' || (match === 'none' && !isError)) {
      this.#stray(-1)
      return
    }
    this.#underWay.delete(id)
    query.carrier = null
    this.#answered += 1
    this.#events.settled(query)
    if (query.name !== query.shownName) lowerQuestion(bytes, from)
    const read = decodeMessage(bytes, { from, to, questionName: query.shownName })
    // What is cut off has no other way to come (RFC 2181 s9): over TCP there is room for all.
    if (!read.ok || read.value.isTruncated) query.failed('malformed')
    else query.answered(read.value, match === 'same')
  }

  #stray(id: number): void {
    if (this.#lateIds.delete(id)) return
    this.#strays += 1
    if (this.#strays > strayMessagesLimit) this.close()
  }
}
