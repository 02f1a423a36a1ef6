import { coverageRoute, scopeRoute, searchRoute, todayRoute, volumeRoute } from '@letterlock/contract'
import { choicesView, coverageView } from '../../views/choices.ts'
import { searchView } from '../../views/search.ts'
import { todayView } from '../../views/today.ts'
import { volumeView } from '../../views/volume.ts'
import { type ServerDeps, viewContext } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { fileFormat } from '../page.ts'
import { type Columns, onePiece, tableResponse } from '../table.ts'
import { readSettings } from '../writes/settings.ts'

const volumeColumns: Columns = [
  'day',
  'hasReports',
  'messages',
  'rows',
  'outcome.aligned',
  'outcome.broken',
  'outcome.unauthenticated',
  'outcome.third-party',
  'outcome.forwarded',
  'outcome.unknown',
  'disposition.none',
  'disposition.pass',
  'disposition.quarantine',
  'disposition.reject',
  'disposition.override',
  'disposition.unknown',
  'alignment.dkim+spf',
  'alignment.dkim',
  'alignment.spf',
  'alignment.none',
  'alignment.unknown',
]

/** What a person sees first: the choices, Today, the volume, who reports, search. */
export function overviewRoutes(api: Api, deps: ServerDeps): void {
  endpoint(api, scopeRoute, async ({ query }) => {
    const { failureReports } = await readSettings(deps.store.read)
    const instance = { isDemo: deps.isDemo, keepsFailureReports: failureReports, version: deps.version }
    return json(await choicesView(await viewContext(deps, query), instance))
  })
  endpoint(api, coverageRoute, async ({ query }) => json(await coverageView(await viewContext(deps, query))))
  endpoint(api, todayRoute, async ({ query }) => json(await todayView(await viewContext(deps, query))))
  endpoint(api, volumeRoute, async ({ query }) => {
    const answer = await volumeView(await viewContext(deps, query))
    const format = fileFormat(query)
    if (format === null) return json(answer)
    return tableResponse(format, { name: 'volume', columns: volumeColumns, rows: onePiece(answer.data.days) })
  })
  endpoint(api, searchRoute, async ({ query }) =>
    json({ hits: await searchView(deps.store.read, deps.names.catalogue, query.q) }),
  )
}
