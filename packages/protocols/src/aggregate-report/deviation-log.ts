import { Buffer } from 'node:buffer'
import { type Deviation, deviationRawLimit } from '../fault.ts'
import { deviationsLimit } from './limits.ts'
import type { AggregateDeviation } from './tolerances.ts'

/** Gathers what was tolerated in one report. */
export class DeviationLog {
  readonly first: Deviation[] = []
  /** All that were told, extension elements too. */
  met = 0
  /** Those that are departures: an unknown element is none (AGG-025). */
  departures = 0
  readonly #counts = new Map<AggregateDeviation, number>()

  add(code: AggregateDeviation, at: number, raw: string, value?: string): void {
    this.met += 1
    if (code !== 'unknown-element') this.departures += 1
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    if (this.first.length >= deviationsLimit) return
    const kept = shortCopy(raw)
    this.first.push(value === undefined ? { code, at, raw: kept } : { code, at, raw: kept, value: shortCopy(value) })
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}

/** A copy that does not keep the part of the document alive that it was cut from. */
export function shortCopy(text: string, limit: number = deviationRawLimit): string {
  return Buffer.from(text.slice(0, limit), 'utf8').toString('utf8')
}
