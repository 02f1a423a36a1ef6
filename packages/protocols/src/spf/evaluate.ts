import { isSameName, parseNameText } from '../dns/name.ts'
import { type RecordType, type ResourceRecord, txtText } from '../dns/record.ts'
import type { Answer, Resolver } from '../dns/resolver.ts'
import { formatIpAddress, type IpAddress, isInNetwork, parseIpAddress } from '../ip-address.ts'
import { expandMacros, type MacroString, type MacroValues, parseMacroString, usesLetter } from './macro.ts'
import { isSpfRecord, type Mechanism, parseSpfRecord, type Qualifier, type SpfRecord } from './record.ts'

/** Terms that query DNS, over the whole evaluation (RFC 7208 s4.6.4, SPF-070). */
export const termsLimit = 10

/** Look-ups that find nothing (RFC 7208 s4.6.4, SPF-073). */
export const voidLookupsLimit = 2

/** Hosts of one `mx` term whose addresses are asked for; one more is an error (RFC 7208 s4.6.4, SPF-071). */
export const mxHostsLimit = 10

/** Names of a reverse look-up that are validated; the rest is ignored (RFC 7208 s4.6.4, SPF-072). */
export const ptrNamesLimit = 10

/** Characters of an explanation that are kept: it is text of another domain, for one line of an SMTP reply (SPF-061). */
export const explanationLimit = 512

export type SpfResultCode = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror'

/** Why an evaluation ended without a match deciding. */
export interface SpfProblem {
  readonly code:
    | 'dns-temporary'
    | 'dns-bogus'
    | 'deadline'
    | 'record-syntax'
    | 'record-repeated'
    | 'terms-limit'
    | 'void-lookups-limit'
    | 'mx-hosts-limit'
    | 'target-without-record'
    | 'target-name'
  readonly text: string
  /** Domain of the record where it happened. */
  readonly domain: string
  /** Octet offset in that record, where one was read. */
  readonly at: number | null
}

/** One DNS question that the evaluation asked, in order. */
export interface SpfLookup {
  /** Domain of the record that asked; null for the first record itself. */
  readonly domain: string
  /** The term as written, or what else asked. */
  readonly term: string
  readonly name: string
  readonly type: RecordType
  readonly answer: Answer
  /** Terms counted towards the limit when this was asked. */
  readonly terms: number
  readonly isVoid: boolean
}

/** The directive that decided. */
export interface SpfMatch {
  readonly domain: string
  readonly term: string
  readonly at: number
  /** For an `include`: the directive of the included record that matched. Null for every other mechanism. */
  readonly inside: SpfMatch | null
}

export interface SpfEvaluation {
  readonly result: SpfResultCode
  /** The domain that was checked. */
  readonly domain: string
  /** Null where no directive matched. */
  readonly matched: SpfMatch | null
  readonly problem: SpfProblem | null
  /** Text of the domain's own on fail; hostile (SPF-064). Null where there is none. */
  readonly explanation: string | null
  readonly terms: number
  readonly voidLookups: number
  readonly lookups: readonly SpfLookup[]
}

/** What `check_host()` takes (RFC 7208 s4.1). */
export interface SpfCheck {
  readonly ip: IpAddress
  /** Domain of the identity, as A-labels. */
  readonly domain: string
  /** The whole identity; without a local-part it counts as `postmaster` (SPF-024). */
  readonly sender: string
  readonly helo: string
  /** FQDN of the receiving host for `%{r}`; `unknown` where absent. */
  readonly receiver?: string
  /** Seconds since 1970 for `%{t}`. */
  readonly now: number
}

export interface SpfOptions {
  readonly resolver: Resolver
  /** Ends the evaluation with temperror (RFC 7208 s4.6.4, SPF-074). */
  readonly signal?: AbortSignal
  readonly voidLookupsLimit?: number
}

/** Evaluates one identity by `check_host()` (RFC 7208 s4). Never rejects. */
export async function checkHost(check: SpfCheck, options: SpfOptions): Promise<SpfEvaluation> {
  const run = new Run(check, options)
  const verdict = await run.evaluate(check.domain, null)
  const explanation = verdict.result === 'fail' ? await run.explain(verdict) : null
  return {
    result: verdict.result,
    domain: check.domain,
    matched: verdict.matched,
    problem: verdict.problem,
    explanation,
    terms: run.terms,
    voidLookups: run.voids.length,
    lookups: run.lookups,
  }
}

