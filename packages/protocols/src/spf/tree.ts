import { canonicalName } from '../dns/name.ts'
import { type RecordType, txtText } from '../dns/record.ts'
import type { Answer, Outcome, Resolver } from '../dns/resolver.ts'
import { mxHostsLimit } from './evaluate.ts'
import { termsLimit, voidLookupsLimit } from './lookups.ts'
import { expandMacrosEnd, type MacroString, usesLetter } from './macro.ts'
import { isLegalName, isMailDomain, shortened } from './names.ts'
import { isSpfRecord, type Mechanism, type Modifier, parseSpfRecord, type SpfRecord } from './record.ts'
import type { SpfTree, SpfTreeCode, SpfTreeNode, SpfTreeProblem, SpfTreeQuestion, SpfTreeTerm } from './tree-shape.ts'

/** Records of one tree that are read; ten may count, and a person wants to see some beyond. */
export const treeRecordsLimit = 50

/** Questions asked for one tree: ten terms with ten mail servers of two families each, twice over. */
export const treeQuestionsLimit = 500

/**
 * Reads the record of a domain and every record that it includes or leads to, as for an address that nothing matches:
 * the dearest case. Counts look-ups as RFC 7208 s4.6.4 does. Macros but `%{d}` depend on the message and are left open.
 * Never rejects.
 */
export async function spfTree(
  domain: string,
  options: { readonly resolver: Resolver; readonly signal?: AbortSignal },
): Promise<SpfTree> {
  const reading = new TreeReading(options.resolver, options.signal)
  const root = await reading.node(canonicalName(domain), [])
  reading.judge(root)
  return { root, problems: reading.problems }
}

class TreeReading {
  readonly problems: SpfTreeProblem[] = []
  private readonly resolver: Resolver
  private readonly signal: AbortSignal | undefined
  private records = 0
  private asked = 0

  constructor(resolver: Resolver, signal: AbortSignal | undefined) {
    this.resolver = resolver
    this.signal = signal
  }

  /** `path`: the records that lead here, from the root. */
  async node(domain: string, path: readonly string[]): Promise<SpfTreeNode> {
    const bare = (status: SpfTreeNode['status'], voidLookups = 0): SpfTreeNode => ({
      domain,
      status,
      record: null,
      faultAt: null,
      terms: [],
      lookups: 0,
      voidLookups,
    })
    if (path.includes(domain)) {
      this.tell('spf-loop', 'error', domain, null, `${domain} leads back to itself: ${[...path, domain].join(' > ')}`)
      return bare('loop')
    }
    this.records += 1
    if (this.records > treeRecordsLimit) {
      this.tell(
        'spf-tree-limit',
        'unknown',
        domain,
        null,
        `more than ${treeRecordsLimit} records; ${domain} was not read`,
      )
      return bare('limit')
    }
    const answer = isMailDomain(domain) ? await this.ask(domain, 'TXT') : null
    const { outcome } = answer ?? nothing
    if (outcome.kind === 'temporary' || outcome.kind === 'bogus') {
      this.tell('spf-undetermined', 'unknown', domain, null, `the record of ${domain} could not be determined`)
      return bare('undetermined')
    }
    const texts = textsOf(outcome)
    const [text] = texts
    // The first query is free of the void limit; those of included records are not (SPF-075).
    const isVoid = path.length > 0 && outcome.kind !== 'records' ? 1 : 0
    if (text === undefined) return bare('none', isVoid)
    if (texts.length > 1) {
      this.tell('spf-several', 'error', domain, null, `${texts.length} SPF records stand at ${domain}; one may`)
      return bare('several')
    }
    const record = parseSpfRecord(text)
    if (!record.ok) {
      this.tell('spf-syntax', 'error', domain, record.fault.at, record.fault.text)
      return { ...bare('syntax'), record: text, faultAt: record.fault.at }
    }
    const terms = await this.terms(record.value, domain, [...path, domain])
    this.judgeEnd(record.value, domain, path.length === 0)
    return {
      domain,
      status: 'record',
      record: text,
      faultAt: null,
      terms,
      lookups: sum(terms.map(term => (term.isIgnored ? 0 : term.lookupsBelow))),
      voidLookups: sum(terms.map(term => (term.isIgnored ? 0 : term.voidLookups + (term.child?.voidLookups ?? 0)))),
    }
  }

