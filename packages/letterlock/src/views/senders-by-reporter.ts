import type { OutcomeName, SendersByReporterAnswer } from '@letterlock/contract'
import type { Decision } from '@letterlock/posture'
import { sql } from 'kysely'
import { isSilent, type ReportDays, reportDays } from './coverage.ts'
import { type Decisions, loadDecisions } from './decisions.ts'
import { type ReporterName, reporterNames, unknownReporter } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { outcomeCells } from './outcome-cells.ts'
import { addOutcomes, noOutcomes, type OutcomeSums, outcomeAt } from './outcome-counts.ts'
import { outcomeCondition } from './row-filter.ts'
import { inIds, inScope } from './scope.ts'
import { senderList } from './sender-list.ts'
import { senderNames, unknownSender } from './sender-name.ts'
import { commonDecision, groupOfSums } from './senders.ts'
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

const noCell = (): Cell => ({ messages: 0, outcome: noOutcomes() })

/** Senders in rows, most of the wanted messages first; reporters in columns. */
export async function sendersByReporterView(
  context: ViewContext,
  request: SendersByReporterRequest,
): Promise<SendersByReporterAnswer> {
  const conditions = request.outcomes === undefined ? [] : [outcomeCondition(request.outcomes)]
  const { offset, limit } = request
  const decisions = await loadDecisions(context.db, context.scope)
  const [list, columns, days] = await Promise.all([
    senderList(context, { sort: 'messages', group: undefined, conditions, offset, limit }),
    reporterColumns(context, request),
    reportDays(context.db, context.scope, ['aggregate']),
  ])
  const names = await reporterNames(context.db, columns.keys())
  const ids = list.page.map(entry => entry.sender)
  const all = noCell()
  for (const { messages, outcome } of columns.values()) {
    all.messages += messages
    addOutcomes(all.outcome, outcome)
  }
  const end = offset + ids.length
  return await answer(context, {
    kinds: ['aggregate'],
    days,
    ...(request.outcomes === undefined
      ? { messages: { messages: all.messages, unknownMessages: all.outcome.unknown } }
      : {}),
    data: {
      reporters: shownColumns(columns, names, days, context.scope.from),
      rows: await shownRows(context, ids, { decisions, names, request }),
      all: { senders: list.senders, ...all },
      nextCursor: end < list.senders ? String(end) : null,
    },
  })
}

/** What each reporter reported of all senders. */
async function reporterColumns(
  context: ViewContext,
  { outcomes }: SendersByReporterRequest,
): Promise<ReadonlyMap<number, Cell>> {
  const rows = await outcomeCells(context, 'reporter')
  const columns = new Map<number, Cell>()
  for (const row of rows) {
    const outcome = outcomeAt(row.authentication, row.decision)
    if (outcomes === undefined || outcomes.includes(outcome)) add(columns, row.key, outcome, row.messages)
  }
  // What was moved to another outcome leaves nothing behind.
  if (outcomes !== undefined) for (const [id, { messages }] of columns) if (messages === 0) columns.delete(id)
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

/** Senders above which the cells of all are read: naming each of them would cost more. */
const namedSendersLimit = 2_000

interface Given {
  readonly decisions: Decisions
  readonly names: ReadonlyMap<number, ReporterName>
  readonly request: SendersByReporterRequest
}

async function shownRows(
  context: ViewContext,
  ids: readonly number[],
  given: Given,
): Promise<SendersByReporterAnswer['data']['rows']> {
  const [senders, found] = await Promise.all([
    senderNames(context, ids),
    senderCells(context, ids.length > namedSendersLimit ? null : ids, given),
  ])
  return ids.flatMap(id => {
    const ofSender = found.get(id)
    if (ofSender === undefined) return []
    const row = noCell()
    for (const cell of ofSender.cells.values()) {
      row.messages += cell.messages
      addOutcomes(row.outcome, cell.outcome)
    }
    return [
      {
        sender: senders.get(id) ?? unknownSender,
        group: groupOfSums(ofSender.whole),
        decision: commonDecision(ofSender.domains),
        ...row,
        cells: [...ofSender.cells].map(([reporter, cell]) => ({
          reporter: (given.names.get(reporter) ?? unknownReporter).key,
          ...cell,
        })),
      },
    ]
  })
}

/** What reporters say of one sender: the wanted messages by reporter, all of them, and what is decided. */
interface SenderCells {
  readonly cells: Map<number, Cell>
  readonly whole: Cell
  readonly domains: Map<number, Decision>
}

async function senderCells(
  { db, scope }: ViewContext,
  senders: readonly number[] | null,
  { decisions, request }: Given,
): Promise<ReadonlyMap<number, SenderCells>> {
  const rows = await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.sender', 'r.reporter', 'r.authentication', sql<number>`sum(r.messages)`.as('messages')])
    .where(inScope(scope, 'r'))
    .where(senders === null ? sql<boolean>`1 = 1` : inIds('r.sender', senders))
    .groupBy(['r.domain', 'r.sender', 'r.reporter', 'r.authentication'])
    .execute()
  const bySender = new Map<number, SenderCells>()
  for (const row of rows) {
    const decision = decisions.of(row.domain, row.sender)
    const outcome = outcomeAt(row.authentication, decision)
    const entry = bySender.get(row.sender) ?? { cells: new Map(), whole: noCell(), domains: new Map() }
    bySender.set(row.sender, entry)
    entry.domains.set(row.domain, decision)
    entry.whole.messages += row.messages
    entry.whole.outcome[outcome] += row.messages
    if (request.outcomes === undefined || request.outcomes.includes(outcome))
      add(entry.cells, row.reporter, outcome, row.messages)
  }
  return bySender
}

function add(cells: Map<number, Cell>, reporter: number, outcome: OutcomeName, messages: number): void {
  const cell = cells.get(reporter) ?? noCell()
  cells.set(reporter, cell)
  cell.messages += messages
  cell.outcome[outcome] += messages
}
