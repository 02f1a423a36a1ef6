import { Buffer, isUtf8 } from 'node:buffer'

/** What departs from I-JSON (RFC 7493) and was borne. */
export interface JsonDeviation {
  readonly code:
    | 'json-byte-order-mark'
    | 'json-utf-16'
    | 'json-bad-utf-8'
    | 'json-duplicate-member'
    | 'json-trailing-bytes'
  readonly at: number
  readonly raw: string
}

export const quote = 0x22
export const backslash = 0x5c

/**
 * The characters of a document as they lie in memory: octets of UTF-8, or 16-bit units of UTF-16. Strings are made of
 * them only where somebody asks. Places are indexes of octets or units.
 */
export class JsonText {
  readonly units: Uint8Array | Uint16Array
  readonly #octets: Buffer
  /** Bytes of one unit. */
  readonly #width: 1 | 2
  readonly #bytesBefore: number

  constructor(octets: Buffer, width: 1 | 2, bytesBefore: number) {
    this.#octets = octets
    this.#width = width
    this.#bytesBefore = bytesBefore
    this.units = width === 1 ? octets : new Uint16Array(octets.buffer, octets.byteOffset, octets.length >> 1)
  }

  /** Byte offset into the document as it was given. */
  byte(index: number): number {
    return this.#bytesBefore + index * this.#width
  }

  /** What stands there, without regard to escapes. Octets that are no UTF-8 are read as Latin-1. */
  slice(from: number, to: number): string {
    if (this.#width === 2) return this.#octets.toString('utf16le', from * 2, to * 2)
    return this.#octets.toString(this.isUtf8(from, to) ? 'utf8' : 'latin1', from, to)
  }

  /** Whether the octets are UTF-8; units of UTF-16 always pass. */
  isUtf8(from: number, to: number): boolean {
    return this.#width === 2 || isUtf8(this.#octets.subarray(from, to))
  }

  /** The string whose content begins at `from`, behind its quote. Only for strings whose grammar was checked. */
  string(from: number): string {
    const { units } = this
    let at = from
    let hasEscape = false
    for (let code = units[at]; code !== quote && code !== undefined; code = units[at]) {
      if (code === backslash) hasEscape = true
      at += code === backslash ? 2 : 1
    }
    const written = this.slice(from, at)
    if (!hasEscape) return written
    const text = written.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/g, (_, hex: string | undefined, letter: string) =>
      hex === undefined ? (escapes.get(letter) ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
    )
    // Half of a pair alone is no character (RFC 7493 s2.1); stores and screens are not to meet one.
    return Buffer.from(text, 'utf8').toString('utf8')
  }
}

/** Escapes of one letter (RFC 8259 s7). */
export const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** Finds out how the characters of a document are written: a byte order mark tells, or a zero beside the first one. */
export function jsonTextOf(bytes: Buffer): { readonly text: JsonText; readonly deviations: readonly JsonDeviation[] } {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    const deviations = [{ code: 'json-byte-order-mark', at: 0, raw: '' }] as const
    return { text: new JsonText(bytes.subarray(3), 1, 3), deviations }
  }
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  const isBigEndian = first === 0xfe || (first === 0 && second !== 0)
  if (!hasMark && first !== 0 && second !== 0) return { text: new JsonText(bytes, 1, 0), deviations: [] }
  const start = hasMark ? 2 : 0
  const pairs = bytes.subarray(start, start + ((bytes.length - start) & ~1))
  // A view of 16-bit units has to begin at an even place: a copy of its own does.
  const copy = isBigEndian || pairs.byteOffset % 2 !== 0 ? Buffer.from(new Uint8Array(pairs).buffer) : pairs
  const text = new JsonText(isBigEndian ? copy.swap16() : copy, 2, start)
  return { text, deviations: [{ code: 'json-utf-16', at: 0, raw: '' }] }
}
