import type { AuthResult } from '../aggregate-report/report.ts'
import type { Deviation } from '../fault.ts'

/** What kind of feedback this is: only `auth-failure` is about authentication (RFC 6591). */
export type FeedbackType = 'auth-failure' | 'abuse' | 'fraud' | 'virus' | 'not-spam' | 'other'

/** One failure report (RFC 6591, RFC 9991), normalised. Every list is in the order of the report. */
export interface FailureReport {
  readonly feedbackType: FeedbackType
  readonly userAgent: string | null
  readonly version: string | null
  readonly authFailure: string | null
  /** As written; its sense differs between RFC 7489 and RFC 9991 (FAIL-012). */
  readonly identityAlignment: readonly string[] | null
  readonly authenticationResults: readonly string[]
  /** Results taken from Authentication-Results, method by method, where they could be read. */
  readonly methods: readonly { readonly method: string; readonly result: AuthResult; readonly domain: string | null }[]
  readonly reportedDomains: readonly string[]
  readonly originalMailFrom: string | null
  readonly originalRcptTo: readonly string[]
  readonly originalEnvelopeId: string | null
  /** Seconds since 1970, UTC; null where no date could be read. */
  readonly arrivalDate: number | null
  readonly sourceIp: string | null
  readonly reportingMta: string | null
  readonly deliveryResult: 'delivered' | 'spam' | 'policy' | 'reject' | 'other' | null
  readonly rawDeliveryResult: string | null
  readonly incidents: number
  readonly dkim: readonly {
    readonly domain: string | null
    readonly identity: string | null
    readonly selector: string | null
  }[]
  readonly spfDns: readonly string[]
  /** From the returned message, where one is attached. */
  readonly message: {
    readonly headerFrom: string | null
    readonly headerFromDomain: string | null
    readonly subject: string | null
    readonly messageId: string | null
    readonly headers: string
    readonly hasBody: boolean
  } | null
  readonly deviations: readonly Deviation[]
}
