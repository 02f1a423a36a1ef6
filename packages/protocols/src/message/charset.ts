/** Characters of a charset label that are looked at: the longest of the registry have 45. */
const labelLimit = 64

/**
 * Octets as text by the label of their charset (RFC 2978). An unknown label, and octets that break it, are read as
 * Windows-1252, which has a character for nearly every octet.
 */
export function decodeCharset(bytes: Uint8Array, label: string): string {
  // RFC 2231 s5 puts a language behind the charset of an encoded word: `utf-8*en`.
  const name = label.split('*', 1)[0]?.trim().toLowerCase().slice(0, labelLimit) ?? ''
  for (const charset of [name === '' || name === 'us-ascii' ? 'utf-8' : name, 'windows-1252']) {
    try {
      return new TextDecoder(charset, { fatal: true, ignoreBOM: false }).decode(bytes)
    } catch {
      // The label is unknown to the decoder, or the octets are not of this charset.
    }
  }
  return new TextDecoder('windows-1252').decode(bytes)
}
