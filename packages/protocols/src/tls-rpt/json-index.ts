import type { Fault } from '../fault.ts'
import { backslash, escapes, type JsonDeviation, type JsonText, quote } from './json-text.ts'

/** Levels of objects and arrays in each other: a TLS report has six. */
export const jsonDepthLimit = 32
/** Values of one document: 16 MiB of failure details as reporters write them have 400,000. Each takes 12 bytes. */
export const jsonValuesLimit = 500_000
/** Deviations of one document that are told: a hostile one may have millions. */
export const jsonDeviationsLimit = 100

export type JsonFaultCode = 'json-syntax' | 'json-depth' | 'json-values'

/** Members up to which the names of an object are compared one by one. */
const fewMembers = 16
/** Characters of what departs that are kept. */
const rawLimit = 200

const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const colon = 0x3a
const minus = 0x2d
const zero = 0x30
const letterU = 0x75

/**
 * Checks the grammar of a document (RFC 8259) and notes where each value stands, in the order of the document: three
 * numbers each, no objects, so that a hostile document takes no more memory than its own bytes.
 */
export class JsonIndex {
  readonly text: JsonText
  readonly deviations: JsonDeviation[]
  /** Values that were met. */
  size = 0
  readonly #units: Uint8Array | Uint16Array
  /** For each value: where it begins, the number of the first value behind it, and where its member name begins or -1. */
  #places = new Int32Array(3 * 256)
  /** Where the member names of the open objects begin, and of those with many members the names. */
  readonly #names: number[] = []
  #at = 0
  /** Of the last string that was read. */
  #hasEscape = false
  #fault: Fault<JsonFaultCode> | null = null

  constructor(text: JsonText, deviations: readonly JsonDeviation[]) {
    this.text = text
    this.deviations = [...deviations]
    this.#units = text.units
  }