/** End of one record's evaluation. */
interface Verdict {
  readonly result: SpfResultCode
  readonly matched: SpfMatch | null
  readonly problem: SpfProblem | null
  readonly record: SpfRecord | null
  readonly domain: string
}

/** Whether a directive matches, or the verdict that ends everything. */
type Matching = boolean | Verdict

const resultOf = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const satisfies Record<
  Qualifier,
  SpfResultCode
>

class Run {
  terms = 0
  voids: { readonly name: string; readonly type: RecordType; readonly mayHoldOther: boolean }[] = []
  readonly lookups: SpfLookup[] = []
  /** What matched in the record that was included last. */
  private included: SpfMatch | null = null
  private readonly check: SpfCheck
  private readonly options: SpfOptions
  private readonly localPart: string
  private readonly senderDomain: string

  constructor(check: SpfCheck, options: SpfOptions) {
    this.check = check
    this.options = options
    const at = check.sender.lastIndexOf('@')
    const local = at === -1 ? '' : check.sender.slice(0, at)
    this.localPart = local === '' ? 'postmaster' : local
    this.senderDomain = check.sender.slice(at + 1)
  }

  /** `from` is the term that leads here; null for the first record. */
  async evaluate(domain: string, from: { domain: string; term: string } | null): Promise<Verdict> {
    const end = (result: SpfResultCode, problem: SpfProblem | null = null): Verdict => ({
      result,
      matched: null,
      problem,
      record: null,
      domain,
    })
    if (!isMailDomain(domain)) return end('none')
    const answer = await this.ask(domain, 'TXT', { domain: from?.domain ?? domain, term: from?.term ?? 'record' })
    if (isFailed(answer)) return end('temperror', this.failure(answer, domain, null))
    if (from !== null) {
      const stop = await this.countVoid(answer, domain, 'TXT', from)
      if (stop !== null) return stop
    }
    const texts = recordsOf(answer)
      .flatMap(record => (record.type === 'TXT' ? [txtText(record)] : []))
      .filter(isSpfRecord)
    const [text] = texts
    if (text === undefined) return end('none')
    if (texts.length > 1)
      return end('permerror', {
        code: 'record-repeated',
        text: `${texts.length} SPF records stand at ${domain}`,
        domain,
        at: null,
      })
    const record = parseSpfRecord(text)
    if (!record.ok)
      return end('permerror', { code: 'record-syntax', text: record.fault.text, domain, at: record.fault.at })
    return this.evaluateRecord(record.value, domain)
  }

  private async evaluateRecord(record: SpfRecord, domain: string): Promise<Verdict> {
    for (const mechanism of record.mechanisms) {
      const matching = await this.matches(mechanism, domain)
      if (matching === false) continue
      if (matching !== true) return { ...matching, record, domain }
      const inside = mechanism.kind === 'include' ? this.included : null
      const matched = { domain, term: mechanism.text, at: mechanism.at, inside }
      return { result: resultOf[mechanism.qualifier], matched, problem: null, record, domain }
    }
    if (record.redirect !== null) return this.redirect(record, domain)
    return { result: 'neutral', matched: null, problem: null, record, domain }
  }

  private async redirect(record: SpfRecord, domain: string): Promise<Verdict> {
    const { redirect } = record
    if (redirect === null) return { result: 'neutral', matched: null, problem: null, record, domain }
    const stop = this.countTerm(redirect.value, domain, redirect)
    if (stop !== null) return stop
    const target = await this.expand(redirect.value, domain)
    if (target === null)
      return this.stop('permerror', 'target-name', `"${redirect.text}" leads to no domain name`, domain, redirect.at)
    const verdict = await this.evaluate(target, { domain, term: redirect.text })
    if (verdict.result !== 'none') return verdict
    return this.stop('permerror', 'target-without-record', `${target} has no SPF record`, domain, redirect.at)
  }

