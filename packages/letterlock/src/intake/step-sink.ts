import type { DeliveryVerdict, IntakeOp, IntakeStore } from '../store/intake-op.ts'

/** Records of a delivery that are held before it goes to the store as a stream: with values of their own, some MB. */
export const heldRecords = 8_192
/** Bytes of pieces that are held before a delivery goes to the store as a stream. */
export const heldBytes = 2 * 1_048_576
/** Steps of a stream that may wait for the writer: a step is at most 4,096 records, some MB, or a piece of 1 MiB. */
export const waitingSteps = 2

/**
 * Takes the steps of one delivery. A small one is held until it is complete and then written with others; a large one
 * turns into a stream. Whoever pushes waits for `drained` where it is not null, so that memory stays flat.
 */
export class StepSink {
  readonly #store: IntakeStore
  #held: IntakeOp[] = []
  #records = 0
  #bytes = 0
  #stream: StepStream | null = null
  #verdict: Promise<DeliveryVerdict> | null = null

  constructor(store: IntakeStore) {
    this.#store = store
  }

  push(step: IntakeOp): void {
    if (this.#stream !== null) {
      this.#stream.push(step)
      return
    }
    this.#held.push(step)
    if (step.op === 'records') this.#records += step.columns.length
    if (step.op === 'piece') this.#bytes += step.bytes.length
    if (this.#records > heldRecords || this.#bytes > heldBytes) this.#openStream()
  }

  /** Resolves when the writer has taken enough; null where nobody has to wait. */
  get drained(): Promise<void> | null {
    return this.#stream?.drained ?? null
  }

  /** The complete steps of a small delivery, or the verdict of one that went as a stream. */
  finish(): { readonly steps: readonly IntakeOp[] } | { readonly verdict: Promise<DeliveryVerdict> } {
    if (this.#stream === null || this.#verdict === null) return { steps: this.#held }
    this.#stream.end()
    return { verdict: this.#verdict }
  }

  /** Breaks a stream off: nothing of the delivery is stored. */
  fail(error: Error): void {
    this.#stream?.fail(error)
  }

  #openStream(): void {
    const stream = new StepStream()
    for (const step of this.#held) stream.push(step)
    this.#held = []
    this.#stream = stream
    this.#verdict = this.#store.writeStream(stream)
    // The failure is told to whoever awaits the verdict at the end.
    this.#verdict.catch(error => stream.stop(error instanceof Error ? error : new Error(String(error))))
  }
}

/** Steps between a reader that pushes and a writer that pulls. */
export class StepStream implements AsyncIterable<IntakeOp> {
  readonly #waiting: IntakeOp[] = []
  #wakeReader: (() => void) | null = null
  /** One promise for everybody who waits: a second one would leave the first waiting for ever. */
  #draining: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null
  #isEnded = false
  #isStopped = false
  #error: Error | null = null

  push(step: IntakeOp): void {
    if (this.#isStopped) return
    this.#waiting.push(step)
    this.#wakeReader?.()
  }

  end(): void {
    this.#isEnded = true
    this.#wakeReader?.()
  }

  fail(error: Error): void {
    this.#error = error
    this.#wakeReader?.()
  }

  /** The writer gave up: what is pushed from now on is dropped. */
  stop(error: Error): void {
    this.#error = error
    this.#isStopped = true
    this.#waiting.length = 0
    this.#wake()
  }

  get drained(): Promise<void> | null {
    if (this.#isStopped || this.#waiting.length < waitingSteps) return null
    this.#draining ??= waiting()
    return this.#draining.promise
  }

  #wake(): void {
    this.#draining?.resolve()
    this.#draining = null
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<IntakeOp> {
    for (;;) {
      const step = this.#waiting.shift()
      if (step !== undefined) {
        if (this.#waiting.length < waitingSteps) this.#wake()
        yield step
      } else if (this.#error !== null) throw this.#error
      else if (this.#isEnded) return
      else
        await new Promise<void>(resolve => {
          this.#wakeReader = resolve
        })
    }
  }
}

function waiting(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}
