import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { partText } from '../messages/parts.ts'
import { Failure } from './loaded.tsx'

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
    return (
      <div className="frame" role="status" aria-label={partText('loading')}>
        {Array.from({ length: lines }, (_, line) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines without content
          <div key={line} />
        ))}
      </div>
    )
  }
  return (
    <div className={query.isPlaceholderData ? 'updating' : undefined} aria-busy={query.isPlaceholderData}>
      {query.isPlaceholderData && (
        <p className="updating-note" role="status">
          {partText('updating')}
        </p>
      )}
      {children([first, ...others])}
      {query.isError && <Failure error={query.error} onRetry={() => void query.fetchNextPage()} />}
      {query.hasNextPage && (
        <div className="more no-print">
          <button type="button" className="btn" disabled={query.isFetching} onClick={() => void query.fetchNextPage()}>
            {partText(query.isFetchingNextPage ? 'loadingMore' : 'more')}
          </button>
        </div>
      )}
    </div>
  )
}
