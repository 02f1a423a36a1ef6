import type { Catalogue } from '@letterlock/posture'
import type { SenderMap } from '../store/attribution.ts'
import type { Store } from '../store/store.ts'

/** How far rows follow the catalogue. */
export type NamingState = 'done' | 'working' | 'failed'

export interface NamesInForceOptions {
  readonly store: Store
  readonly catalogue: Catalogue
  /** Reads the catalogue again after a map was loaded or removed. */
  readonly reload: () => Promise<Catalogue>
  /** Hears that rows got other senders. */
  readonly renamed: () => void
  readonly failed: (error: unknown) => void
  /** Set where other processes work on the same store: they may load a map too. */
  readonly shared?: {
    /** Tells one load of a map from another. */
    readonly mark: () => Promise<string>
    /** The map that another process loaded, before rows are named by it. */
    readonly take: () => Promise<SenderMap | null>
    /** How often the mark is looked at; `mapLookSeconds` where it is not said. */
    readonly everyMilliseconds?: number
  }
}

/** How long a map that another process loaded is not known here. */
export const mapLookSeconds = 15

/**
 * What names senders now. A catalogue names them on screen at once; the rows follow in the background, which takes
 * minutes of a large store. What is not done when the store closes goes on at the next start.
 */
export class NamesInForce {
  readonly #options: NamesInForceOptions
  #catalogue: Catalogue
  #naming: NamingState = 'done'
  #lastRun = 0
  #isStopping = false
  /** Of the map in force; null before it was read. */
  #mark: string | null = null
  #look: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(options: NamesInForceOptions) {
    this.#options = options
    this.#catalogue = options.catalogue
  }

  /** Begins to look for maps that other processes load. */
  async watch(): Promise<void> {
    const { shared } = this.#options
    if (shared === undefined) return
    this.#mark = await shared.mark()
    const every = shared.everyMilliseconds ?? mapLookSeconds * 1000
    this.#timer = setInterval(() => {
      this.#look = this.#look.then(() => this.#lookForMap())
    }, every).unref()
  }

  get catalogue(): Catalogue {
    return this.#catalogue
  }

  get naming(): NamingState {
    return this.#naming
  }

  /** Call it after another map, or null for none, was written to the store. */
  async use(map: SenderMap | null): Promise<void> {
    this.nameRows(map)
    this.#catalogue = await this.#options.reload()
    // Our own: nothing to be found later.
    this.#mark = (await this.#options.shared?.mark()) ?? null
  }

  async #lookForMap(): Promise<void> {
    const { shared } = this.#options
    if (shared === undefined || this.#isStopping) return
    try {
      if ((await shared.mark()) === this.#mark) return
      await this.use(await shared.take())
      this.#options.renamed()
    } catch (error) {
      // The database may be away for a while: the next look is soon.
      if (!this.#isStopping) this.#options.failed(error)
    }
  }

  /** Names rows anew where another catalogue named them, such as after an upgrade. Nobody waits for it. */
  nameRows(map?: SenderMap | null): void {
    this.#lastRun += 1
    const run = this.#lastRun
    const settle = (state: NamingState): void => {
      // A later run takes over from an earlier one.
      if (run === this.#lastRun) this.#naming = state
    }
    this.#naming = 'working'
    this.#options.store.reattribute(map).then(
      ({ rows }) => {
        settle('done')
        if (rows > 0) this.#options.renamed()
      },
      error => {
        settle('failed')
        if (!this.#isStopping) this.#options.failed(error)
      },
    )
  }

  /** The store closes next: what ends through that is no failure. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#timer)
    await this.#look
  }
}
