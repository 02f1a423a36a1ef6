import { canonicalName } from '../dns/name.ts'
import { txtText } from '../dns/record.ts'
import type { Answer, Question, Resolver } from '../dns/resolver.ts'
import type { ParseCache } from '../parse-cache.ts'
import { type DmarcRecord, isDmarcRecord, parseDmarcRecord } from './record.ts'

/** Names asked in one walk at the most (RFC 9989 s4.10, DMARC-033). */
export const walkQueriesLimit = 8

/** What stands at `_dmarc.` of one name. */
export interface DmarcLookup {
  /** The name itself, lower case, without `_dmarc.`. */
  readonly name: string
  /** The one record that counts; null where there is none or several (DMARC-030). */
  readonly record: DmarcRecord | null
  /** Texts that are DMARC records by their version. */
  readonly candidates: readonly string[]
  readonly answer: Answer
  /** The query could not be answered: nothing is known, which is not the same as nothing there. */
  readonly isFailed: boolean
}

/** The steps of a walk, longest name first. */
export interface TreeWalk {
  readonly start: string
  readonly steps: readonly DmarcLookup[]
  /** Null where a step failed, so that it cannot be told. */
  readonly organizationalDomain: string | null
}

/** Look-ups of one message, each name asked once (DMARC-034). */
export class DmarcLookups {
  private readonly resolver: Resolver
  private readonly signal: AbortSignal | undefined
  private readonly records: ParseCache<DmarcRecord | null> | undefined
  private readonly lookups = new Map<string, Promise<DmarcLookup>>()
  private readonly walks = new Map<string, Promise<TreeWalk>>()
  private readonly addresses = new Map<string, Promise<Answer>>()

  /** `records`: readings of records, shared between messages. */
  constructor(resolver: Resolver, signal?: AbortSignal, records?: ParseCache<DmarcRecord | null>) {
    this.resolver = resolver
    this.signal = signal
    this.records = records
  }

  /** Names that were asked so far, in the order of asking. */
  get asked(): readonly string[] {
    return [...this.lookups.keys()]
  }

  recordAt(name: string): Promise<DmarcLookup> {
    const key = canonicalName(name)
    const known = this.lookups.get(key)
    if (known !== undefined) return known
    const found = this.lookUp(key)
    this.lookups.set(key, found)
    return found
  }

  /** The answer to the A query that tells whether a name exists (DMARC-047). */
  addressOf(name: string): Promise<Answer> {
    const key = canonicalName(name)
    const known = this.addresses.get(key)
    if (known !== undefined) return known
    const found = this.resolver.query(this.question(key, 'A'))
    this.addresses.set(key, found)
    return found
  }

  /** The walk from a name up to its top label (RFC 9989 s4.10). */
  walk(name: string): Promise<TreeWalk> {
    const key = canonicalName(name)
    const known = this.walks.get(key)
    if (known !== undefined) return known
    const found = this.climb(key)
    this.walks.set(key, found)
    return found
  }

  private question(name: string, type: 'A' | 'TXT'): Question {
    return this.signal === undefined ? { name, type } : { name, type, signal: this.signal }
  }

  private async climb(start: string): Promise<TreeWalk> {
    const steps: DmarcLookup[] = []
    const names = walkNames(start)
    // All at once: one round of DNS instead of up to eight, at the price of a query beyond a record with psd.
    for (const name of names) void this.recordAt(name)
    for (const name of names) {
      const step = await this.recordAt(name)
      steps.push(step)
      if (step.record !== null && step.record.psd !== 'u') break
    }
    return { start, steps, organizationalDomain: organizationalDomainOf(start, steps) }
  }

  private async lookUp(name: string): Promise<DmarcLookup> {
    const answer = await this.resolver.query(this.question(`_dmarc.${name}`, 'TXT'))
    const { outcome } = answer
    const records = outcome.kind === 'records' ? outcome.records : []
    const candidates = records.flatMap(record => (record.type === 'TXT' ? [txtText(record)] : [])).filter(isDmarcRecord)
    const [text] = candidates
    const record =
      text === undefined || candidates.length > 1 ? null : (this.records?.of(text) ?? parseDmarcRecord(text))
    return { name, record, candidates, answer, isFailed: outcome.kind === 'temporary' || outcome.kind === 'bogus' }
  }
}

/** Names of a walk: the name, then from seven labels on one less each time, down to the top label (DMARC-032). */
export function walkNames(name: string): readonly string[] {
  const labels = canonicalName(name).split('.')
  const names = [labels.join('.')]
  let rest = labels.length >= walkQueriesLimit ? labels.slice(-(walkQueriesLimit - 1)) : labels.slice(1)
  for (; rest.length > 0; rest = rest.slice(1)) names.push(rest.join('.'))
  return names
}

/** RFC 9989 s4.10.2: psd=n, then psd=y above the start, then the name with the fewest labels, then the start. */
function organizationalDomainOf(start: string, steps: readonly DmarcLookup[]): string | null {
  if (steps.some(step => step.isFailed)) return null
  for (const { name, record } of steps) {
    if (record?.psd === 'n') return name
    if (record?.psd === 'y' && name !== start) return lastLabels(start, labelsOf(name) + 1)
  }
  const withRecord = steps.filter(step => step.record !== null)
  return withRecord.at(-1)?.name ?? start
}

function labelsOf(name: string): number {
  return name.split('.').length
}

function lastLabels(name: string, count: number): string {
  return name.split('.').slice(-count).join('.')
}
