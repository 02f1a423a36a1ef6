import {
  type Alias,
  type Answer,
  aliasesLimit,
  canonicalName,
  type Message,
  type Outcome,
  type RecordType,
  type ResourceRecord,
  type Security,
  type TemporaryCause,
} from '@letterlock/protocols'

/** What is known of the server that answered. */
export interface AnswerSource {
  readonly label: string
  /** Its AD bit counts. */
  readonly isTrusted: boolean
  /** It was seen to validate, so that an answer without AD is one that has no signatures to check. */
  readonly isValidating: boolean
}

export interface AskedQuestion {
  /** In lower case, without the final dot. */
  readonly name: string
  readonly type: RecordType
  readonly checkingDisabled: boolean
}

/** A message as an answer. */
export interface ReadAnswer {
  readonly answer: Answer
  /** An alias that the answer left unresolved: its target has to be asked for. */
  readonly follow: string | null
}

/** Extended errors that say that DNSSEC failed (RFC 8914 s4.7 to s4.13). */
const bogusErrors: ReadonlySet<number> = new Set([6, 7, 8, 9, 10, 11, 12])

const rcodes = {
  noError: 0,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  notAuthoritative: 9,
} as const

/** An answer that no server gave. */
export function failedAnswer(cause: TemporaryCause, server: string, at: number): Answer {
  const outcome: Outcome = { kind: 'temporary', cause }
  return {
    outcome,
    chain: noAliases,
    raw: noRecords,
    server,
    at,
    authenticData: false,
    rcode: null,
    extendedError: null,
  }
}

/** Reads what a message says about the question. Records of other names and types are not looked at. */
export function readAnswer(message: Message, asked: AskedQuestion, source: AnswerSource, at: number): ReadAnswer {
  const chain = asked.type === 'CNAME' ? noAliases : chainOf(message.answers, asked.name)
  const name = canonicalTarget(chain) ?? asked.name
  const records = recordsOf(message.answers, name, asked.type)
  const { outcome, isUnresolved } = outcomeOf(message, {
    name,
    records,
    chain,
    security: securityOf(message, asked, source),
  })
  const error = message.extendedErrors.find(({ code }) => bogusErrors.has(code)) ?? message.extendedErrors[0]
  const answer = {
    outcome,
    chain,
    raw: message.answers,
    server: source.label,
    at,
    authenticData: message.authenticData,
    rcode: message.rcode,
    extendedError: error?.code ?? null,
  }
  return {
    answer: error === undefined ? answer : { ...answer, extendedErrors: message.extendedErrors },
    follow: isUnresolved ? name : null,
  }
}

const noAliases: readonly Alias[] = []
const noRecords: readonly ResourceRecord[] = []

/** RFC 4035 s4.3. With CD nothing was checked, whatever AD says. */
function securityOf(message: Message, asked: AskedQuestion, source: AnswerSource): Security {
  if (!source.isTrusted || asked.checkingDisabled) return 'indeterminate'
  if (message.authenticData) return 'secure'
  return source.isValidating ? 'insecure' : 'indeterminate'
}

interface Found {
  readonly name: string
  readonly records: readonly ResourceRecord[]
  readonly chain: readonly Alias[]
  readonly security: Security
}

function outcomeOf(message: Message, found: Found): { readonly outcome: Outcome; readonly isUnresolved: boolean } {
  const { name, records, chain, security } = found
  const isPositive = message.rcode === rcodes.noError && records.length > 0
  if (isPositive) return settled({ kind: 'records', records, ttl: smallestTtl(records, chain), security })
  // A chain of resolvers in use ends before this; it leads in a circle, or on and on.
  if (chain.length > aliasesLimit) return settled({ kind: 'temporary', cause: 'servfail' })
  if (message.rcode === rcodes.nameError) {
    // Records of a name that does not exist: one of the two is wrong.
    if (records.length > 0) return settled({ kind: 'temporary', cause: 'malformed' })
    return settled({ kind: 'nxdomain', ttl: negativeTtl(message.authorities, name, chain), security })
  }
  if (message.rcode !== rcodes.noError) return settled(failure(message))
  const ttl = negativeTtl(message.authorities, name, chain)
  if (ttl === null && chain.length > 0) return { outcome: { kind: 'nodata', ttl, security }, isUnresolved: true }
  // RFC 2308 s2.2: name servers and no SOA are a referral, by a server that knows nothing of the name itself.
  if (ttl === null && message.authorities.some(record => record.type === 'NS'))
    return settled({ kind: 'temporary', cause: 'refused' })
  return settled({ kind: 'nodata', ttl, security })
}

function settled(outcome: Outcome): { readonly outcome: Outcome; readonly isUnresolved: boolean } {
  return { outcome, isUnresolved: false }
}

function failure(message: Message): Outcome {
  const { rcode } = message
  if (rcode === rcodes.serverFailure && message.extendedErrors.some(({ code }) => bogusErrors.has(code)))
    return { kind: 'bogus' }
  if (rcode === rcodes.notImplemented) return { kind: 'temporary', cause: 'not-implemented' }
  if (rcode === rcodes.refused || rcode === rcodes.notAuthoritative) return { kind: 'temporary', cause: 'refused' }
  return { kind: 'temporary', cause: 'servfail' }
}

function smallestTtl(records: readonly ResourceRecord[], chain: readonly Alias[]): number {
  let ttl = Number.POSITIVE_INFINITY
  for (const record of records) if (record.ttl < ttl) ttl = record.ttl
  for (const alias of chain) if (alias.ttl < ttl) ttl = alias.ttl
  return ttl
}

/**
 * RFC 2308 s5: the smaller of the SOA's TTL and its minimum, and no longer than the aliases that led here; null without
 * an SOA of a zone that the name lies in.
 */
function negativeTtl(authorities: readonly ResourceRecord[], name: string, chain: readonly Alias[]): number | null {
  for (const record of authorities)
    if (record.type === 'SOA' && isWithin(name, canonicalName(record.name)))
      return smallestTtl([{ ...record, ttl: Math.min(record.ttl, record.minimum) }], chain)
  return null
}

function isWithin(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`)
}

function recordsOf(answers: readonly ResourceRecord[], name: string, type: RecordType): readonly ResourceRecord[] {
  const isWanted = (record: ResourceRecord) => record.type === type && isNamed(record, name)
  return answers.every(isWanted) ? answers : answers.filter(isWanted)
}

function isNamed(record: ResourceRecord, name: string): boolean {
  return record.name === name || canonicalName(record.name) === name
}

/** The aliases from the name on; one more than the limit where it has no end. */
function chainOf(answers: readonly ResourceRecord[], asked: string): readonly Alias[] {
  if (!answers.some(record => record.type === 'CNAME')) return noAliases
  const chain: Alias[] = []
  let name = asked
  while (chain.length <= aliasesLimit) {
    const alias = answers.find(record => record.type === 'CNAME' && isNamed(record, name))
    if (alias?.type !== 'CNAME') break
    chain.push({ name, target: alias.target, ttl: alias.ttl })
    name = canonicalName(alias.target)
  }
  return chain
}

function canonicalTarget(chain: readonly Alias[]): string | null {
  const last = chain.at(-1)
  return last === undefined ? null : canonicalName(last.target)
}
