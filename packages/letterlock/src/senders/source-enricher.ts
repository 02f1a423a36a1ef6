import { setTimeout as pause } from 'node:timers/promises'
import type { SourceFactsFound, Store } from '../store/store.ts'
import { onlyTenant } from '../store/store.ts'
import type { Networks } from './networks.ts'
import type { ReverseNames } from './reverse-names.ts'
import { countWaiting, type SourceToLookUp, sourcesToLookUp, type WaitingSources } from './sources-to-look-up.ts'

/** Look-ups under way at once, and started in a second: a resolver that others use stays usable. */
export const lookUpsAtOnce = 8
export const lookUpsPerSecond = 20

/** Sources whose facts are stored together: each storing names their senders anew. */
const storeBatch = 200

/** Sources taken from the store at once, those with the most messages first. */
const takeLimit = 2000

/** Addresses without an answer that are remembered with the time when they are asked again. */
const waitingLimit = 50_000

const minute = 60
const hour = 60 * minute

/** A source without an answer is asked again after this, doubled each time; past a day it counts as without a name. */
const firstRetrySeconds = hour
const lastRetrySeconds = 24 * hour

/** Failures one after the other, with no answer between, that say: there is no network, or no resolver. */
export const failuresUntilOffline = 20

/** After that nothing is asked for this long, then the first questions tell whether it works again. */
const offlineSeconds = 10 * minute

/** Pause when every source is known, and between two rounds that found something. */
const idleSeconds = 5 * minute
const betweenRoundsSeconds = 1

/** What the enricher does, for people. */
export type EnricherState =
  | { readonly kind: 'off'; readonly reason: string }
  | { readonly kind: 'working' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'offline'; readonly cause: string }

export interface EnricherOptions {
  readonly store: Store
  /** Null where names are not to be looked up. */
  readonly reverseNames: ReverseNames | null
  /** Null without a file. */
  readonly networks: Networks | null
  /** Seconds since 1970. */
  readonly now: () => number
  /** Hears that the network went away and that it came back. */
  readonly changed?: (state: EnricherState) => void
}

/**
 * Looks up what can be known about the sources of mail, in the background and slowly: those with the most messages
 * first. What was found is stored, and the store names the senders of their rows anew.
 */
export class SourceEnricher {
  readonly #options: EnricherOptions
  readonly #waiting = new Map<number, { readonly until: number; readonly seconds: number }>()
  readonly #stop = new AbortController()
  #failures = 0
  #running: Promise<void> | null = null
  #state: EnricherState
  /** Whether the last that `changed` heard was `offline`. */
  #isToldOffline = false

  constructor(options: EnricherOptions) {
    this.#options = options
    const isOff = options.reverseNames === null && options.networks === null
    this.#state = isOff
      ? { kind: 'off', reason: 'reverse names are switched off and no file of networks is given' }
      : { kind: 'idle' }
  }

  get state(): EnricherState {
    return this.#state
  }

  /** Addresses whose facts are due; null for a kind that is not looked up. */
  async waiting(): Promise<WaitingSources> {
    const { store, networks, reverseNames, now } = this.#options
    const scope = { tenant: onlyTenant, now: now(), networksChangedAt: networks?.changedAt ?? null }
    return await countWaiting(store.read, { ...scope, wantsNames: reverseNames !== null })
  }

