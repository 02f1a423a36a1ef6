import type { RequestedPolicy } from '../aggregate-report/report.ts'
import { canonicalName } from '../dns/name.ts'
import type { Resolver } from '../dns/resolver.ts'
import { discoverPolicy, type PolicyFinding } from './policy.ts'
import { publicSuffixReading } from './rfc7489-reading.ts'
import { DmarcLookups } from './tree-walk.ts'

/** `dmarc=` of Authentication-Results (RFC 9989 s9.2, DMARC-059). */
export type DmarcResult = 'none' | 'pass' | 'fail' | 'temperror' | 'permerror'

/** What a method found about a domain. Only `pass` makes an Authenticated Identifier. */
export interface Identifier {
  readonly method: 'dkim' | 'spf'
  /** d=, or the MAIL FROM domain. */
  readonly domain: string
  /** `temperror` and `permerror` are DNS errors only; a bad record or signature is `fail` (DMARC-056). */
  readonly result: 'pass' | 'fail' | 'temperror' | 'permerror'
}

/** An identifier held against the Author Domain. */
export interface Alignment {
  readonly identifier: Identifier
  /** Null where it could not be determined. */
  readonly isAligned: boolean | null
  readonly mode: 'relaxed' | 'strict'
  /** Null where it was not needed, or could not be determined. */
  readonly organizationalDomain: string | null
}

/** How receivers of one generation judge the message. */
export interface DmarcReading {
  readonly result: DmarcResult
  readonly finding: PolicyFinding
  /** What the policy asks for on fail; null where none applies or it could not be determined. */
  readonly applied: RequestedPolicy | null
  /** Of the Author Domain; null where it was not needed, or could not be determined. */
  readonly organizationalDomain: string | null
  readonly alignments: readonly Alignment[]
  readonly problem: string | null
}

export interface DmarcEvaluation {
  readonly authorDomain: string
  readonly rfc9989: DmarcReading
  /** Null where no public suffix list was given. */
  readonly rfc7489: DmarcReading | null
  /** Members in which the two readings differ, in words (DCHG-002). */
  readonly differences: readonly string[]
  /** Names asked at `_dmarc.`, in order. */
  readonly asked: readonly string[]
}

export interface DmarcInput {
  /** Author Domain as A-label. */
  readonly authorDomain: string
  readonly identifiers: readonly Identifier[]
}

export interface DmarcOptions {
  readonly resolver: Resolver
  readonly signal?: AbortSignal
  /** Shared with other Author Domains of one message. */
  readonly lookups?: DmarcLookups
  /** The registered name by the ICANN part of the public suffix list (DCHG-001); null for a suffix itself. */
  readonly registeredDomain?: ((name: string) => string | null) | undefined
}

/** Evaluates one Author Domain by RFC 9989, and beside it by RFC 7489. Never rejects. */
export async function evaluateDmarc(input: DmarcInput, options: DmarcOptions): Promise<DmarcEvaluation> {
  const authorDomain = canonicalName(input.authorDomain)
  const identifiers = input.identifiers.map(identifier => ({ ...identifier, domain: canonicalName(identifier.domain) }))
  const lookups = options.lookups ?? new DmarcLookups(options.resolver, options.signal)
  // DMARC-024: localhost and names below it are never asked for (RFC 6761 s6.3).
  if (isAtOrBelow(authorDomain, 'localhost')) {
    const none = reading({ kind: 'none' }, null, [], 'localhost has no policy')
    return { authorDomain, rfc9989: none, rfc7489: none, differences: [], asked: lookups.asked }
  }
  const rfc9989 = await treeWalkReading(authorDomain, identifiers, lookups)
  const { registeredDomain } = options
  const rfc7489 =
    registeredDomain === undefined
      ? null
      : await publicSuffixReading({ authorDomain, identifiers }, lookups, registeredDomain)
  const differences = rfc7489 === null ? [] : differencesOf(rfc9989, rfc7489)
  return { authorDomain, rfc9989, rfc7489, differences, asked: lookups.asked }
}

async function treeWalkReading(
  author: string,
  identifiers: readonly Identifier[],
  lookups: DmarcLookups,
): Promise<DmarcReading> {
  const finding = await discoverPolicy(author, lookups)
  if (finding.kind === 'none' || finding.kind === 'unusable') return reading(finding, null, [], null)
  const { record } = finding
  const { organizationalDomain } = await lookups.walk(author)
  const alignments: Alignment[] = []
  for (const identifier of identifiers) {
    const mode = modeOf(identifier, record)
    alignments.push(await align({ author, organizationalDomain, identifier, mode }, lookups))
  }
  return reading(finding, organizationalDomain, alignments, null)
}

export function modeOf(
  identifier: Identifier,
  record: { readonly adkim: 'r' | 's'; readonly aspf: 'r' | 's' } | null,
): 'relaxed' | 'strict' {
  return (identifier.method === 'dkim' ? record?.adkim : record?.aspf) === 's' ? 'strict' : 'relaxed'
}

