import { normaliseDomain } from '../domain-name.ts'
import { type DeviationLog, shortCopy } from './deviation-log.ts'
import { element } from './elements.ts'
import { listLimit, textLimit } from './limits.ts'
import { readTime } from './numbers.ts'
import type { AggregateContext } from './reader-contract.ts'
import type { AggregateRefusal } from './refusals.ts'
import type { AggregateForm, AggregateHead, PolicyPublished, ReportMetadata, RequestedPolicy } from './report.ts'

/** The namespace of RFC 9990 (s3.1.1.2). */
const newNamespace = 'urn:ietf:params:xml:ns:dmarc-2.0'
/** The namespace of RFC 7489 App C, and the spelling of it that was met without its colon (report-tolerance 9). */
const oldNamespace = /^http:?\/\/dmarc\.org\/dmarc-xml\//i

/** Stands for the reporter where neither the report nor what brought it names one (report-tolerance 27). */
export const unknownReporter = 'unknown'

/** A text as found, with its place. */
interface Found {
  readonly text: string
  readonly at: number
}

type Fields = Map<number, Found>

/** Gathers what stands outside of the records, and makes the head of it. */
export class HeadDraft {
  readonly #log: DeviationLog
  readonly #context: AggregateContext
  readonly #metadata: Fields = new Map()
  readonly #contacts: string[] = []
  readonly #errors: string[] = []
  #policy: Fields = new Map()
  #policies = 0
  #chosen: Fields | null = null
  #hasMetadata = false
  #namespace: string | null = null
  #version: string | null = null

  constructor(log: DeviationLog, context: AggregateContext) {
    this.#log = log
    this.#context = context
  }

  root(namespace: string | null): void {
    this.#namespace = namespace === null ? null : shortCopy(namespace, textLimit)
  }

  version(text: string): void {
    this.#version ??= text === '' ? null : text
  }

