import { domainNameLimit, normaliseDomain } from '../domain-name.ts'
import type { DeviationLog } from './deviation-log.ts'
import { shortCopy } from './deviation-log.ts'
import { element } from './elements.ts'
import { listLimit, messagesLimit } from './limits.ts'
import { readCount } from './numbers.ts'
import { pendingName, type RecordNumbers } from './record-run.ts'
import {
  type AuthResult,
  type DkimResult,
  dispositions,
  evaluations,
  type Reason,
  recordFlagDerived,
  recordFlagTolerated,
  type SpfResult,
} from './report.ts'
import { normaliseSource, type SharedValues } from './report-values.ts'
import {
  dispositionWords,
  dkimOtherWords,
  dkimWords,
  evaluationWords,
  reasonWords,
  spfOtherWords,
  spfWords,
} from './value-words.ts'

const unread = -1
const failCode = evaluations.indexOf('fail')
const passCode = dispositions.indexOf('pass')

/** What policy_evaluated says. */
export interface EvaluatedPart {
  readonly disposition: number
  readonly dkim: number
  readonly spf: number
  readonly reasons: number
}

/** What identifiers says. */
export interface IdentifiersPart {
  readonly headerFrom: number
  readonly envelopeFrom: number
  readonly envelopeTo: number
}

/** What auth_results says. */
export interface ResultsPart {
  readonly dkim: number
  readonly spf: number
  readonly hasDkimPass: boolean
  readonly hasSpfPass: boolean
}

/** Text of one `dkim`, `spf` or `reason` element by its children; null where there is none. */
class Entry {
  readonly #texts: (string | null)[] = Array.from({ length: 64 }, () => null)
  readonly #places = new Float64Array(64)

  clear(): void {
    for (const found of entryElements) this.#texts[found] = null
  }

  put(found: number, text: string, at: number): void {
    this.#texts[found] = text
    this.#places[found] = at
  }

  /** Null where it is absent, `''` where it is empty. */
  raw(found: number): string | null {
    return this.#texts[found] ?? null
  }

  text(found: number): string | null {
    return this.#texts[found] || null
  }

  at(found: number): number {
    return this.#places[found] ?? 0
  }
}

const entryElements = [
  element.domain,
  element.selector,
  element.scope,
  element.result,
  element.humanResult,
  element.type,
  element.comment,
]

