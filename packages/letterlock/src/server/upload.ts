import { ProblemError } from './problem.ts'

/** The body of an upload as it comes, never whole in memory. Over the limit it is broken off. */
export class Upload {
  readonly #body: ReadableStream<Uint8Array>
  readonly #limit: number | null
  /** What helps with a larger file. */
  readonly #next: string
  /** Why it was broken off; null while it was not. */
  refusal: ProblemError | null = null

  /** `limit` in bytes; null takes any number. */
  constructor(request: Request, { limit, next }: { readonly limit: number | null; readonly next: string }) {
    if (request.body === null) throw new ProblemError('invalid-request', 'The body is empty: send the file itself.')
    this.#body = request.body
    this.#limit = limit
    this.#next = next
    this.#check(Number(request.headers.get('content-length') ?? 0))
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    let size = 0
    for await (const chunk of this.#body) {
      size += chunk.length
      this.#check(size)
      yield chunk
    }
  }

  #check(size: number): void {
    if (this.#limit === null || size <= this.#limit) return
    this.refusal = new ProblemError('too-large', `An upload has at most ${this.#limit} bytes here. ${this.#next}`)
    throw this.refusal
  }
}
