import type { FailureReportAnswer, FailureReportRow, FailureReportsAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import type { FailureAddressesJson, FailureEvidenceJson, FailureMessageJson } from '../store/failure-writer.ts'
import { onlyTenant } from '../store/schema.ts'
import { domainNames, reporterNames, rowNames } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { shownReporter } from './rows.ts'
import { inScope } from './scope.ts'
import { dayText, momentText } from './time.ts'
import type { OffsetPage } from './tls-rows.ts'

type FeedbackType = FailureReportRow['feedbackType']

const feedbackTypes: readonly FeedbackType[] = ['auth-failure', 'abuse', 'fraud', 'virus', 'not-spam', 'other']

/** Failure reports that fit, newest day first. */
export async function failureReportsView(
  context: ViewContext,
  request: { readonly feedbackTypes: readonly string[] | undefined; readonly keepsFailureReports: boolean },
  page: OffsetPage,
): Promise<FailureReportsAnswer> {
  const { db, scope } = context
  let fitting = db.selectFrom('failure_report as r').where(inScope(scope, 'r'))
  if (request.feedbackTypes !== undefined) fitting = fitting.where('r.feedback_type', 'in', request.feedbackTypes)
  const [total, ids] = await Promise.all([
    fitting
      .select([sql<number>`count(*)`.as('reports'), sql<number>`coalesce(sum(r.incidents), 0)`.as('incidents')])
      .executeTakeFirst(),
    fitting
      .select('r.report')
      .orderBy('r.day', 'desc')
      .orderBy('r.report', 'desc')
      .limit(page.limit)
      .offset(page.offset)
      .execute(),
  ])
  const stored = await storedFailures(
    context,
    ids.map(row => row.report),
  )
  const end = page.offset + page.limit
  const reports = total?.reports ?? 0
  return await answer(context, {
    kinds: ['failure'],
    data: {
      keepsFailureReports: request.keepsFailureReports,
      total: { reports, incidents: total?.incidents ?? 0 },
      failureReports: await shownFailures(context, stored),
      nextCursor: end < reports ? String(end) : null,
    },
  })
}

async function storedFailures({ db }: Pick<ViewContext, 'db'>, reports: readonly number[]) {
  return await db
    .selectFrom('failure_report as r')
    .leftJoin('source as s', join => join.onRef('s.tenant', '=', 'r.tenant').onRef('s.id', '=', 'r.source'))
    .selectAll('r')
    .select(['s.ip', 's.confirmed_ptr'])
    .where('r.tenant', '=', onlyTenant)
    .where('r.report', 'in', [0, ...reports])
    .orderBy('r.day', 'desc')
    .orderBy('r.report', 'desc')
    .execute()
}

async function shownFailures(
  { db }: Pick<ViewContext, 'db'>,
  rows: Awaited<ReturnType<typeof storedFailures>>,
): Promise<FailureReportRow[]> {
  const [domains, reporters, names] = await Promise.all([
    domainNames(
      db,
      rows.map(row => row.domain),
    ),
    reporterNames(
      db,
      rows.map(row => row.reporter),
    ),
    rowNames(
      db,
      rows.flatMap(row => [row.header_from, row.envelope_from]),
    ),
  ])
  return rows.map(row => ({
    report: row.report,
    day: dayText(row.day),
    domain: domains.get(row.domain) ?? '',
    reporter: shownReporter(reporters.get(row.reporter)),
    feedbackType: feedbackTypes.find(type => type === row.feedback_type) ?? 'other',
    authFailure: row.auth_failure,
    arrivedAt: row.arrived_at === null ? null : momentText(row.arrived_at),
    source: { ip: row.ip, ptr: row.confirmed_ptr },
    headerFrom: names.get(row.header_from) ?? null,
    envelopeFrom: names.get(row.envelope_from) ?? null,
    deliveryResult: row.delivery_result,
    incidents: row.incidents,
    isRedacted: row.message === null && row.addresses === null,
  }))
}

/** One failure report by the id of its report, or null. */
export async function failureReportView(
  context: Pick<ViewContext, 'db'>,
  report: number,
): Promise<FailureReportAnswer | null> {
  const [row] = await storedFailures(context, [report])
  if (row === undefined) return null
  const [shown] = await shownFailures(context, [row])
  if (shown === undefined) return null
  const evidence = readEvidence(row.evidence)
  const addresses = row.addresses === null ? null : readAddresses(row.addresses)
  const message = row.message === null ? null : readMessage(row.message)
  return {
    report: shown,
    reportingMta: row.reporting_mta,
    identityAlignment: evidence.identityAlignment === null ? null : [...evidence.identityAlignment],
    methods: evidence.methods.map(({ method, result, domain }) => ({ method, result, domain })),
    dkim: evidence.dkim.map(({ domain, selector }) => ({ domain, selector })),
    spfDns: [...evidence.spfDns],
    addresses: addresses === null ? null : { mailFrom: addresses.mailFrom, rcptTo: [...addresses.recipients] },
    message:
      message === null ? null : { subject: message.subject, messageId: message.messageId, headers: message.headers },
  }
}

/** Stored JSON of our own. */
function readEvidence(stored: string): FailureEvidenceJson {
  return JSON.parse(stored)
}

function readAddresses(stored: string): FailureAddressesJson {
  return JSON.parse(stored)
}

function readMessage(stored: string): FailureMessageJson {
  return JSON.parse(stored)
}
