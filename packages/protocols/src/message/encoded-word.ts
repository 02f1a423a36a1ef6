import { Buffer } from 'node:buffer'
import { decodeCharset } from './charset.ts'
import { decodeBase64Text } from './transfer-encoding.ts'

/** RFC 2047 s2. No part of it holds `?`, so that the search is linear; blanks inside are seen and allowed. */
const encodedWord = /=\?([^?]{1,64})\?([BbQq])\?([^?]*)\?=/g

/**
 * Text with its encoded words decoded (RFC 2047 s6.1, s6.2): white space between two of them falls away, octets of
 * neighbours in one charset are joined first, because some writers split characters. What is no encoded word stays.
 */
export function decodeEncodedWords(text: string): string {
  if (!text.includes('=?')) return text
  const parts: string[] = []
  let run: { charset: string; chunks: Buffer[] } | null = null
  let at = 0
  const flush = () => {
    if (run !== null) parts.push(decodeCharset(Buffer.concat(run.chunks), run.charset))
    run = null
  }
  for (const match of text.matchAll(encodedWord)) {
    const [whole, charset = '', encoding = '', content = ''] = match
    const between = text.slice(at, match.index)
    const open: { charset: string; chunks: Buffer[] } | null = run
    const joins = open !== null && between.trim() === ''
    if (!joins) {
      flush()
      parts.push(between)
    } else if (open.charset.toLowerCase() !== charset.toLowerCase()) flush()
    const bytes = encoding === 'B' || encoding === 'b' ? decodeBase64Text(content) : decodeQ(content)
    if (run === null) run = { charset, chunks: [bytes] }
    else (run as { chunks: Buffer[] }).chunks.push(bytes)
    at = match.index + whole.length
  }
  flush()
  parts.push(text.slice(at))
  return parts.join('')
}

/** The Q encoding (RFC 2047 s4.2). A `=` without two hexadecimal digits stays as it is. */
function decodeQ(content: string): Buffer {
  const octets = content
    .replace(/_/g, ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, /[^\x00-\xff]/.test(octets) ? 'utf8' : 'latin1')
}
