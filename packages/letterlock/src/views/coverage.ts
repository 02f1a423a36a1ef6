import type { Coverage } from '@letterlock/contract'
import { authenticationClasses } from '@letterlock/posture'
import { type Kysely, sql } from 'kysely'
import type { Database, ReportKind } from '../store/schema.ts'
import { type ReporterName, unknownReporter } from './dictionary.ts'
import { inIds, inScope, type ResolvedScope } from './scope.ts'
import { dayText } from './time.ts'

/** A reporter is silent after this many days behind the newest report day: reports come up to 3 days late. */
export const silenceDays = 3

/** Days with reports that a reporter needs in the scope before its absence means anything. */
export const silenceBasisDays = 5

/** Messages of a scope, and those whose verdict is missing or contradicts itself. */
export interface CoveredMessages {
  readonly messages: number
  readonly unknownMessages: number
}

/** One reporter's days in the scope. */
export interface ReporterDays {
  readonly id: number
  readonly reports: number
  readonly days: ReadonlySet<number>
  readonly first: number
  readonly newest: number
}

/** Who reported on which day: what coverage, silence and the gaps of a chart are made from. */
export interface ReportDays {
  readonly reporters: readonly ReporterDays[]
  readonly days: ReadonlySet<number>
  readonly newest: number | null
  readonly reports: number
  readonly reportsWithDeviations: number
}

/** Days with reports of these kinds. */
export async function reportDays(
  db: Kysely<Database>,
  scope: ResolvedScope,
  kinds: readonly ReportKind[],
): Promise<ReportDays> {
  return reportDaysOf(await countedReports(db, scope), kinds)
}

/** Reports of one reporter, day and kind. */
export interface CountedReports {
  readonly reporter: number
  readonly day: number
  readonly kind: ReportKind
  readonly reports: number
  /** Those of them that deviate from their standard. */
  readonly deviating: number
}

/** Reports of all kinds, for views that show several kinds. */
export async function countedReports(db: Kysely<Database>, scope: ResolvedScope): Promise<readonly CountedReports[]> {
  return await db
    .selectFrom('report as r')
    .select(['r.reporter', 'r.day', 'r.kind', sql<number>`count(*)`.as('reports')])
    .select(sql<number>`count(*) filter (where r.deviation_counts <> '{}')`.as('deviating'))
    .where(inScope(scope, 'r'))
    .groupBy(['r.reporter', 'r.day', 'r.kind'])
    .execute()
}

/** Days with reports of some kinds among those that were counted. */
export function reportDaysOf(counted: readonly CountedReports[], kinds: readonly ReportKind[]): ReportDays {
  const rows = counted.filter(row => kinds.includes(row.kind))
  const byReporter = new Map<number, { reports: number; days: Set<number>; first: number; newest: number }>()
  const days = new Set<number>()
  let reports = 0
  let reportsWithDeviations = 0
  for (const row of rows) {
    const entry = byReporter.get(row.reporter) ?? { reports: 0, days: new Set(), first: row.day, newest: row.day }
    entry.reports += row.reports
    entry.days.add(row.day)
    entry.first = Math.min(entry.first, row.day)
    entry.newest = Math.max(entry.newest, row.day)
    byReporter.set(row.reporter, entry)
    days.add(row.day)
    reports += row.reports
    reportsWithDeviations += row.deviating
  }
  let newest: number | null = null
  for (const day of days) if (newest === null || day > newest) newest = day
  const reporters = [...byReporter].map(([id, entry]) => ({ id, ...entry }))
  return { reporters, days, newest, reports, reportsWithDeviations }
}

/**
 * Whether a reporter that used to report stopped: it reported on at least `silenceBasisDays` days and on every second
 * day of its time, and its newest day lies at least `silenceDays` behind the newest of all. Measured against the
 * reports, not the clock: files of last year make nobody silent.
 */
export function isSilent(reporter: ReporterDays, newest: number | null): boolean {
  if (newest === null || newest - reporter.newest < silenceDays) return false
  const span = reporter.newest - reporter.first + 1
  return reporter.days.size >= silenceBasisDays && reporter.days.size * 2 >= span
}

/** Reporters of which coverage tells that they are silent. */
export function silentReporters({ reporters, newest }: ReportDays): readonly ReporterDays[] {
  return reporters.filter(reporter => isSilent(reporter, newest))
}

/** Coverage of a scope; names are needed of the silent reporters only. */
export function coverageOf(
  scope: ResolvedScope,
  input: {
    readonly days: ReportDays
    readonly messages: CoveredMessages
    readonly names: ReadonlyMap<number, ReporterName>
  },
): Coverage {
  const { days, names } = input
  return {
    reporters: days.reporters.length,
    days: scope.to - scope.from + 1,
    daysWithReports: days.days.size,
    newestDay: days.newest === null ? null : dayText(days.newest),
    reports: days.reports,
    silent: silentReporters(days)
      .map(reporter => {
        const { key, name } = names.get(reporter.id) ?? unknownReporter
        const behind = (days.newest ?? reporter.newest) - reporter.newest
        return { reporter: key, name, newestDay: dayText(reporter.newest), days: behind }
      })
      .sort((a, b) => b.days - a.days || (a.reporter < b.reporter ? -1 : 1)),
    ...input.messages,
    reportsWithDeviations: days.reportsWithDeviations,
  }
}

/** Codes of classes that tell something. A code that this version does not know is unknown. */
const knownCodes = authenticationClasses.flatMap((name, code) => (name === 'unknown' ? [] : [code]))

/** Messages of a scope, from the roll-up. */
export async function coveredMessages(db: Kysely<Database>, scope: ResolvedScope): Promise<CoveredMessages> {
  // One pass without grouping: sorting by class would take longer than reading.
  const row = await db
    .selectFrom('aggregate_rollup as r')
    .select([
      sql<number>`coalesce(sum(r.messages), 0)`.as('messages'),
      sql<number>`coalesce(sum(r.messages) filter (where not ${inIds('r.authentication', knownCodes)}), 0)`.as(
        'unknownMessages',
      ),
    ])
    .where(inScope(scope, 'r'))
    .executeTakeFirst()
  return row ?? { messages: 0, unknownMessages: 0 }
}
