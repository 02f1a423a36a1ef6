import { normaliseDomain } from '../domain-name.ts'
import { type Deviation, deviationRawLimit, type Result } from '../fault.ts'
import { formatIpAddress, parseIpAddress } from '../ip-address.ts'
import { parseReportTime } from './date-time.ts'
import { type JsonValue, readJson } from './json.ts'
import type { JsonFaultCode } from './json-index.ts'
import type { JsonDeviation } from './json-text.ts'
import { type TlsFailureDetail, type TlsPolicyResult, type TlsReport, tlsResultTypes } from './report.ts'

/** Bytes of a TLS report, unpacked (TLSRPT-031); the largest seen has some tens of thousands. */
export const tlsReportBytesLimit = 16_777_216
/** Largest count of a report: sums of larger ones overflow in databases. */
export const tlsCountLimit: number = 2 ** 40
/** Characters of a text that are kept: longer ones are cut, nothing in a report needs them. */
export const tlsTextLimit = 4_096
/** Deviations that are kept with a report; a hostile one has millions. */
export const tlsDeviationsLimit = 100
/**
 * Policies, failure details, and lines of policies and MX hosts of one report, all together. 16 MiB of failure details
 * as reporters write them are 60,000; empty ones would be millions and take a hundred times their bytes.
 */
export const tlsPartsLimit = 100_000

export type TlsFaultCode =
  | JsonFaultCode
  | 'tls-too-large'
  | 'tls-not-object'
  | 'tls-no-policies'
  | 'tls-no-date-range'
  | 'tls-bad-count'
  | 'tls-too-many-parts'

/** What was read although it departs from RFC 8460 s4.4. */
export type TlsDeviationCode =
  | JsonDeviation['code']
  | 'tls-single-for-array'
  | 'tls-array-for-single'
  | 'tls-other-type'
  | 'tls-other-name'
  | 'tls-missing'
  | 'tls-null'
  | 'tls-date-form'
  | 'tls-range-swapped'
  | 'tls-count-string'
  | 'tls-count-missing'
  | 'tls-value-case'
  | 'tls-unknown-type'
  | 'tls-domain-form'
  | 'tls-domain-from-context'
  | 'tls-domain-unknown'
  | 'tls-bad-ip'
  | 'tls-text-cut'

/** What is known about a TLS report from around it; used only where the report itself is silent (TLSRPT-032). */
export interface TlsReportContext {
  /** Domain from `TLS-Report-Domain`, the file name or the To address of the mail, in this order. */
  readonly policyDomain: string | null
  /** Domain of the mail's From: the last resort for the name of the reporter. */
  readonly submitterDomain: string | null
  /** Stands in for a missing report-id: `synthetic-` and a digest of the bytes. */
  readonly syntheticId: string
}

/**
 * Reads one TLS report (RFC 8460 s4.4), with the tolerances of TLSRPT-030 and report-tolerance 106 to 121. Refuses what
 * cannot be placed (TLSRPT-031): no JSON object, no `policies`, no usable date-range, a negative count. Positions are
 * byte offsets. Never throws; linear.
 */
export function readTlsReport(bytes: Uint8Array, context: TlsReportContext): Result<TlsReport, TlsFaultCode> {
  if (bytes.length > tlsReportBytesLimit) {
    return failure(
      'tls-too-large',
      tlsReportBytesLimit,
      `The report is larger than ${tlsReportBytesLimit / 1_048_576} MiB.`,
    )
  }
  const json = readJson(bytes)
  if (!json.ok) return json
  const { root, deviations } = json.value
  if (root.kind !== 'object') return failure('tls-not-object', root.at, 'The document is JSON, but no object.')
  return new TlsReader(context, deviations).report(root)
}

function failure(
  code: TlsFaultCode,
  at: number,
  text: string,
): { readonly ok: false; readonly fault: { code: TlsFaultCode; at: number; text: string } } {
  return { ok: false, fault: { code, at, text } }
}

/** What is asked of a value that is not there. */
type Members = Pick<JsonValue, 'at' | 'member'>

class TlsReader {
  readonly #context: TlsReportContext
  readonly #deviations: Deviation<TlsDeviationCode>[] = []
  #badCount: JsonValue | null = null
  #parts = 0

