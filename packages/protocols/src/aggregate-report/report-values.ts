import { formatIpAddress, parseIpAddress } from '../ip-address.ts'
import { Ipv4Places, noIpv4, readIpv4 } from './ipv4-places.ts'
import { addressesRemembered, setsRemembered, valuesRemembered, valuesWeightLimit, valueWeight } from './limits.ts'
import type { DkimResult, Reason, ReportValues, SpfResult } from './report.ts'

/** Characters of the values that were added, and a fixed weight for each: about the bytes that they take. */
class Weight {
  all = 0
  ofRun = 0

  add(characters: number, items: number): void {
    const weight = characters + items * valueWeight
    this.all += weight
    this.ofRun += weight
  }
}

/** A list of distinct values that only grows; what was handed over is not kept. */
export class GrowingList<T> {
  readonly #first: T
  readonly #limit: number
  readonly #weight: Weight
  readonly #places = new Map<string, number>()
  #added: T[]
  #length: number

  constructor(first: T, limit: number, weight: Weight) {
    this.#first = first
    this.#limit = limit
    this.#weight = weight
    this.#added = [first]
    this.#length = 1
  }

  get isFull(): boolean {
    return this.#length > this.#limit
  }

  /** Forgets all values: places begin at 0 again. */
  startAnew(): void {
    this.#places.clear()
    this.#added = [this.#first]
    this.#length = 1
  }

  /** The place of the value that was added under this key, if it is still remembered. */
  find(key: string): number | undefined {
    return this.#places.get(key)
  }

  add(key: string, value: T, items = 1): number {
    this.#weight.add(key.length, items)
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

  /**
   * Another key for a value. While no list can start anew because the head is still to come, what is too much is
   * forgotten here: such a value is added again when it comes again.
   */
  remember(key: string, place: number): void {
    if (this.#places.size >= this.#limit * 2) this.#places.clear()
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
  readonly #weight = new Weight()
  readonly #sources = new GrowingList<string | null>(null, addressesRemembered, this.#weight)
  #ipv4 = new Ipv4Places()
  readonly names: GrowingList<string | null> = new GrowingList<string | null>(null, valuesRemembered, this.#weight)
  readonly #reasons = new GrowingList<readonly Reason[]>([], setsRemembered, this.#weight)
  readonly #dkim = new GrowingList<readonly DkimResult[]>([], setsRemembered, this.#weight)
  readonly #spf = new GrowingList<readonly SpfResult[]>([], setsRemembered, this.#weight)

  /** What was added since `takeAdded`. */
  get addedWeight(): number {
    return this.#weight.ofRun
  }

  /** What is remembered. */
  get weight(): number {
    return this.#weight.all
  }

  /** More should not be remembered: it is time to start anew. */
  get isFull(): boolean {
    if (this.#weight.all > valuesWeightLimit || this.#sources.isFull || this.names.isFull) return true
    return this.#reasons.isFull || this.#dkim.isFull || this.#spf.isFull
  }

  /** Forgets all values. Places that were given before mean nothing any more. */
  startAnew(): void {
    this.#ipv4 = new Ipv4Places()
    for (const list of [this.#sources, this.names, this.#reasons, this.#dkim, this.#spf]) list.startAnew()
    this.#weight.all = 0
    this.#weight.ofRun = 0
  }

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
    return setPlace(this.#reasons, set, keyOfReason)
  }

  dkim(set: readonly DkimResult[]): number {
    return setPlace(this.#dkim, set, keyOfDkim)
  }

  spf(set: readonly SpfResult[]): number {
    return setPlace(this.#spf, set, keyOfSpf)
  }

  takeAdded(): ReportValues {
    this.#weight.ofRun = 0
    return {
      sources: this.#sources.takeAdded(),
      names: this.names.takeAdded(),
      reasonSets: this.#reasons.takeAdded(),
      dkimSets: this.#dkim.takeAdded(),
      spfSets: this.#spf.takeAdded(),
    }
  }
}

function setPlace<T>(list: GrowingList<readonly T[]>, set: readonly T[], keyOf: (item: T) => string): number {
  const [first] = set
  if (first === undefined) return 0
  const key = set.length === 1 ? keyOf(first) : set.map(keyOf).join('\x01')
  return list.find(key) ?? list.add(key, set, set.length)
}

// No value holds a control character but tabs and line ends: the scanner takes them out. So they can stand between.
function keyOfReason(reason: Reason): string {
  return JSON.stringify(reason)
}

function keyOfDkim({ domain, selector, result, rawResult, humanResult }: DkimResult): string {
  if (humanResult !== null || rawResult !== undefined)
    return JSON.stringify([domain, selector, result, rawResult, humanResult])
  return `${domain ?? ''}\0${selector ?? ''}\0${result}`
}

function keyOfSpf({ domain, scope, result, rawResult, humanResult }: SpfResult): string {
  if (humanResult !== null || rawResult !== undefined)
    return JSON.stringify([domain, scope, result, rawResult, humanResult])
  return `${domain ?? ''}\0${scope ?? ''}\0${result}`
}

/** A source address in its normal form; null where the text is none. */
export function normaliseSource(text: string): { readonly source: string; readonly isMapped: boolean } | null {
  const address = parseIpAddress(text)
  if (address === null) return null
  return { source: formatIpAddress(address), isMapped: address.family === 4 && text.includes(':') }
}
