import type { VolumeAnswer } from '@letterlock/contract'
import { reportDays } from './coverage.ts'
import { answer, type ViewContext } from './envelope.ts'
import { dayCells } from './outcome-cells.ts'
import { alignmentAt, dispositionAt, noAlignments, noDispositions, noOutcomes, outcomeAt } from './outcome-counts.ts'
import { policyMarks } from './policy-history.ts'
import { dayText } from './time.ts'

/** Most domains for which changes of the policy are marked: of more, nobody could read the marks. */
const markedDomainsLimit = 3

function noVolume() {
  return { messages: 0, rows: 0, outcome: noOutcomes(), disposition: noDispositions(), alignment: noAlignments() }
}

/** Messages of every day of the scope by the three keys at once: one pass over the roll-up. */
export async function volumeView(context: ViewContext): Promise<VolumeAnswer> {
  const { db, scope } = context
  const isMarked = scope.domains !== null && scope.domains.length <= markedDomainsLimit
  const [cells, days, marks] = await Promise.all([
    dayCells(context),
    reportDays(db, scope, ['aggregate']),
    isMarked ? policyMarks(context) : [],
  ])
  const byDay = new Map<number, ReturnType<typeof noVolume>>()
  const totals = noVolume()
  for (const cell of cells) {
    const day = byDay.get(cell.day) ?? noVolume()
    byDay.set(cell.day, day)
    for (const sums of [day, totals]) {
      sums.messages += cell.messages
      sums.rows += cell.records
      sums.outcome[outcomeAt(cell.authentication, cell.decision)] += cell.messages
      sums.disposition[dispositionAt(cell.disposition)] += cell.messages
      sums.alignment[alignmentAt(cell.alignment)] += cell.messages
    }
  }
  const all = []
  for (let day = scope.from; day <= scope.to; day += 1)
    all.push({ day: dayText(day), hasReports: days.days.has(day), ...(byDay.get(day) ?? noVolume()) })
  return await answer(context, {
    kinds: ['aggregate'],
    days,
    messages: { messages: totals.messages, unknownMessages: totals.outcome.unknown },
    data: { days: all, totals, marks },
  })
}
