import { formatShare } from '../text/format.ts'
import { type Slot, Swatch } from './outcome.tsx'
import { type TotalFilters, TotalLink } from './total-link.tsx'

interface LegendEntry {
  readonly slot: Slot
  readonly text: string
  readonly count: number
  /** Filters of the rows that the count is made of; null where no address can say them. */
  readonly filters: TotalFilters
}

/** What the fills mean, with counts that lead to their rows and their shares of the whole. */
export function Legend({ entries, total }: { readonly entries: readonly LegendEntry[]; readonly total: number }) {
  const ordered = [...entries].reverse()
  const [good, ...rest] = ordered
  if (good === undefined) return null
  return (
    <ul className={entries.length < 6 ? 'legend few' : 'legend'}>
      {[good, ...rest.reverse()].map(entry => (
        <li key={entry.text}>
          <Swatch slot={entry.slot} />
          <span>{entry.text}</span>
          <span className="values">
            <TotalLink count={entry.count} filters={entry.filters} />
            <span className="share">{formatShare(entry.count, total)} %</span>
          </span>
        </li>
      ))}
    </ul>
  )
}
