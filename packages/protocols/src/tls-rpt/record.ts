import { parseReportUris, type ReportUri } from '../dmarc/report-uri.ts'
import type { Deviation, Fault, Result } from '../fault.ts'
import { deviationRawLimit } from '../fault.ts'
import {
  parseVersionedRecord,
  type RecordForm,
  type RecordSelection,
  selectRecord,
  type VersionedRecord,
  type VersionedRecordDeviation,
  type VersionedRecordFault,
} from '../mta-sts/versioned-record.ts'

export type TlsRptRecordFault = VersionedRecordFault | 'tls-rpt-rua-missing' | 'tls-rpt-rua-unusable'

/** A TXT record at `_smtp._tls.` and the Policy Domain (RFC 8460 s3). */
export interface TlsRptRecord extends Omit<VersionedRecord, 'deviations'> {
  /** Destinations with a scheme that can be sent to, at least one. */
  readonly rua: readonly ReportUri[]
  readonly deviations: readonly Deviation<VersionedRecordDeviation | 'tls-rpt-uri'>[]
}

export interface TlsRptRecordOptions {
  /** TLSRPT-006: the looser reading. Strict by default. */
  readonly lenient?: boolean
}

function formOf(options: TlsRptRecordOptions): RecordForm {
  return { version: 'TLSRPTv1', known: ['rua'], lenient: options.lenient ?? false }
}

/** The record among all TXT texts of the name (TLSRPT-005); each text is the strings of one record joined. */
export function selectTlsRptRecord(
  texts: readonly string[],
  options: TlsRptRecordOptions = {},
): RecordSelection<TlsRptRecordFault, TlsRptRecord> {
  return selectRecord(texts, formOf(options), text => parseTlsRptRecord(text, options))
}

/** Reads one text that begins with the version (RFC 8460 s3). Bad URIs are told and left out (TLSRPT-006). */
export function parseTlsRptRecord(
  text: string,
  options: TlsRptRecordOptions = {},
): Result<TlsRptRecord, TlsRptRecordFault> {
  const parsed = parseVersionedRecord(text, formOf(options))
  if (!parsed.ok) return parsed
  const field = parsed.value.fields.get('rua')
  if (field === undefined) return invalid('tls-rpt-rua-missing', text.length, 'the record has no "rua"')
  const { good, bad } = parseReportUris(field.value)
  const usable = good.filter(uri => uri.scheme === 'mailto' || isHttpsUri(uri))
  const unusable = [...bad.map(fault => fault.text), ...good.filter(uri => !usable.includes(uri)).map(uri => uri.text)]
  if (usable.length === 0) return invalid('tls-rpt-rua-unusable', field.at, 'no URI of "rua" is a mailto or https URI')
  const deviations = unusable.map(raw => ({
    code: 'tls-rpt-uri' as const,
    at: field.at,
    raw: raw.slice(0, deviationRawLimit),
  }))
  return { ok: true, value: { ...parsed.value, rua: usable, deviations: [...parsed.value.deviations, ...deviations] } }
}

function isHttpsUri(uri: ReportUri): boolean {
  return uri.scheme === 'https' && URL.canParse(uri.text) && new URL(uri.text).hostname !== ''
}

function invalid(
  code: TlsRptRecordFault,
  at: number,
  text: string,
): { readonly ok: false; readonly fault: Fault<TlsRptRecordFault> } {
  return { ok: false, fault: { code, at, text } }
}
