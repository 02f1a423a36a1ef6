import { stat } from 'node:fs/promises'
import {
  type AddSourceBody,
  addSourceRoute,
  changeSettingsRoute,
  changeSourceRoute,
  type LookUps,
  removeSourceRoute,
  settingsRoute,
  sourcesRoute,
  type TestSourceAnswer,
  testSourceRoute,
} from '@letterlock/contract'
import type { ServerDeps } from '../deps.ts'
import { type Api, endpoint, json } from '../endpoint.ts'
import { ProblemError } from '../problem.ts'
import { readSettings, writeSettings } from '../writes/settings.ts'
import { addSource, changeSource, removeSource, sourceEntries } from '../writes/sources.ts'

/** Sources and settings. */
export function administrationRoutes(api: Api, deps: ServerDeps): void {
  const entries = (id: number | null = null) => sourceEntries(deps.store.read, deps.sources?.states() ?? [], id)
  const entryOf = async (id: number) => {
    const [entry] = await entries(id)
    if (entry === undefined) throw new ProblemError('not-found', 'There is no such source.')
    return entry
  }
  const changed = async (what: string) => {
    deps.events.changed({ what })
    await deps.sources?.reload()
  }
  endpoint(api, sourcesRoute, async () => json({ sources: await entries(), lookUps: await lookUps(deps) }))
  endpoint(api, addSourceRoute, async ({ body }) => {
    const id = await addSource(deps.store.write, body, deps.now())
    await changed('source added')
    return json(await entryOf(id), 201)
  })
  endpoint(api, testSourceRoute, async ({ body }) => json(await testSource(body)))
  endpoint(api, changeSourceRoute, async ({ params, body }) => {
    if (!(await changeSource(deps.store.write, params.id, body)))
      throw new ProblemError('not-found', 'There is no such source.')
    await changed('source changed')
    return json(await entryOf(params.id))
  })
  endpoint(api, removeSourceRoute, async ({ params }) => {
    if (!(await removeSource(deps.store.write, params.id)))
      throw new ProblemError('not-found', 'There is no such source.')
    await changed('source removed')
    return new Response(null, { status: 204 })
  })
  endpoint(api, settingsRoute, async () => json(await readSettings(deps.store.read)))
  endpoint(api, changeSettingsRoute, async ({ body }) => {
    await writeSettings(deps.store.write, body)
    await deps.onSettings()
    deps.events.changed({ what: 'settings' })
    return json(body)
  })
}

async function lookUps({ lookUps: enricher }: ServerDeps): Promise<LookUps> {
  if (enricher === null)
    return { state: 'off', reason: 'nothing is looked up here', waitingForName: null, waitingForNetwork: null }
  const { state } = enricher
  const { names, networks } = await enricher.waiting()
  const reason = state.kind === 'off' ? state.reason : state.kind === 'offline' ? state.cause : null
  return { state: state.kind, reason, waitingForName: names, waitingForNetwork: networks }
}

/** Tries what a person typed; nothing is changed or kept. */
async function testSource(body: Required<Pick<AddSourceBody, 'kind'>> & AddSourceBody): Promise<TestSourceAnswer> {
  if (body.kind === 'folder') return await testFolder(body.config.path)
  const { port = 993, security = 'tls', folders = ['INBOX'], afterStoring, pollSeconds = 300, ...rest } = body.config
  const config = { ...rest, port, security, folders, afterStoring: afterStoring ?? { action: 'keep' }, pollSeconds }
  // What speaks IMAP is a good part of the program, and many instances have no mailbox.
  const { testMailbox } = await import('../../intake/source/imap-connection.ts')
  const result = await testMailbox(config)
  if (!result.ok) return { ok: false, text: result.text, messages: null }
  const wanted = result.folders.filter(folder => folders.includes(folder.name))
  const messages = wanted.every(folder => folder.messages !== null)
    ? wanted.reduce((sum, folder) => sum + (folder.messages ?? 0), 0)
    : null
  return { ok: true, text: `The log-in works; ${result.folders.length} folders are there.`, messages }
}

async function testFolder(path: string): Promise<TestSourceAnswer> {
  try {
    const found = await stat(path)
    return found.isDirectory()
      ? { ok: true, text: 'The folder is there.', messages: null }
      : { ok: false, text: 'That is no folder.', messages: null }
  } catch {
    return { ok: false, text: 'There is no such folder, or it cannot be read.', messages: null }
  }
}
