import {
  failureReportRoute,
  failureReportsRoute,
  reparseRoute,
  reportDocumentRoute,
  reportRawRoute,
  reportRoute,
  reportsRoute,
} from '@letterlock/contract'
import { reparseReport } from '../../intake/reparse.ts'
import { failureReportsView, failureReportView } from '../../views/failure-reports.ts'
import { allReportKinds, everyReport, reportsView, reportView } from '../../views/reports.ts'
import { offsetCursor, readCursor, readOffset, writeCursor } from '../cursor.ts'
import { type ServerDeps, viewContext } from '../deps.ts'
import { documentPiece } from '../document.ts'
import { downloadResponse } from '../download.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { fileFormat, limitOf } from '../page.ts'
import { ProblemError } from '../problem.ts'
import { type Columns, onePiece, tableResponse } from '../table.ts'
import { readSettings } from '../writes/settings.ts'

const reportColumns: Columns = [
  'id',
  'kind',
  'day',
  'domain',
  'reporter.name',
  'reportId',
  'begin',
  'end',
  'receivedAt',
  'form',
  'authentication',
  'rows',
  'messages',
  'failedSessions',
  'bytes',
  'isPartial',
  'isOverlapping',
  'deviations',
]

const failureColumns: Columns = [
  'report',
  'day',
  'domain',
  'reporter.name',
  'feedbackType',
  'authFailure',
  'arrivedAt',
  'source.ip',
  'source.ptr',
  'headerFrom',
  'envelopeFrom',
  'deliveryResult',
  'incidents',
  'isRedacted',
]

const answerOf = (value: 'yes' | 'no' | undefined) => (value === undefined ? undefined : value === 'yes')

/** Reports of every kind, as they came and as they are read. */
export function reportRoutes(api: Api, deps: ServerDeps): void {
  const known = async (id: number) => {
    const report = await reportView({ db: deps.store.read }, id)
    if (report === null) throw new ProblemError('not-found', 'There is no such report here.')
    return report
  }
  endpoint(api, reportsRoute, async ({ query }) => {
    const context = await viewContext(deps, query)
    const request = {
      kinds: query.kind ?? allReportKinds,
      hasDeviations: answerOf(query.deviations),
      isOverlapping: answerOf(query.overlapping),
      isPartial: answerOf(query.partial),
    }
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, { name: 'reports', columns: reportColumns, rows: everyReport(context, request) })
    const [day, id] = readCursor('reports', query.cursor, 2) ?? []
    const after = day === undefined || id === undefined ? null : { day, id }
    const { answer, found } = await reportsView(context, request, { after, limit: limitOf(query) })
    const nextCursor = found.next === null ? null : writeCursor('reports', [found.next.day, found.next.id])
    return json({ ...answer, data: { total: found.total, reports: found.reports, nextCursor } })
  })
  endpoint(api, reportRoute, async ({ params }) => json(await known(params.id)))
  endpoint(api, reportRawRoute, async ({ params, query }) => {
    const { deliveries } = await known(params.id)
    const delivery = deliveries.find(one => (query.delivery === undefined ? one.hasBytes : one.id === query.delivery))
    if (delivery === undefined) throw new ProblemError('not-kept', 'No bytes of this report are kept.')
    return downloadResponse(await deps.store.deliveryBytes(delivery.id), delivery.name)
  })
  endpoint(api, reportDocumentRoute, async ({ params, query }) => {
    const { deliveries } = await known(params.id)
    for (const delivery of deliveries) {
      const kept = await deps.store.deliveryBytes(delivery.id)
      if (kept === null) continue
      const { name, path } = delivery
      const piece = await documentPiece({ name, path, bytes: kept.chunks, offset: query.offset ?? 0 })
      if (piece !== null) return json(piece)
    }
    throw new ProblemError('not-kept', 'No bytes of this report are kept.')
  })
  endpoint(api, reparseRoute, async ({ params }) => {
    await known(params.id)
    const result = await reparseReport(deps.store, deps.intake, params.id)
    if (result.kind === 'no-bytes') throw new ProblemError('not-kept', 'No bytes of this report are kept.')
    if (result.kind === 'unreadable') throw new ProblemError('conflict', result.text)
    deps.events.changed({ what: 'report read again' })
    return json({ reports: 1, rows: result.rows })
  })
  endpoint(api, failureReportsRoute, async ({ query }) => {
    const { failureReports } = await readSettings(deps.store.read)
    const request = { feedbackTypes: query.feedback_type, keepsFailureReports: failureReports }
    const page = { offset: readOffset('failure-reports', query.cursor), limit: limitOf(query) }
    const answer = await failureReportsView(await viewContext(deps, query), request, page)
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, {
        name: 'failure-reports',
        columns: failureColumns,
        rows: onePiece(answer.data.failureReports),
      })
    const nextCursor = offsetCursor('failure-reports', answer.data.nextCursor)
    return json({ ...answer, data: { ...answer.data, nextCursor } })
  })
  endpoint(api, failureReportRoute, async ({ params }) => {
    const answer = await failureReportView({ db: deps.store.read }, params.id)
    if (answer === null) throw new ProblemError('not-found', 'There is no such failure report here.')
    return json(answer)
  })
}
