import type { DeliveryVerdict, IntakeOp, IntakeStore } from '../store/intake-op.ts'

/** Small deliveries written in one transaction: enough to share its cost, few enough to be durable soon. */
export const batchDeliveries = 64
/** Steps of a batch: bounds its memory where deliveries carry many documents. */
export const batchSteps = 2048
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

  constructor(store: IntakeStore) {
    this.#store = store
  }

  /** Adds one delivery; `settle` is called after it is durable. Waits while too much is on its way. */
  async add(waiting: Waiting): Promise<void> {
    this.#waiting.push(waiting)
    this.#steps += waiting.steps.length
    if (this.#waiting.length < batchDeliveries && this.#steps < batchSteps) return
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
    const write = this.#writeBatch(batch).finally(() => this.#inFlight.delete(write))
    this.#inFlight.add(write)
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const verdicts = await this.#store.writeMany(batch.map(one => one.steps))
      batch.forEach((one, index) => {
        const verdict = verdicts[index]
        if (verdict === undefined) one.fail(new Error('the store gave no verdict'))
        else one.settle(verdict)
      })
    } catch (error) {
      await this.#writeOneByOne(batch, error)
    }
  }

  /** A delivery that the store refuses must not take the others of its batch along. */
  async #writeOneByOne(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1) {
      batch[0]?.fail(error)
      return
    }
    for (const one of batch) await this.#writeBatch([one])
  }
}
