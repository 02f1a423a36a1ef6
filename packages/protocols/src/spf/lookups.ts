import { type RecordType, type ResourceRecord, txtText } from '../dns/record.ts'
import type { Answer } from '../dns/resolver.ts'
import { type IpAddress, isInNetwork, parseIpAddress } from '../ip-address.ts'
import type { SpfLookup, SpfOptions, SpfProblem } from './evaluation.ts'
import { reverseName } from './names.ts'

/** Terms that query DNS, over the whole evaluation (RFC 7208 s4.6.4, SPF-070). */
export const termsLimit = 10

/** Look-ups that find nothing (RFC 7208 s4.6.4, SPF-073). */
export const voidLookupsLimit = 2

/** Names of a reverse look-up that are validated; the rest is ignored (RFC 7208 s4.6.4, SPF-072). */
export const ptrNamesLimit = 10

/** Who asks: the domain of the record, and its term as written. */
export interface Asking {
  readonly domain: string
  readonly term: string
}

/** The DNS questions of one evaluation, counted as RFC 7208 s4.6.4 says. */
export class Lookups {
  /** Terms that query DNS so far. */
  terms = 0
  /** Every question, in order. */
  readonly all: SpfLookup[] = []
  private voids: { readonly name: string; readonly type: RecordType; readonly mayHoldOther: boolean }[] = []
  private readonly options: SpfOptions

  constructor(options: SpfOptions) {
    this.options = options
  }

  /** Look-ups that found nothing so far. */
  get voidCount(): number {
    return this.voids.length
  }

  get voidLimit(): number {
    return this.options.voidLookupsLimit ?? voidLookupsLimit
  }

  async ask(name: string, type: RecordType, { domain, term }: Asking): Promise<Answer> {
    const { resolver, signal } = this.options
    const answer = await resolver.query(signal === undefined ? { name, type } : { name, type, signal })
    const isVoid = answer.outcome.kind === 'nodata' || answer.outcome.kind === 'nxdomain'
    this.all.push({ domain, term, name, type, answer, terms: this.terms, isVoid })
    return answer
  }

  /** Counts an answer that found nothing; true where that is one too many. */
  async countVoid(answer: Answer, name: string, type: RecordType, from: Asking): Promise<boolean> {
    const { kind } = answer.outcome
    if (kind === 'records') return false
    const isAddress = type === 'A' || type === 'AAAA'
    this.voids.push({ name, type, mayHoldOther: isAddress && kind === 'nodata' })
    if (this.voids.length <= this.voidLimit) return false
    await this.forgiveVoids(from.domain)
    return this.voids.length > this.voidLimit
  }

  /** SPF-075: a name that has addresses of the other family is not void. */
  private async forgiveVoids(domain: string): Promise<void> {
    const kept: typeof this.voids = []
    for (const entry of this.voids) {
      const other = entry.mayHoldOther
        ? await this.ask(entry.name, entry.type === 'A' ? 'AAAA' : 'A', { domain, term: 'other address family' })
        : null
      if (other?.outcome.kind !== 'records') kept.push(entry.mayHoldOther ? { ...entry, mayHoldOther: false } : entry)
    }
    this.voids = kept
  }

  /** Names of an address that lead back to it (RFC 7208 s5.5). Errors give no name, never an error. */
  async validatedNames(ip: IpAddress, from: Asking): Promise<string[]> {
    const reverse = await this.ask(reverseName(ip), 'PTR', from)
    const names = recordsOf(reverse).flatMap(record => (record.type === 'PTR' ? [record.target] : []))
    const validated: string[] = []
    for (const name of names.slice(0, ptrNamesLimit)) {
      const forward = await this.ask(name, ip.family === 4 ? 'A' : 'AAAA', from)
      if (recordsOf(forward).some(record => hasAddress(record, ip, ip.family === 4 ? 32 : 128))) validated.push(name)
    }
    return validated
  }

  /** Why the last answer is none. */
  failure(answer: Answer, domain: string, at: number | null): SpfProblem {
    if (this.options.signal?.aborted === true) return { code: 'deadline', text: 'the time for SPF is over', domain, at }
    const last = this.all.at(-1)
    const what = `${last?.type ?? ''} of ${last?.name ?? domain}`
    if (answer.outcome.kind === 'bogus')
      return { code: 'dns-bogus', text: `DNSSEC proves the answer for ${what} wrong`, domain, at }
    const cause = answer.outcome.kind === 'temporary' ? answer.outcome.cause : 'unknown'
    return { code: 'dns-temporary', text: `${what} could not be determined (${cause})`, domain, at }
  }
}

/** Nothing is known, which is not the same as nothing there. */
export function isFailed(answer: Answer): boolean {
  return answer.outcome.kind === 'temporary' || answer.outcome.kind === 'bogus'
}

/** Records of the type that was asked for; none where there are none or nothing is known. */
export function recordsOf(answer: Answer): readonly ResourceRecord[] {
  return answer.outcome.kind === 'records' ? answer.outcome.records : []
}

/** The texts of an answer to a TXT question. */
export function textsOf(answer: Answer): string[] {
  return recordsOf(answer).flatMap(record => (record.type === 'TXT' ? [txtText(record)] : []))
}

/** Whether an address record holds the address, or its network by the prefix. */
export function hasAddress(record: ResourceRecord, ip: IpAddress, prefix: number): boolean {
  if (record.type !== 'A' && record.type !== 'AAAA') return false
  const address = parseIpAddress(record.address)
  return address !== null && isInNetwork(ip, address, prefix)
}
