import type { OutcomeName } from '@letterlock/contract'
import { outcomeText } from '../messages/outcome.ts'

/** Fills of the slots that outcome, disposition and alignment path share: a pattern for each beside its colour. */
export const slots = ['aligned', 'broken', 'unauth', 'third', 'forwarded', 'unknown'] as const
export type Slot = (typeof slots)[number]

const slotOf: Readonly<Record<OutcomeName, Slot>> = {
  aligned: 'aligned',
  broken: 'broken',
  unauthenticated: 'unauth',
  'third-party': 'third',
  forwarded: 'forwarded',
  unknown: 'unknown',
}

/** Outcomes from the left of a bar and from the axis up: failures share one baseline, aligned is the quietest. */
export const outcomeOrder = [
  'broken',
  'unauthenticated',
  'third-party',
  'forwarded',
  'unknown',
  'aligned',
] as const satisfies readonly OutcomeName[]

export function outcomeSlot(outcome: OutcomeName): Slot {
  return slotOf[outcome]
}

/** The patterns, once in the page; drawings refer to them by name. */
export function OutcomePatterns() {
  return (
    <svg width="0" height="0" style={{ position: 'absolute' }} aria-hidden="true">
      <defs>
        <PatternShapes />
      </defs>
    </svg>
  )
}

function PatternShapes() {
  return (
    <>
      <pattern id="p-broken" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" fill="var(--ll-o-broken)" />
        <rect width="1.6" height="6" fill="var(--ll-surface)" opacity=".75" />
      </pattern>
      <pattern id="p-forwarded" width="5" height="5" patternUnits="userSpaceOnUse">
        <rect width="5" height="5" fill="var(--ll-o-forwarded)" />
        <circle cx="2.5" cy="2.5" r=".95" fill="var(--ll-surface)" />
      </pattern>
      <pattern id="p-third" width="4" height="4" patternUnits="userSpaceOnUse">
        <rect width="4" height="4" fill="var(--ll-o-third)" />
        <rect width="4" height="1.1" fill="var(--ll-surface)" opacity=".85" />
      </pattern>
      <pattern id="p-unknown" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <rect width="5" height="5" fill="var(--ll-surface)" />
        <rect width="1.2" height="5" fill="var(--ll-o-unknown)" />
      </pattern>
    </>
  )
}

/** The swatch of a legend. */
export function Swatch({ slot }: { readonly slot: Slot }) {
  return (
    <svg className="swatch" width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
      <rect className={`slot-${slot}`} x=".5" y=".5" width="13" height="11" rx="2" />
    </svg>
  )
}

/** An outcome in words with its swatch. */
export function Outcome({ outcome }: { readonly outcome: OutcomeName }) {
  return (
    <span className="outcome">
      <Swatch slot={outcomeSlot(outcome)} />
      {outcomeText(outcome)}
    </span>
  )
}

const barWidth = 112

/** Shares of one sender: same colours and patterns as the chart, failures left. The numbers stand in its name. */
export function OutcomeBar({
  counts,
  label,
}: {
  readonly counts: Readonly<Record<OutcomeName, number>>
  readonly label: string
}) {
  const total = outcomeOrder.reduce((sum, outcome) => sum + counts[outcome], 0)
  let x = 0
  const pieces = outcomeOrder
    .filter(outcome => counts[outcome] > 0)
    .map(outcome => {
      const width = Math.max(1.5, (counts[outcome] / total) * barWidth)
      const piece = { outcome, x, width: Math.max(1, width - 1) }
      x += width
      return piece
    })
  return (
    <svg
      className="outcome-bar"
      viewBox={`0 0 ${Math.max(x, barWidth)} 10`}
      width={barWidth}
      height="10"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {pieces.map(piece => (
        <rect
          key={piece.outcome}
          className={`slot-${outcomeSlot(piece.outcome)}`}
          x={piece.x}
          y="0"
          width={piece.width}
          height="10"
        />
      ))}
    </svg>
  )
}
