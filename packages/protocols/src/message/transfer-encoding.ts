import { Buffer } from 'node:buffer'
import { asBuffer } from './header.ts'

const equals = 0x3d

/**
 * Takes a transfer encoding off (RFC 2045 s6). Unknown encodings, 7bit, 8bit and binary give the same octets. Lenient:
 * characters that are not of the encoding are passed over (base64) or kept (quoted-printable). Linear, never throws.
 */
export function decodeTransferEncoding(bytes: Uint8Array, encoding: string): Uint8Array {
  switch (encoding) {
    case 'base64':
      return bytes.length > largeBase64
        ? decodeBase64Octets(asBuffer(bytes))
        : decodeBase64Text(asBuffer(bytes).toString('latin1'))
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes)
    default:
      return bytes
  }
}

/**
 * Base64 (RFC 2045 s6.8), with or without line ends, junk between the characters passed over. Padding in the middle
 * ends one run and begins the next: writers were seen to encode a file in pieces.
 */
export function decodeBase64Text(text: string): Buffer {
  const padding = text.indexOf('=')
  if (padding < 0) return Buffer.from(text, 'base64')
  let rest = padding
  while (rest < text.length && isPaddingOrSpace(text.charCodeAt(rest))) rest += 1
  if (rest === text.length) return Buffer.from(text.slice(0, padding), 'base64')
  return decodeBase64Octets(Buffer.from(text, 'latin1'))
}

/** Bytes of base64 from which no text is made of them: it would take as much memory again. */
const largeBase64 = 65_536

/** The value of each octet in base64 and in its form for names (RFC 4648 s4, s5), which some writers use. */
const base64Values = new Int8Array(256).fill(-1)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  base64Values[character.charCodeAt(0)] = value
}
base64Values['-'.charCodeAt(0)] = 62
base64Values['_'.charCodeAt(0)] = 63

function decodeBase64Octets(source: Buffer): Buffer {
  const target = Buffer.allocUnsafeSlow(Math.ceil((source.length * 3) / 4))
  let length = 0
  let bits = 0
  let held = 0
  for (let at = 0; at < source.length; at += 1) {
    const octet = source[at] ?? 0
    const value = base64Values[octet] ?? -1
    if (value >= 0) {
      held = ((held << 6) | value) & 0xffff
      bits += 6
      if (bits >= 8) {
        bits -= 8
        target[length++] = held >> bits
      }
    } else if (octet === equals) bits = 0
  }
  return target.subarray(0, length)
}

function isPaddingOrSpace(code: number): boolean {
  return code === equals || code <= 0x20
}

/** Quoted-printable (RFC 2045 s6.7). A `=` that begins nothing valid stays, as s6.7 note 2 asks of robust readers. */
export function decodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const source = asBuffer(bytes)
  const target = Buffer.allocUnsafe(source.length)
  let length = 0
  let lineStart = 0
  while (lineStart < source.length) {
    const newline = source.indexOf(0x0a, lineStart)
    const lineEnd = newline < 0 ? source.length : newline
    const contentEnd = newline > lineStart && source[newline - 1] === 0x0d ? newline - 1 : lineEnd
    let end = contentEnd
    // White space at the end of a line was added in transport (rule 3).
    while (end > lineStart && (source[end - 1] === 0x20 || source[end - 1] === 0x09)) end -= 1
    const isSoft = end > lineStart && source[end - 1] === equals
    length = decodeLine(source, lineStart, isSoft ? end - 1 : end, target, length)
    if (!isSoft && newline >= 0) {
      if (contentEnd < lineEnd) target[length++] = 0x0d
      target[length++] = 0x0a
    }
    lineStart = lineEnd + 1
  }
  return target.subarray(0, length)
}

function decodeLine(source: Buffer, from: number, to: number, target: Buffer, start: number): number {
  let length = start
  for (let at = from; at < to; at += 1) {
    const byte = source[at] ?? 0
    if (byte === equals && at + 2 < to) {
      const high = hexValue(source[at + 1] ?? 0)
      const low = hexValue(source[at + 2] ?? 0)
      if (high >= 0 && low >= 0) {
        target[length++] = (high << 4) | low
        at += 2
        continue
      }
    }
    target[length++] = byte
  }
  return length
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
