import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useChoices } from '../api/answers.ts'
import { partText } from '../messages/parts.ts'
import { drillDownOf, formatSearch, wholePeriod } from '../scope/search.ts'
import { useFilters, useScope } from '../scope/use-scope.ts'

/** In place of a list without entries: what is true and what to do, same type, no picture. */
export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
    </div>
  )
}

/** Empty because of filters beside the scope: says so, and takes them away. */
export function NoneFit() {
  const scope = useScope()
  return (
    <Empty
      action={
        <Link className="btn" to="." search={scope} replace>
          {partText('clearFilters')}
        </Link>
      }
    >
      {partText('noneFit')}
    </Empty>
  )
}

/** Empty because of the scope, or of filters beside it: says so and offers to widen it. */
export function EmptyScope({ children }: { readonly children?: ReactNode }) {
  const scope = useScope()
  const extent = useChoices().data?.data.extent
  const isFiltered = drillDownOf(useFilters()).length > 0
  if (isFiltered) return <NoneFit />
  const whole = extent ? wholePeriod(extent) : {}
  const widest = formatSearch(scope) === formatSearch(whole) ? null : whole
  return (
    <Empty
      action={
        widest !== null && (
          <Link className="btn" to="." search={widest}>
            {partText('widen')}
          </Link>
        )
      }
    >
      {children ?? partText('emptyScope')}
    </Empty>
  )
}
