import type { Answer, Outcome, ResourceRecord } from '@letterlock/protocols'

/** Answers kept at one time. */
export const cachedAnswersLimit = 20_000

/** Octets that kept answers may take, by estimate: a few answers of 64 KB must not take the place of thousands. */
export const cachedOctetsLimit = 32 * 1024 * 1024

/** Seconds that an answer is kept at least and at most (DNS-011, DNS-013). */
export const cacheSeconds = { least: 1, most: 86_400, negative: 10_800 } as const

/**
 * Seconds that a failure is kept: at first, doubled with each failure that follows, and at most. RFC 9520 s3.2 wants one
 * second at least and five minutes at most; mail that waits for an answer should not wait for our memory.
 */
export const failureSeconds = { first: 1, most: 60 } as const

interface Entry {
  readonly answer: Answer
  /** Milliseconds since 1970. */
  readonly until: number
  readonly octets: number
  /** Failures in a row, this one included. */
  readonly failures: number
}

/** Answers by question, for as long as they hold; the one that was not asked for longest makes room. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>()
  readonly #answersLimit: number
  readonly #octetsLimit: number
  #octets = 0

  constructor(limits: { readonly answers?: number; readonly octets?: number } = {}) {
    this.#answersLimit = limits.answers ?? cachedAnswersLimit
    this.#octetsLimit = limits.octets ?? cachedOctetsLimit
  }

  get size(): number {
    return this.#entries.size
  }

  get octets(): number {
    return this.#octets
  }

  /** The answer, with the time that it still holds; null where there is none. */
  get(key: string, now: number): Answer | null {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.until <= now) return null
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return withTimeLeft(entry.answer, now)
  }

  put(key: string, answer: Answer, now: number): void {
    const before = this.#entries.get(key)
    const isFailure = answer.outcome.kind === 'temporary' || answer.outcome.kind === 'bogus'
    const failures = isFailure ? (before?.failures ?? 0) + 1 : 0
    this.#remove(key)
    const seconds = secondsToKeep(answer.outcome, failures)
    const octets = octetsOf(answer) + key.length
    if (seconds === 0 || octets > this.#octetsLimit) return
    this.#entries.set(key, { answer, until: now + seconds * 1000, octets, failures })
    this.#octets += octets
    while (this.#entries.size > this.#answersLimit || this.#octets > this.#octetsLimit) {
      const [oldest] = this.#entries.keys()
      if (oldest === undefined) break
      this.#remove(oldest)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#octets = 0
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#octets -= entry.octets
  }
}

function secondsToKeep(outcome: Outcome, failures: number): number {
  switch (outcome.kind) {
    case 'records':
      return Math.min(Math.max(outcome.ttl, cacheSeconds.least), cacheSeconds.most)
    case 'nodata':
    case 'nxdomain':
      // DNS-011: without an SOA nobody says for how long.
      if (outcome.ttl === null) return 0
      return Math.min(Math.max(outcome.ttl, cacheSeconds.least), cacheSeconds.negative)
    case 'temporary':
    case 'bogus':
      return Math.min(failureSeconds.first * 2 ** Math.min(failures - 1, 16), failureSeconds.most)
  }
}

function withTimeLeft(answer: Answer, now: number): Answer {
  const { outcome } = answer
  const age = Math.floor((now - answer.at) / 1000)
  if (age <= 0 || !('ttl' in outcome) || outcome.ttl === null) return answer
  return { ...answer, outcome: { ...outcome, ttl: Math.max(0, outcome.ttl - age) } }
}

/** An estimate of the memory that an answer takes: objects, names, and octets of data. */
function octetsOf(answer: Answer): number {
  let octets = 500 + answer.chain.length * 200
  for (const record of answer.raw) octets += 250 + record.name.length + dataOctets(record)
  for (const error of answer.extendedErrors ?? []) octets += 100 + error.text.length
  return octets
}

function dataOctets(record: ResourceRecord): number {
  switch (record.type) {
    case 'TXT':
      return record.strings.reduce((sum, string) => sum + 120 + string.length, 0)
    case 'RRSIG':
      return record.signature.length
    case 'DNSKEY':
      return record.key.length
    case 'DS':
      return record.digest.length
    case 'CAA':
      return record.value.length
    default:
      return 'data' in record ? record.data.length : 100
  }
}
