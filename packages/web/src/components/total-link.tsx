import { ScopeLink } from '../scope/scope-link.tsx'
import { drillDownOf } from '../scope/search.ts'
import { useFilters } from '../scope/use-scope.ts'
import { formatCount } from '../text/format.ts'

/** Names that a link takes: more would be a longer address than every program takes. */
const namesInLink = 50

/** Filters of the rows behind the total of a list; null where no address can say them. */
export type TotalFilters = Readonly<Record<string, readonly string[]>> | null

/**
 * The rows behind the total of a list that a person narrowed are those of its entries: `/rows` knows their names, not
 * the filters of the list. Without a filter the rows are those of the scope.
 */
export function useTotalFilters(
  name: 'domain' | 'sender',
  list: { readonly keys: readonly string[]; readonly isWhole: boolean },
): TotalFilters {
  const isNarrowed = drillDownOf(useFilters()).length > 0
  if (!isNarrowed) return {}
  return list.isWhole && list.keys.length <= namesInLink ? { [name]: list.keys } : null
}

/** A total with its rows behind it, where they have an address. */
export function TotalLink({
  count,
  filters,
  more,
}: {
  readonly count: number
  readonly filters: TotalFilters
  readonly more?: Readonly<Record<string, readonly string[]>>
}) {
  if (filters === null) return formatCount(count)
  return (
    <ScopeLink to="/rows" filters={{ ...filters, ...more }} className="num">
      {formatCount(count)}
    </ScopeLink>
  )
}
