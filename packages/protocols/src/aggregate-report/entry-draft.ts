import { domainNameLimit, normaliseDomain } from '../domain-name.ts'
import { type DeviationLog, shortCopy } from './deviation-log.ts'
import { element } from './elements.ts'
import type { AuthResult, DkimResult, Reason, SpfResult } from './report.ts'
import type { SharedValues } from './report-values.ts'
import { dkimOtherWords, dkimWords, reasonWords, spfOtherWords, spfWords } from './value-words.ts'

const entryElements = [
  element.domain,
  element.selector,
  element.scope,
  element.result,
  element.humanResult,
  element.type,
  element.comment,
]

/** Where the text of an element is kept, by its number. */
const slots = new Uint8Array(64)
for (const [slot, found] of entryElements.entries()) slots[found] = slot

/** Gathers the children of one `dkim`, `spf` or `reason` element, and of the next after it. Texts come trimmed. */
export class EntryDraft {
  readonly #log: DeviationLog
  readonly #values: SharedValues
  /** By the slot of the element; null where there is none. */
  readonly #texts: (string | null)[] = [null, null, null, null, null, null, null]
  readonly #places = [0, 0, 0, 0, 0, 0, 0]

  constructor(log: DeviationLog, values: SharedValues) {
    this.#log = log
    this.#values = values
  }

  begin(): void {
    this.#texts.fill(null)
  }

  put(found: number, text: string, at: number): void {
    const slot = slots[found] ?? 0
    const earlier = this.#texts[slot] ?? ''
    if (earlier === '') {
      this.#texts[slot] = text
      this.#places[slot] = at
    } else this.#log.add('element-repeated', at, text, earlier)
  }

  #text(found: number): string | null {
    return this.#texts[slots[found] ?? 0] || null
  }

  #at(found: number): number {
    return this.#places[slots[found] ?? 0] ?? 0
  }

  /** Null where it says nothing. `at` is where the element ends. */
  reason(at: number): Reason | null {
    const comment = this.#text(element.comment)
    const type = this.#text(element.type)
    if (type === null) {
      this.#log.add('reason-empty', at, comment ?? '')
      return null
    }
    const arc = comment !== null && saysArcPass(comment)
    const known = reasonWords.get(lowered(this.#log, type, at))
    if (known !== undefined) return { type: known, comment, arc }
    this.#log.add('reason-type-unknown', at, type, 'other')
    return { type: 'other', rawType: type, comment, arc }
  }

  dkim(at: number): DkimResult | null {
    const domain = this.#domain()
    const selector = this.#text(element.selector)
    const humanResult = this.#text(element.humanResult)
    const isBare = domain === null && selector === null && humanResult === null
    const word = this.#result(dkimWords, dkimOtherWords, isBare, at)
    return word === null ? null : { domain, selector, ...word, humanResult }
  }

  spf(at: number): SpfResult | null {
    const domain = this.#domain()
    const humanResult = this.#text(element.humanResult)
    const scope = this.#scope()
    const word = this.#result(spfWords, spfOtherWords, domain === null && humanResult === null, at)
    return word === null ? null : { domain, scope, ...word, humanResult }
  }

  #domain(): string | null {
    const text = this.#text(element.domain)
    if (text === null) return null
    // A name that records carry already is in its normal form.
    if (this.#values.names.find(text) !== undefined) return text
    return readDomain(this.#log, text, this.#at(element.domain))
  }

  #scope(): 'mfrom' | 'helo' | null {
    const text = this.#text(element.scope)
    if (text === null) return null
    const at = this.#at(element.scope)
    const word = lowered(this.#log, text, at)
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
    const text = this.#text(element.result)
    if (text === null) {
      this.#log.add(isBare ? 'result-empty' : 'result-unknown', at, '')
      return isBare ? null : { result: 'unknown' }
    }
    const place = this.#at(element.result)
    const word = lowered(this.#log, text, place)
    const standard = words.get(word)
    if (standard !== undefined) return { result: standard }
    const result = otherWords.get(word) ?? 'unknown'
    this.#log.add(result === 'unknown' ? 'result-unknown' : 'result-mapped', place, text, result)
    return { result, rawResult: text }
  }
}

/** Whether a comment tells of a passing ARC chain (RFC 9990 s3.1.6 leaves its form open; large receivers write this). */
export function saysArcPass(comment: string): boolean {
  return /\barc\s*=\s*pass\b/i.test(comment)
}

/** A word in lower case; other spellings are told. */
export function lowered(log: DeviationLog, text: string, at: number): string {
  const word = text.toLowerCase()
  if (word !== text) log.add('value-case', at, text, word)
  return word
}

/** A domain in its normal form; where it has none, the text in lower case. */
export function readDomain(log: DeviationLog, text: string, at: number): string {
  const domain = normaliseDomain(text)
  if (domain !== null) {
    if (/[^\0-\x7f]/.test(text)) log.add('domain-u-label', at, text, domain)
    return domain
  }
  const ofAddress = /@([^@<>\s]+)>?$/.exec(text.slice(-domainNameLimit * 2))?.[1]
  const domainOfAddress = ofAddress === undefined ? null : normaliseDomain(ofAddress)
  if (domainOfAddress !== null) {
    log.add('name-address', at, text, domainOfAddress)
    return domainOfAddress
  }
  const kept = shortCopy(text.toLowerCase(), domainNameLimit)
  log.add('name-unusable', at, text, kept)
  return kept
}
