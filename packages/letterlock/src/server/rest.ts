import { collectGarbage } from '../store/collect-garbage.ts'

/** Without a request for this long the process is at rest. A person who reads a screen asks nothing for longer. */
const restAfterMs = 5_000

/** Gives memory back once after requests have stopped coming. */
export class Rest {
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setTimeout(collectGarbage, restAfterMs)
    this.#timer.unref()
  }

  /** A request came. */
  end(): void {
    this.#timer.refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
