/** Something that must be over at a time. The members belong to `Deadlines`. */
export interface Timed {
  slot: number
  rounds: number
  /** Called once, when the time is over and `delete` was not called. */
  expired(): void
}

/** Milliseconds between two looks at the clock: queries wait for seconds, so nobody sees it. */
const defaultTickMs = 25

const slotCount = 256

/** Value of `slot` for what waits for nothing. */
export const notTimed = -1

/**
 * One timer for any number of deadlines: a wheel of slots, one for each tick. Putting in and taking out cost the same
 * with one query under way and with thousands, and the timer runs only while something waits.
 */
export class Deadlines {
  readonly #slots: readonly Set<Timed>[] = Array.from({ length: slotCount }, () => new Set<Timed>())
  readonly #tickMs: number
  #size = 0
  #tick = 0
  /** Monotonic milliseconds at which the current tick began. */
  #tickedAt = 0
  #timer: NodeJS.Timeout | null = null

  constructor(tickMs: number = defaultTickMs) {
    this.#tickMs = tickMs
  }

  /** Calls `expired` in `ms` milliseconds or up to two ticks later. */
  add(timed: Timed, ms: number): void {
    if (timed.slot !== notTimed) this.delete(timed)
    if (this.#timer === null) {
      this.#tickedAt = performance.now()
      this.#start()
    }
    const ticks = Math.max(1, Math.ceil(ms / this.#tickMs)) + 1
    timed.slot = (this.#tick + ticks) % slotCount
    timed.rounds = Math.floor((ticks - 1) / slotCount)
    this.#slots[timed.slot]?.add(timed)
    this.#size += 1
  }

  delete(timed: Timed): void {
    if (timed.slot === notTimed) return
    this.#slots[timed.slot]?.delete(timed)
    timed.slot = notTimed
    this.#size -= 1
  }

  /** Moves on by as many ticks as have passed: a busy process comes late. */
  readonly #turn = () => {
    const passed = Math.floor((performance.now() - this.#tickedAt) / this.#tickMs)
    this.#tickedAt += passed * this.#tickMs
    for (let turn = 0; turn < passed; turn += 1) this.#advance()
    this.#timer = null
    if (this.#size > 0) this.#start()
  }

  #start(): void {
    // What is waited for keeps the process alive by its socket; an idle connection must not.
    this.#timer = setTimeout(this.#turn, this.#tickMs).unref()
  }

  #advance(): void {
    this.#tick = (this.#tick + 1) % slotCount
    const due = this.#slots[this.#tick]
    if (due === undefined || due.size === 0) return
    for (const timed of [...due]) {
      if (timed.slot !== this.#tick) continue
      if (timed.rounds > 0) {
        timed.rounds -= 1
        continue
      }
      this.delete(timed)
      timed.expired()
    }
  }
}
