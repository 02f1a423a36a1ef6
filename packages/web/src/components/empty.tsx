import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useChoices } from '../api/answers.ts'
import { partText } from '../messages/parts.ts'
import { wholePeriod } from '../scope/search.ts'
import { useScope } from '../scope/use-scope.ts'

/** In place of a list without entries: what is true and what to do, same type, no picture. */
export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
    </div>
  )
}

/** Empty because of the scope: says so and offers to widen it. */
export function EmptyScope({ children }: { readonly children?: ReactNode }) {
  const scope = useScope()
  const extent = useChoices().data?.data.extent
  const isNarrow = Object.keys(scope).length > 0
  return (
    <Empty
      action={
        (isNarrow || extent) && (
          <Link className="btn" to="." search={extent ? wholePeriod(extent) : {}}>
            {partText('widen')}
          </Link>
        )
      }
    >
      {children ?? partText('emptyScope')}
    </Empty>
  )
}