  constructor(context: TlsReportContext, deviations: readonly JsonDeviation[]) {
    this.#context = context
    this.#deviations.push(...deviations)
  }

  report(root: JsonValue): Result<TlsReport, TlsFaultCode> {
    const policies = root.member('policies')
    // An empty list is a report about nothing; a missing one is no report (report-tolerance 116, TLSRPT-031).
    if (policies === undefined)
      return failure('tls-no-policies', root.at, 'The document has no policies: it is no TLS report.')
    const range = this.#dateRange(root)
    if (range === null) {
      return failure('tls-no-date-range', root.at, 'The report has no usable date-range, so it belongs to no day.')
    }
    const contactInfo = this.#text(root, 'contact-info')
    const report: TlsReport = {
      organizationName: this.#organizationName(root, contactInfo),
      contactInfo,
      reportId: this.#reportId(root),
      ...range,
      policies: this.#objects(policies, 'policies', policy => this.#policy(policy)),
      deviations: this.#deviations,
    }
    if (this.#parts > tlsPartsLimit) {
      const text = `The report has more than ${tlsPartsLimit} policies, failure details and lines.`
      return failure('tls-too-many-parts', policies.at, text)
    }
    if (this.#badCount !== null) {
      return failure('tls-bad-count', this.#badCount.at, 'A count of the report is negative or no number.')
    }
    return { ok: true, value: report }
  }

  #organizationName(root: JsonValue, contactInfo: string | null): string {
    const name = this.#text(root, 'organization-name')
    if (name !== null) return name
    const contactDomain =
      contactInfo === null ? null : normaliseDomain(contactInfo.slice(contactInfo.lastIndexOf('@') + 1))
    const value = contactDomain ?? this.#context.submitterDomain ?? 'unknown'
    this.#note('tls-missing', root.at, 'organization-name', value)
    return value
  }

