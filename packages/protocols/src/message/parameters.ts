import { Buffer } from 'node:buffer'
import { decodeCharset } from './charset.ts'
import { decodeEncodedWords } from './encoded-word.ts'

/** Parameters of one field that are read; real fields have fewer than ten, a name split by RFC 2231 some tens. */
export const parametersLimit = 256

/** A structured field such as Content-Type (RFC 2045 s5.1) or Content-Disposition (RFC 2183 s2). */
export interface ParameterField {
  /** What stands before the first semicolon, in lower case. */
  readonly value: string
  /** By name in lower case; pieces are joined and decoded (RFC 2231). The first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>
}

interface Piece {
  readonly index: number
  readonly isEncoded: boolean
  readonly text: string
}

/**
 * Reads a field with parameters. Lenient where writers are careless: values may hold blanks without quotes, a closing
 * quote may be missing, comments are skipped, and encoded words inside a quoted value are decoded.
 */
export function readParameterField(text: string): ParameterField {
  const segments = splitAtSemicolons(text)
  const value = (segments[0] ?? '').trim().toLowerCase()
  const plain = new Map<string, string>()
  const pieces = new Map<string, Piece[]>()
  for (const segment of segments.slice(1)) {
    const equals = segment.indexOf('=')
    if (equals < 1) continue
    const name = segment.slice(0, equals).trim().toLowerCase()
    const content = unquote(segment.slice(equals + 1).trim())
    const split = /^([^*]+)(?:\*(\d{1,4}))?(\*)?$/.exec(name)
    if (split === null) continue
    const [, base = '', index, star] = split
    if (index === undefined && star === undefined) {
      if (!plain.has(base)) plain.set(base, decodeEncodedWords(content))
      continue
    }
    const list = pieces.get(base) ?? []
    list.push({ index: Number(index ?? 0), isEncoded: star !== undefined, text: content })
    pieces.set(base, list)
  }
  for (const [name, list] of pieces) plain.set(name, joinPieces(list))
  return { value, parameters: plain }
}

/** Splits at semicolons outside of quotes; takes comments in parentheses out. */
function splitAtSemicolons(text: string): string[] {
  const segments: string[] = []
  let current = ''
  let depth = 0
  let isQuoted = false
  let from = 0
  const take = (to: number) => {
    if (depth === 0 && to > from) current += text.slice(from, to)
  }
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (char === '\\' && (isQuoted || depth > 0)) at += 1
    else if (isQuoted) isQuoted = char !== '"'
    else if (char === '"' && depth === 0) isQuoted = true
    // RFC 822 comments stand after white space; a parenthesis inside a word is part of a careless file name.
    else if (char === '(' && (depth > 0 || /\s/.test(text[at - 1] ?? ' '))) {
      take(at)
      depth += 1
      from = at + 1
    } else if (char === ')' && depth > 0) {
      depth -= 1
      from = at + 1
    } else if (char === ';' && depth === 0) {
      take(at)
      segments.push(current)
      if (segments.length > parametersLimit) return segments
      current = ''
      from = at + 1
    }
  }
  take(text.length)
  segments.push(current)
  return segments
}

/** A quoted string without quotes and escapes (RFC 5322 s3.2.4); a missing end is forgiven. */
function unquote(text: string): string {
  if (!text.startsWith('"')) return text
  let end = text.length
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') {
      end = at
      break
    }
  }
  const inner = text.slice(1, end)
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner
}

/** RFC 2231 s3, s4: pieces in the order of their numbers; the first one names the charset of the encoded ones. */
function joinPieces(list: readonly Piece[]): string {
  const sorted = [...list].sort((a, b) => a.index - b.index)
  let charset = 'utf-8'
  const chunks: Buffer[] = []
  for (const [order, piece] of sorted.entries()) {
    let text = piece.text
    if (order === 0 && piece.isEncoded) {
      const head = /^([^']{0,64})'[^']{0,64}'/.exec(text)
      if (head !== null) {
        charset = head[1] === '' ? 'utf-8' : (head[1] ?? 'utf-8')
        text = text.slice(head[0].length)
      }
    }
    chunks.push(piece.isEncoded ? percentDecode(text) : Buffer.from(text, 'utf8'))
  }
  return decodeEncodedWords(decodeCharset(Buffer.concat(chunks), charset))
}

function percentDecode(text: string): Buffer {
  if (/[^\x00-\xff]/.test(text)) return Buffer.from(text, 'utf8')
  const octets = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1')
}
