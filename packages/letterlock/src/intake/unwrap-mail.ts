import {
  decodeEncodedWords,
  type FailureParts,
  firstAddress,
  firstAddressDomain,
  type HeaderBlock,
  type MimeMessage,
  type MimePart,
  normaliseDomain,
  parseMessageDate,
  partContent,
} from '@letterlock/protocols'
import { headerTextLimit, type MailContext } from './unwrap-document.ts'

/** The facts of a mail that reports lean on. Nothing of it is verified. */
export function mailContext(bytes: Buffer, header: HeaderBlock): MailContext {
  const subject = header.get('subject')
  const subjectText = subject === null ? null : decodeEncodedWords(subject)
  const date = header.get('date')
  const returnPath = header.get('return-path')
  return {
    headers: headerText(bytes, header),
    fromDomain: domainOf(header.get('from')),
    toDomain: domainOf(header.get('to') ?? header.get('delivered-to')),
    tlsReportDomain: normaliseDomain(header.get('tls-report-domain') ?? ''),
    subjectDomain: subjectText === null ? null : subjectDomain(subjectText),
    subject: subjectText,
    envelopeFrom: returnPath === null ? null : firstAddress(returnPath),
    date: date === null ? null : (parseMessageDate(date)?.seconds ?? null),
  }
}

function headerText(bytes: Buffer, header: HeaderBlock): string {
  const block = bytes.subarray(0, Math.min(header.bodyAt, headerTextLimit))
  const text = block.toString('utf8')
  return text.includes('\ufffd') ? block.toString('latin1') : text
}

function domainOf(addresses: string | null): string | null {
  return addresses === null ? null : firstAddressDomain(addresses)
}

/** RFC 9990 s3.5.2 and RFC 8460 s5.3 begin the subject so; many reporters add or change something. */
function subjectDomain(subject: string): string | null {
  const match = /report[ _-]?domain:\s*([^\s;,]+)/i.exec(subject)
  return match === null ? null : normaliseDomain(match[1] ?? '')
}

const returnedTypes: ReadonlySet<string> = new Set([
  'message/rfc822',
  'message/global',
  'message/rfc822-headers',
  'text/rfc822-headers',
  'message/global-headers',
])

/** The parts of a mail, sorted into failure reports and the rest. */
export interface SortedParts {
  readonly failures: readonly { readonly parts: FailureParts; readonly name: string | null }[]
  readonly others: readonly MimePart[]
}

/**
 * Takes the failure reports out of the parts: a feedback part, the returned message behind it, and the text before it
 * (RFC 5965 s2). What the report returns is not searched for reports.
 */
export function sortParts(bytes: Buffer, message: MimeMessage, date: number | null): SortedParts {
  const feedbackParts = message.parts.filter(part => part.mediaType === 'message/feedback-report')
  if (feedbackParts.length === 0)
    return { failures: [], others: message.parts.filter(part => !isReturned(part, message)) }
  const used = new Set<MimePart>(feedbackParts)
  const failures = feedbackParts.map(feedback => {
    const siblings = message.parts.filter(part => part.containerIndex === feedback.containerIndex)
    const behind = siblings.slice(siblings.indexOf(feedback) + 1)
    const before = siblings.slice(0, siblings.indexOf(feedback))
    // FAIL-013: some reporters return the message as plain text.
    const original =
      behind.find(part => returnedTypes.has(part.mediaType)) ?? behind.find(part => part.mediaType === 'text/plain')
    const text = before.find(part => part.mediaType === 'text/plain')
    for (const part of [original, text]) if (part !== undefined) used.add(part)
    return {
      name: feedback.fileName,
      parts: {
        feedback: partContent(bytes, feedback),
        original: original === undefined ? null : partContent(bytes, original),
        text: text === undefined ? null : partContent(bytes, text),
        mailDate: date,
      },
    }
  })
  return { failures, others: message.parts.filter(part => !used.has(part)) }
}

/**
 * The message that a notice about delivery or reading returns (RFC 3464 s2, RFC 8098 s3): a report in it was not sent
 * to us, but by us.
 */
function isReturned(part: MimePart, message: MimeMessage): boolean {
  if (!returnedTypes.has(part.mediaType)) return false
  return message.parts.some(
    other =>
      other.containerIndex === part.containerIndex &&
      /^message\/(?:global-)?(?:delivery-status|disposition-notification)$/.test(other.mediaType),
  )
}

/** What identifies a failure report: the feedback and the message it returns, not the mail around them. */
export function failureIdentity(parts: FailureParts): Buffer {
  const texts = parts.feedback === null ? [parts.text] : [parts.feedback, parts.original]
  const separator = Buffer.from('\r\n\r\n')
  return Buffer.concat(texts.flatMap(text => (text === null ? [] : [text, separator])))
}

/** Media types of S/MIME objects that hold the signed message inside (RFC 8551 s3.5.2). */
export function isOpaqueSignature(part: MimePart): boolean {
  if (/^application\/(?:x-)?pkcs7-mime$/.test(part.mediaType)) return true
  return /\.p7m$/i.test(part.fileName ?? '')
}

/** Media types that never hold a report; only these are passed over unread, because types lie. */
export function isMediaOnly(part: MimePart): boolean {
  return /^(?:image|audio|video|font)\//.test(part.mediaType) && !isClaimedReport(part)
}

/**
 * The part says that it is a report, or packs one: where it cannot be read, that is worth telling. A zip of another name
 * may hold anything.
 */
export function isClaimedReport(part: MimePart): boolean {
  const { mediaType, fileName } = part
  if (fileName !== null && isReportName(fileName)) return true
  if (/^application\/(?:tlsrpt|(?:x-)?gzip)/.test(mediaType)) return true
  return fileName === null && /^application\/(?:x-)?zip/.test(mediaType)
}

/** Names of RFC 9990 s3.5.2 and RFC 8460 s5.1, and endings that reports have. */
export function isReportName(name: string): boolean {
  return /^[^!]+![^!]+!\d+!\d+/.test(name) || /\.(?:xml|json|xml\.gz|json\.gz|xml\.zip|json\.zip)$/i.test(name)
}
