import { readFileSync } from 'node:fs'
import { type Catalogue, catalogueOf, catalogueVersion, services } from '@letterlock/posture'
import { MessageChecks } from '../authentication/message-checks.ts'
import type { SettingValues } from '../config/settings.ts'
import { createIntake } from '../intake/create-intake.ts'
import type { Intake } from '../intake/intake.ts'
import type { Sources } from '../intake/source/sources.ts'
import { startSources } from '../intake/source/start-sources.ts'
import { subjectHashKey } from '../intake/subject-hash.ts'
import { loadedCatalogue, senderMapMark, takeSenderMap } from '../senders/map-store.ts'
import { openEnricher } from '../senders/open-enricher.ts'
import type { SourceEnricher } from '../senders/source-enricher.ts'
import { organizationalDomains, type SenderMap } from '../store/attribution.ts'
import { openStore, type StorePlace } from '../store/open-store.ts'
import { socketPath } from '../store/socket-path.ts'
import { onlyTenant, type Store } from '../store/store.ts'
import { createApp } from './app.ts'
import { loggedEvents, type ServerEvents } from './events.ts'
import { type ListenAddress, listen } from './listen.ts'
import { serverMetrics } from './metrics.ts'
import { NamesInForce } from './names-in-force.ts'
import { Rest } from './rest.ts'
import { RetentionTimer } from './retention.ts'
import { WebFiles, webDirectory } from './web-files.ts'
import { readSettings } from './writes/settings.ts'

/** A running Letterlock. */
export interface Instance {
  readonly url: string
  readonly warnings: readonly string[]
  /** Ends answers, sources, look-ups and intake in this order; what was taken is stored first. */
  stop(): Promise<void>
}

export type StartedInstance =
  | { readonly state: 'started'; readonly instance: Instance }
  | { readonly state: 'held' }
  | { readonly state: 'failed'; readonly text: string }

export interface InstanceInput {
  readonly place: StorePlace
  readonly address: ListenAddress
  readonly values: SettingValues
  /** Fills the store, which has to be empty, with the demonstration and lets nothing be changed. */
  readonly isDemo: boolean
}

/** Opens the store and starts everything that an instance runs. */
export async function startInstance(input: InstanceInput): Promise<StartedInstance> {
  const demoMap = input.isDemo ? await demoSenders() : null
  const opened = await openStore(input.place, demoMap === null ? {} : { map: demoMap })
  if (opened.state !== 'opened') return opened.state === 'held' ? { state: 'held' } : opened
  const closing = new Closing()
  closing.add(() => opened.store.close())
  try {
    return { state: 'started', instance: await startOn(opened.store, { input, demoMap, closing }) }
  } catch (error) {
    await closing.run()
    return { state: 'failed', text: error instanceof Error ? error.message : String(error) }
  }
}

/** What has to be ended, last first. */
class Closing {
  readonly #steps: (() => Promise<void>)[] = []

  add(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step()
  }
}

async function startOn(
  store: Store,
  { input, demoMap, closing }: { input: InstanceInput; demoMap: SenderMap | null; closing: Closing },
): Promise<Instance> {
  const { values, isDemo } = input
  const now = () => Math.floor(Date.now() / 1_000)
  const events = loggedEvents(values['log.level'])
  let { failureReports } = await readSettings(store.read)
  const intake = createIntake(store, {
    tenant: onlyTenant,
    threads: values['intake.threads'],
    unpackedLimit: values['intake.unpacked-limit'],
    keepsFailureReports: () => failureReports,
    subjectKey: await subjectHashKey(store),
  })
  closing.add(() => intake.close())
  const retention = new RetentionTimer({
    store,
    now,
    failed: error => events.failed({ route: 'retention', error }),
  })
  if (isDemo) {
    await fillDemo(store, intake, now())
    // Nothing more can come in: its threads are not kept.
    await intake.close()
  } else {
    retention.start()
    closing.add(() => retention.stop())
  }
  const { enricher, warnings } = isDemo ? noLookUps : await startLookUps(store, { values, events, closing })
  const names = new NamesInForce({
    store,
    catalogue: demoMap === null ? await loadedCatalogue(store.read) : demoCatalogue(demoMap),
    reload: () => loadedCatalogue(store.read),
    renamed: () => events.changed({ what: 'senders named anew' }),
    failed: error => events.failed({ route: 'naming of senders', error }),
    // The data directory has one owner; a database may have several.
    ...('postgresUrl' in input.place && {
      shared: { mark: () => senderMapMark(store.read), take: () => takeSenderMap(store.write) },
    }),
  })
  closing.add(() => names.stop())
  await names.watch()
  const sources = isDemo ? null : await startedSources(store, { intake, events, closing })
  const messages = new MessageChecks({ now, asksDns: !isDemo, servers: resolversOf(values) })
  closing.add(() => messages.close())
  const app = createApp({
    store,
    intake,
    sources,
    names,
    lookUps: enricher,
    messages,
    organizationalDomain: organizationalDomains(),
    now,
    isDemo,
    version: programVersion(),
    allowedHosts: [hostOf(input.address), ...values['allowed-hosts']],
    webFiles: new WebFiles(webDirectory()),
    events,
    metrics: serverMetrics(),
    async onSettings() {
      failureReports = (await readSettings(store.read)).failureReports
      retention.look()
    },
  })
  const rest = new Rest()
  closing.add(async () => rest.stop())
  const server = await listen(app, {
    ...input.address,
    onRequest: () => rest.end(),
    socketPath: 'dataDir' in input.place ? socketPath(input.place.dataDir) : null,
  })
  closing.add(() => server.stop())
  events.started({ url: server.url, isDemo })
  if (!isDemo) names.nameRows()
  return {
    url: server.url,
    warnings,
    async stop() {
      events.stopping()
      await closing.run()
    },
  }
}

interface LookUps {
  readonly enricher: SourceEnricher | null
  readonly warnings: readonly string[]
}

const noLookUps: LookUps = { enricher: null, warnings: [] }

async function startLookUps(
  store: Store,
  { values, events, closing }: { values: SettingValues; events: ServerEvents; closing: Closing },
): Promise<LookUps> {
  const { enricher, warnings } = await openEnricher(store, values, state =>
    events.lookUps({ cause: state.kind === 'offline' ? state.cause : null }),
  )
  enricher.start()
  closing.add(() => enricher.stop())
  return { enricher, warnings }
}

async function startedSources(
  store: Store,
  { intake, events, closing }: { intake: Intake; events: ServerEvents; closing: Closing },
): Promise<Sources> {
  const sources = await startSources({ store, intake, log: event => events.source(event) })
  closing.add(() => sources.stop())
  return sources
}

/** Null takes those of the system. */
function resolversOf(values: SettingValues): readonly string[] | null {
  const resolvers = values['dns.resolvers']
  return resolvers.length === 0 ? null : resolvers
}

/** The demonstration is loaded only where it is asked for: it is a good part of the program. */
async function demoSenders(): Promise<SenderMap> {
  return (await import('../demo/load-demo.ts')).demoSenderMap
}

async function fillDemo(store: Store, intake: Intake, now: number): Promise<void> {
  const { loadDemo } = await import('../demo/load-demo.ts')
  await loadDemo({ store, intake, now })
}

function demoCatalogue(map: SenderMap): Catalogue {
  return catalogueOf({ services, version: catalogueVersion, map })
}

/** A Host header writes IPv6 in brackets. */
function hostOf({ host }: ListenAddress): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Version of the installed package. */
function programVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null
  return typeof version === 'string' ? version : 'unknown'
}
