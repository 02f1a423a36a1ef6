import { reportAnswerSchema, reportsAnswerSchema, scopeAnswerSchema } from '@letterlock/contract'
import type { Intake } from '../intake/intake.ts'
import { type ReparseResult, reparseReport } from '../intake/reparse.ts'
import { onlyTenant, type ReportKind, type Store } from '../store/store.ts'
import { scopeDaysLimit } from '../views/scope.ts'
import { dayNumber, dayText } from '../views/time.ts'
import type { RunningInstance } from './instance.ts'

/** Which reports are read again. */
export interface ReportSelection {
  /** Ids; empty for all. */
  readonly reports: readonly number[]
  readonly kind: ReportKind | null
  /** Days since 1970. */
  readonly sinceDay: number | null
}

/** What `letterlock reparse` works on: a store of its own, or a running instance. */
export interface KeptReports {
  count(selection: ReportSelection): Promise<number>
  /** Ids of the reports, read in pages. */
  ids(selection: ReportSelection): AsyncIterable<number>
  reparse(report: number): Promise<Pick<ReparseResult, 'kind'> & { readonly text?: string }>
}

/** Reports whose ids are read at once. */
const reportsPerPage = 1000

/** The reports of a store that this command opened. */
export function storeReports(store: Store, intake: Intake): KeptReports {
  const selected = (selection: ReportSelection) => {
    let query = store.read.selectFrom('report').where('tenant', '=', onlyTenant)
    if (selection.reports.length > 0) query = query.where('id', 'in', selection.reports)
    if (selection.kind !== null) query = query.where('kind', '=', selection.kind)
    if (selection.sinceDay !== null) query = query.where('day', '>=', selection.sinceDay)
    return query
  }
  return {
    async count(selection) {
      const counted = selected(selection).select(({ fn }) => fn.countAll<number>().as('count'))
      return Number((await counted.executeTakeFirstOrThrow()).count)
    },
    async *ids(selection) {
      let last = 0
      for (;;) {
        const next = selected(selection).select('id').where('id', '>', last).orderBy('id').limit(reportsPerPage)
        const page = await next.execute()
        for (const { id } of page) yield id
        last = page.at(-1)?.id ?? last
        if (page.length < reportsPerPage) return
      }
    },
    reparse: report => reparseReport(store, intake, report),
  }
}

/** The reports of a running instance, by its API. */
export function instanceReports(instance: RunningInstance, signal: AbortSignal): KeptReports {
  const page = async (selection: ReportSelection, more: Readonly<Record<string, string>>) => {
    const period = await periodOf(instance, selection, signal)
    if (period === null) return null
    const kind = selection.kind === null ? {} : { kind: selection.kind }
    const path = `/reports?${new URLSearchParams({ ...period, ...kind, ...more })}`
    const answer = await instance.ask({ method: 'GET', path }, signal)
    return reportsAnswerSchema.parse(JSON.parse(answer.text)).data
  }
  const named = async (selection: ReportSelection) => {
    const found: number[] = []
    for (const id of selection.reports) if (await isSelected(instance, { id, selection }, signal)) found.push(id)
    return found
  }
  return {
    async count(selection) {
      if (selection.reports.length > 0) return (await named(selection)).length
      return (await page(selection, { limit: '1' }))?.total.reports ?? 0
    },
    async *ids(selection) {
      if (selection.reports.length > 0) {
        yield* await named(selection)
        return
      }
      let cursor: Readonly<Record<string, string>> = {}
      for (;;) {
        const found = await page(selection, { limit: String(reportsPerPage), ...cursor })
        for (const { id } of found?.reports ?? []) yield id
        if (found?.nextCursor == null) return
        cursor = { cursor: found.nextCursor }
      }
    },
    async reparse(report) {
      const path = `/reports/${report}/reparse`
      const answer = await instance.ask({ method: 'POST', path, expected: [404, 409, 410] }, signal)
      if (answer.ok) return { kind: 'reparsed' }
      return answer.status === 410 ? { kind: 'no-bytes' } : { kind: 'unreadable', text: answer.text }
    },
  }
}

/** The days of the reports, which a scope has to name; null where there is no report. */
async function periodOf(
  instance: RunningInstance,
  { sinceDay }: ReportSelection,
  signal: AbortSignal,
): Promise<{ readonly from: string; readonly to: string } | null> {
  const answer = await instance.ask({ method: 'GET', path: '/scope' }, signal)
  const { extent } = scopeAnswerSchema.parse(JSON.parse(answer.text)).data
  if (extent === null) return null
  const to = dayNumber(extent.to)
  // Days further back than a scope reaches are a reporter's mistake; their reports are reached by id.
  const from = Math.max(dayNumber(extent.from), sinceDay ?? 0, to - scopeDaysLimit + 1)
  return from > to ? null : { from: dayText(from), to: extent.to }
}

async function isSelected(
  instance: RunningInstance,
  { id, selection }: { readonly id: number; readonly selection: ReportSelection },
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await instance.ask({ method: 'GET', path: `/reports/${id}`, expected: [404] }, signal)
  if (!answer.ok) return false
  const { report } = reportAnswerSchema.parse(JSON.parse(answer.text))
  const isOfKind = selection.kind === null || report.kind === selection.kind
  return isOfKind && (selection.sinceDay === null || dayNumber(report.day) >= selection.sinceDay)
}