/** DMARC-052, DMARC-053, DMARC-092. */
async function align(
  held: {
    readonly author: string
    readonly organizationalDomain: string | null
    readonly identifier: Identifier
    readonly mode: 'relaxed' | 'strict'
  },
  lookups: DmarcLookups,
): Promise<Alignment> {
  const { author, organizationalDomain, identifier, mode } = held
  const settled = (isAligned: boolean | null, organization: string | null = null): Alignment => ({
    identifier,
    isAligned,
    mode,
    organizationalDomain: organization,
  })
  if (identifier.domain === author) return settled(true, organizationalDomain)
  if (mode === 'strict') return settled(false)
  // The Organizational Domain of a name is the name or one above it, so names of another top label never meet.
  if (organizationalDomain === null) return settled(sharesTopLabel(identifier.domain, author) ? null : false)
  if (!isAtOrBelow(identifier.domain, organizationalDomain)) return settled(false)
  const walk = await lookups.walk(identifier.domain)
  if (walk.organizationalDomain === null) return settled(null)
  return settled(walk.organizationalDomain === organizationalDomain, walk.organizationalDomain)
}

function sharesTopLabel(a: string, b: string): boolean {
  return a.slice(a.lastIndexOf('.') + 1) === b.slice(b.lastIndexOf('.') + 1)
}

export function isAtOrBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}

/** The result by DMARC-054 to DMARC-059 from the policy and the alignments. */
export function reading(
  finding: PolicyFinding,
  organizationalDomain: string | null,
  alignments: readonly Alignment[],
  problem: string | null,
): DmarcReading {
  const { result, text } = resultOf(finding, alignments)
  return {
    result,
    finding,
    applied: finding.kind === 'policy' ? finding.applied : null,
    organizationalDomain,
    alignments,
    problem: problem ?? text,
  }
}

function resultOf(
  finding: PolicyFinding,
  alignments: readonly Alignment[],
): { readonly result: DmarcResult; readonly text: string | null } {
  if (finding.kind === 'none') return { result: 'none', text: null }
  if (finding.kind === 'unusable')
    return { result: 'permerror', text: `the record of ${finding.policyDomain} has no usable policy and no usable rua` }
  // Without a record it is not known whether DMARC applies, nor which alignment is wanted (DMARC-055).
  if (finding.kind === 'undetermined' && finding.record === null)
    return { result: 'temperror', text: `the policy could not be determined (${finding.name})` }
  // An aligned pass settles it, whatever else failed (DMARC-056).
  if (alignments.some(({ identifier, isAligned }) => identifier.result === 'pass' && isAligned === true))
    return { result: 'pass', text: null }
  const undetermined = alignments.find(
    ({ identifier, isAligned }) =>
      (isAligned === null && identifier.result !== 'fail') || (isAligned === true && identifier.result === 'temperror'),
  )
  if (finding.kind === 'undetermined')
    return { result: 'temperror', text: `the policy could not be determined (${finding.name})` }
  if (undetermined !== undefined)
    return {
      result: 'temperror',
      text: `${undetermined.identifier.method} of ${undetermined.identifier.domain} could not be determined`,
    }
  const permanent = alignments.find(
    ({ identifier, isAligned }) => isAligned === true && identifier.result === 'permerror',
  )
  if (permanent !== undefined)
    return {
      result: 'permerror',
      text: `${permanent.identifier.method} of ${permanent.identifier.domain} failed for good`,
    }
  return { result: 'fail', text: null }
}

function differencesOf(a: DmarcReading, b: DmarcReading): readonly string[] {
  const differences: string[] = []
  const compare = (what: string, first: string | null, second: string | null) => {
    if (first !== second) differences.push(`${what}: ${first ?? 'none'} by RFC 9989, ${second ?? 'none'} by RFC 7489`)
  }
  compare('result', a.result, b.result)
  compare('policy domain', policyDomainOf(a.finding), policyDomainOf(b.finding))
  compare('policy', a.applied, b.applied)
  if (a.organizationalDomain !== null && b.organizationalDomain !== null)
    compare('Organizational Domain', a.organizationalDomain, b.organizationalDomain)
  for (const first of a.alignments) {
    const second = b.alignments.find(({ identifier }) => identifier === first.identifier)
    if (second !== undefined)
      compare(`alignment of ${first.identifier.method} ${first.identifier.domain}`, wordOf(first), wordOf(second))
  }
  return differences
}

function policyDomainOf(finding: PolicyFinding): string | null {
  return finding.kind === 'policy' || finding.kind === 'unusable' ? finding.policyDomain : null
}

function wordOf({ isAligned }: Alignment): string {
  if (isAligned === null) return 'undetermined'
  return isAligned ? 'aligned' : 'not aligned'
}
