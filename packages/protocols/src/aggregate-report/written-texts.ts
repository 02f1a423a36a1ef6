import { Buffer } from 'node:buffer'

/** What `WrittenTexts.after` gives where something else stands. */
export const otherText: number = -1
/** What it gives where the window ends before that is known. */
export const textOutOfSight: number = -2

/** Texts as they were written, to compare others with them, octet by octet. */
export class WrittenTexts {
  readonly #bytes: DataView
  /** Where each text begins in the bytes, then where the last one ends. */
  readonly #starts: Int32Array

  /** `texts`: a character for each octet. */
  constructor(texts: readonly string[]) {
    const bytes = Buffer.from(texts.join(''), 'latin1')
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#starts = new Int32Array(texts.length + 1)
    for (const [index, text] of texts.entries()) this.#starts[index + 1] = (this.#starts[index] ?? 0) + text.length
  }

  /** Where text `index` ends if it stands at `at`, before `limit`. */
  after(index: number, octets: DataView, at: number, limit: number): number {
    const from = this.#starts[index] ?? 0
    const end = at + (this.#starts[index + 1] ?? 0) - from
    if (end > limit) return textOutOfSight
    const bytes = this.#bytes
    const shift = from - at
    let place = at
    for (; place + 4 <= end; place += 4)
      if (octets.getInt32(place, true) !== bytes.getInt32(place + shift, true)) return otherText
    for (; place < end; place += 1) if (octets.getUint8(place) !== bytes.getUint8(place + shift)) return otherText
    return end
  }
}
