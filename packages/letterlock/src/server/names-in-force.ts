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
}

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

  constructor(options: NamesInForceOptions) {
    this.#options = options
    this.#catalogue = options.catalogue
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
  stop(): void {
    this.#isStopping = true
  }
}
