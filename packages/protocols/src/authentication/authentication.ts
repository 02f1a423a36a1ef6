import type { RequestedPolicy } from '../aggregate-report/report.ts'
import { type ArcVerification, ArcVerifier } from '../arc/verify.ts'
import type { RawField } from '../dkim/canonical-header.ts'
import { SignedMessage } from '../dkim/signed-message.ts'
import { KeyLookups } from '../dkim/signing-key.ts'
import { type DkimVerification, DkimVerifier } from '../dkim/verify.ts'
import { type Author, readAuthor } from '../dmarc/author-domain.ts'
import {
  type DmarcEvaluation,
  type DmarcOptions,
  type DmarcResult,
  evaluateDmarc,
  type Identifier,
  isAtOrBelow,
} from '../dmarc/evaluate.ts'
import { discoverPolicy } from '../dmarc/policy.ts'
import { DmarcLookups } from '../dmarc/tree-walk.ts'
import { abortableResolver } from '../dns/abortable-resolver.ts'
import { canonicalName } from '../dns/name.ts'
import type { Resolver } from '../dns/resolver.ts'
import { normaliseDomain } from '../domain-name.ts'
import type { IpAddress } from '../ip-address.ts'
import { checkHost } from '../spf/evaluate.ts'
import type { SpfEvaluation, SpfOptions } from '../spf/evaluation.ts'
import { RecordCache } from './record-cache.ts'

/** What the SMTP session told (RFC 5321). */
export interface Session {
  readonly ip: IpAddress
  /** Name of the last HELO or EHLO, as given. */
  readonly helo: string
  /** Reverse-path without angle brackets; `''` is the null path. */
  readonly mailFrom: string
}

export interface AuthenticationOptions {
  readonly resolver: Resolver
  /** Seconds since 1970. */
  readonly now: number
  /** Ends every look-up, whether the resolver heeds it or not: what is not known by then is temperror. */
  readonly signal?: AbortSignal
  /** What was read of records, shared between messages. */
  readonly records?: RecordCache
  /** The registered name by the public suffix list, for the reading of RFC 7489; absent: that reading is not made. */
  readonly registeredDomain?: (name: string) => string | null
  /** FQDN of the receiving host, for explanations of SPF. */
  readonly receiver?: string
  /** The message has more header than the fields given: From cannot be evaluated (DMARC-023). */
  readonly isHeaderCut?: boolean
  /** The HELO identity is checked too (SPF-021); it never counts for DMARC. */
  readonly checksHelo?: boolean
}

/** Which identity SPF was asked about, and what it found. */
export interface SpfFinding {
  readonly identity: 'mailfrom' | 'helo'
  /** Of the identity; null where it is no domain. */
  readonly domain: string | null
  readonly evaluation: SpfEvaluation
}

/** The DMARC result of the message over all its Author Domains (RFC 9989 s11.5). */
export interface DmarcSummary {
  readonly result: DmarcResult
  /** Strictest policy asked for among the domains that fail; null where none fails. */
  readonly applied: RequestedPolicy | null
  /** One for each Author Domain. */
  readonly evaluations: readonly DmarcEvaluation[]
  readonly problem: string | null
}

/** Everything that was found out about one message, with the evidence of each step. */
export interface AuthenticationReport {
  readonly author: Author
  /** MAIL FROM, or HELO where the path is null (SPF-023). Null where the session is not known: not tested. */
  readonly spf: SpfFinding | null
  /** Null where it was not asked for, or is no domain. */
  readonly helo: SpfFinding | null
  readonly dkim: readonly DkimVerification[]
  readonly arc: ArcVerification
  readonly dmarc: DmarcSummary
}

/**
 * Authenticates one message while it comes in: SPF, the keys of DKIM and ARC, and the walk of DMARC are asked for at
 * once when the header is there. Never rejects.
 */
export class Authentication {
  private readonly author: Author
  private readonly message: SignedMessage
  private readonly dkim: DkimVerifier
  private readonly arc: ArcVerifier
  private readonly spf: Promise<SpfFinding> | null
  private readonly helo: Promise<SpfFinding> | null
  private readonly lookups: DmarcLookups
  private readonly dmarc: DmarcOptions

  /**
   * `fields`: the header as received, from the top. Without a session SPF is not tested, and a DMARC result that is not
   * `pass` rests on DKIM alone: the caller says so.
   */
  constructor(fields: readonly RawField[], session: Session | null, options: AuthenticationOptions) {
    const { now, signal } = options
    const resolver = signal === undefined ? options.resolver : abortableResolver(options.resolver, signal)
    const records = options.records ?? new RecordCache()
    this.author = readAuthor(fields, options.isHeaderCut)
    this.message = new SignedMessage(fields)
    const domains = this.author.kind === 'domains' ? this.author.domains : []
    const lookups = new KeyLookups({ resolver, signal })
    const asking = { resolver, now, signal, keys: records.keys, lookups, preferredDomain: domains[0] }
    this.dkim = new DkimVerifier(fields, asking, this.message)
    this.arc = new ArcVerifier(fields, asking, this.message)
    const spf = { resolver, signal, records: records.spf }
    const basis = session === null ? null : { session, options, spf }
    this.spf = basis === null ? null : mailFromFinding(basis)
    const isHeloApart = options.checksHelo === true && session?.mailFrom !== ''
    this.helo = basis !== null && isHeloApart ? heloFinding(basis) : null
    this.lookups = new DmarcLookups(resolver, signal, records.dmarc)
    this.dmarc = { resolver, lookups: this.lookups, registeredDomain: options.registeredDomain }
    const identified = [...this.dkim.domains, ...(session === null ? [] : [identityOf(session)])]
    for (const domain of domains) void this.askAhead(domain, identified)
  }

