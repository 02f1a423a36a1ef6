import type { DnsLookup } from '@letterlock/contract'
import type { Answer, Question, Resolver, ResourceRecord } from '@letterlock/protocols'
import { getDomain } from 'tldts'
import { recordData } from './record-text.ts'

/** Look-ups of one message that are listed; a message may cause some hundreds, and a person reads tens. */
export const listedLookupsLimit = 500

/** A resolver that asks each question once and remembers what was asked, as evidence. */
export class RecordedLookups implements Resolver {
  readonly #below: Resolver
  readonly #answers = new Map<string, Promise<Answer>>()
  readonly #found: { readonly question: Question; readonly answer: Answer }[] = []

  constructor(below: Resolver) {
    this.#below = below
  }

  query(question: Question): Promise<Answer> {
    const key = `${question.name.toLowerCase().replace(/\.$/, '')}/${question.type}/${question.checkingDisabled ?? false}`
    const known = this.#answers.get(key)
    if (known !== undefined) return known
    const asked = this.#below.query(question).then(answer => {
      this.#found.push({ question, answer })
      return answer
    })
    this.#answers.set(key, asked)
    return asked
  }

  /** What was asked and answered so far, in the order of the answers. */
  list(): readonly DnsLookup[] {
    return this.#found.slice(0, listedLookupsLimit).map(({ question, answer }) => lookup(question, answer))
  }

  /** Names that were answered as not existing and do not stand in or below any of the zones. */
  outside(zones: readonly string[]): readonly string[] {
    const names = this.#found
      .filter(({ answer }) => answer.outcome.kind === 'nxdomain')
      .map(({ question }) => question.name.toLowerCase().replace(/\.$/, ''))
    return [...new Set(names)].filter(
      name => !isAboveDomains(name) && !zones.some(zone => name === zone || name.endsWith(`.${zone}`)),
    )
  }
}

/** The DMARC walk ends above what anybody registers; there hardly ever is a record, and no zone file speaks of it. */
function isAboveDomains(name: string): boolean {
  return name.startsWith('_dmarc.') && getDomain(name.slice('_dmarc.'.length), { validateHostname: false }) === null
}

function lookup(question: Question, answer: Answer): DnsLookup {
  const { outcome, server } = answer
  const head = { name: question.name, type: question.type, server }
  switch (outcome.kind) {
    case 'records':
      return {
        ...head,
        outcome: 'records',
        cause: null,
        answers: outcome.records.map((record: ResourceRecord) => recordData(record)),
        ttl: outcome.ttl,
        isSecure: outcome.security === 'secure',
      }
    case 'nodata':
    case 'nxdomain':
      return {
        ...head,
        outcome: outcome.kind,
        cause: null,
        answers: [],
        ttl: outcome.ttl,
        isSecure: outcome.security === 'secure',
      }
    case 'temporary':
      return { ...head, outcome: 'undetermined', cause: outcome.cause, answers: [], ttl: null, isSecure: false }
    case 'bogus':
      return { ...head, outcome: 'undetermined', cause: 'bogus', answers: [], ttl: null, isSecure: false }
  }
}
