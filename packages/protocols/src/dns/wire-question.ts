import { canonicalName, formatName, nameOctetsLimit, parseNameText } from './name.ts'
import { type RecordType, recordTypes } from './record.ts'
import { classInternet, headerOctets } from './wire-query.ts'

/** How the question of a message stands to the one that was asked. */
export type QuestionMatch =
  /** Octet for octet. */
  | 'same'
  /** The name in another case: a server that does not give back what it got, or somebody who guesses (DNS-002). */
  | 'other-case'
  /** No question at all, as servers do that cannot read the query. */
  | 'none'
  | 'other'

/**
 * Compares the question of the message in `bytes` from `from` to `to` with the question that was asked (RFC 5452 s9.1),
 * without reading anything else. `name` is in the case it was sent in. An echoed question is never compressed: there
 * is nothing before it.
 */
export function matchQuestion(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  { name, type }: { readonly name: string; readonly type: RecordType },
): QuestionMatch {
  if (to - from < headerOctets) return 'other'
  const count = uint16(bytes, from + 4)
  if (count === 0) return 'none'
  if (count !== 1) return 'other'
  const found = compareName(bytes, { from: from + headerOctets, to }, name)
  if (found === null || found.after + 4 > to) return 'other'
  const isSame = uint16(bytes, found.after) === recordTypes[type] && uint16(bytes, found.after + 2) === classInternet
  if (!isSame) return 'other'
  return found.isExact ? 'same' : 'other-case'
}

/** Puts the name of a question, whose octets `matchQuestion` found to be the same or in another case, in lower case. */
export function lowerQuestion(bytes: Uint8Array, from: number): void {
  for (let at = from + headerOctets; ; ) {
    const length = bytes[at] ?? 0
    if (length === 0) return
    for (let index = at + 1; index <= at + length; index += 1) bytes[index] = lowerOf(bytes[index] ?? 0)
    at += length + 1
  }
}

const dot = 0x2e
const backslash = 0x5c

interface NameComparison {
  readonly after: number
  readonly isExact: boolean
}

/** Walks octets and text side by side; a name with escapes is compared by its text form. Null where they differ. */
function compareName(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  name: string,
): NameComparison | null {
  if (name.charCodeAt(0) === dot || name.includes('\\')) return compareText(bytes, { from, to }, name)
  const end = name.charCodeAt(name.length - 1) === dot ? name.length - 1 : name.length
  let at = from
  let index = 0
  let isExact = true
  for (;;) {
    const length = bytes[at] ?? 0xff
    if (length > 63 || at + length >= to) return null
    at += 1
    if (length === 0) break
    if (index > 0) {
      if (name.charCodeAt(index) !== dot) return null
      index += 1
    }
    for (const last = at + length; at < last; at += 1, index += 1) {
      if (index >= end) return null
      const octet = bytes[at] ?? 0
      const code = name.charCodeAt(index)
      if (octet === code) {
        if (code === dot || code === backslash) return null
        continue
      }
      if (lowerOf(octet) !== lowerOf(code)) return null
      isExact = false
    }
  }
  if (index !== end) return null
  return { after: at, isExact }
}

function compareText(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  name: string,
): NameComparison | null {
  const labels: string[] = []
  let at = from
  for (;;) {
    const length = bytes[at] ?? 0xff
    if (length > 63 || at + length >= to || at - from > nameOctetsLimit) return null
    at += 1
    if (length === 0) break
    labels.push(Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1'))
    at += length
  }
  const asked = parseNameText(name)
  if (!asked.ok) return null
  const [text, wanted] = [formatName(labels), formatName(asked.value)]
  if (text === wanted) return { after: at, isExact: true }
  return canonicalName(text) === canonicalName(wanted) ? { after: at, isExact: false } : null
}

function lowerOf(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
