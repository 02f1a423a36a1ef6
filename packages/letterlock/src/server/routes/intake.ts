import {
  importRoute,
  quarantineRawRoute,
  quarantineRoute,
  removeQuarantineRoute,
  retryQuarantineRoute,
  uploadBytesLimit,
} from '@letterlock/contract'
import type { StreamInput } from '../../intake/intake.ts'
import type { Channel, DeliveryVerdict } from '../../store/intake-op.ts'
import { quarantinedDelivery, quarantineView } from '../../views/quarantine.ts'
import { offsetCursor, readOffset } from '../cursor.ts'
import type { ServerDeps } from '../deps.ts'
import { downloadResponse } from '../download.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { fileFormat, limitOf } from '../page.ts'
import { ProblemError } from '../problem.ts'
import { type Columns, onePiece, tableResponse } from '../table.ts'
import { Upload } from '../upload.ts'

const quarantineColumns: Columns = [
  'id',
  'name',
  'path',
  'channel',
  'code',
  'reason',
  'quarantinedAt',
  'receivedAt',
  'bytes',
  'hasBytes',
]

const channels: readonly Channel[] = ['file', 'stdin', 'mbox', 'maildir', 'upload', 'imap', 'demo']

/** Uploads, and what could not be read. */
export function intakeRoutes(api: Api, deps: ServerDeps): void {
  const entryOf = async (id: number) => {
    const entry = await quarantinedDelivery(deps.store.read, id)
    if (entry === null) throw new ProblemError('not-found', 'There is no such entry in quarantine.')
    return entry
  }
  endpoint(api, importRoute, async ({ query, context }) => {
    // Who can open the socket in the data directory could write the files in it: the operator.
    const isOperator = context.env.via === 'socket'
    const limit = isOperator ? null : uploadBytesLimit
    const upload = new Upload(context.req.raw, { limit, next: 'Larger files: letterlock ingest.' })
    const trust = isOperator ? 'operator' : 'outside'
    try {
      const input = {
        name: query.name,
        channel: isOperator ? 'file' : 'upload',
        trust,
        stream: upload.bytes(),
      } as const
      return json({ deliveries: await taken(deps, input) })
    } catch (error) {
      // The intake tells a broken stream in its own words.
      throw upload.refusal ?? error
    }
  })
  endpoint(api, quarantineRoute, async ({ query }) => {
    const page = { offset: readOffset('quarantine', query.cursor), limit: limitOf(query) }
    const answer = await quarantineView(deps.store.read, { code: query.code }, page)
    const format = fileFormat(query)
    if (format !== null)
      return tableResponse(format, {
        name: 'quarantine',
        columns: quarantineColumns,
        rows: onePiece(answer.quarantine),
      })
    return json({ ...answer, nextCursor: offsetCursor('quarantine', answer.nextCursor) })
  })
  endpoint(api, quarantineRawRoute, async ({ params }) => {
    const entry = await entryOf(params.id)
    return downloadResponse(await deps.store.deliveryBytes(entry.delivery), entry.name)
  })
  endpoint(api, retryQuarantineRoute, async ({ params }) => {
    const entry = await entryOf(params.id)
    const kept = await deps.store.deliveryBytes(entry.delivery)
    if (kept === null) throw new ProblemError('not-kept', 'The bytes of this delivery are not kept.')
    // The same bytes by the same way under the same name are the same delivery: the store clears its old entries.
    const channel = channels.find(one => one === entry.channel) ?? 'upload'
    const input = { name: entry.name, channel, trust: 'operator', stream: kept.chunks } as const
    return json({ deliveries: await taken(deps, input) })
  })
  endpoint(api, removeQuarantineRoute, async ({ params }) => {
    if (!(await deps.store.removeQuarantine(params.id)))
      throw new ProblemError('not-found', 'There is no such entry in quarantine.')
    deps.events.changed({ what: 'quarantine entry removed' })
    return new Response(null, { status: 204 })
  })
}

async function taken(deps: ServerDeps, input: StreamInput): Promise<readonly DeliveryVerdict[]> {
  const deliveries: DeliveryVerdict[] = []
  for await (const verdict of deps.intake.ingestStream(input)) deliveries.push(verdict)
  const documents = deliveries.flatMap(delivery => delivery.documents)
  for (const { verdict } of documents) deps.metrics.document(verdict)
  deps.events.imported({
    deliveries: deliveries.length,
    documents: documents.length,
    quarantined: documents.filter(document => document.verdict === 'quarantine').length,
  })
  return deliveries
}
