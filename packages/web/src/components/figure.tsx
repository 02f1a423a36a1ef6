import type { ReactNode } from 'react'
import { ScopeLink, type ScreenPath } from '../scope/scope-link.tsx'

/** A strip of figures. */
export function Figures({ children, count = 4 }: { readonly children: ReactNode; readonly count?: 3 | 4 }) {
  return <dl className={count === 3 ? 'figures three panel' : 'figures panel'}>{children}</dl>
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly unit?: string
  /** Where the rows of the figure are. */
  readonly to?: ScreenPath
  readonly filters?: Readonly<Record<string, readonly string[]>>
  readonly sub: ReactNode
  /** The value is a word, not a number. */
  readonly isWord?: boolean
}

/** One figure, which leads to its rows, and one line that says what it is made of. */
export function Figure({ label, value, unit, to, filters, sub, isWord }: FigureProps) {
  const content = (
    <>
      {value}
      {unit !== undefined && <small> {unit}</small>}
    </>
  )
  return (
    <div>
      <dt>{label}</dt>
      <dd className="value">
        {to === undefined || isWord ? (
          <span className="figure">{content}</span>
        ) : (
          <ScopeLink to={to} className="figure" {...(filters && { filters })}>
            {content}
          </ScopeLink>
        )}
      </dd>
      <dd>{sub}</dd>
    </div>
  )
}