  #reportId(root: JsonValue): string {
    const id = this.#text(root, 'report-id')
    if (id !== null) return id
    this.#note('tls-missing', root.at, 'report-id', this.#context.syntheticId)
    return this.#context.syntheticId
  }

  #dateRange(root: JsonValue): { readonly begin: number; readonly end: number } | null {
    const range = root.member('date-range')
    if (range?.kind !== 'object') return null
    const start = this.#time(range, 'start-datetime')
    const end = this.#time(range, 'end-datetime')
    if (start === null || end === null) return null
    if (start <= end) return { begin: start, end }
    this.#note('tls-range-swapped', range.at, 'end before start')
    return { begin: end, end: start }
  }

  #time(range: Members, name: string): number | null {
    const value = range.member(name)
    if (value?.kind !== 'string' && value?.kind !== 'number') return null
    const time = parseReportTime(value.text)
    if (time === null) return null
    if (!time.isStrict) this.#note('tls-date-form', value.at, value.text, new Date(time.seconds * 1000).toISOString())
    return time.seconds
  }

  #policy(entry: JsonValue): TlsPolicyResult {
    const policy = this.#object(entry, 'policy')
    const summary = this.#object(entry, 'summary')
    const details = entry.member('failure-details')
    return {
      policyType: this.#policyType(policy),
      policyString: this.#lines(policy.member('policy-string'), 'policy-string'),
      policyDomain: this.#policyDomain(policy, entry.at),
      mxHost: this.#mxHost(policy),
      successfulSessions: this.#count(summary, 'total-successful-session-count'),
      failedSessions: this.#count(summary, 'total-failure-session-count'),
      failureDetails:
        details === undefined ? [] : this.#objects(details, 'failure-details', detail => this.#detail(detail)),
    }
  }

  #policyType(policy: Members): string {
    const type = this.#text(policy, 'policy-type')
    if (type === null) {
      this.#note('tls-missing', policy.at, 'policy-type')
      return 'unknown'
    }
    const known = this.#lowered(type, policy.member('policy-type')?.at ?? policy.at)
    if (!['tlsa', 'sts', 'no-policy-found'].includes(known)) this.#note('tls-unknown-type', policy.at, type)
    return known
  }

  #policyDomain(policy: Members, at: number): string | null {
    const text = this.#text(policy, 'policy-domain')
    const domain = text === null ? null : normaliseDomain(text)
    if (text !== null && domain !== null) {
      if (domain !== text) this.#note('tls-domain-form', policy.member('policy-domain')?.at ?? at, text, domain)
      return domain
    }
    const fallback = this.#context.policyDomain === null ? null : normaliseDomain(this.#context.policyDomain)
    if (fallback === null) this.#note('tls-domain-unknown', at, text ?? 'policy-domain')
    else this.#note('tls-domain-from-context', at, text ?? 'policy-domain', fallback)
    return fallback
  }

  /** `mx-host` (RFC 8460 erratum 6241: an array) and its misread name `mx-host-pattern` (report-tolerance 107). */
  #mxHost(policy: Members): readonly string[] {
    const value = policy.member('mx-host')
    const other = policy.member('mx-host-pattern')
    if (value === undefined && other !== undefined) this.#note('tls-other-name', other.at, 'mx-host-pattern', 'mx-host')
    return this.#lines(value ?? other, 'mx-host').map(line => {
      // Some write the whole line of the policy: `mx: mail.example.org`.
      const host = line
        .replace(/^mx:\s*/i, '')
        .replace(/\.$/, '')
        .toLowerCase()
      return normaliseDomain(host) ?? host
    })
  }

  #detail(detail: JsonValue): TlsFailureDetail {
    return {
      resultType: this.#resultType(detail),
      sendingMtaIp: this.#address(detail, 'sending-mta-ip'),
      receivingMxHostname: this.#host(detail, 'receiving-mx-hostname'),
      receivingMxHelo: this.#text(detail, 'receiving-mx-helo'),
      receivingIp: this.#address(detail, 'receiving-ip'),
      failedSessionCount: this.#failedCount(detail),
      additionalInformation: this.#named(detail, 'additional-information', 'additional-info-uri'),
      failureReasonCode: this.#named(detail, 'failure-reason-code', 'failure-error-code'),
    }
  }

  #resultType(detail: JsonValue): string {
    const type = this.#text(detail, 'result-type')
    if (type === null) {
      this.#note('tls-missing', detail.at, 'result-type')
      return 'unknown'
    }
    const known = this.#lowered(type, detail.member('result-type')?.at ?? detail.at)
    if (!tlsResultTypes.some(name => name === known)) this.#note('tls-unknown-type', detail.at, type)
    return known
  }

  #failedCount(detail: JsonValue): number {
    const count = this.#count(detail, 'failed-session-count')
    if (count !== null) return count
    this.#note('tls-count-missing', detail.at, 'failed-session-count', '1')
    return 1
  }

  /** A count as number or text; null where there is none. Negative ones refuse the report (TLSRPT-031). */
  #count(parent: Members, name: string): number | null {
    const value = parent.member(name)
    if (value === undefined || value.kind === 'null') {
      if (name.startsWith('total-')) this.#note('tls-missing', parent.at, name)
      return null
    }
    const isText = value.kind === 'string'
    if (value.kind !== 'number' && !isText) {
      this.#badCount ??= value
      return null
    }
    const text = value.text.trim()
    const number = isText ? (/^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN) : Number(value.text)
    if (isText && text === '') {
      this.#note('tls-missing', value.at, name)
      return null
    }
    if (!(number >= 0) || number > tlsCountLimit) {
      this.#badCount ??= value
      return null
    }
    if (isText || !Number.isInteger(number))
      this.#note('tls-count-string', value.at, value.text, String(Math.floor(number)))
    return Math.floor(number)
  }

  #address(parent: Members, name: string): string | null {
    const text = this.#text(parent, name)
    if (text === null) return null
    const bare = text.trim().replace(/^\[(?:IPv6:)?(.*)\]$/i, '$1')
    const address = parseIpAddress(bare)
    if (address !== null) return formatIpAddress(address)
    this.#note('tls-bad-ip', parent.member(name)?.at ?? parent.at, text)
    return null
  }

  #host(parent: Members, name: string): string | null {
    const text = this.#text(parent, name)
    return text === null ? null : (normaliseDomain(text) ?? text.toLowerCase())
  }

  /** A member that some writers give another name (report-tolerance 119). */
  #named(parent: Members, name: string, otherName: string): string | null {
    const text = this.#text(parent, name)
    if (text !== null) return text
    const other = this.#text(parent, otherName)
    if (other !== null) this.#note('tls-other-name', parent.member(otherName)?.at ?? parent.at, otherName, name)
    return other
  }

  #lowered(text: string, at: number): string {
    const lower = text.trim().toLowerCase()
    if (lower !== text) this.#note('tls-value-case', at, text, lower)
    return lower
  }

  /** A text, or null where it is absent, null or blank. Numbers are taken as they are written. */
  #text(parent: Members, name: string): string | null {
    const given = parent.member(name)
    const value = given?.kind === 'array' ? this.#firstOf(given, name) : given
    if (value === undefined) return null
    if (value.kind === 'null') {
      this.#note('tls-null', value.at, name)
      return null
    }
    if (value.kind !== 'string' && value.kind !== 'number') {
      this.#note('tls-other-type', value.at, name)
      return null
    }
    if (value.kind === 'number') this.#note('tls-other-type', value.at, value.text)
    if (value.text.length > tlsTextLimit) this.#note('tls-text-cut', value.at, value.text)
    const text = value.text.trim().slice(0, tlsTextLimit)
    return text === '' ? null : text
  }

  #firstOf(array: JsonValue, name: string): JsonValue | undefined {
    this.#note('tls-array-for-single', array.at, name)
    for (const item of array.items()) return item
    return undefined
  }

  /** Lines of an array, or of one string that holds them all (report-tolerance 106). */
  #lines(value: JsonValue | undefined, name: string): readonly string[] {
    if (value === undefined || value.kind === 'null') return []
    if (value.kind === 'string') {
      this.#note('tls-single-for-array', value.at, value.text)
      return this.#counted(splitLines(value.text))
    }
    if (value.kind !== 'array') {
      this.#note('tls-other-type', value.at, name)
      return []
    }
    const lines: string[] = []
    for (const item of value.items()) if (item.kind === 'string') lines.push(...this.#counted(splitLines(item.text)))
    return lines
  }

  /** What is made of the objects of an array, of a single object in its place, of null (report-tolerance 116). */
  #objects<T>(value: JsonValue, name: string, read: (object: JsonValue) => T): readonly T[] {
    if (value.kind === 'object') {
      this.#note('tls-single-for-array', value.at, name)
      return this.#takesParts(1) ? [read(value)] : []
    }
    const objects: T[] = []
    if (value.kind !== 'array') this.#note(value.kind === 'null' ? 'tls-null' : 'tls-other-type', value.at, name)
    for (const item of value.items()) {
      if (item.kind !== 'object') this.#note('tls-other-type', item.at, name)
      else if (this.#takesParts(1)) objects.push(read(item))
      else break
    }
    return objects
  }

  /** False once the report has more parts than are read; it is refused then. */
  #takesParts(parts: number): boolean {
    this.#parts += parts
    return this.#parts <= tlsPartsLimit
  }

  #counted(lines: readonly string[]): readonly string[] {
    return this.#takesParts(lines.length) ? lines : []
  }

  #object(parent: Members, name: string): Members {
    const given = parent.member(name)
    const value = given?.kind === 'array' ? this.#firstOf(given, name) : given
    if (value?.kind === 'object') return value
    this.#note('tls-missing', value?.at ?? parent.at, name)
    return { at: parent.at, member: () => undefined }
  }

  #note(code: TlsDeviationCode, at: number, raw: string, value?: string): void {
    if (this.#deviations.length >= tlsDeviationsLimit) return
    const cut = raw.slice(0, deviationRawLimit)
    this.#deviations.push(value === undefined ? { code, at, raw: cut } : { code, at, raw: cut, value })
  }
}

function splitLines(text: string): string[] {
  return text
    .slice(0, 65_536)
    .split(/\r\n|\r|\n/)
    .map(line => line.trim().slice(0, tlsTextLimit))
    .filter(line => line !== '')
}
