import type { ReportAnswer, ReportRow, ReportsAnswer } from '@letterlock/contract'
import type { Deviation } from '@letterlock/protocols'
import { type RawBuilder, sql } from 'kysely'
import { onlyTenant, type ReportKind, type ReportMetadataJson } from '../store/schema.ts'
import { domainNames, reporterNames } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { readPolicy } from './policy.ts'
import { shownPolicy } from './policy-history.ts'
import { shownReporter } from './rows.ts'
import { inScope } from './scope.ts'
import { dayText, momentText } from './time.ts'

export interface ReportsRequest {
  readonly kinds: readonly ReportKind[]
  readonly hasDeviations: boolean | undefined
  readonly isOverlapping: boolean | undefined
  readonly isPartial: boolean | undefined
}

/** After this report, in the order newest day, then newest id. */
export interface ReportPosition {
  readonly day: number
  readonly id: number
}

export const allReportKinds: readonly ReportKind[] = ['aggregate', 'tls', 'failure']

const reportColumns = [
  'r.id',
  'r.kind',
  'r.domain',
  'r.reporter',
  'r.report_id',
  'r.day',
  'r.begin_at',
  'r.end_at',
  'r.received_at',
  'r.form',
  'r.authentication',
  'r.records',
  'r.messages',
  'r.failed',
  'r.size',
  'r.is_partial',
  'r.is_overlapping',
  'r.deviation_counts',
] as const

/** Reports that fit, newest day first, with the totals of all of them. */
export async function reportsView(
  context: ViewContext,
  request: ReportsRequest,
  page: { readonly after: ReportPosition | null; readonly limit: number },
): Promise<{ readonly answer: Omit<ReportsAnswer, 'data'>; readonly found: ReportsFound }> {
  const [totals, found, envelope] = await Promise.all([
    reportTotals(context, request),
    reportsPage(context, request, page),
    answer(context, { kinds: request.kinds, data: null }),
  ])
  const { data: _none, ...rest } = envelope
  return { answer: rest, found: { total: totals, ...found } }
}

export interface ReportsFound {
  readonly total: ReportsAnswer['data']['total']
  readonly reports: readonly ReportRow[]
  readonly next: ReportPosition | null
}

/** Reports read at once for an export. */
const exportPieceReports = 1_000

/** Every report that fits, in pieces. */
export async function* everyReport(
  context: ViewContext,
  request: ReportsRequest,
): AsyncGenerator<readonly ReportRow[]> {
  let after: ReportPosition | null = null
  do {
    const piece: { reports: readonly ReportRow[]; next: ReportPosition | null } = await reportsPage(context, request, {
      after,
      limit: exportPieceReports,
    })
    yield piece.reports
    after = piece.next
  } while (after !== null)
}

function fits(context: ViewContext, request: ReportsRequest): RawBuilder<boolean> {
  const conditions = [inScope(context.scope, 'r')]
  if (request.kinds.length < allReportKinds.length)
    conditions.push(sql<boolean>`r.kind in (${sql.join(request.kinds.map(kind => sql.lit(kind)))})`)
  if (request.hasDeviations !== undefined)
    conditions.push(request.hasDeviations ? sql`r.deviation_counts <> '{}'` : sql`r.deviation_counts = '{}'`)
  if (request.isOverlapping !== undefined) conditions.push(sql`r.is_overlapping = ${request.isOverlapping ? 1 : 0}`)
  if (request.isPartial !== undefined) conditions.push(sql`r.is_partial = ${request.isPartial ? 1 : 0}`)
  return sql.join(conditions, sql` and `)
}

async function reportTotals(context: ViewContext, request: ReportsRequest): Promise<ReportsFound['total']> {
  const rows = await context.db
    .selectFrom('report as r')
    .select(['r.kind'])
    .select([
      sql<number>`count(*)`.as('reports'),
      sql<number>`sum(r.records)`.as('records'),
      sql<number>`sum(r.messages)`.as('messages'),
    ])
    .where(fits(context, request))
    .groupBy('r.kind')
    .execute()
  const total = { reports: 0, rows: 0, messages: 0, sessions: 0 }
  for (const row of rows) {
    total.reports += row.reports
    total.rows += row.records
    // Sessions of TLS reports and messages of the others are not one number.
    if (row.kind === 'tls') total.sessions += row.messages
    else total.messages += row.messages
  }
  return total
}

async function reportsPage(
  context: ViewContext,
  request: ReportsRequest,
  page: { readonly after: ReportPosition | null; readonly limit: number },
): Promise<{ reports: readonly ReportRow[]; next: ReportPosition | null }> {
  const { after } = page
  const rest =
    after === null
      ? sql<boolean>`1 = 1`
      : sql<boolean>`r.day <= ${after.day} and (r.day, r.id) < (${after.day}, ${after.id})`
  const rows = await context.db
    .selectFrom('report as r')
    .select(reportColumns)
    .where(fits(context, request))
    .where(rest)
    .orderBy('r.day', 'desc')
    .orderBy('r.id', 'desc')
    .limit(page.limit + 1)
    .execute()
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    reports: await shownReports(context, shown),
    next: rows.length > page.limit && last !== undefined ? { day: last.day, id: last.id } : null,
  }
}

