import { useNavigate } from '@tanstack/react-router'
import type { Search } from '../scope/search.ts'
import { useFilters } from '../scope/use-scope.ts'

/** The opened row of a table; it stands in the URL, so that a link shows the same. */
export function useOpened(): readonly [string | undefined, (name: string) => void] {
  const opened = useFilters().open
  const navigate = useNavigate()
  const toggle = (name: string) =>
    void navigate({
      to: '.',
      search: (previous: Search) => ({ ...previous, open: previous.open === name ? undefined : name }),
      replace: true,
      resetScroll: false,
    })
  return [opened, toggle]
}

/** A choice of the view that stands in the URL, such as the order of a table. */
export function useOrder<Value extends string>(
  values: readonly [Value, ...Value[]],
): readonly [Value, (value: Value) => void] {
  const wanted = useFilters().order
  const navigate = useNavigate()
  const change = (order: Value) =>
    void navigate({
      to: '.',
      search: (previous: Search) => ({ ...previous, order: order === values[0] ? undefined : order }),
      replace: true,
      resetScroll: false,
    })
  return [values.find(value => value === wanted) ?? values[0], change]
}
