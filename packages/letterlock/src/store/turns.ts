/** Hands out one thing to one holder at a time, first come first served. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when it is the caller's turn, with what ends it. */
  async next(): Promise<() => void> {
    const before = this.#last
    let end: () => void = () => undefined
    this.#last = new Promise(resolve => {
      end = resolve
    })
    await before
    return end
  }
}
