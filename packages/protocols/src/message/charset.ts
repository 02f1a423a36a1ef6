import { decodeByLabel, decodeWindows1252 } from '../charset-label.ts'

/** Characters of a charset label that are looked at: the longest of the registry have 45. */
const labelLimit = 64

/**
 * Octets as text by the label of their charset (RFC 2978). An unknown label, and octets that break it, are read as
 * Windows-1252, which has a character for every octet.
 */
export function decodeCharset(bytes: Uint8Array, label: string): string {
  // RFC 2231 s5 puts a language behind the charset of an encoded word: `utf-8*en`.
  const name = label.split('*', 1)[0]?.trim().toLowerCase().slice(0, labelLimit) ?? ''
  const charset = name === '' || name === 'us-ascii' ? 'utf-8' : name
  return decodeByLabel(bytes, charset, { isStrict: true }) ?? decodeWindows1252(bytes)
}
