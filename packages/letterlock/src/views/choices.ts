import type { CoverageAnswer, ScopeAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { countedReports, coveredMessages, isSilent, reportDays, reportDaysOf } from './coverage.ts'
import { reporterNames, unknownReporter } from './dictionary.ts'
import { readTags } from './domain-rows.ts'
import { answer, type ViewContext } from './envelope.ts'
import { authenticationAt } from './outcome-counts.ts'
import { allReportKinds, readCounts } from './reports.ts'
import { inScope } from './scope.ts'
import { dayText } from './time.ts'
import { countedReporterSessions } from './tls-sessions.ts'

/** What a client may choose from, with the counts beside the navigation. */
export async function choicesView(
  context: ViewContext,
  instance: { readonly isDemo: boolean; readonly keepsFailureReports: boolean; readonly version: string },
): Promise<ScopeAnswer> {
  const { db, scope } = context
  const [domains, reporters, extent, senders, reports, quarantine, sources, messages] = await Promise.all([
    db
      .selectFrom('domain as d')
      .select(['d.name', 'd.is_tracked', 'd.type', 'd.tags'])
      .select(newestDayOf('domain', 'd').as('newest'))
      .where('d.tenant', '=', onlyTenant)
      .orderBy('d.name')
      .execute(),
    db
      .selectFrom('reporter as p')
      .select(['p.id', 'p.key', 'p.name'])
      .where('p.tenant', '=', onlyTenant)
      .orderBy('p.key')
      .execute(),
    extentOf(context),
    db
      .selectFrom('aggregate_rollup as r')
      .select(sql<number>`count(distinct r.sender)`.as('senders'))
      .where(inScope(scope, 'r'))
      .executeTakeFirst(),
    countedReports(db, scope),
    countOf(context, 'quarantine'),
    countOf(context, 'source_config'),
    coveredMessages(db, scope),
  ])
  const days = reportDaysOf(reports, allReportKinds)
  const newest = new Map(days.reporters.map(reporter => [reporter.id, dayText(reporter.newest)]))
  return await answer(context, {
    kinds: allReportKinds,
    days,
    messages,
    data: {
      domains: domains.map(domain => ({
        name: domain.name,
        isTracked: domain.is_tracked === 1,
        type: domain.type,
        tags: [...readTags(domain.tags)],
        newestDay: domain.newest === null ? null : dayText(domain.newest),
      })),
      reporters: reporters.map(({ id, key, name }) => ({ key, name, newestDay: newest.get(id) ?? null })),
      extent,
      counts: {
        domains: scope.domains === null ? domains.length : scope.domains.length,
        senders: senders?.senders ?? 0,
        reports: days.reports,
        failureReports: reportDaysOf(reports, ['failure']).reports,
        quarantine,
        sources,
      },
      ...instance,
    },
  })
}

/** Newest day with a report of a domain, by the index that ends in the day. */
const newestDayOf = (column: 'domain', alias: string) => sql<number | null>`(select max(r.day) from report r
  where r.tenant = ${onlyTenant} and ${sql.ref(`r.${column}`)} = ${sql.ref(`${alias}.id`)})`

async function extentOf({ db }: ViewContext): Promise<{ from: string; to: string } | null> {
  const end = (direction: 'asc' | 'desc') =>
    db
      .selectFrom('report')
      .select('day')
      .where('tenant', '=', onlyTenant)
      .orderBy('day', direction)
      .limit(1)
      .executeTakeFirst()
  const [first, last] = await Promise.all([end('asc'), end('desc')])
  return first === undefined || last === undefined ? null : { from: dayText(first.day), to: dayText(last.day) }
}

async function countOf({ db }: ViewContext, table: 'quarantine' | 'source_config'): Promise<number> {
  const row = await db
    .selectFrom(table)
    .select(sql<number>`count(*)`.as('entries'))
    .where('tenant', '=', onlyTenant)
    .executeTakeFirst()
  return row?.entries ?? 0
}

/** How each reporter covers the scope: days, deviations, unknown share. */
export async function coverageView(context: ViewContext): Promise<CoverageAnswer> {
  const { db, scope } = context
  const [days, cells, deviating, forms, sessions] = await Promise.all([
    reportDays(db, scope, allReportKinds),
    db
      .selectFrom('aggregate_rollup as r')
      .select(['r.reporter', 'r.authentication', sql<number>`sum(r.messages)`.as('messages')])
      .where(inScope(scope, 'r'))
      .groupBy(['r.reporter', 'r.authentication'])
      .execute(),
    db
      .selectFrom('report as r')
      .select(['r.reporter', 'r.deviation_counts', sql<number>`count(*)`.as('reports')])
      .where(inScope(scope, 'r'))
      .where('r.deviation_counts', '<>', sql.lit('{}'))
      .groupBy(['r.reporter', 'r.deviation_counts'])
      .execute(),
    db
      .selectFrom('report as r')
      .select(['r.reporter', 'r.form'])
      .distinct()
      .where(inScope(scope, 'r'))
      .where('r.kind', '=', 'aggregate')
      .execute(),
    countedReporterSessions(context),
  ])
  const names = await reporterNames(
    db,
    days.reporters.map(reporter => reporter.id),
  )
  const reporters = days.reporters.map(reporter => {
    const { key, name } = names.get(reporter.id) ?? unknownReporter
    const own = cells.filter(cell => cell.reporter === reporter.id)
    const tolerated = deviating.filter(row => row.reporter === reporter.id)
    const deviations: Record<string, number> = {}
    for (const row of tolerated)
      for (const [code, count] of Object.entries(readCounts(row.deviation_counts)))
        deviations[code] = (deviations[code] ?? 0) + count * row.reports
    return {
      reporter: key,
      name,
      reports: reporter.reports,
      daysWithReports: reporter.days.size,
      firstDay: dayText(reporter.first),
      newestDay: dayText(reporter.newest),
      isSilent: isSilent(reporter, days.newest),
      messages: own.reduce((sum, cell) => sum + cell.messages, 0),
      unknownMessages: own
        .filter(cell => authenticationAt(cell.authentication) === 'unknown')
        .reduce((sum, cell) => sum + cell.messages, 0),
      tls: sessions.get(reporter.id) ?? null,
      reportsWithDeviations: tolerated.reduce((sum, row) => sum + row.reports, 0),
      deviations,
      forms: forms
        .filter(row => row.reporter === reporter.id)
        .map(row => row.form)
        .sort(),
    }
  })
  reporters.sort((a, b) => b.messages - a.messages || b.reports - a.reports)
  return await answer(context, { kinds: allReportKinds, days, data: { reporters } })
}
