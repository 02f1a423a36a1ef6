/** Results that come in by callbacks and are read as a stream. Its writers bound what is on its way. */
export class ResultQueue<T> implements AsyncIterable<T> {
  readonly #results: T[] = []
  #isEnded = false
  #error: string | null = null
  #wake: (() => void) | null = null

  push(result: T): void {
    this.#results.push(result)
    this.#wake?.()
  }

  /** No more comes; with an error the reader gets it after the results before it. */
  end(error: string | null): void {
    this.#isEnded = true
    this.#error = error
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#results.length > 0) yield* this.#results.splice(0)
      if (this.#isEnded) break
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    if (this.#error !== null) throw new Error(this.#error)
  }
}
