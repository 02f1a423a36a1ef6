import type { OutcomeName, SendersByReporterAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import { isSilent, type ReportDays, reportDays } from './coverage.ts'
import { type Decisions, loadDecisions } from './decisions.ts'
import { type ReporterName, reporterNames, unknownReporter } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { addOutcomes, noOutcomes, type OutcomeSums, outcomeAt } from './outcome-counts.ts'
import { inIds, inScope } from './scope.ts'
import { senderNames, unknownSender } from './sender-name.ts'
import { commonDecision, groupOf, type SenderSums, senderSums, totalsOf } from './senders.ts'
import { dayText } from './time.ts'

export interface SendersByReporterRequest {
  /** Only messages that came to one of these; undefined: all. */
  readonly outcomes: readonly OutcomeName[] | undefined
  readonly offset: number
  readonly limit: number
}

interface Cell {
  messages: number
  readonly outcome: OutcomeSums
}

/** A sender with only the wanted messages in its sums. */
interface WantedSender extends Cell {
  readonly sums: SenderSums
}

/** Senders in rows, reporters in columns. */
export async function sendersByReporterView(
  context: ViewContext,
  request: SendersByReporterRequest,
): Promise<SendersByReporterAnswer> {
  const decisions = await loadDecisions(context.db, context.scope)
  const [everything, columns, days] = await Promise.all([
    senderSums(context, decisions),
    reporterColumns(context, request),
    reportDays(context.db, context.scope, ['aggregate']),
  ])
  const found = everything
    .map(sums => wantedOf(sums, request.outcomes))
    .filter(sender => sender.messages > 0)
    .sort((a, b) => b.messages - a.messages || a.sums.sender - b.sums.sender)
  const page = found.slice(request.offset, request.offset + request.limit)
  const names = await reporterNames(context.db, columns.keys())
  const whole = totalsOf(everything)
  const all = { senders: found.length, messages: 0, outcome: noOutcomes() }
  for (const { messages, outcome } of found) {
    all.messages += messages
    addOutcomes(all.outcome, outcome)
  }
  return await answer(context, {
    kinds: ['aggregate'],
    days,
    messages: { messages: whole.messages, unknownMessages: whole.outcome.unknown },
    data: {
      reporters: shownColumns(columns, names, days, context.scope.from),
      rows: await shownRows(context, page, { decisions, names, request }),
      all,
      nextCursor: request.offset + page.length < found.length ? String(request.offset + page.length) : null,
    },
  })
}

function wantedOf(sums: SenderSums, outcomes: readonly OutcomeName[] | undefined): WantedSender {
  if (outcomes === undefined) return { sums, messages: sums.messages, outcome: sums.outcome }
  const outcome = noOutcomes()
  let messages = 0
  for (const name of new Set(outcomes)) {
    outcome[name] = sums.outcome[name]
    messages += sums.outcome[name]
  }
  return { sums, messages, outcome }
}

/** What each reporter reported of all senders. */
async function reporterColumns(
  { db, scope }: ViewContext,
  { outcomes }: SendersByReporterRequest,
): Promise<ReadonlyMap<number, Cell>> {
  const rows = await db
    .selectFrom('aggregate_rollup as r')
    .leftJoin('decision as d', join =>
      join.onRef('d.tenant', '=', 'r.tenant').onRef('d.domain', '=', 'r.domain').onRef('d.sender', '=', 'r.sender'),
    )
    .select(['r.reporter', 'r.authentication', 'd.decision', sql<number>`sum(r.messages)`.as('messages')])
    .where(inScope(scope, 'r'))
    .groupBy(['r.reporter', 'r.authentication', 'd.decision'])
    .execute()
  const columns = new Map<number, Cell>()
  for (const row of rows) {
    const outcome = outcomeAt(row.authentication, row.decision)
    if (outcomes === undefined || outcomes.includes(outcome)) add(columns, row.reporter, outcome, row.messages)
  }
  return columns
}

function shownColumns(
  columns: ReadonlyMap<number, Cell>,
  names: ReadonlyMap<number, ReporterName>,
  days: ReportDays,
  from: number,
): SendersByReporterAnswer['data']['reporters'] {
  const daysOf = new Map(days.reporters.map(reporter => [reporter.id, reporter]))
  return [...columns]
    .sort(([a, x], [b, y]) => y.messages - x.messages || a - b)
    .map(([id, cell]) => {
      const reporter = daysOf.get(id)
      const { key, name } = names.get(id) ?? unknownReporter
      return {
        reporter: key,
        name,
        ...cell,
        newestDay: dayText(reporter?.newest ?? from),
        isSilent: reporter !== undefined && isSilent(reporter, days.newest),
      }
    })
}

async function shownRows(
  context: ViewContext,
  page: readonly WantedSender[],
  given: {
    readonly decisions: Decisions
    readonly names: ReadonlyMap<number, ReporterName>
    readonly request: SendersByReporterRequest
  },
): Promise<SendersByReporterAnswer['data']['rows']> {
  const ids = page.map(sender => sender.sums.sender)
  const [senders, cells] = await Promise.all([senderNames(context, ids), senderCells(context, ids, given)])
  return page.map(({ sums, messages, outcome }) => ({
    sender: senders.get(sums.sender) ?? unknownSender,
    group: groupOf(sums.outcome),
    decision: commonDecision(sums.domains),
    messages,
    outcome,
    cells: [...(cells.get(sums.sender) ?? [])].map(([reporter, cell]) => ({
      reporter: (given.names.get(reporter) ?? unknownReporter).key,
      ...cell,
    })),
  }))
}

async function senderCells(
  { db, scope }: ViewContext,
  senders: readonly number[],
  { decisions, request }: { readonly decisions: Decisions; readonly request: SendersByReporterRequest },
): Promise<ReadonlyMap<number, ReadonlyMap<number, Cell>>> {
  const rows = await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.sender', 'r.reporter', 'r.authentication', sql<number>`sum(r.messages)`.as('messages')])
    .where(inScope(scope, 'r'))
    .where(inIds('r.sender', senders))
    .groupBy(['r.domain', 'r.sender', 'r.reporter', 'r.authentication'])
    .execute()
  const bySender = new Map<number, Map<number, Cell>>()
  for (const row of rows) {
    const outcome = outcomeAt(row.authentication, decisions.of(row.domain, row.sender))
    if (request.outcomes !== undefined && !request.outcomes.includes(outcome)) continue
    const cells = bySender.get(row.sender) ?? new Map<number, Cell>()
    bySender.set(row.sender, cells)
    add(cells, row.reporter, outcome, row.messages)
  }
  return bySender
}

function add(cells: Map<number, Cell>, reporter: number, outcome: OutcomeName, messages: number): void {
  const cell = cells.get(reporter) ?? { messages: 0, outcome: noOutcomes() }
  cells.set(reporter, cell)
  cell.messages += messages
  cell.outcome[outcome] += messages
}