  /** Reads the document; null where it is well-formed. */
  read(): Fault<JsonFaultCode> | null {
    if (!this.#value(0, -1))
      return this.#fault ?? { code: 'json-syntax', at: this.text.byte(this.#at), text: 'The document is not JSON.' }
    this.#noteTrailing()
    return null
  }

  /** Where a value begins, as an index into the text. */
  start(value: number): number {
    return this.#places[value * 3] ?? 0
  }

  /** The first value that is not inside of this one. */
  next(value: number): number {
    return this.#places[value * 3 + 1] ?? 0
  }

  /** Where the name of a member begins, behind its quote; -1 for what is no member. */
  nameAt(value: number): number {
    return this.#places[value * 3 + 2] ?? -1
  }

  #add(nameAt: number): number {
    const at = this.size * 3
    if (at === this.#places.length) {
      const wider = new Int32Array(at * 2)
      wider.set(this.#places)
      this.#places = wider
    }
    this.#places[at] = this.#at
    this.#places[at + 2] = nameAt
    this.size += 1
    return at
  }

  /** The value at the cursor; false where there is a fault. */
  #value(depth: number, nameAt: number): boolean {
    this.#skipSpaces()
    if (this.size === jsonValuesLimit)
      return this.#fail('json-values', `The document has more than ${jsonValuesLimit} values.`)
    const entry = this.#add(nameAt)
    if (!this.#content(depth)) return false
    this.#places[entry + 1] = this.size
    return true
  }

  #content(depth: number): boolean {
    switch (this.#units[this.#at]) {
      case openBrace:
        return depth === jsonDepthLimit ? this.#tooDeep() : this.#object(depth)
      case openBracket:
        return depth === jsonDepthLimit ? this.#tooDeep() : this.#array(depth)
      case quote:
        return this.#string()
      case 0x74:
        return this.#word('true')
      case 0x66:
        return this.#word('false')
      case 0x6e:
        return this.#word('null')
      case undefined:
        return this.#fail('json-syntax', 'The document ends where a value is expected.')
      default: {
        const end = jsonNumberEnd(this.#units, this.#at)
        if (end < 0) return this.#fail('json-syntax', 'A value is expected.')
        this.#at = end
        return true
      }
    }
  }

  #object(depth: number): boolean {
    this.#at += 1
    this.#skipSpaces()
    if (this.#takes(closeBrace)) return true
    const first = this.#names.length
    let known: Set<string> | null = null
    for (;;) {
      this.#skipSpaces()
      if (this.#units[this.#at] !== quote) return this.#fail('json-syntax', 'A member name in quotes is expected.')
      const nameAt = this.#at + 1
      if (!this.#string()) return false
      known = this.#noteName(nameAt, first, known)
      this.#skipSpaces()
      if (!this.#takes(colon)) return this.#fail('json-syntax', 'A colon is expected behind a member name.')
      if (!this.#value(depth + 1, nameAt)) return false
      this.#skipSpaces()
      if (this.#takes(closeBrace)) {
        this.#names.length = first
        return true
      }
      if (!this.#takes(comma)) return this.#fail('json-syntax', 'A comma or the end of the object is expected.')
    }
  }

  #array(depth: number): boolean {
    this.#at += 1
    this.#skipSpaces()
    if (this.#takes(closeBracket)) return true
    for (;;) {
      if (!this.#value(depth + 1, -1)) return false
      this.#skipSpaces()
      if (this.#takes(closeBracket)) return true
      if (!this.#takes(comma)) return this.#fail('json-syntax', 'A comma or the end of the array is expected.')
    }
  }

  /**
   * Tells a name that the object has already. Few names are compared as they are written; many, or one with escapes,
   * turn into a set of strings.
   */
  #noteName(nameAt: number, first: number, known: Set<string> | null): Set<string> | null {
    const names = this.#names
    if (known === null && !this.#hasEscape && names.length - first < fewMembers) {
      for (let at = first; at < names.length; at += 1) {
        if (!this.#isSameName(names[at] ?? 0, nameAt)) continue
        this.#note('json-duplicate-member', nameAt - 1, this.text.string(nameAt))
        break
      }
      names.push(nameAt)
      return null
    }
    const set = known ?? new Set(names.slice(first).map(at => this.text.string(at)))
    const name = this.text.string(nameAt)
    if (set.has(name)) this.#note('json-duplicate-member', nameAt - 1, name)
    set.add(name)
    return set
  }

  #isSameName(one: number, other: number): boolean {
    const units = this.#units
    let at = 0
    while (units[one + at] === units[other + at] && units[one + at] !== quote) at += 1
    return units[one + at] === units[other + at]
  }

  /** The string at the cursor, which stands on its quote. */
  #string(): boolean {
    const units = this.#units
    const from = this.#at + 1
    let at = from
    let seen = 0
    this.#hasEscape = false
    for (;;) {
      const code = units[at]
      if (code === undefined) return this.#failAt(at, 'The document ends inside a string.')
      if (code === quote) break
      if (code < 0x20) return this.#failAt(at, 'A control character stands in a string without escape.')
      seen |= code
      if (code === backslash) {
        const end = this.#escapeEnd(at)
        if (end < 0) return this.#failAt(at, 'An escape in a string is none of JSON.')
        this.#hasEscape = true
        at = end
      } else at += 1
    }
    this.#at = at + 1
    if (seen > 0x7f && !this.text.isUtf8(from, at)) this.#note('json-bad-utf-8', from - 1, this.text.slice(from, at))
    return true
  }

  #escapeEnd(at: number): number {
    const code = this.#units[at + 1] ?? 0
    if (code !== letterU) return escapes.has(String.fromCharCode(code)) ? at + 2 : -1
    for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(this.#units[digit] ?? 0)) return -1
    return at + 6
  }

  #word(word: string): boolean {
    for (let at = 0; at < word.length; at += 1) {
      if (this.#units[this.#at + at] !== word.charCodeAt(at)) return this.#fail('json-syntax', 'A value is expected.')
    }
    this.#at += word.length
    return true
  }

  #takes(code: number): boolean {
    if (this.#units[this.#at] !== code) return false
    this.#at += 1
    return true
  }

  #skipSpaces(): void {
    const units = this.#units
    let at = this.#at
    while (isSpace(units[at] ?? 0)) at += 1
    this.#at = at
  }

  /** Bytes behind the root: zeros and white space are nothing, others are told. */
  #noteTrailing(): void {
    this.#skipSpaces()
    const rest = this.text.slice(this.#at, Math.min(this.#at + rawLimit, this.#units.length))
    if (rest.replace(/\0/g, '').trim() !== '') this.#note('json-trailing-bytes', this.#at, rest)
  }

  #note(code: JsonDeviation['code'], index: number, raw: string): void {
    if (this.deviations.length >= jsonDeviationsLimit) return
    this.deviations.push({ code, at: this.text.byte(index), raw: raw.slice(0, rawLimit) })
  }

  #tooDeep(): false {
    return this.#fail('json-depth', `Objects and arrays are nested deeper than ${jsonDepthLimit} levels.`)
  }

  #failAt(at: number, text: string): false {
    this.#at = at
    return this.#fail('json-syntax', text)
  }

  #fail(code: JsonFaultCode, text: string): false {
    this.#fault ??= { code, at: this.text.byte(this.#at), text }
    return false
  }
}

/** Where the number that begins at `from` ends (RFC 8259 s6); -1 where there is none. */
export function jsonNumberEnd(units: Uint8Array | Uint16Array, from: number): number {
  let at = units[from] === minus ? from + 1 : from
  if (units[at] === zero) at += 1
  else {
    const digits = digitsEnd(units, at)
    if (digits === at) return -1
    at = digits
  }
  if (units[at] === 0x2e) {
    const end = digitsEnd(units, at + 1)
    if (end > at + 1) at = end
  }
  if (units[at] === 0x65 || units[at] === 0x45) {
    const sign = units[at + 1]
    const digits = sign === 0x2b || sign === minus ? at + 2 : at + 1
    const end = digitsEnd(units, digits)
    if (end > digits) at = end
  }
  return at
}

function digitsEnd(units: Uint8Array | Uint16Array, from: number): number {
  let at = from
  for (let code = units[at] ?? 0; code >= zero && code <= 0x39; code = units[at] ?? 0) at += 1
  return at
}

function isHexDigit(code: number): boolean {
  const lower = code | 0x20
  return (code >= zero && code <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
