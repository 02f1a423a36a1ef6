import type { Store } from '../store/store.ts'
import { daySeconds } from '../views/time.ts'
import { readSettings } from './writes/settings.ts'

/** Pause between two looks for what is over its period: it ends at midnight UTC, an hour more does no harm. */
const pauseMs = 3_600_000

/** Removes what is over its retention period, while the instance runs. */
export class RetentionTimer {
  readonly #store: Store
  readonly #now: () => number
  readonly #failed: (error: unknown) => void
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(input: {
    readonly store: Store
    readonly now: () => number
    readonly failed: (error: unknown) => void
  }) {
    this.#store = input.store
    this.#now = input.now
    this.#failed = input.failed
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), pauseMs)
    this.#timer.unref()
    this.look()
  }

  /** Looks now, such as after the period was changed. */
  look(): void {
    this.#running = this.#running.then(() => this.#remove()).catch(this.#failed)
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#running
  }

  async #remove(): Promise<void> {
    const { retentionDays, failureRetentionDays } = await readSettings(this.#store.read)
    const today = Math.floor(this.#now() / daySeconds)
    const { reports } = await this.#store.removeBefore({
      day: retentionDays === null ? null : today - retentionDays + 1,
      failureDay: today - failureRetentionDays + 1,
    })
    if (reports > 0) await this.#store.compact()
  }
}
