import { randomBytes, randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import {
  decodeMessage,
  encodeQuery,
  lowerQuestion,
  type Message,
  matchQuestion,
  type QueryBits,
  type RecordType,
} from '@letterlock/protocols'
import { type Deadlines, notTimed, type Timed } from './deadlines.ts'
import type { NameServer } from './name-server.ts'
import type { Failure } from './tcp-connection.ts'

/**
 * Datagrams that are no answer to the query, before the question goes by TCP instead: somebody is guessing, and with
 * every guess has a chance (RFC 5452 s9.2, s9.3).
 */
export const strayDatagramsLimit = 16

/** Sockets open at one time: each is a query under way, and a peer begins to lose datagrams beyond this. */
export const udpSocketsLimit = 200

/** What came of asking one server once by UDP. */
export type UdpReply =
  | { readonly kind: 'message'; readonly message: Message }
  /** The whole answer is to be had by TCP (RFC 7766 s5). */
  | { readonly kind: 'truncated' }
  /** Right but for the case of the name: a server that does not keep it, or a guess. */
  | { readonly kind: 'other-case' }
  /** Too many datagrams that were no answer. */
  | { readonly kind: 'guessed-at' }
  | { readonly kind: 'failed'; readonly cause: Failure }

export interface UdpQuestion {
  /** In lower case. */
  readonly name: string
  readonly type: RecordType
  readonly bits: QueryBits
  /** Letters in random case: who forges an answer must guess them too, since servers give the question back as it was. */
  readonly hasRandomCase: boolean
}

/** Asks one server once by UDP. The result is told once, unless the exchange is cancelled. */
export class UdpExchange implements Timed {
  slot: number = notTimed
  rounds = 0
  readonly #question: UdpQuestion
  readonly #deadlines: Deadlines
  readonly #done: (reply: UdpReply) => void
  readonly #id = randomInt(0x1_0000)
  readonly #sentName: string
  /**
   * A socket of its own for each query: the kernel gives it a random port, drops what comes from other addresses, tells
   * of a closed port, and no answer to another question can reach it. Bulk goes by TCP, so the price does not matter.
   */
  readonly #socket: Socket
  #strays = 0
  #isDone = false

  constructor(
    question: UdpQuestion,
    to: { readonly server: NameServer; readonly timeoutMs: number; readonly deadlines: Deadlines },
    done: (reply: UdpReply) => void,
  ) {
    this.#question = question
    this.#deadlines = to.deadlines
    this.#done = done
    this.#sentName = question.hasRandomCase ? withRandomCase(question.name) : question.name
    this.#socket = createSocket(to.server.address.includes(':') ? 'udp6' : 'udp4')
    const query = encodeQuery({ bits: question.bits, id: this.#id, name: this.#sentName, type: question.type })
    this.#socket.on('error', () => this.#end({ kind: 'failed', cause: 'unreachable' }))
    this.#socket.on('message', datagram => this.#read(datagram))
    this.#deadlines.add(this, to.timeoutMs)
    this.#socket.once('connect', () => {
      if (query.ok && !this.#isDone) this.#socket.send(query.value)
    })
    this.#socket.connect(to.server.port, to.server.address)
  }

  expired(): void {
    this.#end({ kind: 'failed', cause: 'timeout' })
  }

  cancel(): void {
    this.#isDone = true
    this.#release()
  }

  #end(reply: UdpReply): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#release()
    this.#done(reply)
  }

  #release(): void {
    this.#deadlines.delete(this)
    this.#socket.removeAllListeners('message')
    try {
      this.#socket.close()
    } catch {
      // Closed already, by an error.
    }
  }

  #read(datagram: Buffer): void {
    const place = { from: 0, to: datagram.length }
    const isOurs = datagram.length >= 4 && datagram.readUInt16BE(0) === this.#id && (datagram.readUInt8(2) & 0x80) !== 0
    const match = isOurs ? matchQuestion(datagram, place, { name: this.#sentName, type: this.#question.type }) : 'other'
    if (match === 'other') {
      this.#stray()
      return
    }
    if (match === 'other-case') {
      this.#end({ kind: 'other-case' })
      return
    }
    const isError = (datagram.readUInt8(3) & 0x0f) !== 0
    if (match === 'none' && !isError) {
      this.#stray()
      return
    }
    // Before all else: what follows in a truncated answer may be cut anywhere.
    if ((datagram.readUInt8(2) & 0x02) !== 0) {
      this.#end({ kind: 'truncated' })
      return
    }
    if (match === 'same') lowerQuestion(datagram, 0)
    const read = decodeMessage(datagram, { ...place, questionName: this.#question.name })
    this.#end(read.ok ? { kind: 'message', message: read.value } : { kind: 'failed', cause: 'malformed' })
  }

  #stray(): void {
    this.#strays += 1
    if (this.#strays > strayDatagramsLimit) this.#end({ kind: 'guessed-at' })
  }
}

/** The name with each letter in upper or lower case as a random bit says. */
export function withRandomCase(name: string): string {
  const bits = randomBytes(Math.ceil(name.length / 8))
  let at = 0
  return name.replace(/[a-z]/gi, letter => {
    const isUpper = (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) === 1
    at += 1
    return isUpper ? letter.toUpperCase() : letter.toLowerCase()
  })
}