type StoredReport = {
  readonly id: number
  readonly kind: ReportKind
  readonly domain: number
  readonly reporter: number
  readonly report_id: string
  readonly day: number
  readonly begin_at: number
  readonly end_at: number
  readonly received_at: number
  readonly form: string
  readonly authentication: ReportRow['authentication']
  readonly records: number
  readonly messages: number
  readonly failed: number
  readonly size: number
  readonly is_partial: number
  readonly is_overlapping: number
  readonly deviation_counts: string
}

async function shownReports({ db }: Pick<ViewContext, 'db'>, rows: readonly StoredReport[]): Promise<ReportRow[]> {
  const [domains, reporters] = await Promise.all([
    domainNames(
      db,
      rows.map(row => row.domain),
    ),
    reporterNames(
      db,
      rows.map(row => row.reporter),
    ),
  ])
  return rows.map(row => ({
    id: row.id,
    kind: row.kind,
    domain: domains.get(row.domain) ?? '',
    reporter: shownReporter(reporters.get(row.reporter)),
    reportId: row.report_id,
    day: dayText(row.day),
    begin: momentText(row.begin_at),
    end: momentText(row.end_at),
    receivedAt: momentText(row.received_at),
    form: row.form,
    authentication: row.authentication,
    rows: row.records,
    messages: row.messages,
    failedSessions: row.kind === 'tls' ? row.failed : null,
    bytes: row.size,
    isPartial: row.is_partial === 1,
    isOverlapping: row.is_overlapping === 1,
    deviations: Object.values(readCounts(row.deviation_counts)).reduce((sum, count) => sum + count, 0),
  }))
}

/** Codes of deviations with how often. The JSON is our own. */
export function readCounts(stored: string): Readonly<Record<string, number>> {
  return JSON.parse(stored)
}

function readDeviations(stored: string): readonly Deviation[] {
  return JSON.parse(stored)
}

function readMetadata(stored: string): ReportMetadataJson {
  return JSON.parse(stored)
}

/** One report, or null. */
export async function reportView(context: Pick<ViewContext, 'db'>, id: number): Promise<ReportAnswer | null> {
  const { db } = context
  const row = await db
    .selectFrom('report as r')
    .select([...reportColumns, 'r.hash', 'r.identity', 'r.deviations', 'r.policy', 'r.metadata'])
    .where('r.tenant', '=', onlyTenant)
    .where('r.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) return null
  const [[report], deliveries, others] = await Promise.all([
    shownReports(context, [row]),
    reportDeliveries(context, id),
    db
      .selectFrom('report as r')
      .select(['r.id', 'r.messages'])
      .where('r.tenant', '=', onlyTenant)
      .where('r.identity', '=', row.identity)
      .where('r.id', '<>', id)
      .execute(),
  ])
  if (report === undefined) return null
  const policy = row.policy === null ? null : readPolicy(row.policy)
  const { orgName, email, extraContactInfo, errors, generator, version, namespace } = readMetadata(row.metadata)
  return {
    report,
    hash: Buffer.from(row.hash).toString('hex'),
    metadata: {
      orgName,
      email,
      extraContactInfo: [...extraContactInfo],
      errors: [...errors],
      generator,
      version,
      namespace,
    },
    policy:
      policy === null
        ? null
        : {
            ...shownPolicy({ form: row.form, policy }),
            firstDay: report.day,
            lastDay: report.day,
            reports: 1,
            reporters: [report.reporter.name],
          },
    deviations: readDeviations(row.deviations).map(({ code, at, raw, value }) => ({
      code,
      at,
      raw,
      value: value ?? null,
    })),
    deviationCounts: { ...readCounts(row.deviation_counts) },
    deliveries,
    overlapping: others,
  }
}

async function reportDeliveries({ db }: Pick<ViewContext, 'db'>, report: number): Promise<ReportAnswer['deliveries']> {
  const rows = await db
    .selectFrom('delivery_report as j')
    .innerJoin('delivery as d', join => join.onRef('d.tenant', '=', 'j.tenant').onRef('d.id', '=', 'j.delivery'))
    .select(['d.id', 'd.name', 'd.channel', 'd.received_at', 'j.path', 'd.size', 'd.has_bytes', 'd.authentication'])
    .where('j.tenant', '=', onlyTenant)
    .where('j.report', '=', report)
    .orderBy('d.id')
    .execute()
  return rows.map(row => ({
    id: row.id,
    name: row.name,
    channel: row.channel,
    receivedAt: momentText(row.received_at),
    path: row.path,
    bytes: row.size,
    hasBytes: row.has_bytes === 1,
    authentication: row.authentication,
  }))
}