/** Gathers one record, and the next after it. Texts come trimmed. */
export class RecordDraft {
  readonly #log: DeviationLog
  readonly #values: SharedValues
  /** A disposition was met that only the new form knows. */
  hasDispositionPass = false
  /** Messages of the records that were kept. */
  messages = 0
  #at = 0
  #departuresBefore = 0
  #hasContent = false
  #source = unread
  #count = unread
  #isDropped = false
  #disposition = unread
  #dkim = unread
  #spf = unread
  #reasons: Reason[] = []
  #reasonsPlace = 0
  #headerFrom = unread
  #envelopeFrom = unread
  #envelopeTo = unread
  #dkimResults: DkimResult[] = []
  #spfResults: SpfResult[] = []
  #dkimPlace = 0
  #spfPlace = 0
  #hasDkimPass = false
  #hasSpfPass = false
  readonly #entry = new Entry()
  /** Parts met in this record, a bit for each. */
  #seen = 0
  readonly #numbers: RecordNumbers = {
    source: 0,
    count: 0,
    disposition: 0,
    dkim: 0,
    spf: 0,
    headerFrom: 0,
    envelopeFrom: 0,
    envelopeTo: 0,
    reasons: 0,
    dkimResults: 0,
    spfResults: 0,
    flags: 0,
  }

  constructor(log: DeviationLog, values: SharedValues) {
    this.#log = log
    this.#values = values
  }

  begin(at: number): void {
    this.#at = at
    this.#departuresBefore = this.#log.departures
    this.#hasContent = false
    this.#source = unread
    this.#count = unread
    this.#isDropped = false
    this.#disposition = unread
    this.#dkim = unread
    this.#spf = unread
    this.#reasonsPlace = 0
    this.#headerFrom = unread
    this.#envelopeFrom = unread
    this.#envelopeTo = unread
    this.#dkimPlace = 0
    this.#spfPlace = 0
    this.#hasDkimPass = false
    this.#hasSpfPass = false
    this.#seen = 0
  }

  /** Whether a part was met in this record already. */
  has(part: number): boolean {
    return (this.#seen & bitOf(part)) !== 0
  }

  /** A part begins. False where it is there twice: then what it says does not count. */
  beginPart(part: number, at: number): boolean {
    if (this.has(part)) {
      this.#log.add('element-repeated', at, partNames.get(part) ?? '')
      return false
    }
    this.#seen |= bitOf(part)
    if (part === element.policyEvaluated) this.#reasons = []
    if (part === element.authResults) {
      this.#dkimResults = []
      this.#spfResults = []
    }
    return true
  }

  endPart(part: number): void {
    if (part === element.policyEvaluated) this.#reasonsPlace = this.#values.reasons(this.#reasons)
    if (part !== element.authResults) return
    this.#dkimPlace = this.#values.dkim(this.#dkimResults)
    this.#spfPlace = this.#values.spf(this.#spfResults)
    this.#hasDkimPass = this.#dkimResults.some(result => result.result === 'pass')
    this.#hasSpfPass = this.#spfResults.some(result => result.result === 'pass')
  }

  evaluated(): EvaluatedPart {
    return { disposition: this.#disposition, dkim: this.#dkim, spf: this.#spf, reasons: this.#reasonsPlace }
  }

  putEvaluated(part: EvaluatedPart): void {
    this.#seen |= bitOf(element.policyEvaluated)
    this.#hasContent = true
    this.#disposition = part.disposition
    this.#dkim = part.dkim
    this.#spf = part.spf
    this.#reasonsPlace = part.reasons
  }

  identifiers(): IdentifiersPart {
    return { headerFrom: this.#headerFrom, envelopeFrom: this.#envelopeFrom, envelopeTo: this.#envelopeTo }
  }

  putIdentifiers(part: IdentifiersPart): void {
    this.#seen |= bitOf(element.identifiers)
    this.#hasContent = true
    this.#headerFrom = part.headerFrom
    this.#envelopeFrom = part.envelopeFrom
    this.#envelopeTo = part.envelopeTo
  }

  results(): ResultsPart {
    return {
      dkim: this.#dkimPlace,
      spf: this.#spfPlace,
      hasDkimPass: this.#hasDkimPass,
      hasSpfPass: this.#hasSpfPass,
    }
  }

  putResults(part: ResultsPart): void {
    this.#seen |= bitOf(element.authResults)
    this.#hasContent = true
    this.#dkimPlace = part.dkim
    this.#spfPlace = part.spf
    this.#hasDkimPass = part.hasDkimPass
    this.#hasSpfPass = part.hasSpfPass
  }

  get isSourceOpen(): boolean {
    return this.#source === unread
  }

  /** A source that was met before, by its place. */
  putSource(place: number): void {
    this.#source = place
    this.#hasContent = true
  }

  get isCountOpen(): boolean {
    return this.#count === unread && !this.#isDropped
  }

  putCount(count: number): void {
    this.#count = count
    this.#hasContent = true
  }

  source(text: string, at: number): void {
    if (text === '') return
    this.#hasContent = true
    if (this.#source !== unread) {
      this.#log.add('element-repeated', at, text)
      return
    }
    const read = normaliseSource(text)
    if (read === null) {
      this.#log.add('source-unusable', at, text)
      this.#source = 0
      return
    }
    if (read.isMapped) this.#log.add('source-mapped', at, text, read.source)
    this.#source = this.#values.source(read.source)
  }

  count(text: string, at: number): void {
    if (text === '') return
    this.#hasContent = true
    if (!this.isCountOpen) {
      this.#log.add('element-repeated', at, text)
      return
    }
    const read = readCount(text)
    if (read === null) {
      this.#log.add('count-unusable', at, text, '1')
      this.#count = 1
      return
    }
    for (const code of read.deviations) this.#log.add(code, at, text, String(read.value))
    if (read.value >= 0 && read.value <= messagesLimit) this.#count = read.value
    else {
      this.#log.add('count-out-of-range', at, text)
      this.#isDropped = true
    }
  }

  /** A child of policy_evaluated. */
  evaluation(found: number, text: string, at: number): void {
    if (text === '') return
    this.#hasContent = true
    if (found === element.disposition) this.#readDisposition(text, at)
    else if (found === element.dkim) this.#dkim = this.#readEvaluation(this.#dkim, text, at)
    else this.#spf = this.#readEvaluation(this.#spf, text, at)
  }

  #readDisposition(text: string, at: number): void {
    if (this.#disposition !== unread) {
      this.#log.add('element-repeated', at, text)
      return
    }
    const word = this.#lower(text, at)
    const disposition = dispositionWords.get(word)
    if (disposition === undefined) this.#log.add('disposition-unknown', at, text, 'unknown')
    this.#disposition = dispositions.indexOf(disposition ?? 'unknown')
  }

  #readEvaluation(earlier: number, text: string, at: number): number {
    if (earlier !== unread) {
      this.#log.add('element-repeated', at, text)
      return earlier
    }
    const word = this.#lower(text, at)
    const evaluation = evaluationWords.get(word)
    if (evaluation === undefined) this.#log.add('evaluation-unknown', at, text, 'unknown')
    else if (evaluation !== word) this.#log.add('evaluation-other', at, text, evaluation)
    return evaluations.indexOf(evaluation ?? 'unknown')
  }

  #lower(text: string, at: number): string {
    const word = text.toLowerCase()
    if (word !== text) this.#log.add('value-case', at, text, word)
    return word
  }

  /** A child of identifiers. */
  identifier(found: number, text: string, at: number): void {
    if (text !== '') this.#hasContent = true
    if (found === element.headerFrom) {
      if (text !== '') this.#headerFrom = this.#first(this.#headerFrom, text, at)
      return
    }
    if (found === element.envelopeTo) {
      if (text !== '') this.#envelopeTo = this.#first(this.#envelopeTo, text, at)
      return
    }
    // RFC 9990 s3.1.1.10: envelope_from is there and empty for the null path.
    this.#envelopeFrom = this.#first(this.#envelopeFrom, text === '<>' ? '' : text, at)
  }

  #first(earlier: number, text: string, at: number): number {
    if (earlier === unread) return text === '' ? this.#values.name('') : this.#name(text, at)
    this.#log.add('element-repeated', at, text)
    return earlier
  }

  #name(text: string, at: number): number {
    const found = this.#values.names.find(text)
    if (found !== undefined) return found
    const isSilent = this.#log.met
    const name = this.#domain(text, at)
    const isUsable = this.#log.met === isSilent
    // A departure is told each time, so its spelling must not be found above.
    const key = isUsable || normaliseDomain(name) === name ? name : `\0${name}`
    const place = this.#values.names.find(key) ?? this.#values.names.add(key, name)
    if (isUsable && name !== text) this.#values.names.remember(text, place)
    return place
  }

  /** A domain in its normal form; where it has none, the text in lower case. */
  #domain(text: string, at: number): string {
    const domain = normaliseDomain(text)
    if (domain !== null) {
      if (/[^\0-\x7f]/.test(text)) this.#log.add('domain-u-label', at, text, domain)
      return domain
    }
    const ofAddress = /@([^@<>\s]+)>?$/.exec(text.slice(-domainNameLimit * 2))?.[1]
    const domainOfAddress = ofAddress === undefined ? null : normaliseDomain(ofAddress)
    if (domainOfAddress !== null) {
      this.#log.add('name-address', at, text, domainOfAddress)
      return domainOfAddress
    }
    const kept = shortCopy(text.toLowerCase(), domainNameLimit)
    this.#log.add('name-unusable', at, text, kept)
    return kept
  }

  beginEntry(): void {
    this.#entry.clear()
  }

  /** A child of a `dkim`, `spf` or `reason` element. */
  entry(found: number, text: string, at: number): void {
    if (text !== '') this.#hasContent = true
    const earlier = this.#entry.raw(found)
    if (earlier === null || earlier === '') this.#entry.put(found, text, at)
    else this.#log.add('element-repeated', at, text, earlier)
  }

  endEntry(part: number, at: number): void {
    if (part === element.reason) this.#endReason(at)
    else if (part === element.dkim) this.#endDkim(at)
    else this.#endSpf(at)
  }

  #endReason(at: number): void {
    const comment = this.#entry.text(element.comment)
    const type = this.#entry.text(element.type)
    if (type === null) this.#log.add('reason-empty', at, comment ?? '')
    else this.#addReason(type, comment, at)
  }

  #addReason(type: string, comment: string | null, at: number): void {
    const arc = comment !== null && /\barc\s*=\s*pass\b/i.test(comment)
    const known = reasonWords.get(this.#lower(type, at))
    if (known === undefined) this.#log.add('reason-type-unknown', at, type, 'other')
    const reason: Reason =
      known === undefined ? { type: 'other', rawType: type, comment, arc } : { type: known, comment, arc }
    this.#push(this.#reasons, reason, at)
  }

  /** A reason without elements of its own. */
  reasonText(text: string, at: number): void {
    if (text === '') {
      this.#log.add('reason-empty', at, '')
      return
    }
    this.#hasContent = true
    this.#log.add('reason-text', at, text)
    this.#push(this.#reasons, { type: 'other', comment: text, arc: /\barc\s*=\s*pass\b/i.test(text) }, at)
  }

  #push<T>(list: T[], item: T, at: number): void {
    if (list.length >= listLimit) this.#log.add('list-long', at, '')
    else list.push(item)
  }

  #endDkim(at: number): void {
    const domain = this.#entryDomain()
    const selector = this.#entry.text(element.selector)
    const humanResult = this.#entry.text(element.humanResult)
    const word = this.#result(
      dkimWords,
      dkimOtherWords,
      domain === null && selector === null && humanResult === null,
      at,
    )
    if (word !== null) this.#push(this.#dkimResults, { domain, selector, ...word, humanResult }, at)
  }

  #endSpf(at: number): void {
    const domain = this.#entryDomain()
    const humanResult = this.#entry.text(element.humanResult)
    const scope = this.#scope()
    const word = this.#result(spfWords, spfOtherWords, domain === null && humanResult === null, at)
    if (word !== null) this.#push(this.#spfResults, { domain, scope, ...word, humanResult }, at)
  }

  #entryDomain(): string | null {
    const text = this.#entry.text(element.domain)
    if (text === null) return null
    // A name that records carry already is in its normal form.
    return this.#values.names.find(text) === undefined ? this.#domain(text, this.#entry.at(element.domain)) : text
  }

  #scope(): 'mfrom' | 'helo' | null {
    const text = this.#entry.text(element.scope)
    if (text === null) return null
    const at = this.#entry.at(element.scope)
    const word = this.#lower(text, at)
    if (word === 'mfrom' || word === 'helo') return word
    this.#log.add('scope-unknown', at, text)
    return null
  }

  /** Null where the whole entry says nothing: then it is left out. */
  #result(
    words: ReadonlyMap<string, AuthResult>,
    otherWords: ReadonlyMap<string, AuthResult>,
    isBare: boolean,
    at: number,
  ): { readonly result: AuthResult; readonly rawResult?: string } | null {
    const text = this.#entry.text(element.result)
    if (text === null) {
      this.#log.add(isBare ? 'result-empty' : 'result-unknown', at, '')
      return isBare ? null : { result: 'unknown' }
    }
    const place = this.#entry.at(element.result)
    const word = this.#lower(text, place)
    const standard = words.get(word)
    if (standard !== undefined) return { result: standard }
    const result = otherWords.get(word) ?? 'unknown'
    this.#log.add(result === 'unknown' ? 'result-unknown' : 'result-mapped', place, text, result)
    return { result, rawResult: text }
  }

  /** The record as numbers, valid until the next one; null where it is left out. */
  finish(): RecordNumbers | null {
    if (!this.#hasContent) {
      this.#log.add('record-empty', this.#at, '')
      return null
    }
    if (this.#isDropped) return null
    const count = this.#count === unread ? 1 : this.#count
    if (this.#count === unread) this.#log.add('count-missing', this.#at, '', '1')
    if (this.messages + count > messagesLimit) {
      this.#log.add('total-out-of-range', this.#at, String(count))
      return null
    }
    this.messages += count
    if (this.#disposition === passCode) this.hasDispositionPass = true
    return this.#fill(count)
  }

  #fill(count: number): RecordNumbers {
    const numbers = this.#numbers
    if (this.#source === unread) this.#log.add('source-empty', this.#at, '')
    if (this.#headerFrom === unread) this.#log.add('header-from-missing', this.#at, '')
    if (!this.has(element.authResults)) this.#log.add('auth-results-missing', this.#at, '')
    if (this.#disposition === unread) this.#log.add('disposition-unknown', this.#at, '', 'unknown')
    numbers.source = Math.max(0, this.#source)
    numbers.count = count
    numbers.disposition = Math.max(0, this.#disposition)
    numbers.headerFrom = this.#headerFrom === unread ? pendingName : this.#headerFrom
    numbers.envelopeFrom = Math.max(0, this.#envelopeFrom)
    numbers.envelopeTo = Math.max(0, this.#envelopeTo)
    numbers.reasons = this.#reasonsPlace
    numbers.dkimResults = this.#dkimPlace
    numbers.spfResults = this.#spfPlace
    const isMissing = this.#dkim === unread || this.#spf === unread
    numbers.dkim = this.#dkim === unread ? this.#derive(this.#hasDkimPass) : this.#dkim
    numbers.spf = this.#spf === unread ? this.#derive(this.#hasSpfPass) : this.#spf
    const isDerived =
      isMissing && ((this.#dkim === unread && numbers.dkim > 0) || (this.#spf === unread && numbers.spf > 0))
    const isTolerated = this.#log.departures !== this.#departuresBefore
    numbers.flags = (isDerived ? recordFlagDerived : 0) | (isTolerated ? recordFlagTolerated : 0)
    return numbers
  }

  /**
   * A missing verdict (report-tolerance 57): fail where auth_results is there and no result of the method passes.
   * A passing result may be of another domain, so it proves nothing: unknown, never pass.
   */
  #derive(hasPass: boolean): number {
    const code = !hasPass && this.has(element.authResults) ? failCode : 0
    this.#log.add('evaluation-missing', this.#at, '', code === failCode ? 'fail' : 'unknown')
    return code
  }
}

const partNames: ReadonlyMap<number, string> = new Map([
  [element.row, 'row'],
  [element.policyEvaluated, 'policy_evaluated'],
  [element.identifiers, 'identifiers'],
  [element.authResults, 'auth_results'],
])

/** Parts have numbers from 25 to 39. */
function bitOf(part: number): number {
  return 1 << (part - element.row)
}
