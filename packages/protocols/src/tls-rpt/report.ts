import type { Deviation } from '../fault.ts'

/** Policy types of RFC 8460 s4.4; others are kept in lower case as written. */
export type TlsPolicyType = 'tlsa' | 'sts' | 'no-policy-found' | (string & {})

/** Result types of RFC 8460 s4.3, in the order of the screens. Others are kept in lower case as written. */
export const tlsResultTypes = [
  'starttls-not-supported',
  'certificate-host-mismatch',
  'certificate-expired',
  'certificate-not-trusted',
  'validation-failure',
  'tlsa-invalid',
  'dnssec-invalid',
  'dane-required',
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
] as const

export interface TlsFailureDetail {
  readonly resultType: string
  readonly sendingMtaIp: string | null
  readonly receivingMxHostname: string | null
  readonly receivingMxHelo: string | null
  readonly receivingIp: string | null
  readonly failedSessionCount: number
  readonly additionalInformation: string | null
  readonly failureReasonCode: string | null
}

export interface TlsPolicyResult {
  readonly policyType: TlsPolicyType
  /** Lines of the policy as the reporter received it. */
  readonly policyString: readonly string[]
  /** Lower case A-label without a final dot; null where the report names none (report-tolerance 112). */
  readonly policyDomain: string | null
  readonly mxHost: readonly string[]
  /** Null where the report gives no summary: not 0 (report-tolerance 111). */
  readonly successfulSessions: number | null
  readonly failedSessions: number | null
  readonly failureDetails: readonly TlsFailureDetail[]
}

/** One TLS report (RFC 8460 s4.4), normalised. */
export interface TlsReport {
  readonly organizationName: string
  readonly contactInfo: string | null
  readonly reportId: string
  /** Seconds since 1970, UTC. */
  readonly begin: number
  readonly end: number
  readonly policies: readonly TlsPolicyResult[]
  readonly deviations: readonly Deviation[]
}
