import type { MessageChecks } from '../authentication/message-checks.ts'
import type { Intake } from '../intake/intake.ts'
import type { Sources } from '../intake/source/sources.ts'
import type { SourceEnricher } from '../senders/source-enricher.ts'
import type { Store } from '../store/store.ts'
import type { ViewContext } from '../views/envelope.ts'
import { resolveScope, ScopeFault, type ScopeRequest } from '../views/scope.ts'
import type { ServerEvents } from './events.ts'
import type { ServerMetrics } from './metrics.ts'
import type { NamesInForce } from './names-in-force.ts'
import { ProblemError } from './problem.ts'
import type { WebFiles } from './web-files.ts'

/** What the server works with; everything that differs between instances and tests comes in here. */
export interface ServerDeps {
  readonly store: Store
  readonly intake: Intake
  /** Mailboxes and folders; null where they do not run, as in a demonstration. */
  readonly sources: Sources | null
  readonly names: NamesInForce
  /** What looks up addresses; null where nothing is looked up, as in a demonstration. */
  readonly lookUps: Pick<SourceEnricher, 'state' | 'waiting'> | null
  /** What explains messages that are sent here. */
  readonly messages: MessageChecks
  readonly organizationalDomain: (name: string) => string
  /** Seconds since 1970. */
  readonly now: () => number
  readonly isDemo: boolean
  readonly version: string
  /** Host names by which the instance may be asked, beside those of loopback. */
  readonly allowedHosts: readonly string[]
  readonly webFiles: WebFiles
  readonly events: ServerEvents
  readonly metrics: ServerMetrics
  /** Told after the settings were changed, so that intake and retention follow. */
  readonly onSettings: () => void | Promise<void>
}

/** The scope of a request in ids, with what views need. */
export async function viewContext(deps: ServerDeps, request: ScopeRequest): Promise<ViewContext> {
  const { store, names, organizationalDomain } = deps
  const now = deps.now()
  try {
    const scope = await resolveScope(store.read, request, now)
    return { db: store.read, scope, catalogue: names.catalogue, organizationalDomain, now }
  } catch (error) {
    if (error instanceof ScopeFault) throw new ProblemError('invalid-request', `${error.message}.`)
    throw error
  }
}
