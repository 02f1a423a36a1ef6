import { normaliseDomain } from '../domain-name.ts'
import { type Deviation, deviationRawLimit, type Result } from '../fault.ts'
import { formatIpAddress, parseIpAddress } from '../ip-address.ts'
import { firstAddress, firstAddressDomain } from '../message/address.ts'
import { parseMessageDate } from '../message/date.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import { asBuffer, type HeaderBlock, type HeaderField, readHeaderBlock } from '../message/header.ts'
import { readMethodResults } from './authentication-results.ts'
import type { FailureParts } from './parts.ts'
import type { FailureReport, FeedbackType } from './report.ts'
import { looksLikeTextFailureReport, readTextReport } from './text-report.ts'

/** Characters of the returned header block that are kept. */
export const returnedHeadersLimit = 65_536
/** Characters of one value that are kept. */
export const failureTextLimit = 4_096
/** Values of one repeated field that are kept. */
export const failureListLimit = 100
/** RFC 6591 s3.2.1 and RFC 5965 s3.2: Incidents is an unsigned 32-bit number. */
export const incidentsLimit: number = 2 ** 32 - 1

export type FailureFaultCode = 'failure-no-feedback' | 'failure-no-fields'

/** What was read although it departs from RFC 5965 or RFC 6591. */
export type FailureDeviationCode =
  | 'failure-text-only'
  | 'failure-no-type'
  | 'failure-unknown-type'
  | 'failure-two-dates'
  | 'failure-date-missing'
  | 'failure-date-form'
  | 'failure-repeated-field'
  | 'failure-source-ip-form'
  | 'failure-bad-source-ip'
  | 'failure-delivery-result'
  | 'failure-incidents'
  | 'failure-no-message'
  | 'failure-domain-form'

const feedbackTypes: readonly FeedbackType[] = ['auth-failure', 'abuse', 'fraud', 'virus', 'not-spam', 'other']

/** What reporters write in place of the five values of RFC 6591 s3.2.2 (report-tolerance 124). */
const deliveryResults: ReadonlyMap<string, FailureReport['deliveryResult']> = new Map([
  ['delivered', 'delivered'],
  ['inbox', 'delivered'],
  ['accept', 'delivered'],
  ['accepted', 'delivered'],
  ['none', 'delivered'],
  ['spam', 'spam'],
  ['junk', 'spam'],
  ['quarantine', 'spam'],
  ['quarantined', 'spam'],
  ['policy', 'policy'],
  ['smg-policy-action', 'policy'],
  ['reject', 'reject'],
  ['rejected', 'reject'],
  ['bounce', 'reject'],
  ['bounced', 'reject'],
  ['other', 'other'],
])

/**
 * Reads a failure report from its parts: the machine-readable one where there is one (RFC 5965 s3, RFC 6591 s3), else
 * the text by its labels. Positions of deviations are offsets into the machine-readable part. Nothing in it is proven
 * (MAIL-018). Never throws; linear.
 */
export function readFailureReport(parts: FailureParts): Result<FailureReport, FailureFaultCode> {
  if (parts.feedback !== null) {
    const fields = readHeaderBlock(parts.feedback, blankLines(parts.feedback))
    if (fields.fields.length > 0) return { ok: true, value: new FeedbackReader(fields, parts).report() }
    if (parts.text === null || !looksLikeTextFailureReport(parts.text)) {
      return {
        ok: false,
        fault: { code: 'failure-no-fields', at: 0, text: 'The feedback report has no field that can be read.' },
      }
    }
  }
  if (parts.text !== null && looksLikeTextFailureReport(parts.text)) {
    return { ok: true, value: readByLabels(parts.text, parts) }
  }
  return { ok: false, fault: { code: 'failure-no-feedback', at: 0, text: 'The mail holds no feedback report.' } }
}

/** Some writers leave an empty line before the fields. */
function blankLines(bytes: Uint8Array): number {
  let at = 0
  while (bytes[at] === 0x0d || bytes[at] === 0x0a) at += 1
  return at
}

class FeedbackReader {
  readonly #fields: HeaderBlock
  readonly #parts: FailureParts
  readonly #deviations: Deviation<FailureDeviationCode>[] = []

  constructor(fields: HeaderBlock, parts: FailureParts) {
    this.#fields = fields
    this.#parts = parts
  }

