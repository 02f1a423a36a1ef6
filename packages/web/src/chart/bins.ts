import type { AlignmentName, DispositionName, OutcomeName, VolumeDay } from '@letterlock/contract'
import type { Slot } from '../components/outcome.tsx'
import { alignmentText, dispositionText, outcomeText } from '../messages/outcome.ts'
import { addDays } from '../text/format.ts'

export const chartKeys = ['outcome', 'disposition', 'alignment'] as const
export type ChartKey = (typeof chartKeys)[number]

/** One layer of the stack: the values of the key that it adds up, which are also the filters of its rows. */
export interface Series {
  readonly names: readonly string[]
  readonly slot: Slot
  readonly text: string
  readonly of: (day: Pick<VolumeDay, ChartKey>) => number
}

const outcome = (name: OutcomeName, slot: Slot): Series => ({
  names: [name],
  slot,
  text: outcomeText(name),
  of: day => day.outcome[name],
})
const disposition = (slot: Slot, ...names: readonly [DispositionName, ...DispositionName[]]): Series => ({
  names,
  slot,
  text: names.map(name => dispositionText(name)).join(', '),
  of: day => names.reduce((sum, name) => sum + day.disposition[name], 0),
})
const alignment = (name: AlignmentName, slot: Slot): Series => ({
  names: [name],
  slot,
  text: alignmentText(name),
  of: day => day.alignment[name],
})

/** From the axis up: worst for the owner first, so that failures share one baseline; the good part is last. */
export const seriesOf: Readonly<Record<ChartKey, readonly Series[]>> = {
  outcome: [
    outcome('broken', 'broken'),
    outcome('unauthenticated', 'unauth'),
    outcome('third-party', 'third'),
    outcome('forwarded', 'forwarded'),
    outcome('unknown', 'unknown'),
    outcome('aligned', 'aligned'),
  ],
  disposition: [
    disposition('unauth', 'reject'),
    disposition('broken', 'quarantine'),
    disposition('third', 'override'),
    disposition('unknown', 'unknown'),
    disposition('aligned', 'none', 'pass'),
  ],
  alignment: [
    alignment('none', 'broken'),
    alignment('unknown', 'unknown'),
    alignment('spf', 'third'),
    alignment('dkim', 'forwarded'),
    alignment('dkim+spf', 'aligned'),
  ],
}

/** One bar: a day, or several where days would be too narrow to see. */
export interface Bin {
  readonly from: string
  readonly to: string
  /** False: no report begins in it, so that 0 would say something nobody reported. */
  readonly hasReports: boolean
  /** Messages by series, in the order of the series. */
  readonly values: readonly number[]
  readonly total: number
}

const binLengths = [1, 7, 28, 91, 364] as const

/** Least width of a bar with its gap: bars under 4 px cannot be told apart. */
const leastStep = 5.5

/** Days that one bar holds, so that all bars of a period fit a width. */
export function daysPerBin(days: number, width: number): number {
  return binLengths.find(length => width / Math.ceil(days / length) >= leastStep) ?? 364
}

/** The array that chart, table and export are all made of. */
export function binsOf(days: readonly VolumeDay[], series: readonly Series[], length: number): readonly Bin[] {
  const bins: Bin[] = []
  for (let at = 0; at < days.length; at += length) {
    const part = days.slice(at, at + length)
    const [first] = part
    if (first === undefined) break
    const values = series.map(layer => part.reduce((sum, day) => sum + layer.of(day), 0))
    bins.push({
      from: first.day,
      to: part.at(-1)?.day ?? addDays(first.day, length - 1),
      hasReports: part.some(day => day.hasReports),
      values,
      total: values.reduce((sum, value) => sum + value, 0),
    })
  }
  return bins
}
