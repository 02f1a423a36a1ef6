import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { partText } from '../messages/parts.ts'

/**
 * Content of a query: a quiet frame at the first load, the old content dimmed while another scope loads, one sentence
 * with a retry in its place after a failure.
 */
export function Loaded<Answer>({
  query,
  children,
  lines = 6,
}: {
  readonly query: UseQueryResult<Answer>
  readonly children: (answer: Answer) => ReactNode
  /** Hairlines of the frame, about as many as the content will have. */
  readonly lines?: number
}) {
  if (query.data !== undefined)
    return (
      <Updated isUpdating={query.isPlaceholderData}>
        {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
        {children(query.data)}
      </Updated>
    )
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />
  return <Frame lines={lines} />
}

/** What stands there while the first content loads: hairlines of about its height. */
export function Frame({ lines }: { readonly lines: number }) {
  return (
    <div className="frame" role="status" aria-label={partText('loading')}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines without content
        <div key={line} />
      ))}
    </div>
  )
}

/** Content that stays, dimmed, while that of another scope loads. */
export function Updated({ isUpdating, children }: { readonly isUpdating: boolean; readonly children: ReactNode }) {
  return (
    <div className={isUpdating ? 'updating' : undefined} aria-busy={isUpdating}>
      {isUpdating && (
        <p className="updating-note" role="status">
          {partText('updating')}
        </p>
      )}
      {children}
    </div>
  )
}

export function Failure({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  return (
    <div className="failure" role="alert">
      <p>{error.message}</p>
      {onRetry && (
        <button type="button" className="btn" onClick={onRetry}>
          {partText('retry')}
        </button>
      )}
    </div>
  )
}
