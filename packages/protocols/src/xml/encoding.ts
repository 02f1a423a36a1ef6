import { Buffer, isUtf8 } from 'node:buffer'
import { decodeByLabel, decodeWindows1252 } from '../charset-label.ts'

/** How bytes are turned into units of text: by octet (charset decided value by value), or as UTF-16. */
export type XmlUnits = 'octets' | 'utf-16le' | 'utf-16be'

/** Decides by the first four bytes (XML 1.0 App F): byte order mark, or a `<` in UTF-16. */
export function sniffUnits(bytes: Uint8Array): { readonly units: XmlUnits; readonly mark: number } {
  const [a = -1, b = -1, c = -1, d = -1] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return { units: 'octets', mark: 3 }
  if (a === 0xff && b === 0xfe) return { units: 'utf-16le', mark: 2 }
  if (a === 0xfe && b === 0xff) return { units: 'utf-16be', mark: 2 }
  if (a > 0 && b === 0 && c > 0 && d === 0) return { units: 'utf-16le', mark: 0 }
  if (a === 0 && b > 0 && c === 0 && d > 0) return { units: 'utf-16be', mark: 0 }
  return { units: 'octets', mark: 0 }
}

/** How a value came to its text. */
export type DecodedBy = 'utf-8' | 'declared' | 'fallback'

/**
 * Turns octets (one character each) into text. UTF-8 is tried first, because declarations lie more often than bytes
 * are UTF-8 by chance; then the declared charset; windows-1252 takes every byte (report-tolerance 3, 7).
 */
export function decodeOctets(octets: string, declared: string | null): { text: string; by: DecodedBy } {
  const bytes = Buffer.from(octets, 'latin1')
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), by: 'utf-8' }
  const text =
    declared === null || !readLabel.test(declared) ? null : decodeByLabel(bytes, declared, { isStrict: false })
  return text === null ? { text: decodeWindows1252(bytes), by: 'fallback' } : { text, by: 'declared' }
}

/** Not UTF-8 and UTF-16, which the bytes just disproved, nor labels that hide `<` in pairs. */
const readLabel = /^(iso-?8859|windows|cp125|koi8|latin|us-ascii|ascii|gb|big5|shift|sjis|euc|macintosh)/i

/** Whether a declared label says UTF-8 or a subset of it. */
export function isUtf8Label(label: string): boolean {
  return /^(utf-?8|us-ascii|ascii)$/i.test(label)
}

/** Text with halves of surrogate pairs replaced by U+FFFD, so that it can be written as UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}
