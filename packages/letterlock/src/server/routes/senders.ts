import {
  decideRoute,
  decisionsRoute,
  senderRoute,
  senderSourcesRoute,
  sendersByReporterRoute,
  sendersRoute,
} from '@letterlock/contract'
import { parseSenderKey, senderLabel } from '@letterlock/posture'
import { decide } from '../../senders/decisions.ts'
import { decisionsView } from '../../views/decision-history.ts'
import { senderSourcesView, senderView, storedSender } from '../../views/sender-detail.ts'
import { sendersView } from '../../views/senders.ts'
import { sendersByReporterView } from '../../views/senders-by-reporter.ts'
import { offsetCursor, readOffset } from '../cursor.ts'
import { type ServerDeps, viewContext } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { fileFormat, limitOf } from '../page.ts'
import { ProblemError } from '../problem.ts'
import { type Columns, onePiece, tableResponse } from '../table.ts'

const outcomeColumns = ['aligned', 'broken', 'unauthenticated', 'third-party', 'forwarded', 'unknown'].map(
  name => `outcome.${name}`,
)

const senderColumns: Columns = [
  'sender.key',
  'sender.name',
  'sender.kind',
  'group',
  'decision',
  'domains',
  'messages',
  'rows',
  ...outcomeColumns,
  'dkimAligned',
  'spfAligned',
  'reporters',
  'firstDay',
  'lastDay',
]

const sourceColumns: Columns = [
  'ip',
  'ptr',
  'asn',
  'asName',
  'country',
  'messages',
  'rows',
  ...outcomeColumns,
  'firstDay',
  'lastDay',
]

const byReporterColumns: Columns = ['sender.key', 'sender.name', 'decision', 'reporter', 'messages', ...outcomeColumns]

const decisionColumns: Columns = ['decidedAt', 'domain', 'sender', 'decision', 'note']

/** Senders: the list, one of them, who says so, and the decision about it. */
export function senderRoutes(api: Api, deps: ServerDeps): void {
  const known = async (key: string) => {
    const sender = await storedSender({ db: deps.store.read }, key)
    if (sender === null) throw new ProblemError('not-found', 'There is no such sender here.')
    return sender
  }
  endpoint(api, sendersRoute, async ({ query }) => {
    const answer = await sendersView(await viewContext(deps, query), {
      sort: query.sort ?? 'alignment',
      decision: query.decision,
      group: query.group,
      text: query.text,
      offset: readOffset('senders', query.cursor),
      limit: limitOf(query),
    })
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, { name: 'senders', columns: senderColumns, rows: onePiece(answer.data.senders) })
    return json({ ...answer, data: { ...answer.data, nextCursor: offsetCursor('senders', answer.data.nextCursor) } })
  })
  endpoint(api, sendersByReporterRoute, async ({ query }) => {
    const answer = await sendersByReporterView(await viewContext(deps, query), {
      outcomes: query.outcome,
      offset: readOffset('senders-by-reporter', query.cursor),
      limit: limitOf(query),
    })
    const format = fileFormat(query)
    if (format !== null) {
      const cells = answer.data.rows.flatMap(({ sender, decision, cells: ofSender }) =>
        ofSender.map(cell => ({ sender, decision, ...cell })),
      )
      return tableResponse(format, { name: 'senders-by-reporter', columns: byReporterColumns, rows: onePiece(cells) })
    }
    const nextCursor = offsetCursor('senders-by-reporter', answer.data.nextCursor)
    return json({ ...answer, data: { ...answer.data, nextCursor } })
  })
  endpoint(api, senderRoute, async ({ params, query }) => {
    const sender = await known(params.key)
    const answer = await senderView(await viewContext(deps, query), sender)
    if (answer === null) throw new ProblemError('not-found', 'The sender has no messages in this scope.')
    return json(answer)
  })
  endpoint(api, senderSourcesRoute, async ({ params, query }) => {
    const sender = await known(params.key)
    const page = { offset: readOffset('sources', query.cursor), limit: limitOf(query) }
    const answer = await senderSourcesView(await viewContext(deps, query), sender, page)
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, { name: 'sources', columns: sourceColumns, rows: onePiece(answer.data.sources) })
    return json({ ...answer, data: { ...answer.data, nextCursor: offsetCursor('sources', answer.data.nextCursor) } })
  })
  endpoint(api, decideRoute, async ({ params, body }) => {
    const sender = parseSenderKey(params.key)
    if (sender === null) throw new ProblemError('not-found', 'There is no such sender here.')
    for (const domain of new Set(body.domains)) {
      const change = { domain, sender, decision: body.decision, note: body.note ?? null, now: deps.now() }
      const { kind } = await decide(deps.store.write, change)
      if (kind === 'unknown domain') throw new ProblemError('not-found', 'There is no such domain here.')
      if (kind === 'unknown sender') throw new ProblemError('not-found', 'There is no such sender here.')
      if (kind === 'not proven')
        throw new ProblemError('conflict', 'Nothing proven names this sender, so it cannot be called yours.')
    }
    deps.events.changed({ what: 'decision' })
    return json({ decisions: await decisionsView(deps.store.read, { sender: params.key, domains: body.domains }) })
  })
  endpoint(api, decisionsRoute, async ({ params, query }) => {
    const decisions = await decisionsView(deps.store.read, { sender: params.key, domains: query.domain ?? null })
    const format = fileFormat(query)
    if (format === null) {
      const key = parseSenderKey(params.key)
      const name = key === null ? params.key : senderLabel(key, deps.names.catalogue).name
      return json({ name, decisions })
    }
    return tableResponse(format, { name: 'decisions', columns: decisionColumns, rows: onePiece(decisions) })
  })
}
