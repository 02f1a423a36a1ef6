import { formatIpAddress, parseIpAddress } from '../ip-address.ts'
import { Ipv4Places, noIpv4, readIpv4 } from './ipv4-places.ts'
import { valuesRemembered } from './limits.ts'
import type { DkimResult, Reason, ReportValues, SpfResult } from './report.ts'

/** A list of distinct values that only grows; what was handed over is not kept. */
export class GrowingList<T> {
  #added: T[]
  #length: number
  readonly #places = new Map<string, number>()

  constructor(first: T) {
    this.#added = [first]
    this.#length = 1
  }

  /** The place of the value that was added under this key, if it is still remembered. */
  find(key: string): number | undefined {
    return this.#places.get(key)
  }

  add(key: string, value: T): number {
    const place = this.push(value)
    this.remember(key, place)
    return place
  }

  /** Adds a value that is found by other means than its key. */
  push(value: T): number {
    this.#added.push(value)
    this.#length += 1
    return this.#length - 1
  }

  /** Another key for a value. A forgotten value is added again when it comes again: places stay true, memory flat. */
  remember(key: string, place: number): void {
    if (this.#places.size >= valuesRemembered) this.#places.clear()
    this.#places.set(key, place)
  }

  takeAdded(): readonly T[] {
    const added = this.#added
    this.#added = []
    return added
  }
}

/** The values that records of one report share. */
export class SharedValues {
  readonly #sources = new GrowingList<string | null>(null)
  readonly #ipv4 = new Ipv4Places()
  readonly names: GrowingList<string | null> = new GrowingList<string | null>(null)
  readonly #reasons = new GrowingList<readonly Reason[]>([])
  readonly #dkim = new GrowingList<readonly DkimResult[]>([])
  readonly #spf = new GrowingList<readonly SpfResult[]>([])

  /** The place of an IPv4 address, as a number of 32 bits; -1 where it is not known. */
  ipv4(address: number): number {
    return this.#ipv4.find(address)
  }

  addIpv4(address: number, text: string): number {
    const place = this.#sources.push(text)
    this.#ipv4.add(address, place)
    return place
  }

  /** The place of a source in its normal form. */
  source(text: string): number {
    const address = readIpv4(text, 0, text.length)
    if (address === noIpv4) return this.#sources.find(text) ?? this.#sources.add(text, text)
    const place = this.#ipv4.find(address)
    return place === -1 ? this.addIpv4(address, text) : place
  }

  /** The place of a name that is already in its normal form. */
  name(name: string): number {
    return this.names.find(name) ?? this.names.add(name, name)
  }

  reasons(set: readonly Reason[]): number {
    return placeOf(this.#reasons, set)
  }

  dkim(set: readonly DkimResult[]): number {
    return placeOf(this.#dkim, set)
  }

  spf(set: readonly SpfResult[]): number {
    return placeOf(this.#spf, set)
  }

  takeAdded(): ReportValues {
    return {
      sources: this.#sources.takeAdded(),
      names: this.names.takeAdded(),
      reasonSets: this.#reasons.takeAdded(),
      dkimSets: this.#dkim.takeAdded(),
      spfSets: this.#spf.takeAdded(),
    }
  }
}

function placeOf<T>(list: GrowingList<readonly T[]>, set: readonly T[]): number {
  if (set.length === 0) return 0
  const key = JSON.stringify(set)
  return list.find(key) ?? list.add(key, set)
}

/** A source address in its normal form; null where the text is none. */
export function normaliseSource(text: string): { readonly source: string; readonly isMapped: boolean } | null {
  const address = parseIpAddress(text)
  if (address === null) return null
  return { source: formatIpAddress(address), isMapped: address.family === 4 && text.includes(':') }
}