  private async matches(mechanism: Mechanism, domain: string): Promise<Matching> {
    switch (mechanism.kind) {
      case 'all':
        return true
      case 'ip4':
      case 'ip6':
        return isInNetwork(this.check.ip, mechanism.network, mechanism.prefix)
      case 'include':
        return this.matchesInclude(mechanism, mechanism.domain, domain)
      case 'exists': {
        const target = await this.targetOf(mechanism, mechanism.domain, domain)
        if (typeof target !== 'string') return target
        const addresses = await this.lookUp(target, 'A', domain, mechanism)
        return Array.isArray(addresses) ? addresses.length > 0 : addresses
      }
      case 'a': {
        const target = await this.targetOf(mechanism, mechanism.domain, domain)
        return typeof target === 'string' ? this.matchesHost(target, mechanism, domain) : target
      }
      case 'mx':
        return this.matchesMx(mechanism, domain)
      case 'ptr':
        return this.matchesPtr(mechanism, domain)
    }
  }

  private async matchesInclude(mechanism: Mechanism, spec: MacroString, domain: string): Promise<Matching> {
    const stop = this.countTerm(spec, domain, mechanism)
    if (stop !== null) return stop
    if (this.restsOnForeignLocalPart(spec)) return false
    const target = await this.expand(spec, domain)
    if (target === null)
      return this.stop('permerror', 'target-name', `"${mechanism.text}" leads to no domain name`, domain, mechanism.at)
    const child = await this.evaluate(target, { domain, term: mechanism.text })
    switch (child.result) {
      case 'pass':
        this.included = child.matched
        return true
      case 'fail':
      case 'softfail':
      case 'neutral':
        return false
      case 'temperror':
      case 'permerror':
        return child
      case 'none':
        return this.stop('permerror', 'target-without-record', `${target} has no SPF record`, domain, mechanism.at)
    }
  }

  private async matchesHost(
    host: string,
    mechanism: Extract<Mechanism, { kind: 'a' | 'mx' }>,
    domain: string,
  ): Promise<Matching> {
    const { ip } = this.check
    const addresses = await this.lookUp(host, ip.family === 4 ? 'A' : 'AAAA', domain, mechanism)
    if (!Array.isArray(addresses)) return addresses
    const prefix = ip.family === 4 ? mechanism.prefix4 : mechanism.prefix6
    return addresses.some(record => hasAddress(record, ip, prefix))
  }

  private async matchesMx(mechanism: Extract<Mechanism, { kind: 'a' | 'mx' }>, domain: string): Promise<Matching> {
    const target = await this.targetOf(mechanism, mechanism.domain, domain)
    if (typeof target !== 'string') return target
    const records = await this.lookUp(target, 'MX', domain, mechanism)
    if (!Array.isArray(records)) return records
    // RFC 7505: the root is no host, so there is nothing to ask.
    const hosts = records.flatMap(record => (record.type === 'MX' && record.exchange !== '' ? [record.exchange] : []))
    for (const [index, host] of hosts.entries()) {
      if (index === mxHostsLimit)
        return this.stop(
          'permerror',
          'mx-hosts-limit',
          `${target} has more than ${mxHostsLimit} MX hosts`,
          domain,
          mechanism.at,
        )
      const matching = await this.matchesHost(host, mechanism, domain)
      if (matching !== false) return matching
    }
    return false
  }

  private async matchesPtr(mechanism: Extract<Mechanism, { kind: 'ptr' }>, domain: string): Promise<Matching> {
    const target = await this.targetOf(mechanism, mechanism.domain, domain)
    if (typeof target !== 'string') return target
    const names = await this.validatedNames({ domain, term: mechanism.text })
    return names.some(name => isAtOrBelow(name, target))
  }

  /** Counts the term, then expands its domain. False where the name is not legal: no match (SPF-047). */
  private async targetOf(mechanism: Mechanism, spec: MacroString | null, domain: string): Promise<string | Matching> {
    const stop = this.countTerm(spec ?? [], domain, mechanism)
    if (stop !== null) return stop
    if (spec === null) return domain
    return (await this.expand(spec, domain)) ?? false
  }

  private countTerm(spec: MacroString, domain: string, term: { text: string; at: number }): Verdict | null {
    // SPF-077: the reverse look-up behind %{p} counts too.
    this.terms += usesLetter(spec, 'p') ? 2 : 1
    if (this.terms <= termsLimit) return null
    return this.stop('permerror', 'terms-limit', `more than ${termsLimit} terms query DNS`, domain, term.at)
  }

