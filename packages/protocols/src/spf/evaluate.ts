import type { RecordType, ResourceRecord } from '../dns/record.ts'
import { excerpt } from '../fault.ts'
import { isInNetwork } from '../ip-address.ts'
import type { SpfCheck, SpfEvaluation, SpfMatch, SpfOptions, SpfProblem, SpfResultCode } from './evaluation.ts'
import { Expansion } from './expansion.ts'
import { hasAddress, isFailed, Lookups, recordsOf, termsLimit, textsOf } from './lookups.ts'
import { type MacroString, parseMacroString, usesLetter } from './macro.ts'
import { asALabels, isAtOrBelow, isMailDomain } from './names.ts'
import { isSpfRecord, type Mechanism, parseSpfRecord, type Qualifier, type SpfRecord } from './record.ts'

/** Hosts of one `mx` term whose addresses are asked for; one more is an error (RFC 7208 s4.6.4, SPF-071). */
export const mxHostsLimit = 10

/** Characters of an explanation that are kept: it is text of another domain, for one line of an SMTP reply (SPF-061). */
export const explanationLimit = 512

/** Evaluates one identity by `check_host()` (RFC 7208 s4). Never rejects. */
export async function checkHost(check: SpfCheck, options: SpfOptions): Promise<SpfEvaluation> {
  const run = new Run(check, options)
  const verdict = await run.evaluate(asALabels(check.domain), null)
  const explanation = verdict.result === 'fail' ? await run.explain(verdict) : null
  return {
    result: verdict.result,
    domain: check.domain,
    matched: verdict.matched,
    problem: verdict.problem,
    explanation,
    terms: run.lookups.terms,
    voidLookups: run.lookups.voidCount,
    lookups: run.lookups.all,
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
  readonly lookups: Lookups
  private readonly expansion: Expansion
  /** What matched in the record that was included last. */
  private included: SpfMatch | null = null
  private readonly check: SpfCheck
  private readonly options: SpfOptions

  constructor(check: SpfCheck, options: SpfOptions) {
    this.check = check
    this.options = options
    this.lookups = new Lookups(options)
    this.expansion = new Expansion(check, this.lookups)
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
    const answer = await this.lookups.ask(domain, 'TXT', {
      domain: from?.domain ?? domain,
      term: from?.term ?? 'record',
    })
    if (isFailed(answer)) return end('temperror', this.lookups.failure(answer, domain, null))
    if (from !== null && (await this.lookups.countVoid(answer, domain, 'TXT', from)))
      return this.tooManyVoids(from.domain, null)
    const texts = textsOf(answer).filter(isSpfRecord)
    const [text] = texts
    if (text === undefined) return end('none')
    if (texts.length > 1)
      return end('permerror', {
        code: 'record-repeated',
        text: `${texts.length} SPF records stand at ${domain}`,
        domain,
        at: null,
      })
    const record = this.options.records?.of(text) ?? parseSpfRecord(text)
    if (!record.ok)
      return end('permerror', { code: 'record-syntax', text: record.fault.text, domain, at: record.fault.at })
    return this.evaluateRecord(record.value, domain)
  }

  private async evaluateRecord(record: SpfRecord, domain: string): Promise<Verdict> {
    for (const mechanism of record.mechanisms) {
      // Records hold many networks, and a promise for each would cost more than the comparison.
      const matching = this.matchesAddress(mechanism) ?? (await this.matchesByDns(mechanism, domain))
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
    const target = await this.expansion.name(redirect.value, domain)
    if (target === null)
      return this.stop(
        'permerror',
        'target-name',
        `"${excerpt(redirect.text)}" leads to no domain name`,
        domain,
        redirect.at,
      )
    const verdict = await this.evaluate(target, { domain, term: redirect.text })
    if (verdict.result !== 'none') return verdict
    return this.stop('permerror', 'target-without-record', `${target} has no SPF record`, domain, redirect.at)
  }

  /** Null for a mechanism that needs DNS. */
  private matchesAddress(mechanism: Mechanism): boolean | null {
    if (mechanism.kind === 'all') return true
    if (mechanism.kind !== 'ip4' && mechanism.kind !== 'ip6') return null
    return isInNetwork(this.check.ip, mechanism.network, mechanism.prefix)
  }

  private async matchesByDns(mechanism: Mechanism, domain: string): Promise<Matching> {
    switch (mechanism.kind) {
      case 'all':
      case 'ip4':
      case 'ip6':
        return false
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
    if (this.expansion.restsOnForeignLocalPart(spec)) return false
    const target = await this.expansion.name(spec, domain)
    if (target === null)
      return this.stop(
        'permerror',
        'target-name',
        `"${excerpt(mechanism.text)}" leads to no domain name`,
        domain,
        mechanism.at,
      )
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
    const names = await this.lookups.validatedNames(this.check.ip, { domain, term: mechanism.text })
    return names.some(name => isAtOrBelow(name, target))
  }

  /** Counts the term, then expands its domain. False where the name is not legal: no match (SPF-047). */
  private async targetOf(mechanism: Mechanism, spec: MacroString | null, domain: string): Promise<string | Matching> {
    const stop = this.countTerm(spec ?? [], domain, mechanism)
    if (stop !== null) return stop
    if (spec === null) return domain
    return (await this.expansion.name(spec, domain)) ?? false
  }

  private countTerm(spec: MacroString, domain: string, term: { text: string; at: number }): Verdict | null {
    // SPF-077: the reverse look-up behind %{p} counts too.
    this.lookups.terms += usesLetter(spec, 'p') ? 2 : 1
    if (this.lookups.terms <= termsLimit) return null
    return this.stop('permerror', 'terms-limit', `more than ${termsLimit} terms query DNS`, domain, term.at)
  }

  /** Records of the type, none, or the verdict that ends the evaluation. */
  private async lookUp(
    name: string,
    type: RecordType,
    domain: string,
    mechanism: Mechanism,
  ): Promise<ResourceRecord[] | Verdict> {
    const from = { domain, term: mechanism.text }
    const answer = await this.lookups.ask(name, type, from)
    if (isFailed(answer))
      return { ...this.ended('temperror', domain), problem: this.lookups.failure(answer, domain, mechanism.at) }
    if (await this.lookups.countVoid(answer, name, type, from)) return this.tooManyVoids(domain, mechanism.at)
    return [...recordsOf(answer)]
  }

  /** The explanation of a fail (RFC 7208 s6.2); whatever goes wrong, it is as if there were none. */
  async explain(verdict: Verdict): Promise<string | null> {
    const exp = verdict.record?.exp
    if (exp == null) return null
    const { domain } = verdict
    const target = await this.expansion.name(exp.value, domain)
    if (target === null) return null
    const texts = textsOf(await this.lookups.ask(target, 'TXT', { domain, term: exp.text }))
    const [text] = texts
    if (text === undefined || texts.length > 1) return null
    const parsed = parseMacroString(text, 0, 'explanation')
    if (!parsed.ok) return null
    const expanded = await this.expansion.text(parsed.value, domain, explanationLimit)
    return /^[ -~]*$/.test(expanded) ? expanded.slice(0, explanationLimit) : null
  }

  private tooManyVoids(domain: string, at: number | null): Verdict {
    const text = `more than ${this.lookups.voidLimit} look-ups found nothing`
    return this.stop('permerror', 'void-lookups-limit', text, domain, at)
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
