import type { Dictionary } from './session.ts'

/** Entries kept for each dictionary and tenant. A miss costs a look-up by index, so forgetting is harmless. */
export const internCacheLimit = 150_000

/** Ids of dictionary values that were met already. What a transaction added goes when it is taken back. */
export class InternCache {
  readonly #ids = new Map<string, Map<string, number>>()
  #pending: { readonly of: Map<string, number>; readonly key: string }[] = []

  /** The map of one dictionary: a plain Map, for loops that look up many values. */
  of(dictionary: Dictionary, tenant: number): Map<string, number> {
    const name = `${tenant} ${dictionary}`
    let ids = this.#ids.get(name)
    if (ids === undefined) {
      ids = new Map()
      this.#ids.set(name, ids)
    }
    if (ids.size > internCacheLimit) {
      ids.clear()
    }
    return ids
  }

  add(ids: Map<string, number>, key: string, id: number): void {
    ids.set(key, id)
    this.#pending.push({ of: ids, key })
  }

  /** A place to go back to with `undoTo`. */
  mark(): number {
    return this.#pending.length
  }

  undoTo(mark: number): void {
    for (const { of, key } of this.#pending.splice(mark)) of.delete(key)
  }

  settle(): void {
    this.#pending = []
  }

  forget(dictionary: Dictionary, tenant: number): void {
    this.#ids.get(`${tenant} ${dictionary}`)?.clear()
  }
}
