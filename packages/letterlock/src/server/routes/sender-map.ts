import {
  loadSenderMapRoute,
  removeSenderMapRoute,
  type SenderMapAnswer,
  senderMapBytesLimit,
  senderMapRoute,
} from '@letterlock/contract'
import { type MapState, removeSenderMap, senderMapState, writeSenderMap } from '../../senders/map-store.ts'
import { readSenderMap } from '../../senders/sender-map.ts'
import { daySeconds, dayText, momentText } from '../../views/time.ts'
import type { ServerDeps } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { ProblemError } from '../problem.ts'
import { Upload } from '../upload.ts'

/** The map of names that a person loads. */
export function senderMapRoutes(api: Api, deps: ServerDeps): void {
  const { store, names } = deps
  endpoint(api, senderMapRoute, async () => {
    const map = shown(await senderMapState(store.read))
    return json({ map, naming: names.naming } satisfies SenderMapAnswer)
  })
  endpoint(api, loadSenderMapRoute, async ({ query, context }) => {
    const content = await textOf(context.req.raw)
    const loadedAt = deps.now()
    const read = readSenderMap(content, query.name, dayText(Math.floor(loadedAt / daySeconds)))
    if (!read.ok) throw new ProblemError('invalid-request', `This is no map of senders: ${read.text}`)
    const { entries, services, skipped, skippedCount } = read.value
    await names.use(await writeSenderMap(store.write, read.value, { name: query.name, loadedAt }))
    deps.events.changed({ what: 'map of senders loaded' })
    return json({
      names: entries.length,
      services: services.length,
      leftOut: skippedCount,
      leftOutReasons: skipped,
      naming: names.naming,
    })
  })
  endpoint(api, removeSenderMapRoute, async () => {
    if ((await senderMapState(store.read)) === null) throw new ProblemError('not-found', 'No map of senders is loaded.')
    await removeSenderMap(store.write)
    await names.use(null)
    deps.events.changed({ what: 'map of senders removed' })
    return new Response(null, { status: 204 })
  })
}

function shown(state: MapState | null): SenderMapAnswer['map'] {
  if (state === null) return null
  const { origin, names, services } = state
  return { name: origin?.name ?? null, loadedAt: origin === null ? null : momentText(origin.loadedAt), names, services }
}

async function textOf(request: Request): Promise<string> {
  const limit = { limit: senderMapBytesLimit, next: 'A map of senders is taken whole.' }
  const parts: Uint8Array[] = []
  for await (const part of new Upload(request, limit).bytes()) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
