import type { FailureReport } from '@letterlock/protocols'
import type { DocumentVerdict, IntakeOp } from './intake-op.ts'
import { countByCode, type DocumentArrival, type NewReport, type ReportWriter } from './report-writer.ts'
import type { ReportMetadataJson } from './schema.ts'
import { idOf, storableText, textOrNull } from './session.ts'

type FailureOp = Extract<IntakeOp, { readonly op: 'failure' }>

/** What of a failure report is kept whether or not failure reports are on: no address and no text of a person. */
export interface FailureEvidenceJson {
  readonly identityAlignment: readonly string[] | null
  readonly methods: FailureReport['methods']
  readonly dkim: readonly { readonly domain: string | null; readonly selector: string | null }[]
  readonly spfDns: readonly string[]
  readonly reportedDomains: readonly string[]
  /** Keyed hash of the subject, where the subject itself is not kept: tells waves of one mail apart (FAIL-014). */
  readonly subjectHash: string | null
  readonly hasBody: boolean
}

/** Personal data of a failure report; kept while failure reports are on. */
export interface FailureAddressesJson {
  readonly mailFrom: string | null
  readonly recipients: readonly string[]
  readonly dkimIdentities: readonly (string | null)[]
  readonly headerFrom: string | null
}

export interface FailureMessageJson {
  readonly subject: string | null
  readonly messageId: string | null
  readonly headers: string
  readonly authenticationResults: readonly string[]
}

/** Writes a failure report, whole or its redacted fields only, as the setting says. */
export async function writeFailure(
  reports: ReportWriter,
  op: FailureOp,
  arrival: DocumentArrival,
): Promise<DocumentVerdict> {
  const { tenant } = arrival
  const known = await reports.known(tenant, op.hash)
  if (known !== null) return known
  const { report } = op
  const at = report.arrivalDate ?? arrival.receivedAt
  const place = await reports.place({
    tenant,
    kind: 'failure',
    domain: report.reportedDomains[0] ?? report.message?.headerFromDomain ?? '',
    reporter: report.reportingMta ?? report.userAgent ?? '',
    // A failure report has no id of its own: its content is its identity.
    reportId: Buffer.from(op.hash).toString('hex'),
    begin: at,
    end: at,
  })
  await addFailure(reports, place, report)
  const deviationCounts = countByCode(report.deviations)
  await reports.add(place, {
    hash: op.hash,
    size: op.size,
    // A message id may hold an address; the whole of it is in `message` where that is kept.
    report_id: Buffer.from(op.hash).toString('hex').slice(0, 16),
    begin_at: at,
    end_at: at,
    received_at: arrival.receivedAt,
    form: storableText(report.feedbackType),
    records: 1,
    messages: report.incidents,
    failed: 0,
    is_partial: 0,
    // A deviation quotes the report; addresses in it are personal data.
    deviations: JSON.stringify(reports.context.keepsFailureReports ? report.deviations : []),
    deviation_counts: JSON.stringify(deviationCounts),
    policy_p: null,
    policy_sp: null,
    policy_np: null,
    policy_testing: null,
    policy: null,
    metadata: JSON.stringify(metadataOf(report)),
  })
  return {
    path: op.path,
    kind: 'failure',
    verdict: 'stored',
    reportId: place.report,
    rows: 1,
    messages: report.incidents,
    deviations: deviationCounts,
    code: null,
    reason: null,
  }
}

async function addFailure(reports: ReportWriter, place: NewReport, report: FailureReport): Promise<void> {
  const { session, keepsFailureReports } = reports.context
  const { tenant, domain, day, reporter } = place
  await session.run(
    `INSERT INTO failure_report (tenant, report, domain, day, reporter, feedback_type, auth_failure, arrived_at, source,
     header_from, envelope_from, reporting_mta, delivery_result, incidents, evidence, addresses, message)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      tenant,
      place.report,
      domain,
      day,
      reporter,
      report.feedbackType,
      textOrNull(report.authFailure),
      report.arrivalDate,
      await idOf(session, 'source', tenant, report.sourceIp),
      await idOf(session, 'name', tenant, report.message?.headerFromDomain ?? null),
      await idOf(session, 'name', tenant, domainOfAddress(report.originalMailFrom)),
      textOrNull(report.reportingMta),
      report.deliveryResult,
      report.incidents,
      JSON.stringify(evidenceOf(report, keepsFailureReports)),
      keepsFailureReports ? JSON.stringify(addressesOf(report)) : null,
      keepsFailureReports && report.message !== null ? JSON.stringify(messageOf(report, report.message)) : null,
    ],
  )
}

/** The domain of an envelope address, without the person; '' is the null path. */
function domainOfAddress(address: string | null): string | null {
  if (address === null) return null
  const bare = address.trim().replace(/^<|>$/g, '')
  return bare.slice(bare.lastIndexOf('@') + 1).toLowerCase()
}

/** What redaction leaves of a subject. Anything else is the subject itself, and not for the evidence. */
const redactedSubject = /^hash:([0-9a-f]{16,64})$/

function evidenceOf(report: FailureReport, keepsFailureReports: boolean): FailureEvidenceJson {
  return {
    identityAlignment: report.identityAlignment,
    methods: report.methods,
    dkim: report.dkim.map(({ domain, selector }) => ({ domain, selector })),
    spfDns: report.spfDns,
    reportedDomains: report.reportedDomains,
    subjectHash: keepsFailureReports ? null : (redactedSubject.exec(report.message?.subject ?? '')?.[1] ?? null),
    hasBody: report.message?.hasBody ?? false,
  }
}

function addressesOf(report: FailureReport): FailureAddressesJson {
  return {
    mailFrom: report.originalMailFrom,
    recipients: report.originalRcptTo,
    dkimIdentities: report.dkim.map(({ identity }) => identity),
    headerFrom: report.message?.headerFrom ?? null,
  }
}

function messageOf(report: FailureReport, message: NonNullable<FailureReport['message']>): FailureMessageJson {
  const { subject, messageId, headers } = message
  return { subject, messageId, headers, authenticationResults: report.authenticationResults }
}

function metadataOf(report: FailureReport): ReportMetadataJson {
  return {
    orgName: report.reportingMta ?? report.userAgent ?? '',
    email: null,
    extraContactInfo: [],
    errors: [],
    generator: report.userAgent,
    version: report.version,
    namespace: null,
  }
}