  /** What DMARC will ask for once SPF and DKIM are done is asked beside them: no round of DNS comes after theirs. */
  private async askAhead(authorDomain: string, identified: readonly string[]): Promise<void> {
    const { lookups } = this
    void discoverPolicy(authorDomain, lookups)
    const { organizationalDomain } = await lookups.walk(authorDomain)
    if (organizationalDomain === null) return
    for (const domain of identified)
      if (domain !== authorDomain && isAtOrBelow(domain, organizationalDomain)) void lookups.walk(domain)
  }

  /** The next octets of the body as they travel, with CRLF. */
  body(chunk: Uint8Array): void {
    this.message.body(chunk)
  }

  async end(): Promise<AuthenticationReport> {
    const [dkim, arc, spf, helo] = await Promise.all([this.dkim.end(), this.arc.end(), this.spf, this.helo])
    const dmarc = await this.summary(identifiersOf(dkim, spf))
    return { author: this.author, spf, helo, dkim, arc, dmarc }
  }

  private async summary(identifiers: readonly Identifier[]): Promise<DmarcSummary> {
    const { author, dmarc } = this
    if (author.kind === 'malformed')
      return { result: 'permerror', applied: null, evaluations: [], problem: author.text }
    if (author.kind === 'none')
      return { result: 'none', applied: null, evaluations: [], problem: 'From names no domain' }
    const evaluations = await Promise.all(
      author.domains.map(authorDomain => evaluateDmarc({ authorDomain, identifiers }, dmarc)),
    )
    return summarise(evaluations)
  }
}

/** The domain that SPF is asked about. SPF-023: with a null path it is the HELO name. */
function identityOf({ mailFrom, helo }: Session): string {
  return canonicalName(mailFrom === '' ? helo : mailFrom.slice(mailFrom.lastIndexOf('@') + 1))
}

/** What the checks of all identities of a session share. */
interface SpfBasis {
  readonly session: Session
  readonly options: AuthenticationOptions
  readonly spf: SpfOptions
}

function mailFromFinding(basis: SpfBasis): Promise<SpfFinding> {
  const { mailFrom } = basis.session
  if (mailFrom === '') return heloFinding(basis)
  return finding('mailfrom', mailFrom.slice(mailFrom.lastIndexOf('@') + 1), mailFrom, basis)
}

/** SPF-023: with a null path the identity is `postmaster@` the HELO name. */
function heloFinding(basis: SpfBasis): Promise<SpfFinding> {
  const { helo } = basis.session
  return finding('helo', helo, `postmaster@${helo}`, basis)
}

async function finding(
  identity: SpfFinding['identity'],
  written: string,
  sender: string,
  { session, options, spf }: SpfBasis,
): Promise<SpfFinding> {
  const { ip, helo } = session
  const { now, receiver } = options
  // SPF-028: A-labels before any look-up; what is no domain is left as written, and check_host answers none.
  const domain = normaliseDomain(written)
  const evaluation = await checkHost({ ip, domain: domain ?? written, sender, helo, now, receiver }, spf)
  return { identity, domain, evaluation }
}

/** DMARC-050, DMARC-051, DMARC-056: only DNS errors stay errors; a broken record or signature is a fail. */
function identifiersOf(dkim: readonly DkimVerification[], spf: SpfFinding | null): readonly Identifier[] {
  const identifiers: Identifier[] = dkim.flatMap(({ domain, result }) =>
    domain === null
      ? []
      : [{ method: 'dkim', domain, result: result === 'pass' || result === 'temperror' ? result : 'fail' }],
  )
  if (spf !== null && spf.domain !== null) {
    const { result } = spf.evaluation
    identifiers.push({
      method: 'spf',
      domain: spf.domain,
      result: result === 'pass' || result === 'temperror' ? result : 'fail',
    })
  }
  return identifiers
}

const strictness = { none: 0, quarantine: 1, reject: 2 } as const satisfies Record<RequestedPolicy, number>

/** The worst of several Author Domains counts: one that is not proven is enough (DMARC-022). */
const worstFirst: readonly DmarcResult[] = ['fail', 'temperror', 'permerror', 'none', 'pass']

function summarise(evaluations: readonly DmarcEvaluation[]): DmarcSummary {
  const readings = evaluations.map(evaluation => evaluation.rfc9989)
  const result = worstFirst.find(worst => readings.some(reading => reading.result === worst)) ?? 'none'
  let applied: RequestedPolicy | null = null
  for (const reading of readings) {
    if (reading.result !== 'fail' || reading.applied === null) continue
    if (applied === null || strictness[reading.applied] > strictness[applied]) applied = reading.applied
  }
  return { result, applied, evaluations, problem: readings.find(reading => reading.result === result)?.problem ?? null }
}
