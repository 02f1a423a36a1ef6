import type { ScopeAnswer } from '@letterlock/contract'
import {
  type InfiniteData,
  keepPreviousData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query'
import { apiQuery, type Search } from '../scope/search.ts'
import { useFilters, useScope } from '../scope/use-scope.ts'
import { getJson } from './client.ts'

/** An answer of the API within the scope of the screen; while another scope loads, the old one stays. */
export function useAnswer<Answer>(path: string, more: Readonly<Record<string, string>> = {}): UseQueryResult<Answer> {
  const scope = useScope()
  return useResource<Answer>(path, withMore(apiQuery(scope), more))
}

/** An answer of the API that has no scope. */
export function useResource<Answer>(path: string, query = '', enabled = true): UseQueryResult<Answer> {
  return useQuery({
    queryKey: [path, query],
    queryFn: ({ signal }) => getJson<Answer>(path, query, signal),
    placeholderData: keepPreviousData,
    enabled,
  })
}

/** A list in pages, within the scope and the drill-down filters of the URL. */
export function usePages<Answer>(
  path: string,
  nextOf: (answer: Answer) => string | null,
  more: Readonly<Record<string, string>> = {},
): UseInfiniteQueryResult<InfiniteData<Answer>> {
  const query = withMore(apiQuery(useFilters(), 'all'), more)
  return useInfiniteQuery({
    queryKey: [path, 'pages', query],
    queryFn: ({ pageParam, signal }) =>
      getJson<Answer>(path, pageParam === '' ? query : withMore(query, { cursor: pageParam }), signal),
    initialPageParam: '',
    getNextPageParam: nextOf,
    placeholderData: keepPreviousData,
  })
}

/** What may be chosen, the counts beside the navigation, and whether this instance is read-only. */
export function useChoices(): UseQueryResult<ScopeAnswer> {
  return useAnswer<ScopeAnswer>('/scope')
}

/** True while nothing may be changed: demonstration data. */
export function useReadOnly(): boolean {
  return useChoices().data?.data.isDemo ?? false
}

/** The query of an export: the same scope and filters as the screen. */
export function useExportQuery(format: 'csv' | 'ndjson', more: Readonly<Record<string, string>> = {}): string {
  const filters: Search = useFilters()
  return withMore(apiQuery(filters, 'all'), { ...more, format })
}

function withMore(query: string, more: Readonly<Record<string, string>>): string {
  const params = new URLSearchParams(query)
  for (const [name, value] of Object.entries(more)) params.set(name, value)
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}
