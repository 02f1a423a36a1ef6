import { normaliseDomain } from '../domain-name.ts'
import type { DeviationLog } from './deviation-log.ts'
import { element } from './elements.ts'
import { EntryDraft, lowered, readDomain, saysArcPass } from './entry-draft.ts'
import { listLimit, messagesLimit } from './limits.ts'
import { readCount } from './numbers.ts'
import type { EvaluatedPart, IdentifiersPart, ResultsPart } from './record-parts.ts'
import { pendingName, type RecordNumbers } from './record-run.ts'
import {
  type DkimResult,
  dispositions,
  evaluations,
  type Reason,
  recordFlagDerived,
  recordFlagTolerated,
  type SpfResult,
} from './report.ts'
import { normaliseSource, type SharedValues } from './report-values.ts'
import { dispositionWords, evaluationWords } from './value-words.ts'

const unread = -1
const failCode = evaluations.indexOf('fail')
const passCode = dispositions.indexOf('pass')

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
  readonly #entry: EntryDraft
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
    this.#entry = new EntryDraft(log, values)
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
    const word = lowered(this.#log, text, at)
    const disposition = dispositionWords.get(word)
    if (disposition === undefined) this.#log.add('disposition-unknown', at, text, 'unknown')
    this.#disposition = dispositions.indexOf(disposition ?? 'unknown')
  }

  #readEvaluation(earlier: number, text: string, at: number): number {
    if (earlier !== unread) {
      this.#log.add('element-repeated', at, text)
      return earlier
    }
    const word = lowered(this.#log, text, at)
    const evaluation = evaluationWords.get(word)
    if (evaluation === undefined) this.#log.add('evaluation-unknown', at, text, 'unknown')
    else if (evaluation !== word) this.#log.add('evaluation-other', at, text, evaluation)
    return evaluations.indexOf(evaluation ?? 'unknown')
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
    const name = readDomain(this.#log, text, at)
    const isUsable = this.#log.met === isSilent
    // A departure is told each time, so its spelling must not be found above.
    const key = isUsable || normaliseDomain(name) === name ? name : `\0${name}`
    const place = this.#values.names.find(key) ?? this.#values.names.add(key, name)
    if (isUsable && name !== text) this.#values.names.remember(text, place)
    return place
  }

  beginEntry(): void {
    this.#entry.begin()
  }

  /** A child of a `dkim`, `spf` or `reason` element. */
  entry(found: number, text: string, at: number): void {
    if (text !== '') this.#hasContent = true
    this.#entry.put(found, text, at)
  }

  endReason(at: number): void {
    const reason = this.#entry.reason(at)
    if (reason !== null) this.#push(this.#reasons, reason, at)
  }

  /** A `dkim` element ends, with what was put since `beginEntry`. */
  endDkim(at: number): void {
    const result = this.#entry.dkim(at)
    if (result !== null) this.#push(this.#dkimResults, result, at)
  }

  endSpf(at: number): void {
    const result = this.#entry.spf(at)
    if (result !== null) this.#push(this.#spfResults, result, at)
  }

  /** A reason without elements of its own. */
  reasonText(text: string, at: number): void {
    if (text === '') {
      this.#log.add('reason-empty', at, '')
      return
    }
    this.#hasContent = true
    this.#log.add('reason-text', at, text)
    this.#push(this.#reasons, { type: 'other', comment: text, arc: saysArcPass(text) }, at)
  }

  #push<T>(list: T[], item: T, at: number): void {
    if (list.length >= listLimit) this.#log.add('list-long', at, '')
    else list.push(item)
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