  /** Records of the type, none, or the verdict that ends the evaluation. */
  private async lookUp(
    name: string,
    type: RecordType,
    domain: string,
    mechanism: Mechanism,
  ): Promise<ResourceRecord[] | Verdict> {
    const answer = await this.ask(name, type, { domain, term: mechanism.text })
    if (isFailed(answer))
      return { ...this.ended('temperror', domain), problem: this.failure(answer, domain, mechanism.at) }
    const stop = await this.countVoid(answer, name, type, { domain, term: mechanism.text, at: mechanism.at })
    return stop ?? [...recordsOf(answer)]
  }

  private async countVoid(
    answer: Answer,
    name: string,
    type: RecordType,
    from: { domain: string; term: string; at?: number },
  ): Promise<Verdict | null> {
    const { kind } = answer.outcome
    if (kind === 'records') return null
    const isAddress = type === 'A' || type === 'AAAA'
    this.voids.push({ name, type, mayHoldOther: isAddress && kind === 'nodata' })
    const limit = this.options.voidLookupsLimit ?? voidLookupsLimit
    if (this.voids.length <= limit) return null
    await this.forgiveVoids(from)
    if (this.voids.length <= limit) return null
    return this.stop(
      'permerror',
      'void-lookups-limit',
      `more than ${limit} look-ups found nothing`,
      from.domain,
      from.at ?? null,
    )
  }

  /** SPF-075: a name that has addresses of the other family is not void. */
  private async forgiveVoids(from: { domain: string; term: string }): Promise<void> {
    const kept: typeof this.voids = []
    for (const entry of this.voids) {
      const other = entry.mayHoldOther
        ? await this.ask(entry.name, entry.type === 'A' ? 'AAAA' : 'A', {
            domain: from.domain,
            term: 'other address family',
          })
        : null
      if (other?.outcome.kind !== 'records') kept.push(entry.mayHoldOther ? { ...entry, mayHoldOther: false } : entry)
    }
    this.voids = kept
  }

  private async ask(name: string, type: RecordType, from: { domain: string; term: string }): Promise<Answer> {
    const { resolver, signal } = this.options
    const answer = await resolver.query(signal === undefined ? { name, type } : { name, type, signal })
    const isVoid = answer.outcome.kind === 'nodata' || answer.outcome.kind === 'nxdomain'
    this.lookups.push({ ...from, name, type, answer, terms: this.terms, isVoid })
    return answer
  }

  /** Names of the client address that lead back to it (RFC 7208 s5.5). Errors give no name, never an error. */
  private async validatedNames(from: { domain: string; term: string }): Promise<string[]> {
    const { ip } = this.check
    const reverse = await this.ask(reverseName(ip), 'PTR', from)
    const names = recordsOf(reverse).flatMap(record => (record.type === 'PTR' ? [record.target] : []))
    const validated: string[] = []
    for (const name of names.slice(0, ptrNamesLimit)) {
      const forward = await this.ask(name, ip.family === 4 ? 'A' : 'AAAA', from)
      if (recordsOf(forward).some(record => hasAddress(record, ip, ip.family === 4 ? 32 : 128))) validated.push(name)
    }
    return validated
  }

  /** SPF-088: a term with `%{s}` or `%{l}` matches nothing where the local-part is not ASCII. */
  private restsOnForeignLocalPart(spec: MacroString): boolean {
    return /[^ -~]/.test(this.localPart) && (usesLetter(spec, 's') || usesLetter(spec, 'l'))
  }

  /** Null where the expansion is no legal domain name, or rests on a local-part that is not ASCII. */
  private async expand(spec: MacroString, domain: string): Promise<string | null> {
    if (this.restsOnForeignLocalPart(spec)) return null
    const name = shortened(expandMacros(spec, await this.values(spec, domain)))
    return isLegalName(name) ? name : null
  }

  private async values(spec: MacroString, domain: string): Promise<MacroValues> {
    const { ip, helo, receiver, now } = this.check
    const readable = formatIpAddress(ip)
    return {
      s: `${this.localPart}@${this.senderDomain}`,
      l: this.localPart,
      o: this.senderDomain,
      d: domain,
      i: ip.family === 4 ? readable : nibblesOf(ip).join('.'),
      p: usesLetter(spec, 'p') ? await this.validatedName(domain) : 'unknown',
      v: ip.family === 4 ? 'in-addr' : 'ip6',
      h: helo,
      c: readable,
      r: receiver ?? 'unknown',
      t: String(now),
    }
  }

