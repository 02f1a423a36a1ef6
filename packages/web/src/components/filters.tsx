import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { filterText } from '../messages/filter.ts'
import { alignmentText, decisionText, dispositionText, outcomeText } from '../messages/outcome.ts'
import { drillDownOf, type Search } from '../scope/search.ts'
import { useFilters } from '../scope/use-scope.ts'

const words: Readonly<Record<string, (value: string) => string>> = {
  outcome: outcomeText.named,
  disposition: dispositionText.named,
  alignment: alignmentText.named,
  decision: decisionText.named,
}

/** The drill-down in words above the rows it leads to; each filter can be taken away. */
export function Filters({
  before,
  except = [],
  children,
}: {
  /** What stands at the left, before the filters in words. */
  readonly before?: ReactNode
  /** Filters that have a control of their own on the screen. */
  readonly except?: readonly string[]
  readonly children?: ReactNode
}) {
  const filters = drillDownOf(useFilters()).filter(({ name }) => !except.includes(name))
  const navigate = useNavigate()
  return (
    <div className="block-head filters">
      {before}
      {filters.map(filter => (
        <span key={filter.name} className="tag filter">
          {filterText(filter.name)}{' '}
          <b>
            {filter.values
              .map(value => (value === '' ? filterText('noneNamed') : (words[filter.name]?.(value) ?? value)))
              .join(` ${filterText('or')} `)}
          </b>
          <button
            type="button"
            className="bare no-print"
            aria-label={filterText('remove', { name: filterText(filter.name) })}
            onClick={() =>
              void navigate({ to: '.', search: (previous: Search) => ({ ...previous, [filter.name]: undefined }) })
            }
          >
            ×
          </button>
        </span>
      ))}
      <span className="gap" />
      {children}
    </div>
  )
}
