import { addDays } from '../text/format.ts'

/** Filters of the scope: what every number of a screen is about. Days are UTC days, both included. */
const scopeNames = ['domain', 'from', 'to', 'reporter'] as const

/**
 * Filters of a drill-down, by the names of the API; each may stand several times. Here an empty value is a filter:
 * "the reports name none".
 */
const filterNames = [
  'sender',
  'source',
  'header_from',
  'outcome',
  'disposition',
  'alignment',
  'report',
  'dkim_domain',
  'dkim_selector',
  'dkim_result',
  'dkim_aligned',
  'spf_domain',
  'spf_result',
  'spf_scope',
  'spf_aligned',
  'mx',
  'result_type',
  'policy_type',
  'kind',
  'deviation',
  'decision',
  'group',
  'tag',
  'type',
  'tracked',
  'text',
] as const

/** What a screen shows of its data: key of a chart, order of a table, the opened row. Never sent to the API. */
const viewNames = ['key', 'order', 'open'] as const

type FilterName = (typeof scopeNames)[number] | (typeof filterNames)[number]
type ViewName = (typeof viewNames)[number]

/** Everything that the URL holds; a link is a piece of evidence. */
export type Search = { readonly [name in FilterName]?: readonly string[] | undefined } & {
  readonly [name in ViewName]?: string | undefined
}

const namesOfLists: readonly FilterName[] = [...scopeNames, ...filterNames]

/** Reads the query of a URL; unknown names are dropped, and so are empty values of the scope. */
export function parseSearch(query: string): Search {
  const params = new URLSearchParams(query)
  const search: Record<string, string | readonly string[]> = {}
  for (const name of namesOfLists) {
    const values = [...new Set(params.getAll(name).filter(value => mayStand(name, value)))]
    if (values.length > 0) search[name] = values
  }
  for (const name of viewNames) {
    const value = params.get(name)
    if (value !== null && value !== '') search[name] = value
  }
  return search
}

/** Writes filters as the query of a URL, always in the same order; nothing set gives the empty text. */
export function formatSearch(search: Search): string {
  const params = filterParams(search, namesOfLists)
  for (const name of viewNames) {
    const value = search[name]
    if (value !== undefined && value !== '') params.set(name, value)
  }
  return withMark(params)
}

/** The filters that the API takes, as a query. Without `filters` the scope alone. */
export function apiQuery(search: Search, filters: 'scope' | 'all' = 'scope'): string {
  return withMark(filterParams(search, filters === 'all' ? namesOfLists : scopeNames))
}

/** The scope alone: what goes along when a link leads to another screen. */
export function scopeOf(search: Search): Search {
  return Object.fromEntries(scopeNames.flatMap(name => (search[name] ? [[name, search[name]]] : [])))
}

/** Days that a scope may have at most, by the API. */
const scopeDaysLimit = 36_525

/** The period that holds every reported day, or the newest that a scope can hold. */
export function wholePeriod(extent: { readonly from: string; readonly to: string }): {
  readonly from: readonly [string]
  readonly to: readonly [string]
} {
  const earliest = addDays(extent.to, 1 - scopeDaysLimit)
  const isTooLong = extent.from < earliest
  return { from: [isTooLong ? earliest : extent.from], to: [extent.to] }
}

/** The filters beside the scope that are set, in the order of the URL. */
export function drillDownOf(
  search: Search,
): readonly { readonly name: (typeof filterNames)[number]; readonly values: readonly string[] }[] {
  return filterNames.flatMap(name => (search[name] ? [{ name, values: search[name] }] : []))
}

/** Adds filters from a link of the API; names that this app does not know are dropped. */
export function withFilters(scope: Search, query: Readonly<Record<string, readonly string[]>>): Search {
  const known = namesOfLists.flatMap(name => (query[name] && query[name].length > 0 ? [[name, query[name]]] : []))
  return { ...scope, ...Object.fromEntries(known) }
}

function filterParams(search: Search, names: readonly FilterName[]): URLSearchParams {
  const params = new URLSearchParams()
  for (const name of names)
    for (const value of search[name] ?? []) if (mayStand(name, value)) params.append(name, value)
  return params
}

const scopeSet: ReadonlySet<string> = new Set(scopeNames)

function mayStand(name: FilterName, value: string): boolean {
  return value !== '' || !scopeSet.has(name)
}

function withMark(params: URLSearchParams): string {
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}