  report(): FailureReport {
    const authenticationResults = this.#list('authentication-results')
    const message = returnedMessage(this.#parts.original)
    if (message === null) this.#note('failure-no-message', 0, '')
    return {
      feedbackType: this.#feedbackType(),
      userAgent: this.#text('user-agent'),
      version: this.#text('version'),
      authFailure: this.#text('auth-failure')?.toLowerCase() ?? null,
      identityAlignment: this.#identityAlignment(),
      authenticationResults,
      methods: authenticationResults.flatMap(readMethodResults),
      reportedDomains: this.#domains(),
      originalMailFrom: this.#mailFrom(),
      originalRcptTo: this.#list('original-rcpt-to').map(firstAddressOrText),
      originalEnvelopeId: this.#text('original-envelope-id'),
      arrivalDate: this.#arrivalDate(),
      sourceIp: this.#sourceIp(),
      reportingMta: this.#text('reporting-mta')?.replace(/^dns\s*;\s*/i, '') ?? null,
      ...this.#deliveryResult(),
      incidents: this.#incidents(),
      dkim: this.#dkim(),
      spfDns: this.#list('spf-dns'),
      message,
      deviations: this.#deviations,
    }
  }

  #feedbackType(): FeedbackType {
    const field = this.#one('feedback-type')
    const text = field === null ? '' : this.#fields.value(field).toLowerCase()
    const type = feedbackTypes.find(name => name === text)
    if (type !== undefined) return type
    if (text !== '') {
      this.#note('failure-unknown-type', field?.at ?? 0, text, 'other')
      return 'other'
    }
    // Only reports about authentication have these fields (RFC 6591 s3.2.1).
    const value = this.#fields.get('auth-failure') === null ? 'other' : 'auth-failure'
    this.#note('failure-no-type', 0, '', value)
    return value
  }

  #identityAlignment(): readonly string[] | null {
    const values = this.#list('identity-alignment')
    if (values.length === 0) return null
    return values
      .flatMap(value => value.split(','))
      .map(value => value.trim())
      .filter(value => value !== '')
  }

  #domains(): readonly string[] {
    return this.#list('reported-domain').flatMap(text => {
      const domain = normaliseDomain(text)
      if (domain === null) this.#note('failure-domain-form', 0, text)
      return domain === null ? [] : [domain]
    })
  }

  /** `''` is the null path: `<>`, or nothing behind the colon. */
  #mailFrom(): string | null {
    const field = this.#one('original-mail-from')
    return field === null ? null : firstAddressOrText(cut(this.#fields.value(field)))
  }

  /** MAIL-016: Received-Date is read as Arrival-Date. Without either, the date of the report mail stands in. */
  #arrivalDate(): number | null {
    const arrival = this.#one('arrival-date')
    const received = this.#one('received-date')
    if (arrival !== null && received !== null)
      this.#note('failure-two-dates', received.at, this.#fields.value(received))
    const field = arrival ?? received
    const text = field === null ? '' : this.#fields.value(field)
    const date = parseMessageDate(text)
    if (date !== null) {
      if (date.zone !== 'offset') this.#note('failure-date-form', field?.at ?? 0, text, isoText(date.seconds))
      return date.seconds
    }
    const mailDate = this.#parts.mailDate
    if (mailDate === null) this.#note('failure-date-missing', field?.at ?? 0, text)
    else this.#note('failure-date-missing', field?.at ?? 0, text, isoText(mailDate))
    return mailDate
  }

  #sourceIp(): string | null {
    const field = this.#one('source-ip')
    if (field === null) return null
    const text = this.#fields.value(field)
    const address = addressOf(text)
    if (address === null) this.#note('failure-bad-source-ip', field.at, text)
    else if (address !== text.replace(/^IPv6:/i, '').toLowerCase())
      this.#note('failure-source-ip-form', field.at, text, address)
    return address
  }

  #deliveryResult(): Pick<FailureReport, 'deliveryResult' | 'rawDeliveryResult'> {
    const field = this.#one('delivery-result')
    const raw = field === null ? '' : cut(this.#fields.value(field))
    if (field === null || raw === '') return { deliveryResult: null, rawDeliveryResult: null }
    const deliveryResult = deliveryResultOf(raw)
    if (deliveryResult !== raw) this.#note('failure-delivery-result', field.at, raw, deliveryResult ?? 'other')
    return { deliveryResult, rawDeliveryResult: raw }
  }

  #incidents(): number {
    const field = this.#one('incidents')
    if (field === null) return 1
    const text = this.#fields.value(field)
    const count = /^\d{1,10}$/.test(text) ? Number(text) : 0
    if (count >= 1 && count <= incidentsLimit) return count
    this.#note('failure-incidents', field.at, text, '1')
    return 1
  }

  /** Fields of several signatures come one after another; the first domain goes with the first selector. */
  #dkim(): FailureReport['dkim'] {
    const domains = this.#list('dkim-domain')
    const identities = this.#list('dkim-identity')
    const selectors = this.#list('dkim-selector')
    const length = Math.max(domains.length, identities.length, selectors.length)
    return Array.from({ length }, (_, index) => {
      const domain = domains[index]
      return {
        domain: domain === undefined ? null : (normaliseDomain(domain) ?? domain),
        identity: identities[index] ?? null,
        selector: selectors[index] ?? null,
      }
    })
  }

  /** A field that may stand once (RFC 5965 s3.1, s3.2); the first counts. */
  #one(name: string): HeaderField | null {
    const [first, second] = this.#fields.fields.filter(field => field.name === name)
    if (second !== undefined) this.#note('failure-repeated-field', second.at, this.#fields.value(second))
    return first ?? null
  }

  #text(name: string): string | null {
    const field = this.#one(name)
    const text = field === null ? '' : cut(this.#fields.value(field))
    return text === '' ? null : text
  }

  #list(name: string): readonly string[] {
    return this.#fields
      .all(name)
      .slice(0, failureListLimit)
      .map(cut)
      .filter(text => text !== '')
  }

  #note(code: FailureDeviationCode, at: number, raw: string, value?: string): void {
    const short = raw.slice(0, deviationRawLimit)
    this.#deviations.push(value === undefined ? { code, at, raw: short } : { code, at, raw: short, value })
  }
}

