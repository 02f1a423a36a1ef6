import { constants, inflateRawSync, inflateSync } from 'node:zlib'

/** What bytes are, told by themselves; names and media types lie (report-tolerance 86). */
export type SniffedKind =
  | 'empty'
  | 'unused'
  | 'gzip'
  | 'zlib'
  | 'deflate'
  | 'zip'
  | 'other-archive'
  | 'mail'
  | 'aggregate-xml'
  | 'other-xml'
  | 'html'
  | 'tls-json'
  | 'other-json'
  | 'text'
  | 'binary'

/** Bytes that are looked at to tell what something is. */
export const sniffBytes = 65_536

/**
 * Bytes of compressed data that are unpacked to see whether they are compressed at all: enough for the start of a text
 * to come out, and few, because each of 10,000 parts may ask for it. Deflate makes no more than 1,032 of one.
 */
const trialBytes = 256
const trialOutputLimit = trialBytes * 1_032

const archives: readonly (readonly number[])[] = [
  [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], // 7-Zip
  [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07], // RAR
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], // xz
  [0x42, 0x5a, 0x68], // bzip2
  [0x28, 0xb5, 0x2f, 0xfd], // Zstandard
]

/** Fields that stand in nearly every mail; one of them at the start of a line makes a mail of field-like lines. */
const mailField =
  /^(?:received|return-path|delivered-to|from|to|date|subject|message-id|mime-version|content-?type|dkim-signature|authentication-results|feedback-type)[ \t]*:/im
const fieldLine = /^(?:>?From [^\n]*\n(?:>From [^\n]*\n)*)?[!-9;-~]{1,100}[ \t]*:/

/** Tells what begins with `head`; `isAll` where nothing follows it. */
export function sniff(head: Buffer, isAll: boolean): SniffedKind {
  const bytes = head.length > sniffBytes ? head.subarray(0, sniffBytes) : head
  const first = bytes[0]
  if (first === undefined) return 'empty'
  if (first === 0x1f && bytes[1] === 0x8b) return 'gzip'
  if (first === 0x50 && bytes[1] === 0x4b && isZipMark(bytes[2], bytes[3])) return 'zip'
  if (archives.some(mark => mark.every((byte, at) => bytes[at] === byte))) return 'other-archive'
  const kind = sniffText(bytes, isAll && bytes.length === head.length)
  if (kind !== 'binary') return kind
  if (inflatesToText(bytes, 'zlib')) return 'zlib'
  return inflatesToText(bytes, 'deflate') ? 'deflate' : 'binary'
}

function isZipMark(third: number | undefined, fourth: number | undefined): boolean {
  // A member, an archive without members, a part of a split archive.
  return (third === 3 && fourth === 4) || (third === 5 && fourth === 6) || (third === 7 && fourth === 8)
}

function sniffText(bytes: Buffer, isAll: boolean): SniffedKind {
  const text = characters(bytes)
  const trimmed = text.replace(/^[\s\0]+/, '')
  if (trimmed === '') return isAll ? 'empty' : 'binary'
  if (trimmed.length <= 16 && isAll && trimmed.trimEnd().toLowerCase() === 'unused') return 'unused'
  const first = trimmed[0]
  if (first === '{' || first === '[') return sniffJson(trimmed)
  // JSON and XML go first: their first line may look like a header field.
  if (first !== '<' && fieldLine.test(text) && mailField.test(text)) return 'mail'
  const markup = sniffMarkup(trimmed, first === '<')
  if (markup !== null) return markup
  return isMostlyText(bytes) ? 'text' : 'binary'
}

/** Octets as characters; UTF-16 loses its zero octets, which leaves ASCII as it is. A byte order mark is taken off. */
function characters(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  if (text.startsWith('\u00ef\u00bb\u00bf')) return text.slice(3)
  const isUtf16 = text.startsWith('\u00ff\u00fe') || text.startsWith('\u00fe\u00ff')
  if (isUtf16) return text.slice(2).replaceAll('\0', '')
  return text[0] === '\0' || text[1] === '\0' ? text.replaceAll('\0', '') : text
}

function sniffJson(text: string): SniffedKind {
  return /"(?:organization-name|date-range|policies|policy-type|report-id|contact-info)"/i.test(text)
    ? 'tls-json'
    : 'other-json'
}

function sniffMarkup(text: string, isAtStart: boolean): SniffedKind | null {
  if (isAtStart && /^<(?:!doctype\s+html|html|head|body|div|meta|style|p|table)\b/i.test(text)) return 'html'
  if (/<(?:[\w.-]{1,40}:)?feedback[\s/>]/i.test(text)) return 'aggregate-xml'
  if (/<(?:[\w.-]{1,40}:)?(?:report_metadata|policy_published)[\s/>]/i.test(text)) return 'aggregate-xml'
  if (/<html[\s>]/i.test(text)) return 'html'
  return /^<[?!A-Za-z]/.test(text) || text.startsWith('<?xml') ? 'other-xml' : null
}

/** Text has no zero octets and few other control characters. */
function isMostlyText(bytes: Buffer): boolean {
  let controls = 0
  const length = Math.min(bytes.length, 4096)
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === 0) return false
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) controls += 1
  }
  return controls * 50 <= length
}

/** Without a magic number only unpacking tells; it counts where markup or JSON comes out. */
function inflatesToText(bytes: Buffer, format: 'zlib' | 'deflate'): boolean {
  const [first = 0, second = 0] = bytes
  if (format === 'zlib' && ((first & 0x0f) !== 8 || ((first << 8) | second) % 31 !== 0)) return false
  // A raw block begins with its type in two bits; 3 does not exist.
  if (format === 'deflate' && (first & 0x06) === 0x06) return false
  try {
    const inflate = format === 'zlib' ? inflateSync : inflateRawSync
    const text = inflate(bytes.subarray(0, trialBytes), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: trialOutputLimit,
    })
    return text.length > 4 && /^\s*[<{[]/.test(characters(text.subarray(0, 64)).replace(/^\u00ef\u00bb\u00bf/, ''))
  } catch {
    return false
  }
}