  /** SPF-085: the current domain, else a name below it, else any. */
  private async validatedName(domain: string): Promise<string> {
    const names = await this.validatedNames({ domain, term: '%{p}' })
    return (
      names.find(name => isSameName(name, domain)) ??
      names.find(name => isAtOrBelow(name, domain)) ??
      names[0] ??
      'unknown'
    )
  }

  /** The explanation of a fail (RFC 7208 s6.2); whatever goes wrong, it is as if there were none. */
  async explain(verdict: Verdict): Promise<string | null> {
    const exp = verdict.record?.exp
    if (exp == null) return null
    const { domain } = verdict
    const target = await this.expand(exp.value, domain)
    if (target === null) return null
    const answer = await this.ask(target, 'TXT', { domain, term: exp.text })
    const texts = recordsOf(answer).flatMap(record => (record.type === 'TXT' ? [txtText(record)] : []))
    const [text] = texts
    if (text === undefined || texts.length > 1) return null
    const parsed = parseMacroString(text, 0, 'explanation')
    if (!parsed.ok) return null
    const expanded = expandMacros(parsed.value, await this.values(parsed.value, domain))
    return /^[ -~]*$/.test(expanded) ? expanded.slice(0, explanationLimit) : null
  }

  private failure(answer: Answer, domain: string, at: number | null): SpfProblem {
    if (this.options.signal?.aborted === true) return { code: 'deadline', text: 'the time for SPF is over', domain, at }
    const last = this.lookups.at(-1)
    const what = `${last?.type ?? ''} of ${last?.name ?? domain}`
    if (answer.outcome.kind === 'bogus')
      return { code: 'dns-bogus', text: `DNSSEC proves the answer for ${what} wrong`, domain, at }
    const cause = answer.outcome.kind === 'temporary' ? answer.outcome.cause : 'unknown'
    return { code: 'dns-temporary', text: `${what} could not be determined (${cause})`, domain, at }
  }

  private stop(
    result: 'permerror',
    code: SpfProblem['code'],
    text: string,
    domain: string,
    at: number | null,
  ): Verdict {
    return { ...this.ended(result, domain), problem: { code, text, domain, at } }
  }

  private ended(result: 'permerror' | 'temperror', domain: string): Verdict {
    return { result, matched: null, problem: null, record: null, domain }
  }
}

function isFailed(answer: Answer): boolean {
  return answer.outcome.kind === 'temporary' || answer.outcome.kind === 'bogus'
}

function recordsOf(answer: Answer): readonly ResourceRecord[] {
  return answer.outcome.kind === 'records' ? answer.outcome.records : []
}

function hasAddress(record: ResourceRecord, ip: IpAddress, prefix: number): boolean {
  if (record.type !== 'A' && record.type !== 'AAAA') return false
  const address = parseIpAddress(record.address)
  return address !== null && isInNetwork(ip, address, prefix)
}

/** SPF-031: malformed domains, address literals and single labels have no record. */
function isMailDomain(domain: string): boolean {
  if (domain.startsWith('[')) return false
  const labels = parseNameText(domain)
  return labels.ok && labels.value.length > 1
}

function isLegalName(name: string): boolean {
  const labels = parseNameText(name)
  return labels.ok && labels.value.length > 0
}

/** SPF-084: labels go from the left until 253 characters are left. */
function shortened(name: string): string {
  let text = name.endsWith('.') ? name.slice(0, -1) : name
  while (text.length > 253) {
    const dot = text.indexOf('.')
    if (dot === -1) return text
    text = text.slice(dot + 1)
  }
  return text
}

function isAtOrBelow(name: string, domain: string): boolean {
  const lower = name.toLowerCase().replace(/\.$/, '')
  const target = domain.toLowerCase().replace(/\.$/, '')
  return lower === target || lower.endsWith(`.${target}`)
}

function nibblesOf(ip: IpAddress): string[] {
  return [...ip.octets].flatMap(octet => [(octet >> 4).toString(16), (octet & 15).toString(16)])
}

/** Name of the reverse look-up (RFC 1035 s3.5, RFC 3596 s2.5). */
export function reverseName(ip: IpAddress): string {
  if (ip.family === 4) return `${[...ip.octets].reverse().join('.')}.in-addr.arpa`
  return `${nibblesOf(ip).reverse().join('.')}.ip6.arpa`
}
