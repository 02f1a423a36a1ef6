/** Bytes that come in by messages and are read as a stream. Tells how many were used, so that the sender can go on. */
export class ChunkQueue implements AsyncIterable<Buffer> {
  readonly #onUsed: (bytes: number) => void
  readonly #chunks: Buffer[] = []
  #isEnded = false
  #isAbandoned = false
  #error: string | null = null
  #wake: (() => void) | null = null

  constructor(onUsed: (bytes: number) => void) {
    this.#onUsed = onUsed
  }

  push(chunk: Buffer): void {
    // The reader stopped early: what still comes is let go, so that the sender does not wait for ever.
    if (this.#isAbandoned) this.#onUsed(chunk.length)
    else this.#chunks.push(chunk)
    this.#wake?.()
  }

  end(error: string | null): void {
    this.#error = error
    this.#isEnded = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          this.#onUsed(chunk.length)
          yield chunk
        } else if (this.#error !== null) throw new Error(this.#error)
        else if (this.#isEnded) return
        else
          await new Promise<void>(resolve => {
            this.#wake = resolve
          })
      }
    } finally {
      this.#isAbandoned = true
      this.#onUsed(this.#chunks.splice(0).reduce((sum, chunk) => sum + chunk.length, 0))
    }
  }
}
