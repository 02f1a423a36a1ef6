import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { decodeMessage, encodeQuery, type Message, type Question, recordTypes } from '@letterlock/protocols'
import type { NameServer } from './name-server.ts'

/** What came of asking one server once. */
export type Exchange =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'timeout' | 'unreachable' | 'malformed' }
  /** The name has no wire form, so nobody can be asked. */
  | { readonly kind: 'unaskable' }

/** Octets of a TCP answer before its length is known. */
const lengthOctets = 2

interface Asked {
  readonly id: number
  readonly name: string
  readonly wire: Uint8Array
  readonly type: number
}

/** Asks one server: by UDP, and by TCP where the answer does not fit (DNS-003). Never rejects. */
export async function exchange(server: NameServer, question: Question, timeoutMs: number): Promise<Exchange> {
  const asked = encoded(question)
  if (asked === null) return { kind: 'unaskable' }
  const answer = await exchangeByUdp(server, asked, timeoutMs, question.signal)
  if (answer.kind !== 'message' || !answer.message.isTruncated) return answer
  return await exchangeByTcp(server, asked, timeoutMs, question.signal)
}

function encoded(question: Question): Asked | null {
  const id = randomInt(65_536)
  const name = withRandomCase(question.name.replace(/\.$/, ''))
  const query = encodeQuery({
    id,
    name,
    type: question.type,
    isRecursive: question.server === undefined,
    checkingDisabled: question.checkingDisabled ?? false,
    wantsSignatures: false,
  })
  return query.ok ? { id, name, wire: query.value, type: recordTypes[question.type] } : null
}

/** Letters in random case: who forges an answer must guess them too, since servers give the question back as it was. */
function withRandomCase(name: string): string {
  return name.replace(/[a-z]/gi, letter => (randomInt(2) === 0 ? letter.toLowerCase() : letter.toUpperCase()))
}

function exchangeByUdp(server: NameServer, asked: Asked, timeoutMs: number, signal?: AbortSignal): Promise<Exchange> {
  return new Promise(resolve => {
    // A socket of its own for each question: its port is random, and answers of others never come here.
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4')
    const end = (answer: Exchange) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.close()
      resolve(answer)
    }
    const abort = () => end({ kind: 'timeout' })
    const timer = setTimeout(abort, timeoutMs)
    signal?.addEventListener('abort', abort)
    socket.on('error', () => end({ kind: 'unreachable' }))
    socket.on('message', octets => {
      const message = answerTo(asked, octets)
      // An answer to another question is not ours: the right one may still come.
      if (message !== null) end(message)
    })
    // Connected, so that the kernel drops what other addresses send and tells of a closed port.
    socket.connect(server.port, server.address, () => socket.send(asked.wire))
    if (signal?.aborted === true) abort()
  })
}

function exchangeByTcp(server: NameServer, asked: Asked, timeoutMs: number, signal?: AbortSignal): Promise<Exchange> {
  return new Promise(resolve => {
    const socket = connect(server.port, server.address)
    const chunks: Buffer[] = []
    let length = 0
    const end = (answer: Exchange) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.destroy()
      resolve(answer)
    }
    const abort = () => end({ kind: 'timeout' })
    const timer = setTimeout(abort, timeoutMs)
    signal?.addEventListener('abort', abort)
    socket.on('error', () => end({ kind: 'unreachable' }))
    socket.on('close', () => end({ kind: 'malformed' }))
    socket.on('connect', () => {
      const head = Buffer.alloc(lengthOctets)
      head.writeUInt16BE(asked.wire.length)
      socket.write(Buffer.concat([head, asked.wire]))
    })
    socket.on('data', chunk => {
      chunks.push(chunk)
      length += chunk.length
      if (length < lengthOctets) return
      const octets = Buffer.concat(chunks)
      const wanted = octets.readUInt16BE(0) + lengthOctets
      if (octets.length < wanted) return
      end(answerTo(asked, octets.subarray(lengthOctets, wanted)) ?? { kind: 'malformed' })
    })
    if (signal?.aborted === true) abort()
  })
}

/** The answer, where the octets are one to this very question (RFC 5452 s9.1); null where they are another's. */
function answerTo(asked: Asked, octets: Uint8Array): Exchange | null {
  const read = decodeMessage(octets)
  if (!read.ok)
    return octets.length >= 2 && ((octets[0] ?? 0) << 8) + (octets[1] ?? 0) === asked.id ? { kind: 'malformed' } : null
  const message = read.value
  if (message.id !== asked.id || !message.isResponse) return null
  const { question } = message
  // Servers that refuse may leave the question out; with one, it is ours to the letter's case.
  if (question === null) return message.answers.length === 0 ? { kind: 'message', message } : null
  const isSame = question.type === asked.type && question.name.toLowerCase() === asked.name.toLowerCase()
  return isSame ? { kind: 'message', message } : null
}
