import type { Dictionary } from './session.ts'

/**
 * Bytes of all dictionaries and tenants together, as estimated below: some 75,000 sources fit, and a
 * report of nothing but long distinct sets does not fill the memory. A miss costs a look-up by index, so forgetting is
 * harmless.
 */
export const internCacheBytes = 6_291_456

/** What an entry takes beside the characters of its key: its slot in the map and the header of the string. */
const entryBytes = 64

/** Ids of dictionary values that were met already. All is forgotten when what a transaction added is taken back. */
export class InternCache {
  readonly #ids = new Map<string, Map<string, number>>()
  #bytes = 0
  #added = 0

  /** The map of one dictionary: a plain Map, for loops that look up many values. It loses nothing until the next call. */
  of(dictionary: Dictionary, tenant: number): Map<string, number> {
    if (this.#bytes > internCacheBytes) this.#clear()
    const name = `${tenant} ${dictionary}`
    let ids = this.#ids.get(name)
    if (ids === undefined) {
      ids = new Map()
      this.#ids.set(name, ids)
    }
    return ids
  }

  /** Keeps the id of a value that was found in the store. */
  keep(ids: Map<string, number>, key: string, id: number): void {
    ids.set(key, id)
    this.#bytes += key.length + entryBytes
  }

  /** Keeps the id of a value that this transaction added. */
  add(ids: Map<string, number>, key: string, id: number): void {
    this.keep(ids, key, id)
    this.#added += 1
  }

  /** A place to go back to with `undoTo`. */
  mark(): number {
    return this.#added
  }

  /** What was added after the mark has no id any more; a list of it would be as long as the largest report. */
  undoTo(mark: number): void {
    if (this.#added > mark) this.#clear()
    this.#added = mark
  }

  settle(): void {
    this.#added = 0
  }

  forget(dictionary: Dictionary, tenant: number): void {
    this.#ids.get(`${tenant} ${dictionary}`)?.clear()
  }

  #clear(): void {
    for (const ids of this.#ids.values()) ids.clear()
    this.#bytes = 0
  }
}
