import type { Result } from '../fault.ts'
import { type NameFault, nameOctetsLimit, parseNameText } from './name.ts'
import { type RecordType, recordTypes } from './record.ts'

/** EDNS buffer size: fits one packet on every path in practice, so nothing is fragmented (DNS-005). */
export const ednsUdpSize = 1232

/** Octets of the fixed part of every message (RFC 1035 s4.1.1). */
export const headerOctets = 12

/** The Internet, the one class that is asked about (RFC 1035 s3.2.4). */
export const classInternet = 1

/** The pseudo record of EDNS (RFC 6891 s6.1.1). */
export const typeOpt = 41

const optOctets = 11

/** Octets of the longest query: header, name, type, class, OPT. */
export const queryOctetsLimit: number = headerOctets + nameOctetsLimit + 4 + optOctets

/** What a query asks for besides its question. */
export interface QueryBits {
  /** RD: ask a resolver; off towards an authoritative server. */
  readonly isRecursive: boolean
  readonly checkingDisabled: boolean
  /** DO: send the signatures too (RFC 4035 s3.1). AD is set in any case, so that the resolver shows its verdict (RFC 6840 s5.7). */
  readonly wantsSignatures: boolean
  /** Without an OPT record, for servers that refuse one (RFC 6891 s7). */
  readonly isPlain: boolean
}

export interface QueryOptions {
  /** 0 to 65535, unpredictable. */
  readonly id: number
  readonly name: string
  readonly type: RecordType
  readonly bits: QueryBits
}

/** A query in wire form (RFC 1035 s4.1, EDNS by RFC 6891). */
export function encodeQuery(options: QueryOptions): Result<Uint8Array, NameFault> {
  const room = new Uint8Array(queryOctetsLimit)
  const written = writeQuery(room, 0, options)
  return written.ok ? { ok: true, value: room.slice(0, written.value) } : written
}

/**
 * Writes a query in wire form into `target` at `at`, where `queryOctetsLimit` octets are free; the value is the
 * place after it.
 */
export function writeQuery(target: Uint8Array, at: number, options: QueryOptions): Result<number, NameFault> {
  const after = writePlainName(target, at + headerOctets, options.name)
  if (after !== null) return { ok: true, value: writeAround(target, at, after, options) }
  const labels = parseNameText(options.name)
  if (!labels.ok) return labels
  return { ok: true, value: writeAround(target, at, writeLabels(target, at + headerOctets, labels.value), options) }
}

const backslash = 0x5c
const dot = 0x2e

/** A name without escapes, in one walk; null where the careful way has to decide. */
function writePlainName(target: Uint8Array, at: number, name: string): number | null {
  const { length } = name
  if (length === 0 || length > nameOctetsLimit - 2) return null
  let lengthAt = at
  let to = at + 1
  for (let from = 0; from < length; from += 1) {
    const code = name.charCodeAt(from)
    if (code === dot) {
      const octets = to - lengthAt - 1
      if (octets === 0 || octets > 63) return null
      target[lengthAt] = octets
      lengthAt = to
    } else if (code === backslash || code > 0xff) return null
    else target[to] = code
    to += 1
  }
  const octets = to - lengthAt - 1
  if (octets > 63) return null
  target[lengthAt] = octets
  // A final dot has closed the last label already; its length octet is the root.
  if (octets === 0) return lengthAt + 1
  target[to] = 0
  return to + 1
}

function writeLabels(target: Uint8Array, start: number, labels: readonly string[]): number {
  let at = start
  for (const label of labels) {
    target[at] = label.length
    for (let index = 0; index < label.length; index += 1) target[at + 1 + index] = label.charCodeAt(index)
    at += label.length + 1
  }
  target[at] = 0
  return at + 1
}

/** Everything but the name, which ends at `after`. */
function writeAround(target: Uint8Array, start: number, after: number, options: QueryOptions): number {
  const { isRecursive, checkingDisabled, wantsSignatures, isPlain } = options.bits
  writeUint16(target, start, options.id)
  target[start + 2] = isRecursive ? 0x01 : 0
  target[start + 3] = 0x20 | (checkingDisabled ? 0x10 : 0)
  writeUint16(target, start + 4, 1)
  writeUint16(target, start + 6, 0)
  writeUint16(target, start + 8, 0)
  writeUint16(target, start + 10, isPlain ? 0 : 1)
  let at = writeUint16(target, after, recordTypes[options.type])
  at = writeUint16(target, at, classInternet)
  if (isPlain) return at
  target[at] = 0
  at = writeUint16(target, at + 1, typeOpt)
  at = writeUint16(target, at, ednsUdpSize)
  at = writeUint16(target, at, 0)
  at = writeUint16(target, at, wantsSignatures ? 0x8000 : 0)
  return writeUint16(target, at, 0)
}

function writeUint16(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 8
  target[at + 1] = value & 0xff
  return at + 2
}
