import type { TlsPolicyResult, TlsReport } from '@letterlock/protocols'
import type { DocumentVerdict, IntakeOp } from './intake-op.ts'
import { countByCode, type DocumentArrival, type NewReport, type ReportWriter } from './report-writer.ts'
import type { ReportMetadataJson } from './schema.ts'
import { idOf, storableText, textOrNull } from './session.ts'

type TlsOp = Extract<IntakeOp, { readonly op: 'tls' }>

/** Writes a TLS report with its policies and failure details. */
export async function writeTls(
  reports: ReportWriter,
  op: TlsOp,
  { tenant, receivedAt }: DocumentArrival,
): Promise<DocumentVerdict> {
  const known = await reports.known(tenant, op.hash)
  if (known !== null) return known
  const { session } = reports.context
  const { report } = op
  const place = await reports.place({
    tenant,
    kind: 'tls',
    domain: domainOf(report),
    reporter: report.organizationName,
    reportId: report.reportId,
    begin: report.begin,
    end: report.end,
  })
  const hasSavepoint = place.others.length > 0
  if (hasSavepoint) await session.savepoint()
  for (const [seq, policy] of report.policies.entries()) await writePolicy({ reports, place, policy, seq })
  if (hasSavepoint) {
    const equal = await reports.equalOf(place)
    if (equal !== null) {
      await session.rollbackToSavepoint()
      return equal
    }
    await session.release()
  }
  const sessions = sessionsOf(report)
  const deviationCounts = countByCode(report.deviations)
  await reports.add(place, {
    hash: op.hash,
    size: op.size,
    report_id: storableText(report.reportId),
    begin_at: report.begin,
    end_at: report.end,
    received_at: receivedAt,
    form: 'rfc8460',
    records: report.policies.length,
    messages: sessions.all,
    failed: sessions.failed,
    is_partial: 0,
    deviations: JSON.stringify(report.deviations),
    deviation_counts: JSON.stringify(deviationCounts),
    policy_p: null,
    policy_sp: null,
    policy_np: null,
    policy_testing: null,
    policy: null,
    metadata: JSON.stringify({
      orgName: report.organizationName,
      email: report.contactInfo,
      extraContactInfo: [],
      errors: [],
      generator: null,
      version: null,
      namespace: null,
    } satisfies ReportMetadataJson),
  })
  return {
    path: op.path,
    kind: 'tls',
    verdict: hasSavepoint ? 'overlapping' : 'stored',
    reportId: place.report,
    rows: report.policies.length,
    messages: sessions.all,
    deviations: deviationCounts,
    code: null,
    reason: null,
  }
}

/** The first domain that a policy names; '' where none does (report-tolerance 112). */
function domainOf(report: TlsReport): string {
  return report.policies.find(policy => policy.policyDomain !== null)?.policyDomain ?? ''
}

function sessionsOf(report: TlsReport): { readonly all: number; readonly failed: number } {
  let all = 0
  let failed = 0
  for (const policy of report.policies) {
    all += (policy.successfulSessions ?? 0) + (policy.failedSessions ?? 0)
    failed += policy.failedSessions ?? 0
  }
  return { all, failed }
}

async function writePolicy(from: {
  readonly reports: ReportWriter
  readonly place: NewReport
  readonly policy: TlsPolicyResult
  readonly seq: number
}): Promise<void> {
  const { reports, place, policy, seq } = from
  const { session } = reports.context
  const { tenant, day, report, reporter } = place
  const [domain = place.domain] =
    policy.policyDomain === null
      ? [place.domain]
      : await session.intern('domain', tenant, [reports.domainEntry(policy.policyDomain)])
  const details = policy.failureDetails
  await session.run(
    `INSERT INTO tls_policy (tenant, domain, day, report, seq, reporter, policy_type, policy_string, mx_hosts,
     successful, failed, detailed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      tenant,
      domain,
      day,
      report,
      seq,
      reporter,
      storableText(policy.policyType),
      JSON.stringify(policy.policyString),
      JSON.stringify(policy.mxHost),
      policy.successfulSessions,
      policy.failedSessions,
      details.reduce((sum, detail) => sum + detail.failedSessionCount, 0),
    ],
  )
  for (const [at, detail] of details.entries())
    await session.run(
      `INSERT INTO tls_failure (tenant, domain, day, report, policy, seq, reporter, result_type, sending_ip,
       receiving_ip, receiving_mx, receiving_helo, sessions, additional_information, reason_code)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        tenant,
        domain,
        day,
        report,
        seq,
        at,
        reporter,
        storableText(detail.resultType),
        await idOf(session, 'source', tenant, detail.sendingMtaIp),
        await idOf(session, 'source', tenant, detail.receivingIp),
        await idOf(session, 'name', tenant, detail.receivingMxHostname),
        await idOf(session, 'name', tenant, detail.receivingMxHelo),
        detail.failedSessionCount,
        textOrNull(detail.additionalInformation),
        textOrNull(detail.failureReasonCode),
      ],
    )
}
