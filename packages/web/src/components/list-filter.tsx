import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { partText } from '../messages/parts.ts'
import type { Search } from '../scope/search.ts'
import { useFilters } from '../scope/use-scope.ts'

/** How long typing rests before the list is asked for: a request for each letter would be late when it comes. */
const restMilliseconds = 180

/** Narrows a list by a part of a name; the URL holds it. `f` goes there, arrow down and Enter go to the first row. */
export function ListFilter({ label }: { readonly label: string }) {
  const wanted = useFilters().text?.[0] ?? ''
  const [typed, setTyped] = useState(wanted)
  const applied = useRef(wanted)
  const navigate = useNavigate()
  useEffect(() => {
    // The URL was changed elsewhere: by going back, or by taking the filter away.
    if (wanted !== applied.current) setTyped(wanted)
    applied.current = wanted
  }, [wanted])
  useEffect(() => {
    if (typed.trim() === applied.current) return
    const timer = setTimeout(() => {
      applied.current = typed.trim()
      const text = applied.current === '' ? undefined : [applied.current]
      void navigate({
        to: '.',
        search: (previous: Search) => ({ ...previous, text, open: undefined }),
        replace: true,
        resetScroll: false,
      })
    }, restMilliseconds)
    return () => clearTimeout(timer)
  }, [typed, navigate])
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
    event.preventDefault()
    document.querySelector<HTMLElement>('main [data-row]')?.focus()
  }
  return (
    <input
      className="field list-filter no-print"
      type="search"
      data-filter
      aria-label={label}
      placeholder={partText('filterList')}
      value={typed}
      maxLength={200}
      spellCheck={false}
      autoComplete="off"
      onChange={event => setTyped(event.target.value)}
      onKeyDown={onKey}
    />
  )
}
