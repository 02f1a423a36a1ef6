import type { Result } from '../fault.ts'
import type { ResourceRecord } from './record.ts'
import { headerOctets } from './wire-query.ts'
import { type ExtendedError, type MessageFault, Stop, WireReader } from './wire-reader.ts'

/** Records read of one message. The largest message is 64 KiB and a record takes 11 octets, so this is above need. */
export const recordsLimit = 6000

/** A message as read. `question` is null where the server left it out. */
export interface Message {
  readonly id: number
  readonly isResponse: boolean
  readonly isTruncated: boolean
  readonly isAuthoritative: boolean
  readonly authenticData: boolean
  /** Response code, with the upper bits of EDNS where there are any. */
  readonly rcode: number
  readonly question: { readonly name: string; readonly type: number } | null
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  /** The server speaks EDNS (RFC 6891 s7). */
  readonly hasEdns: boolean
  /** Extended errors in the order they came (RFC 8914). */
  readonly extendedErrors: readonly ExtendedError[]
}

/** The part of a buffer that holds the message. */
export interface MessagePlace {
  readonly from: number
  readonly to: number
  /** The question's name, where the caller has compared its octets (`matchQuestion`): it is then not read again. */
  readonly questionName?: string
}

/**
 * Reads a message in wire form. Additional records are skipped but for OPT. A message that breaks the format anywhere
 * is a fault as a whole: half an answer proves nothing.
 */
export function decodeMessage(
  bytes: Uint8Array,
  place: MessagePlace = { from: 0, to: bytes.length },
): Result<Message, MessageFault> {
  try {
    return { ok: true, value: readMessage(bytes, place) }
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    return { ok: false, fault: { code: error.code, at: error.at, text: error.message } }
  }
}

function readMessage(bytes: Uint8Array, { from, to, questionName }: MessagePlace): Message {
  if (to - from < headerOctets) throw new Stop('dns-message-short', to - from, 'the header is cut')
  const flags = uint16(bytes, from + 2)
  const questions = uint16(bytes, from + 4)
  if (questions > 1) throw new Stop('dns-message-question', 4, 'there is more than one question')
  const answerCount = uint16(bytes, from + 6)
  const authorityCount = uint16(bytes, from + 8)
  const additionalCount = uint16(bytes, from + 10)
  if (answerCount + authorityCount + additionalCount > recordsLimit)
    throw new Stop('dns-message-records', 6, `there are more than ${recordsLimit} records`)
  const reader = new WireReader(bytes, from, to)
  const question = questions === 0 ? null : reader.question(questionName)
  const answers = reader.records(answerCount)
  const authorities = reader.records(authorityCount)
  const opt = reader.opt(additionalCount)
  return {
    id: uint16(bytes, from),
    isResponse: (flags & 0x8000) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    isAuthoritative: (flags & 0x0400) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    rcode: (flags & 0x0f) | ((opt?.upperRcode ?? 0) << 4),
    question,
    answers,
    authorities,
    hasEdns: opt !== null,
    extendedErrors: opt?.extendedErrors ?? noErrors,
  }
}

const noErrors: readonly ExtendedError[] = []

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
