/** Readings kept by default: the records of a busy receiver's usual senders. */
export const readingsLimit = 2000

/** Characters of a text whose reading is kept. Real records stay under it, and the cache stays small whatever comes. */
export const cachedTextLimit = 2048

/**
 * Readings of texts, so that a text met again is not read again. A reading rests on its text alone, so nothing of one
 * message reaches another. In two generations: what is not met again while one fills goes with the older.
 */
export class ParseCache<Value> {
  private readonly read: (text: string) => Value
  private readonly limit: number
  private recent = new Map<string, Value>()
  private older = new Map<string, Value>()

  /** `limit`: readings kept. */
  constructor(read: (text: string) => Value, limit: number = readingsLimit) {
    this.read = read
    this.limit = limit
  }

  /** The reading of a text. */
  of(text: string): Value {
    const known = this.recent.get(text)
    if (known !== undefined) return known
    const value = this.older.get(text) ?? this.read(text)
    if (text.length <= cachedTextLimit) this.keep(text, value)
    return value
  }

  private keep(text: string, value: Value): void {
    if (this.recent.size * 2 >= this.limit) {
      this.older = this.recent
      this.recent = new Map()
    }
    this.recent.set(text, value)
  }
}
