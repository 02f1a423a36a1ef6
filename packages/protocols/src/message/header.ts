import { Buffer } from 'node:buffer'

/** Fields of one header block that are kept; real mail has tens, and a mail of nothing but fields must stay cheap. */
export const headerFieldsLimit = 10_000
/** Bytes of one field that are looked at; a longer one is cut there. RFC 5322 knows no limit for folded fields. */
export const headerValueLimit = 65_536

/** Bytes of a header block that are read; fields behind are left out. Real blocks have 2 to 20 thousand. */
export const headerBlockLimit = 1_048_576

/** First guess of where a header block ends; doubled until it is true, so the search stays linear. */
const firstWindow = 16_384

/** One header field as received (RFC 5322 s2.2). Positions are byte offsets into the bytes given. */
export interface HeaderField {
  /** Field name in lower case, white space before the colon taken off. */
  readonly name: string
  /** Where the name begins. */
  readonly at: number
  /** Where the value begins, behind the colon. */
  readonly valueAt: number
  /** Behind the last octet of the field, its line end not counted. */
  readonly end: number
}

/** The fields of a message or of a MIME part, in the order received. */
export class HeaderBlock {
  readonly fields: readonly HeaderField[]
  /** Where the body begins: behind the empty line, or the end where there is none. */
  readonly bodyAt: number
  /** Lines that are neither a field nor the continuation of one; they were skipped. */
  readonly strayLines: number
  /** The block has more fields or bytes than are read; those behind were left out. */
  readonly isCut: boolean
  readonly #text: string
  readonly #from: number

  constructor(scan: HeaderScan) {
    this.fields = scan.fields
    this.bodyAt = scan.bodyAt
    this.strayLines = scan.strayLines
    this.isCut = scan.isCut
    this.#text = scan.text
    this.#from = scan.from
  }

  /** The value of the first field of that name (in lower case), unfolded; null where there is none. */
  get(name: string): string | null {
    for (const field of this.fields) if (field.name === name) return this.value(field)
    return null
  }

  /** The values of all fields of that name, unfolded, in the order received. */
  all(name: string): string[] {
    return this.fields.filter(field => field.name === name).map(field => this.value(field))
  }

  /**
   * The value of a field, unfolded (RFC 5322 s2.2.3) and trimmed. Octets over 127 are read as UTF-8 (RFC 6532), else
   * as Latin-1. Encoded words stay as they are.
   */
  value(field: HeaderField): string {
    const end = Math.min(field.end, field.valueAt + headerValueLimit)
    const raw = this.#text.slice(field.valueAt - this.#from, end - this.#from)
    const line = raw.includes('\n') ? raw.replace(/[\r\n]+/g, '') : raw
    return utf8OrLatin1(line.trim())
  }
}

interface HeaderScan {
  readonly fields: readonly HeaderField[]
  readonly bodyAt: number
  readonly strayLines: number
  readonly isCut: boolean
  /** The block as Latin-1: one character for each octet. */
  readonly text: string
  readonly from: number
}

/**
 * Reads the header block that begins at `from` (RFC 5322 s2.1) and ends before `to`. Lines end with CRLF, LF, or both
 * mixed. A `From ` line of an mbox before the first field is skipped. Never throws; linear.
 */
export function readHeaderBlock(bytes: Uint8Array, from = 0, to: number = bytes.length): HeaderBlock {
  const { text, bodyOffset, isLong } = headerText(asBuffer(bytes), from, to)
  const fields: HeaderField[] = []
  let strayLines = 0
  let isCut = isLong
  let at = 0
  while (at < text.length) {
    const end = fieldEnd(text, at)
    const next = end.next
    const colon = text.indexOf(':', at)
    if (colon > at && colon < end.lineEnd && isFieldName(text, at, colon)) {
      if (fields.length === headerFieldsLimit) isCut = true
      else {
        const name = text.slice(at, colon).trimEnd().toLowerCase()
        fields.push({ name, at: from + at, valueAt: from + colon + 1, end: from + end.end })
      }
    } else if (at > 0 || !text.startsWith('From ')) strayLines += 1
    at = next
  }
  return new HeaderBlock({ fields, bodyAt: from + bodyOffset, strayLines, isCut, text, from })
}

interface HeaderText {
  /** The octets of the block as characters, without the empty line. */
  readonly text: string
  /** Where the body begins, counted from the start of the block. */
  readonly bodyOffset: number
  readonly isLong: boolean
}

function headerText(bytes: Buffer, from: number, to: number): HeaderText {
  let searched = 0
  for (let window = firstWindow; window <= headerBlockLimit; window *= 2) {
    const isAll = from + window >= to
    const text = bytes.toString('latin1', from, isAll ? to : from + window)
    const end = blockEnd(text, searched)
    // An empty line may begin at the end of this window.
    searched = Math.max(0, text.length - 2)
    if (end !== null) return { text: text.slice(0, end.end), bodyOffset: end.next, isLong: false }
    if (isAll) return { text, bodyOffset: text.length, isLong: false }
  }
  const limit = from + headerBlockLimit
  const ends = ['\n\n', '\n\r\n'].flatMap(mark => {
    const at = bytes.indexOf(mark, limit - mark.length, 'latin1')
    return at < 0 || at + mark.length > to ? [] : [at + mark.length]
  })
  return { text: bytes.toString('latin1', from, limit), bodyOffset: Math.min(to, ...ends) - from, isLong: true }
}

/** The first empty line, none before `searched`: where the block before it ends, and what follows begins. */
function blockEnd(text: string, searched: number): { readonly end: number; readonly next: number } | null {
  if (text.startsWith('\n')) return { end: 0, next: 1 }
  if (text.startsWith('\r\n')) return { end: 0, next: 2 }
  // CRLF first, as nearly all mail has it: the other search then ends with the header.
  const crlf = text.indexOf('\n\r\n', searched)
  const lf = text.slice(0, crlf < 0 ? text.length : crlf + 1).indexOf('\n\n', searched)
  if (lf >= 0) return { end: lf + 1, next: lf + 2 }
  return crlf < 0 ? null : { end: crlf + 1, next: crlf + 3 }
}

/** A line end that no continuation follows. One search over all folds: a field may have a quarter of a million. */
const lastLineEnd = /\n(?![ \t])/g

/** End of the field that begins at `at`: of its first line, of its last continuation, and where the next begins. */
function fieldEnd(text: string, at: number): { lineEnd: number; end: number; next: number } {
  const newline = text.indexOf('\n', at)
  const lineEnd = newline < 0 ? text.length : newline
  lastLineEnd.lastIndex = lineEnd
  if (!lastLineEnd.test(text)) return { lineEnd, end: text.length, next: text.length }
  const next = lastLineEnd.lastIndex
  return { lineEnd, end: text.charCodeAt(next - 2) === 0x0d ? next - 2 : next - 1, next }
}

/** RFC 5322 s2.2: printable US-ASCII without the colon; s4.5 lets white space stand before the colon. */
function isFieldName(text: string, from: number, colon: number): boolean {
  let end = colon
  while (end > from && (text.charCodeAt(end - 1) === 0x20 || text.charCodeAt(end - 1) === 0x09)) end -= 1
  if (end === from) return false
  for (let at = from; at < end; at += 1) {
    const code = text.charCodeAt(at)
    if (code <= 0x20 || code > 0x7e) return false
  }
  return true
}

/** A view of the same memory with the methods of Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Characters that stand for octets, read as UTF-8 where they are valid UTF-8. */
function utf8OrLatin1(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  const utf8 = bytes.toString('utf8')
  return utf8.includes('\ufffd') ? text : utf8
}
