import type { Result } from '../fault.ts'
import type { TlsReport } from './report.ts'

export type TlsFaultCode =
  | 'tls-too-large'
  | 'tls-not-json'
  | 'tls-not-object'
  | 'tls-no-policies'
  | 'tls-no-date-range'
  | 'tls-bad-count'

/** What is known about a TLS report from around it; used only where the report itself is silent. */
export interface TlsReportContext {
  /** Domain from `TLS-Report-Domain`, the file name or the To address of the mail, in this order. */
  readonly policyDomain: string | null
  /** Domain of the mail's From: the last resort for the name of the reporter. */
  readonly submitterDomain: string | null
  /** Stands in for a missing report-id; give a digest of the bytes. */
  readonly syntheticId: string
}

/** Reads one TLS report (RFC 8460 s4.4). Never throws. */
export function readTlsReport(bytes: Uint8Array, context: TlsReportContext): Result<TlsReport, TlsFaultCode> {
  void bytes
  void context
  return { ok: false, fault: { code: 'tls-not-json', at: 0, text: 'The document is not JSON.' } }
}
