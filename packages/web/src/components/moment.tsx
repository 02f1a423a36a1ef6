import { formatLocalMoment, formatMoment, formatTime } from '../text/format.ts'

/** A moment in UTC; the reader's own time stands in a tooltip that focus opens too. */
export function Moment({ time, form = 'full' }: { readonly time: string; readonly form?: 'full' | 'time' }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the tooltip must open without a pointer
    <time className="moment" dateTime={time} tabIndex={0}>
      {form === 'time' ? formatTime(time) : formatMoment(time)}
      <span className="tip" role="tooltip">
        {formatLocalMoment(time)}
      </span>
    </time>
  )
}
