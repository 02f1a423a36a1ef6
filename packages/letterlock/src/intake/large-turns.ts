import type { FromWorker } from './worker-messages.ts'

/**
 * Documents of more than `inlineBytesLimit` bytes take up to 100 MB while they are read. Whoever reads one takes a turn
 * first, so that several hostile ones at once take no more than one.
 */
export interface LargeTurns {
  /** Resolves when it is the caller's turn; the function it gives ends the turn. */
  take(): Promise<() => void>
}

/** Large documents that are read at the same time in the whole process. */
export const largeDocumentsAtOnce = 1

interface Waiting<Owner> {
  readonly owner: Owner
  readonly turn: number
  readonly begin: () => void
}

/** Gives turns to threads in the order in which they asked. `turn` is a number of the thread's own. */
export class LargeTurnQueue<Owner> {
  readonly #reading: { readonly owner: Owner; readonly turn: number }[] = []
  #waiting: Waiting<Owner>[] = []

  ask(owner: Owner, turn: number, begin: () => void): void {
    this.#waiting.push({ owner, turn, begin })
    this.#next()
  }

  end(owner: Owner, turn: number): void {
    const at = this.#reading.findIndex(one => one.owner === owner && one.turn === turn)
    if (at >= 0) this.#reading.splice(at, 1)
    this.#next()
  }

  /** The thread is no more. */
  leave(owner: Owner): void {
    this.#waiting = this.#waiting.filter(one => one.owner !== owner)
    for (const { turn } of this.#reading.filter(one => one.owner === owner)) this.end(owner, turn)
  }

  #next(): void {
    if (this.#reading.length >= largeDocumentsAtOnce) return
    const first = this.#waiting.shift()
    if (first === undefined) return
    this.#reading.push(first)
    first.begin()
  }
}

/** The turns of one thread: it asks the main thread for them. */
export class AskedTurns implements LargeTurns {
  readonly #send: (message: FromWorker) => void
  readonly #begin = new Map<number, () => void>()
  #last = 0

  constructor(send: (message: FromWorker) => void) {
    this.#send = send
  }

  async take(): Promise<() => void> {
    this.#last++
    const turn = this.#last
    await new Promise<void>(resolve => {
      this.#begin.set(turn, resolve)
      this.#send({ type: 'turn-wanted', turn })
    })
    // What the document leaves behind is freed before the next one is read, in whatever thread: an engine that is asked
    // for no more memory would keep it. Its delivery goes on its way first.
    return () =>
      setImmediate(() => {
        this.#send({ type: 'turn-over', turn })
      })
  }

  /** The main thread says that a turn begins. */
  begin(turn: number): void {
    this.#begin.get(turn)?.()
    this.#begin.delete(turn)
  }
}
