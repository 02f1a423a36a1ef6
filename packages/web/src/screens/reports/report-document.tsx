import type { DocumentAnswer } from '@letterlock/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getJson } from '../../api/client.ts'
import { Failure } from '../../components/loaded.tsx'
import { reportsText } from '../../messages/reports.ts'
import { formatBytes } from '../../text/format.ts'

/** The text of a report in pieces. It is text only: nothing in it is ever interpreted or followed. */
export function ReportDocument({ report }: { readonly report: number }) {
  const [isShown, setShown] = useState(false)
  const query = useInfiniteQuery({
    queryKey: ['document', report],
    enabled: isShown,
    queryFn: ({ pageParam, signal }) =>
      getJson<DocumentAnswer>(`/reports/${report}/document`, `?offset=${pageParam}`, signal),
    initialPageParam: 0,
    getNextPageParam: piece => piece.next,
  })
  const pieces = query.data?.pages ?? []
  const last = pieces.at(-1)
  return (
    <>
      <button type="button" className="btn" aria-expanded={isShown} onClick={() => setShown(shown => !shown)}>
        {reportsText(isShown ? 'hide' : 'show')}
      </button>
      {isShown && query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {isShown && last !== undefined && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus */}
          <pre className="document" tabIndex={0}>
            {pieces.map(piece => piece.text).join('')}
          </pre>
          {last.next !== null && (
            <button
              type="button"
              className="btn"
              disabled={query.isFetching}
              onClick={() => void query.fetchNextPage()}
            >
              {reportsText('moreText', { shown: formatBytes(last.next), all: formatBytes(last.bytes) })}
            </button>
          )}
        </>
      )}
    </>
  )
}