  private async terms(record: SpfRecord, domain: string, path: readonly string[]): Promise<readonly SpfTreeTerm[]> {
    const terms: SpfTreeTerm[] = []
    let isEnded = false
    for (const mechanism of record.mechanisms) {
      terms.push(isEnded ? ignored(mechanism) : await this.mechanism(mechanism, domain, path))
      if (mechanism.kind === 'all') isEnded = true
    }
    const { redirect, exp } = record
    if (redirect !== null)
      terms.push(isEnded ? ignoredModifier(redirect, 'redirect') : await this.redirect(redirect, domain, path))
    if (exp !== null) terms.push({ ...ignoredModifier(exp, 'exp'), isIgnored: false })
    for (const modifier of record.unknown) terms.push(ignoredModifier(modifier, 'unknown'))
    const order = [...terms].sort((a, b) => a.at - b.at)
    for (const term of order)
      if (term.isIgnored && term.kind !== 'unknown')
        this.tell('spf-ignored', 'warning', domain, term.at, `"${term.text}" is never looked at, because of "all"`)
    return order
  }

  private async mechanism(mechanism: Mechanism, domain: string, path: readonly string[]): Promise<SpfTreeTerm> {
    const head = { ...plainTerm(mechanism), qualifier: mechanism.qualifier }
    switch (mechanism.kind) {
      case 'all':
        if (mechanism.qualifier === '+')
          this.tell(
            'spf-plus-all',
            'warning',
            domain,
            mechanism.at,
            `"${mechanism.text}" lets every server in the world send`,
          )
        return { ...head, kind: 'all' }
      case 'ip4':
      case 'ip6':
        return { ...head, kind: mechanism.kind }
      case 'include':
        return this.leading({ ...head, kind: 'include' }, mechanism.domain, domain, path)
      case 'exists':
        return this.asking({ ...head, kind: 'exists' }, mechanism.domain, domain)
      case 'ptr':
        this.tell(
          'spf-ptr',
          'warning',
          domain,
          mechanism.at,
          '"ptr" is slow and unreliable, and should not be published',
        )
        return {
          ...head,
          kind: 'ptr',
          ...counted(mechanism.domain),
          target: this.target(mechanism.domain, domain, mechanism),
        }
      case 'a':
      case 'mx':
        return this.asking({ ...head, kind: mechanism.kind }, mechanism.domain, domain)
    }
  }

  private redirect(modifier: Modifier, domain: string, path: readonly string[]): Promise<SpfTreeTerm> {
    return this.leading({ ...plainTerm(modifier), qualifier: null, kind: 'redirect' }, modifier.value, domain, path)
  }

  /** A term that leads to another record. */
  private async leading(
    term: SpfTreeTerm,
    spec: MacroString,
    domain: string,
    path: readonly string[],
  ): Promise<SpfTreeTerm> {
    const target = this.target(spec, domain, term)
    const count = counted(spec)
    if (target === null) return { ...term, ...count }
    const child = await this.node(canonicalName(target), path)
    if (child.status === 'none')
      this.tell(
        'spf-target-none',
        'error',
        domain,
        term.at,
        `${target} has no SPF record, which makes the whole record unusable`,
      )
    return { ...term, ...count, target, child, lookupsBelow: count.lookups + child.lookups }
  }

  /** A term that asks for addresses. */
  private async asking(term: SpfTreeTerm, spec: MacroString | null, domain: string): Promise<SpfTreeTerm> {
    const target = this.target(spec, domain, term)
    const count = counted(spec)
    if (target === null) return { ...term, ...count }
    if (term.kind === 'exists') {
      const question = await this.question(target, 'A')
      return this.withVoids({ ...term, ...count, target, questions: [question] }, domain, [[question]])
    }
    if (term.kind === 'a') {
      const questions = await this.addresses(target)
      return this.withVoids({ ...term, ...count, target, questions }, domain, [questions])
    }
    const mx = await this.question(target, 'MX')
    const hosts = mx.found.flatMap(record => (record.type === 'MX' && record.exchange !== '' ? [record.exchange] : []))
    if (hosts.length > mxHostsLimit)
      this.tell(
        'spf-mx-limit',
        'error',
        domain,
        term.at,
        `${target} has ${hosts.length} mail servers; ${mxHostsLimit} are the most`,
      )
    const groups = await Promise.all(hosts.slice(0, mxHostsLimit).map(host => this.addresses(host)))
    const questions = [mx, ...groups.flat()]
    return this.withVoids({ ...term, ...count, target, questions }, domain, [[mx], ...groups])
  }

  /** Each group is one name: it is void where none of its questions found anything and all were answered. */
  private withVoids(term: SpfTreeTerm, domain: string, groups: readonly (readonly SpfTreeQuestion[])[]): SpfTreeTerm {
    for (const { name, type, outcome } of groups.flat())
      if (outcome === 'temporary' || outcome === 'bogus')
        this.tell('spf-undetermined', 'unknown', domain, term.at, `${type} of ${name} could not be determined`)
    const voids = groups.filter(group => group.every(({ outcome }) => outcome === 'nodata' || outcome === 'nxdomain'))
    for (const [first] of voids)
      if (first !== undefined)
        this.tell(
          'spf-void',
          'warning',
          domain,
          term.at,
          `nothing is found at ${first.name}, for which "${term.text}" asks`,
        )
    return { ...term, voidLookups: voids.length }
  }

