import { recordsPerRun } from './limits.ts'
import { dispositions, type RecordColumns, type ReportValues, recordFlagTolerated } from './report.ts'

/** Stands in `headerFrom` until the policy domain is known. */
export const pendingName = 0xffffffff

/** Records that a run has room for at first: most reports have fewer, and room for a whole run costs 170 KB. */
const firstCapacity = 64

/** One record as numbers, before it goes into columns. */
export interface RecordNumbers {
  source: number
  count: number
  disposition: number
  dkim: number
  spf: number
  headerFrom: number
  envelopeFrom: number
  envelopeTo: number
  reasons: number
  dkimResults: number
  spfResults: number
  flags: number
}

function grown<T extends { set(from: T): void }>(larger: T, smaller: T): T {
  larger.set(smaller)
  return larger
}

/** Columns that are being filled. */
export class RecordRun {
  first = 0
  length = 0
  /** A record waits for the policy domain. */
  hasPendingName = false
  /** Added when the run is closed. */
  added: ReportValues | null = null
  #source = new Uint32Array(firstCapacity)
  #count = new Float64Array(firstCapacity)
  #disposition = new Uint8Array(firstCapacity)
  #dkim = new Uint8Array(firstCapacity)
  #spf = new Uint8Array(firstCapacity)
  #headerFrom = new Uint32Array(firstCapacity)
  #envelopeFrom = new Uint32Array(firstCapacity)
  #envelopeTo = new Uint32Array(firstCapacity)
  #reasons = new Uint32Array(firstCapacity)
  #dkimResults = new Uint32Array(firstCapacity)
  #spfResults = new Uint32Array(firstCapacity)
  #flags = new Uint8Array(firstCapacity)

  /** One that is used no more: it is taken again by the next report. */
  static #spare: RecordRun | null = null

  static take(): RecordRun {
    const spare = RecordRun.#spare
    RecordRun.#spare = null
    return spare ?? new RecordRun()
  }

  release(): void {
    this.reuse(0)
    RecordRun.#spare = this
  }

  /** Begins anew: what `columns` gave is not touched by it. */
  reuse(first: number): void {
    this.first = first
    this.length = 0
    this.hasPendingName = false
    this.added = null
  }

  get isFull(): boolean {
    return this.length === recordsPerRun
  }

  push(record: RecordNumbers): void {
    const at = this.length
    if (at === this.#source.length) this.#grow(Math.min(at * 8, recordsPerRun))
    this.#source[at] = record.source
    this.#count[at] = record.count
    this.#disposition[at] = record.disposition
    this.#dkim[at] = record.dkim
    this.#spf[at] = record.spf
    this.#headerFrom[at] = record.headerFrom
    if (record.headerFrom === pendingName) this.hasPendingName = true
    this.#envelopeFrom[at] = record.envelopeFrom
    this.#envelopeTo[at] = record.envelopeTo
    this.#reasons[at] = record.reasons
    this.#dkimResults[at] = record.dkimResults
    this.#spfResults[at] = record.spfResults
    this.#flags[at] = record.flags
    this.length = at + 1
  }

  #grow(capacity: number): void {
    this.#source = grown(new Uint32Array(capacity), this.#source)
    this.#count = grown(new Float64Array(capacity), this.#count)
    this.#disposition = grown(new Uint8Array(capacity), this.#disposition)
    this.#dkim = grown(new Uint8Array(capacity), this.#dkim)
    this.#spf = grown(new Uint8Array(capacity), this.#spf)
    this.#headerFrom = grown(new Uint32Array(capacity), this.#headerFrom)
    this.#envelopeFrom = grown(new Uint32Array(capacity), this.#envelopeFrom)
    this.#envelopeTo = grown(new Uint32Array(capacity), this.#envelopeTo)
    this.#reasons = grown(new Uint32Array(capacity), this.#reasons)
    this.#dkimResults = grown(new Uint32Array(capacity), this.#dkimResults)
    this.#spfResults = grown(new Uint32Array(capacity), this.#spfResults)
    this.#flags = grown(new Uint8Array(capacity), this.#flags)
  }

  /** Puts the policy domain where header_from was missing. */
  fillNames(place: number): void {
    for (let at = 0; at < this.length; at += 1) if (this.#headerFrom[at] === pendingName) this.#headerFrom[at] = place
  }

  /** Turns the disposition `pass`, which the old form has not, into `none`. Gives how many there were. */
  turnPassIntoNone(): number {
    const pass = dispositions.indexOf('pass')
    const none = dispositions.indexOf('none')
    let turned = 0
    for (let at = 0; at < this.length; at += 1) {
      if (this.#disposition[at] !== pass) continue
      this.#disposition[at] = none
      this.#flags[at] = (this.#flags[at] ?? 0) | recordFlagTolerated
      turned += 1
    }
    return turned
  }

  /** A copy. All columns share one buffer: to another thread, one goes in a fraction of the time of twelve. */
  columns(): RecordColumns {
    const { length, first } = this
    const buffer = new ArrayBuffer(length * recordBytes)
    let used = 0
    const take = (bytes: number): number => {
      const from = used
      used += bytes * length
      return from
    }
    const copy64 = (column: Float64Array): Float64Array => {
      const copied = new Float64Array(buffer, take(8), length)
      copied.set(column.subarray(0, length))
      return copied
    }
    const copy32 = (column: Uint32Array): Uint32Array => {
      const copied = new Uint32Array(buffer, take(4), length)
      copied.set(column.subarray(0, length))
      return copied
    }
    const copy8 = (column: Uint8Array): Uint8Array => {
      const copied = new Uint8Array(buffer, take(1), length)
      copied.set(column.subarray(0, length))
      return copied
    }
    // The widest first: each column has to begin at a multiple of its width.
    return {
      length,
      first,
      count: copy64(this.#count),
      source: copy32(this.#source),
      headerFrom: copy32(this.#headerFrom),
      envelopeFrom: copy32(this.#envelopeFrom),
      envelopeTo: copy32(this.#envelopeTo),
      reasons: copy32(this.#reasons),
      dkimResults: copy32(this.#dkimResults),
      spfResults: copy32(this.#spfResults),
      disposition: copy8(this.#disposition),
      dkim: copy8(this.#dkim),
      spf: copy8(this.#spf),
      flags: copy8(this.#flags),
    }
  }
}

/** Bytes of one record in all columns together. */
const recordBytes = 8 + 7 * 4 + 4
