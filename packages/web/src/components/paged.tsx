import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { partText } from '../messages/parts.ts'
import { Failure, Frame, Updated } from './loaded.tsx'

/** A list in pages: the first answer carries totals, further pages are asked for by a button. */
export function Paged<Answer>({
  query,
  children,
  lines = 10,
}: {
  readonly query: UseInfiniteQueryResult<InfiniteData<Answer>>
  /** Draws the list; the first page carries what is said of the whole. */
  readonly children: (pages: readonly [Answer, ...Answer[]]) => ReactNode
  readonly lines?: number
}) {
  const [first, ...others] = query.data?.pages ?? []
  if (first === undefined) {
    if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />
    return <Frame lines={lines} />
  }
  return (
    <Updated isUpdating={query.isPlaceholderData}>
      {children([first, ...others])}
      {query.isError && <Failure error={query.error} onRetry={() => void query.fetchNextPage()} />}
      {query.hasNextPage && (
        <div className="more no-print">
          <button type="button" className="btn" disabled={query.isFetching} onClick={() => void query.fetchNextPage()}>
            {partText(query.isFetchingNextPage ? 'loadingMore' : 'more')}
          </button>
        </div>
      )}
    </Updated>
  )
}