  private async addresses(name: string): Promise<readonly SpfTreeQuestion[]> {
    return Promise.all([this.question(name, 'A'), this.question(name, 'AAAA')])
  }

  private async question(name: string, type: RecordType): Promise<SpfTreeQuestion> {
    const { outcome } = await this.ask(name, type)
    return { name, type, outcome: outcome.kind, found: outcome.kind === 'records' ? outcome.records : [] }
  }

  private ask(name: string, type: RecordType): Promise<Pick<Answer, 'outcome'>> {
    this.asked += 1
    // Over the limit nothing is known, which is not the same as nothing there.
    if (this.asked > treeQuestionsLimit) return Promise.resolve({ outcome: { kind: 'temporary', cause: 'limit' } })
    return this.resolver.query({ name, type, ...(this.signal === undefined ? {} : { signal: this.signal }) })
  }

  /** The name of a term; null where it depends on the message, or is none. */
  private target(spec: MacroString | null, domain: string, term: { text: string; at: number }): string | null {
    if (spec === null) return domain
    if (dependsOnMessage(spec)) return null
    const name = shortened(expandMacrosEnd(spec, { ...unknownValues, d: domain }))
    if (isLegalName(name)) return name
    this.tell('spf-target-name', 'error', domain, term.at, `"${term.text}" leads to no domain name`)
    return null
  }

  private judgeEnd({ mechanisms, redirect }: SpfRecord, domain: string, isRoot: boolean): void {
    if (isRoot && redirect === null && !mechanisms.some(({ kind }) => kind === 'all'))
      this.tell(
        'spf-no-end',
        'warning',
        domain,
        null,
        'the record says nothing of other servers: it has neither "all" nor "redirect"',
      )
  }

  /** What can be told of the whole only. */
  judge(root: SpfTreeNode): void {
    if (root.status === 'none') this.tell('spf-none', 'error', root.domain, null, `${root.domain} has no SPF record`)
    if (root.lookups > termsLimit)
      this.tell(
        'spf-terms-limit',
        'error',
        root.domain,
        null,
        `${root.lookups} look-ups are needed; receivers stop after ${termsLimit} and take the record as broken`,
      )
    if (root.voidLookups > voidLookupsLimit)
      this.tell(
        'spf-void-limit',
        'error',
        root.domain,
        null,
        `${root.voidLookups} look-ups find nothing; receivers stop after ${voidLookupsLimit} and take the record as broken`,
      )
  }

  private tell(
    code: SpfTreeCode,
    level: SpfTreeProblem['level'],
    domain: string,
    at: number | null,
    text: string,
  ): void {
    this.problems.push({ code, level, domain, at, text })
  }
}

const nothing: { readonly outcome: Outcome } = { outcome: { kind: 'nxdomain', ttl: null, security: 'indeterminate' } }

const unknownValues = { s: '', l: '', o: '', d: '', i: '', p: '', v: '', h: '', c: '', r: '', t: '' } as const

function dependsOnMessage(spec: MacroString): boolean {
  return spec.some(part => typeof part !== 'string' && part.letter !== 'd')
}

function textsOf(outcome: Outcome): readonly string[] {
  const records = outcome.kind === 'records' ? outcome.records : []
  return records.flatMap(record => (record.type === 'TXT' ? [txtText(record)] : [])).filter(isSpfRecord)
}

function counted(spec: MacroString | null): Pick<SpfTreeTerm, 'lookups' | 'lookupsBelow' | 'dependsOnMessage'> {
  // SPF-077: the reverse look-up behind %{p} counts too.
  const lookups = spec !== null && usesLetter(spec, 'p') ? 2 : 1
  return { lookups, lookupsBelow: lookups, dependsOnMessage: spec !== null && dependsOnMessage(spec) }
}

function plainTerm({ text, at }: { readonly text: string; readonly at: number }): SpfTreeTerm {
  return {
    text,
    at,
    kind: 'unknown',
    qualifier: null,
    lookups: 0,
    lookupsBelow: 0,
    target: null,
    dependsOnMessage: false,
    questions: [],
    voidLookups: 0,
    isIgnored: false,
    child: null,
  }
}

function ignored(mechanism: Mechanism): SpfTreeTerm {
  return { ...plainTerm(mechanism), kind: mechanism.kind, qualifier: mechanism.qualifier, isIgnored: true }
}

function ignoredModifier(modifier: Modifier, kind: 'redirect' | 'exp' | 'unknown'): SpfTreeTerm {
  return { ...plainTerm(modifier), kind, isIgnored: true }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
