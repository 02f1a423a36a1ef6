import { tlsFailuresRoute, tlsResultsRoute, tlsRoute } from '@letterlock/contract'
import { tlsView } from '../../views/tls.ts'
import { tlsFailuresView, tlsResultsView } from '../../views/tls-rows.ts'
import { offsetCursor, readOffset } from '../cursor.ts'
import { type ServerDeps, viewContext } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { fileFormat, limitOf } from '../page.ts'
import { type Columns, onePiece, tableResponse } from '../table.ts'

const matrixColumns: Columns = ['domain', 'mx', 'type', 'sessions', 'rows', 'reporters', 'lastDay', 'verdict', 'text']

const failureColumns: Columns = [
  'day',
  'domain',
  'reporter.name',
  'report',
  'policyType',
  'resultType',
  'mx',
  'helo',
  'sendingIp',
  'receivingIp',
  'sessions',
  'additionalInformation',
  'reasonCode',
]

const resultColumns: Columns = [
  'day',
  'domain',
  'reporter.name',
  'report',
  'policyType',
  'successful',
  'failed',
  'detailed',
  'isCounted',
]

/** Inbound TLS and its rows. */
export function tlsRoutes(api: Api, deps: ServerDeps): void {
  endpoint(api, tlsRoute, async ({ query }) => {
    const answer = await tlsView(await viewContext(deps, query))
    const format = fileFormat(query)
    if (format === null) return json(answer)
    const cells = answer.data.matrix.rows.flatMap(({ domain, mx, verdict, text, cells: ofHost }) =>
      ofHost.map(cell => ({ domain, mx, verdict, text, ...cell })),
    )
    return tableResponse(format, { name: 'tls', columns: matrixColumns, rows: onePiece(cells) })
  })
  endpoint(api, tlsFailuresRoute, async ({ query }) => {
    const page = { offset: readOffset('tls-failures', query.cursor), limit: limitOf(query) }
    const answer = await tlsFailuresView(await viewContext(deps, query), query, page)
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, {
        name: 'tls-failures',
        columns: failureColumns,
        rows: onePiece(answer.data.failures),
      })
    const nextCursor = offsetCursor('tls-failures', answer.data.nextCursor)
    return json({ ...answer, data: { ...answer.data, nextCursor } })
  })
  endpoint(api, tlsResultsRoute, async ({ query }) => {
    const page = { offset: readOffset('tls-results', query.cursor), limit: limitOf(query) }
    const answer = await tlsResultsView(await viewContext(deps, query), query, page)
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, { name: 'tls-results', columns: resultColumns, rows: onePiece(answer.data.results) })
    const nextCursor = offsetCursor('tls-results', answer.data.nextCursor)
    return json({ ...answer, data: { ...answer.data, nextCursor } })
  })
}
