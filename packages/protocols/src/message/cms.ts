import { Buffer } from 'node:buffer'
import { asBuffer } from './header.ts'

/** Levels of constructed values that are entered: ContentInfo to the octets needs seven, nested strings a few more. */
export const cmsDepthLimit = 16
/** Values that are looked at: a signer that streams writes one string for each kilobyte or so. */
export const cmsValuesLimit = 100_000

/** Content types of RFC 5652 s4, s5.1 and s6.1, and of RFC 3274 s1.1, by the octets of their identifiers. */
const contentTypes: ReadonlyMap<string, CmsKind> = new Map([
  ['2a864886f70d010701', 'data'],
  ['2a864886f70d010702', 'signed'],
  ['2a864886f70d010703', 'enveloped'],
  ['2a864886f70d0109100109', 'compressed'],
])

type CmsKind = 'data' | 'signed' | 'enveloped' | 'compressed'

/** What a CMS object holds: the signed content, or why there is none to read. */
export type CmsContent =
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  | { readonly kind: 'enveloped' | 'compressed' | 'detached' | 'unreadable' }

interface Value {
  readonly tag: number
  readonly isConstructed: boolean
  readonly start: number
  readonly end: number
  /** Behind the value and its end mark. */
  readonly next: number
}

const tagInteger = 0x02
const tagOctets = 0x04
const tagIdentifier = 0x06
const tagSequence = 0x30
const tagExplicit0 = 0xa0

/**
 * Takes the signed content out of an opaque signature (`application/pkcs7-mime`, RFC 8551 s3.5.2): eContent of
 * SignedData (RFC 5652 s5.1, s5.2), in DER or BER, indefinite lengths and strings in pieces included. The signature is
 * not checked. Never throws; linear, bounded by `cmsValuesLimit`.
 */
export function readCmsContent(bytes: Uint8Array): CmsContent {
  const walk = new DerWalk(asBuffer(bytes))
  const outer = walk.read(0, bytes.length, 0)
  if (outer === null || outer.tag !== tagSequence) return { kind: 'unreadable' }
  const [type, holder] = walk.children(outer, 2, 1)
  const kind = type === undefined ? undefined : walk.contentType(type)
  if (kind === 'enveloped' || kind === 'compressed') return { kind }
  if (kind !== 'signed' || holder?.tag !== tagExplicit0) return { kind: 'unreadable' }
  const [signedData] = walk.children(holder, 1, 2)
  if (signedData?.tag !== tagSequence) return { kind: 'unreadable' }
  const [version, , encapsulated] = walk.children(signedData, 3, 3)
  if (version?.tag !== tagInteger || encapsulated?.tag !== tagSequence) return { kind: 'unreadable' }
  const [, content] = walk.children(encapsulated, 2, 4)
  if (content === undefined) return { kind: 'detached' }
  const [string] = walk.children(content, 1, 5)
  const octets = string === undefined ? null : walk.octets(string, 6)
  return octets === null ? { kind: 'unreadable' } : { kind: 'content', bytes: octets }
}

class DerWalk {
  readonly #bytes: Buffer
  #values = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The value that begins at `at`, or null where none is there or a limit is reached. */
  read(at: number, end: number, depth: number): Value | null {
    this.#values += 1
    if (depth > cmsDepthLimit || this.#values > cmsValuesLimit) return null
    const tag = this.#bytes[at]
    const first = this.#bytes[at + 1]
    // Tags of several octets do not occur in CMS.
    if (tag === undefined || first === undefined || at + 1 >= end || (tag & 0x1f) === 0x1f) return null
    const isConstructed = (tag & 0x20) !== 0
    if (first === 0x80) return isConstructed ? this.#readIndefinite(at, end, depth) : null
    const lengthOctets = first < 0x80 ? 0 : first & 0x7f
    if (lengthOctets > 4 || at + 2 + lengthOctets > end) return null
    const length = lengthOctets === 0 ? first : this.#bytes.readUIntBE(at + 2, lengthOctets)
    const start = at + 2 + lengthOctets
    // A cut object still gives the octets that are there.
    const stop = Math.min(start + length, end)
    return { tag, isConstructed, start, end: stop, next: stop }
  }

  #readIndefinite(at: number, end: number, depth: number): Value | null {
    let cursor = at + 2
    while (cursor + 1 < end) {
      if (this.#bytes[cursor] === 0 && this.#bytes[cursor + 1] === 0) {
        return { tag: this.#bytes[at] ?? 0, isConstructed: true, start: at + 2, end: cursor, next: cursor + 2 }
      }
      const child = this.read(cursor, end, depth + 1)
      if (child === null || child.next <= cursor) return null
      cursor = child.next
    }
    return { tag: this.#bytes[at] ?? 0, isConstructed: true, start: at + 2, end, next: end }
  }

  children(parent: Value, atMost: number, depth: number): Value[] {
    const list: Value[] = []
    let at = parent.start
    while (at < parent.end && list.length < atMost) {
      const child = this.read(at, parent.end, depth)
      if (child === null || child.next <= at) break
      list.push(child)
      at = child.next
    }
    return list
  }

  contentType(value: Value): CmsKind | undefined {
    return value.tag === tagIdentifier
      ? contentTypes.get(this.#bytes.subarray(value.start, value.end).toString('hex'))
      : undefined
  }

  /** The octets of a string: whole, or in pieces one after another (X.690 8.7). */
  octets(value: Value, depth: number): Uint8Array | null {
    if ((value.tag & ~0x20) !== tagOctets) return null
    if (!value.isConstructed) return this.#bytes.subarray(value.start, value.end)
    const pieces: Uint8Array[] = []
    return this.#collect(value, depth, pieces) ? Buffer.concat(pieces) : null
  }

  #collect(value: Value, depth: number, pieces: Uint8Array[]): boolean {
    if (depth > cmsDepthLimit) return false
    for (const piece of this.children(value, cmsValuesLimit, depth + 1)) {
      if ((piece.tag & ~0x20) !== tagOctets) return false
      if (!piece.isConstructed) pieces.push(this.#bytes.subarray(piece.start, piece.end))
      else if (!this.#collect(piece, depth + 1, pieces)) return false
    }
    return true
  }
}
