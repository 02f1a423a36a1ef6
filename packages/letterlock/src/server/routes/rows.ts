import { rowsRoute } from '@letterlock/contract'
import { everyRow, rowsView } from '../../views/rows.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { type ServerDeps, viewContext } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { fileFormat, limitOf } from '../page.ts'
import { type Columns, tableResponse } from '../table.ts'

const rowColumns: Columns = [
  'day',
  'domain',
  'reporter.name',
  'report',
  'seq',
  'source.ip',
  'source.ptr',
  'source.asn',
  'source.asName',
  'source.country',
  'sender.key',
  'sender.name',
  'messages',
  'headerFrom',
  'envelopeFrom',
  'envelopeTo',
  'outcome',
  'disposition',
  'alignment',
  'reported.disposition',
  'reported.dkim',
  'reported.spf',
  'reasons',
  'dkimResults',
  'spfResults',
  'isDerived',
  'isTolerated',
]

/** The rows that make a number. */
export function rowRoutes(api: Api, deps: ServerDeps): void {
  endpoint(api, rowsRoute, async ({ query }) => {
    const context = await viewContext(deps, query)
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, { name: 'rows', columns: rowColumns, rows: everyRow(context, query) })
    const [domain, day, report, seq] = readCursor('rows', query.cursor, 4) ?? []
    const after =
      domain === undefined || day === undefined || report === undefined || seq === undefined
        ? null
        : { domain, day, report, seq }
    const { answer, found } = await rowsView(context, query, { after, limit: limitOf(query) })
    const { next } = found
    return json({
      ...answer,
      data: {
        total: found.total,
        rows: found.rows,
        nextCursor: next === null ? null : writeCursor('rows', [next.domain, next.day, next.report, next.seq]),
      },
    })
  })
}
