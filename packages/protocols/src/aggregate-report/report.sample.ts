import { Buffer } from 'node:buffer'
import { type AggregateReport, type AggregateReports, readAggregateReports } from './read-aggregate-reports.ts'
import type { AggregateContext } from './reader-contract.ts'

/** Parts of a sample report; what is left out is as a plain reporter writes it. */
export interface SampleParts {
  readonly prolog?: string
  readonly root?: string
  readonly version?: string
  readonly metadata?: string
  readonly policy?: string
  readonly records?: string
  readonly end?: string
}

export const sampleMetadata =
  '<report_metadata><org_name>receiver.example</org_name><email>dmarc@receiver.example</email><report_id>r1</report_id>' +
  '<date_range><begin>1795305600</begin><end>1795391999</end></date_range></report_metadata>'

export const samplePolicy =
  '<policy_published><domain>owner.example</domain><adkim>r</adkim><aspf>r</aspf><p>reject</p><sp>none</sp><pct>100</pct><fo>0</fo></policy_published>'

export const sampleEvaluated =
  '<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated>'

export const sampleIdentifiers =
  '<identifiers><envelope_from>bounce.example</envelope_from><header_from>owner.example</header_from></identifiers>'

export const sampleResults =
  '<auth_results><dkim><domain>owner.example</domain><selector>s1</selector><result>pass</result></dkim>' +
  '<spf><domain>bounce.example</domain><scope>mfrom</scope><result>pass</result></spf></auth_results>'

/** Parts of a sample record. */
export interface SampleRecordParts {
  readonly source?: string
  readonly count?: string
  readonly evaluated?: string
  readonly identifiers?: string
  readonly results?: string
}

export function sampleRecord(parts: SampleRecordParts = {}): string {
  const source = parts.source ?? '<source_ip>192.0.2.1</source_ip>'
  const count = parts.count ?? '<count>2</count>'
  const evaluated = parts.evaluated ?? sampleEvaluated
  return `<record><row>${source}${count}${evaluated}</row>${parts.identifiers ?? sampleIdentifiers}${parts.results ?? sampleResults}</record>`
}

export function sampleReport(parts: SampleParts = {}): string {
  const prolog = parts.prolog ?? '<?xml version="1.0" encoding="UTF-8"?>\n'
  const body = [parts.version ?? '', parts.metadata ?? sampleMetadata, parts.policy ?? samplePolicy]
  return `${prolog}${parts.root ?? '<feedback>'}${body.join('\n')}\n${parts.records ?? sampleRecord()}${parts.end ?? '</feedback>'}`
}

export function read(document: string | Uint8Array, context: AggregateContext = {}): AggregateReports {
  return readAggregateReports(typeof document === 'string' ? Buffer.from(document, 'utf8') : document, context)
}

/** The one report of a document; throws where there is none, or another fault. */
export function readOne(document: string | Uint8Array, context: AggregateContext = {}): AggregateReport {
  const { reports, fault } = read(document, context)
  const [report] = reports
  if (report === undefined || reports.length !== 1 || fault !== null)
    throw new Error(`no single report: ${fault?.code}`)
  return report
}

/** Codes of the deviations, with how often. */
export function codesOf(report: AggregateReport): Readonly<Record<string, number>> {
  return report.summary.deviationCounts
}