  openMetadata(at: number): void {
    if (this.#hasMetadata) this.#log.add('section-repeated', at, 'report_metadata')
  }

  closeMetadata(): void {
    this.#hasMetadata = true
  }

  openPolicy(at: number): void {
    this.#policy = new Map()
    this.#policies += 1
    if (this.#policies > 1) this.#log.add('section-repeated', at, 'policy_published')
  }

  /** The first complete one counts (report-tolerance 43): it has a domain and a policy. */
  closePolicy(): void {
    if (this.#chosen === null || (!isComplete(this.#chosen) && isComplete(this.#policy))) this.#chosen = this.#policy
  }

  get isComplete(): boolean {
    return this.#hasMetadata && this.#chosen !== null && isComplete(this.#chosen)
  }

  metadata(found: number, text: string, at: number): void {
    if (found === element.extraContactInfo) this.#addTo(this.#contacts, text, at)
    else if (found === element.error) this.#addTo(this.#errors, text, at)
    else this.#put(this.#metadata, found, { text, at })
  }

  policy(found: number, text: string, at: number): void {
    this.#put(this.#policy, found, { text, at })
  }

  #addTo(list: string[], text: string, at: number): void {
    if (text === '') return
    if (list.length >= listLimit) this.#log.add('list-long', at, text)
    else list.push(text)
  }

  /** The first that says something counts. */
  #put(fields: Fields, found: number, value: Found): void {
    const earlier = fields.get(found)
    if (earlier === undefined || earlier.text === '') fields.set(found, value)
    else this.#log.add('element-repeated', value.at, value.text, earlier.text)
  }

  /**
   * The head, or the code of why there is none. `contentKey` gives text that differs with the content, for reports
   * without an id; `hasDispositionPass` says whether a record has a disposition that only the new form knows.
   */
  finish(facts: { hasDispositionPass: boolean; contentKey: () => string }): AggregateHead | AggregateRefusal {
    const fields = this.#chosen ?? this.#policy
    const domain = this.#policyDomain(fields)
    if (domain === null) return 'aggregate-no-policy-domain'
    const range = this.#range()
    if (range === null) return 'aggregate-no-date-range'
    const policy = this.#policyOf(fields, domain)
    const form = this.#form(fields, facts.hasDispositionPass)
    const metadata = { ...this.#metadataOf(range), reportId: this.#reportId(facts.contentKey) }
    return { form, version: this.#version, namespace: this.#namespace, metadata, policy }
  }

  /** AGG-031. pct is gone in the new form, so beside it a disposition pass alone does not make a report new (54). */
  #form(policy: Fields, hasDispositionPass: boolean): AggregateForm {
    if (this.#namespace?.toLowerCase() === newNamespace) return 'rfc9990'
    if (this.#namespace !== null && oldNamespace.test(this.#namespace)) return 'rfc7489'
    const isNew = [element.np, element.testing, element.discoveryMethod].some(found => policy.has(found))
    if (isNew || this.#metadata.has(element.generator)) return 'rfc9990'
    return hasDispositionPass && !policy.has(element.pct) ? 'rfc9990' : 'rfc7489'
  }

  #policyDomain(fields: Fields): string | null {
    const found = fields.get(element.domain)
    const domain = found === undefined ? null : normaliseDomain(found.text)
    const named = normaliseDomain(fileNameParts(this.#context.fileName)[1] ?? '')
    if (domain === null) {
      const fallback = normaliseDomain(this.#context.mailPolicyDomain ?? '') ?? named
      if (fallback !== null) this.#log.add('policy-domain-missing', found?.at ?? 0, found?.text ?? '', fallback)
      return fallback
    }
    if (found !== undefined && /[^\0-\x7f]/.test(found.text))
      this.#log.add('domain-u-label', found.at, found.text, domain)
    if (named !== null && named !== domain) this.#log.add('domain-differs', found?.at ?? 0, named, domain)
    return domain
  }

  #range(): { begin: number; end: number } | null {
    const begin = this.#time(element.begin)
    const end = this.#time(element.end)
    const at = this.#metadata.get(element.begin)?.at ?? this.#metadata.get(element.end)?.at ?? 0
    if (begin === null || end === null) {
      const either = begin ?? end
      if (either === null) return null
      this.#log.add('range-half', at, '', String(either))
      return { begin: either, end: either }
    }
    const raw = `${begin} ${end}`
    if (end < begin) this.#log.add('range-reversed', at, raw, `${end} ${begin}`)
    else if (end === begin) this.#log.add('range-empty', at, raw)
    if (Math.abs(end - begin) > 86_400) this.#log.add('range-over-day', at, raw)
    return { begin: Math.min(begin, end), end: Math.max(begin, end) }
  }

  #time(found: number): number | null {
    const field = this.#metadata.get(found)
    if (field === undefined) return null
    const time = readTime(field.text)
    if (time === null) {
      this.#log.add('time-unusable', field.at, field.text)
      return null
    }
    for (const code of time.deviations) this.#log.add(code, field.at, field.text, String(time.value))
    return time.value
  }

  #metadataOf(range: { begin: number; end: number }): Omit<ReportMetadata, 'reportId'> {
    const email = this.#metadata.get(element.email)
    if (email?.text === '') this.#log.add('email-missing', email.at, '')
    return {
      orgName: this.#orgName(email?.text ?? ''),
      email: email === undefined || email.text === '' ? null : email.text,
      extraContactInfo: this.#contacts,
      begin: range.begin,
      end: range.end,
      errors: this.#errors,
      generator: this.#metadata.get(element.generator)?.text || null,
    }
  }

  #orgName(email: string): string {
    const found = this.#metadata.get(element.orgName)
    if (found !== undefined && found.text !== '') return found.text
    const name =
      normaliseDomain(/@([^@<>\s]+)>?\s*$/.exec(email)?.[1] ?? '') ??
      normaliseDomain(this.#context.mailFromDomain ?? '') ??
      normaliseDomain(fileNameParts(this.#context.fileName)[0] ?? '') ??
      unknownReporter
    this.#log.add('org-name-missing', found?.at ?? 0, '', name)
    return name
  }

  #reportId(contentKey: () => string): string {
    const found = this.#metadata.get(element.reportId)
    if (found !== undefined && found.text !== '') return found.text
    const id = `synthetic-${contentKey()}`
    this.#log.add('report-id-missing', found?.at ?? 0, '', id)
    return id
  }

  #policyOf(fields: Fields, domain: string): PolicyPublished {
    const p = this.#requested(fields, element.p)
    const sp = this.#requested(fields, element.sp)
    const adkim = this.#word(fields, element.adkim, modes)
    const aspf = this.#word(fields, element.aspf, modes)
    const pct = this.#percent(fields)
    const fo = this.#present(fields, element.fo)?.text ?? null
    const defaults = { adkim, aspf, sp, pct, fo }
    const names = ['adkim', 'aspf', 'sp', 'pct', 'fo'] as const
    return {
      domain,
      p,
      sp: sp ?? p,
      np: this.#requested(fields, element.np),
      adkim: adkim ?? 'r',
      aspf: aspf ?? 'r',
      pct: pct ?? 100,
      fo: fo ?? '0',
      testing: this.#word(fields, element.testing, answers),
      discoveryMethod: this.#word(fields, element.discoveryMethod, methods),
      defaulted: names.filter(name => defaults[name] === null),
    }
  }

  /** Null where the tag is absent, empty or `nil` (report-tolerance 45, 46). */
  #present(fields: Fields, found: number): Found | null {
    const field = fields.get(found)
    if (field === undefined) return null
    if (field.text !== '' && field.text.toLowerCase() !== 'nil') return field
    this.#log.add('policy-value-empty', field.at, field.text)
    return null
  }

  #requested(fields: Fields, found: number): RequestedPolicy | null {
    return this.#word(fields, found, policies)
  }

  #word<T>(fields: Fields, found: number, words: ReadonlyMap<string, T>): T | null {
    const field = this.#present(fields, found)
    if (field === null) return null
    const value = words.get(field.text.toLowerCase())
    if (value === undefined) this.#log.add('policy-value-unknown', field.at, field.text)
    else if (!words.has(field.text)) this.#log.add('value-case', field.at, field.text, field.text.toLowerCase())
    return value ?? null
  }

  #percent(fields: Fields): number | null {
    const field = this.#present(fields, element.pct)
    if (field === null) return null
    const value = /^\d{1,3}$/.test(field.text) ? Number(field.text) : Number.NaN
    if (value <= 100) return value
    this.#log.add('policy-value-unknown', field.at, field.text)
    return null
  }
}

const policies: ReadonlyMap<string, RequestedPolicy> = new Map([
  ['none', 'none'],
  ['quarantine', 'quarantine'],
  ['reject', 'reject'],
])
const modes: ReadonlyMap<string, 'r' | 's'> = new Map([
  ['r', 'r'],
  ['s', 's'],
])
const answers: ReadonlyMap<string, boolean> = new Map([
  ['y', true],
  ['n', false],
])
const methods: ReadonlyMap<string, 'psl' | 'treewalk'> = new Map([
  ['psl', 'psl'],
  ['treewalk', 'treewalk'],
])

function isComplete(policy: Fields): boolean {
  return (
    policy.get(element.domain)?.text !== undefined && policy.get(element.domain)?.text !== '' && policy.has(element.p)
  )
}

/** Receiver, policy domain, begin, end of a file name (AGG-047); none where the name is of another form. */
function fileNameParts(name: string | undefined): readonly string[] {
  const parts = (name ?? '').split(/[\\/]/).at(-1)?.split('!') ?? []
  return parts.length >= 4 ? parts : []
}