  /** Begins to work until `stop`; does nothing where there is nothing to look up with. */
  start(): void {
    if (this.#state.kind === 'off' || this.#running !== null) return
    this.#running = this.#run()
  }

  /** Ends the work; what is under way is given up. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#options.reverseNames?.cancel()
    await this.#running
  }

  /** One round: looks up what the store has open now. Gives how many sources got an answer. */
  async round(): Promise<number> {
    const now = this.#options.now()
    const { store, networks, reverseNames } = this.#options
    const open = await sourcesToLookUp(store.read, {
      tenant: onlyTenant,
      now,
      limit: takeLimit,
      wantsNames: reverseNames !== null,
      networksChangedAt: networks?.changedAt ?? null,
    })
    const due = open.filter(source => source.needsNetwork || (this.#waiting.get(source.id)?.until ?? 0) <= now)
    let found = 0
    for (let at = 0; at < due.length && !this.#stop.signal.aborted; at += storeBatch) {
      const facts = await this.#lookUp(due.slice(at, at + storeBatch))
      if (facts.length > 0) await store.storeSourceFacts(facts)
      found += facts.length
    }
    return found
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const seconds = await this.#turn()
      this.#tell()
      await pause(seconds * 1000, null, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  /** A round and what it says about the state; gives the seconds until the next. */
  async #turn(): Promise<number> {
    // After a time offline the first failure ends the round again.
    if (this.#state.kind === 'offline') this.#failures = failuresUntilOffline - 1
    this.#state = { kind: 'working' }
    try {
      const found = await this.round()
      if (this.#isOffline()) return offlineSeconds
      this.#state = { kind: 'idle' }
      return found > 0 ? betweenRoundsSeconds : idleSeconds
    } catch (error) {
      // The store could not be read or written: no reason to end the program, which has its own ways to tell.
      this.#state = { kind: 'offline', cause: error instanceof Error ? error.message : String(error) }
      return offlineSeconds
    }
  }

  #tell(): void {
    if (this.#isOffline() === this.#isToldOffline || this.#stop.signal.aborted) return
    this.#isToldOffline = this.#isOffline()
    this.#options.changed?.(this.#state)
  }

  #isOffline(): boolean {
    return this.#state.kind === 'offline'
  }

  async #lookUp(sources: readonly SourceToLookUp[]): Promise<SourceFactsFound[]> {
    const facts: SourceFactsFound[] = []
    const queue = [...sources]
    const started = this.#options.now()
    const worker = async (): Promise<void> => {
      for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
        if (this.#stop.signal.aborted) return
        const found = await this.#lookUpOne(source, started)
        if (found !== null) facts.push(found)
      }
    }
    await Promise.all(Array.from({ length: lookUpsAtOnce }, worker))
    return facts
  }

  async #lookUpOne(source: SourceToLookUp, now: number): Promise<SourceFactsFound | null> {
    const network = source.needsNetwork ? { network: this.#options.networks?.find(source.ip) ?? null } : {}
    const name = source.needsName ? await this.#nameOf(source, now) : {}
    if (!('network' in network) && !('ptr' in name)) return null
    return { source: source.id, ...network, ...name, lookedUpAt: now }
  }

  /** The member of the facts; none where there was no answer. */
  async #nameOf(source: SourceToLookUp, now: number): Promise<{ readonly ptr?: string | null }> {
    const { reverseNames } = this.#options
    if (reverseNames === null || this.#isOffline()) return {}
    if ((this.#waiting.get(source.id)?.until ?? 0) > now) return {}
    const begun = performance.now()
    const answer = await reverseNames.find(source.ip)
    // Nobody was asked, so there is no pace to keep.
    if (answer.kind === 'not public') return { ptr: null }
    const rest = (1000 * lookUpsAtOnce) / lookUpsPerSecond - (performance.now() - begun)
    await pause(Math.max(0, rest), null, { signal: this.#stop.signal }).catch(() => undefined)
    if (answer.kind === 'temporary') {
      const isGivenUp = this.#noteFailure(source.id, answer.cause, now)
      return isGivenUp ? { ptr: null } : {}
    }
    this.#failures = 0
    this.#waiting.delete(source.id)
    return { ptr: answer.kind === 'confirmed' ? answer.name : null }
  }

  /** True where the source never answered over days, while others did: it goes as one without a name. */
  #noteFailure(source: number, cause: string, now: number): boolean {
    const seconds = (this.#waiting.get(source)?.seconds ?? firstRetrySeconds / 2) * 2
    if (this.#waiting.size >= waitingLimit) this.#waiting.clear()
    this.#waiting.set(source, { until: now + seconds, seconds })
    this.#failures += 1
    if (this.#failures >= failuresUntilOffline) this.#state = { kind: 'offline', cause }
    return seconds > lastRetrySeconds && !this.#isOffline()
  }
}
