import { useParams, useSearch } from '@tanstack/react-router'
import { type Search, scopeOf } from './search.ts'

/** The filters of the URL. On the page of a domain the path names the domain, and it is the scope. */
export function useFilters(): Search {
  const search = useSearch({ strict: false })
  const { domain } = useParams({ strict: false })
  return domain === undefined ? search : { ...search, domain: [domain] }
}

/** The scope of the screen without its drill-down. */
export function useScope(): Search {
  return scopeOf(useFilters())
}
