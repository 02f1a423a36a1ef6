import { Buffer } from 'node:buffer'

/** Characters of 0x80 to 0x9f; the five that have none stay control characters. */
const upper = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Octets as windows-1252, which has a character for every one of them (WHATWG Encoding s9). */
export function decodeWindows1252(bytes: Uint8Array): string {
  const octets = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  return octets.replace(/[\x80-\x9f]/g, octet => upper.charAt(octet.charCodeAt(0) - 0x80))
}

/**
 * Octets by the label of their charset (WHATWG Encoding s4.2). `us-ascii` and `iso-8859-1` are labels of windows-1252
 * there. Null for an unknown label and, with `isStrict`, for octets that are not of the charset; else such octets become
 * U+FFFD.
 */
export function decodeByLabel(
  bytes: Uint8Array,
  label: string,
  { isStrict }: { readonly isStrict: boolean },
): string | null {
  try {
    const decoder = new TextDecoder(label, { fatal: isStrict })
    // TextDecoder('windows-1252') of Node 20 reads 0x80 to 0x9f as ISO 8859-1.
    return decoder.encoding === 'windows-1252' ? decodeWindows1252(bytes) : decoder.decode(bytes)
  } catch {
    return null
  }
}