/** The report that only a text tells (report-tolerance 122); what it does not say stays unknown. */
function readByLabels(text: Uint8Array, parts: FailureParts): FailureReport {
  const { labels, original } = readTextReport(text)
  const source = labels.get('sender ip address') ?? labels.get('sender ip') ?? ''
  const domain = normaliseDomain(labels.get('sender domain') ?? '')
  const result = labels.get('dmarc results') ?? labels.get('dmarc result') ?? ''
  const date = parseMessageDate(labels.get('received date') ?? labels.get('arrival date') ?? '')
  return {
    feedbackType: 'auth-failure',
    userAgent: null,
    version: null,
    authFailure: 'dmarc',
    identityAlignment: null,
    authenticationResults: [],
    methods: [],
    reportedDomains: domain === null ? [] : [domain],
    originalMailFrom: null,
    originalRcptTo: [],
    originalEnvelopeId: null,
    arrivalDate: date?.seconds ?? parts.mailDate,
    sourceIp: addressOf(source),
    reportingMta: null,
    // `DMARC Results: None, Accept`: the policy, then what was done.
    deliveryResult: result === '' ? null : deliveryResultOf(result.split(',').at(-1) ?? ''),
    rawDeliveryResult: result === '' ? null : cut(result),
    incidents: 1,
    dkim: [],
    spfDns: [],
    message: returnedMessage(parts.original ?? original),
    deviations: [{ code: 'failure-text-only', at: 0, raw: '' }],
  }
}

function returnedMessage(original: Uint8Array | null): FailureReport['message'] {
  if (original === null) return null
  const from = blankLines(original)
  const header = readHeaderBlock(original, from)
  if (header.fields.length === 0) return null
  const headerFrom = header.get('from')
  const subject = header.get('subject')
  return {
    headerFrom: headerFrom === null ? null : cut(decodeEncodedWords(headerFrom)),
    headerFromDomain: headerFrom === null ? null : firstAddressDomain(headerFrom),
    subject: subject === null ? null : cut(decodeEncodedWords(subject)),
    messageId: header.get('message-id'),
    headers: asBuffer(original).toString('utf8', from, Math.min(header.bodyAt, from + returnedHeadersLimit)),
    hasBody: hasText(original, header.bodyAt),
  }
}

function hasText(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at += 1) if ((bytes[at] ?? 0) > 0x20) return true
  return false
}

/** RFC 5321 s4.1.3 puts `IPv6:` before an address; some add brackets, a host name or a port (report-tolerance 123). */
function addressOf(text: string): string | null {
  const [token = ''] = text.trim().split(/[\s(]/, 1)
  const address = parseIpAddress(token.replace(/^\[(.*)\]$/, '$1').replace(/^IPv6:/i, ''))
  return address === null ? null : formatIpAddress(address)
}

function deliveryResultOf(raw: string): FailureReport['deliveryResult'] {
  const text = raw.trim().toLowerCase()
  return deliveryResults.get(text) ?? deliveryResults.get(text.split(/[\s(;,]/, 1)[0] ?? '') ?? 'other'
}

function firstAddressOrText(text: string): string {
  if (text === '' || text === '<>') return ''
  const address = firstAddress(text)
  return address === '' ? text : address
}

function cut(text: string): string {
  return text.length > failureTextLimit ? text.slice(0, failureTextLimit) : text
}

function isoText(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
