import type { DeliveryVerdict, IntakeOp, IntakeStore } from '../store/intake-op.ts'

/**
 * Small deliveries written in one transaction: enough to share its cost, few enough to be durable soon. Half as many would
 * write a quarter more pages of indexes.
 */
export const batchDeliveries = 128
/** Steps of a batch: bounds its memory where deliveries carry many documents. */
export const batchSteps = 2048
/** Bytes of mails in a batch: bounds its memory where deliveries are large. */
export const batchBytes = 4 * 1_048_576
/** Batches on their way to the store at the same time: one is written while the next is read. */
const batchesInFlight = 2

interface Waiting {
  readonly steps: readonly IntakeOp[]
  readonly settle: (verdict: DeliveryVerdict) => void
  readonly fail: (error: unknown) => void
}

/** Gathers small deliveries and writes them together. */
export class DeliveryBatch {
  readonly #store: IntakeStore
  readonly #inFlight = new Set<Promise<void>>()
  #waiting: Waiting[] = []
  #steps = 0
  #bytes = 0

  constructor(store: IntakeStore) {
    this.#store = store
  }

  /** Adds one delivery; `settle` is called after it is durable. Waits while too much is on its way. */
  async add(waiting: Waiting): Promise<void> {
    this.#waiting.push(waiting)
    this.#steps += waiting.steps.length
    for (const step of waiting.steps) if (step.op === 'piece') this.#bytes += step.bytes.length
    if (this.#waiting.length < batchDeliveries && this.#steps < batchSteps && this.#bytes < batchBytes) return
    this.#write()
    if (this.#inFlight.size >= batchesInFlight) await Promise.race(this.#inFlight)
  }

  /** Writes what waits, without waiting for it to be durable. */
  flush(): void {
    if (this.#waiting.length > 0) this.#write()
  }

  /** Writes what waits and resolves when all is durable. */
  async settled(): Promise<void> {
    this.flush()
    await Promise.all(this.#inFlight)
  }

  #write(): void {
    const batch = this.#waiting
    this.#waiting = []
    this.#steps = 0
    this.#bytes = 0
    const write = this.#writeBatch(batch).finally(() => this.#inFlight.delete(write))
    this.#inFlight.add(write)
  }

  /** The store tells of each delivery what became of it; it refuses all of them only when it is gone. */
  #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const owners = batch.map(({ settle, fail }) => ({ settle, fail }))
    // The steps are not held any longer than the store holds them.
    return this.#store.writeMany(batch.map(one => one.steps)).then(
      verdicts => {
        for (const [at, { settle, fail }] of owners.entries()) {
          const verdict = verdicts[at]
          if (verdict === undefined) fail(new Error('the store gave no verdict'))
          else settle(verdict)
        }
      },
      error => {
        for (const { fail } of owners) fail(error)
      },
    )
  }
}
