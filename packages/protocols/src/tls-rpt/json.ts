import { Buffer } from 'node:buffer'
import type { Fault, Result } from '../fault.ts'
import { asBuffer } from '../message/header.ts'

/** Levels of objects and arrays in each other: a TLS report has six. */
export const jsonDepthLimit = 32
/** Values of one document: 16 MiB of failure details as reporters write them have 400,000. Each takes 100 bytes. */
export const jsonValuesLimit = 500_000

/** A JSON value with the byte offset where it begins. */
export type JsonValue =
  | JsonObject
  | { readonly kind: 'array'; readonly at: number; readonly items: readonly JsonValue[] }
  | { readonly kind: 'string'; readonly at: number; readonly text: string }
  | { readonly kind: 'number'; readonly at: number; readonly text: string }
  | { readonly kind: 'boolean'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'null'; readonly at: number }

/** An object as two lists of one length: a map for each of half a million objects takes twice the memory. */
export interface JsonObject {
  readonly kind: 'object'
  readonly at: number
  readonly names: readonly string[]
  readonly values: readonly JsonValue[]
}

/** The member of that name; of several the last one (TLSRPT-031). */
export function jsonMember(object: JsonObject, name: string): JsonValue | undefined {
  const index = object.names.lastIndexOf(name)
  return index < 0 ? undefined : object.values[index]
}

export type JsonFaultCode = 'json-syntax' | 'json-depth' | 'json-values'

/** What departs from I-JSON (RFC 7493) and was borne. */
export interface JsonDeviation {
  readonly code:
    | 'json-byte-order-mark'
    | 'json-utf-16'
    | 'json-bad-utf-8'
    | 'json-duplicate-member'
    | 'json-trailing-bytes'
  readonly at: number
  readonly raw: string
}

/** Deviations of one document that are told: a hostile one may have millions. */
export const jsonDeviationsLimit = 100

export interface JsonDocument {
  readonly root: JsonValue
  readonly deviations: readonly JsonDeviation[]
}

/**
 * Reads a JSON document (RFC 8259) whose values keep their places. Of members with one name the last counts (RFC 7493
 * s2.3 forbids them, TLSRPT-031). A byte order mark, UTF-16 and bytes behind the root are borne. Grammar is strict
 * otherwise. Never throws; linear; depth and number of values are bounded.
 */
export function readJson(bytes: Uint8Array): Result<JsonDocument, JsonFaultCode> {
  const source = textOf(asBuffer(bytes))
  const reader = new JsonReader(source)
  const root = reader.value(0)
  if (root === null) return { ok: false, fault: reader.fault() }
  reader.noteTrailing()
  return { ok: true, value: { root, deviations: reader.deviations } }
}

/** Characters, and how their indexes become byte offsets. */
interface Source {
  /** One character for each octet (`utf-8`, decoded where a string needs it), or for each pair (`utf-16`). */
  readonly text: string
  readonly form: 'utf-8' | 'utf-16'
  readonly bytesBefore: number
  readonly deviations: readonly JsonDeviation[]
}

function textOf(bytes: Buffer): Source {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    const deviations: JsonDeviation[] = [{ code: 'json-byte-order-mark', at: 0, raw: '' }]
    return { text: bytes.toString('latin1', 3), form: 'utf-8', bytesBefore: 3, deviations }
  }
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  const isBigEndian = first === 0xfe || (first === 0 && second !== 0)
  if (!hasMark && first !== 0 && second !== 0)
    return { text: bytes.toString('latin1'), form: 'utf-8', bytesBefore: 0, deviations: [] }
  const start = hasMark ? 2 : 0
  const pairs = bytes.subarray(start, start + ((bytes.length - start) & ~1))
  const text = (isBigEndian ? Buffer.from(pairs).swap16() : pairs).toString('utf16le')
  return { text, form: 'utf-16', bytesBefore: start, deviations: [{ code: 'json-utf-16', at: 0, raw: '' }] }
}

const quote = 0x22
const backslash = 0x5c
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const spaces = /[ \t\r\n]*/y
/** What ends a run of plain characters in a string. */
const stringStop = /["\\\u0000-\u001f]/g

class JsonReader {
  readonly deviations: JsonDeviation[]
  readonly #source: Source
  readonly #text: string
  /** Values of the open objects and arrays, so that each list is made once, in its exact size. */
  readonly #pending: JsonValue[] = []
  readonly #names = new Map<string, string>()
  #at = 0
  #values = 0
  #fault: Fault<JsonFaultCode> | null = null

  constructor(source: Source) {
    this.#source = source
    this.#text = source.text
    this.deviations = [...source.deviations]
  }

  fault(): Fault<JsonFaultCode> {
    return this.#fault ?? { code: 'json-syntax', at: this.#byte(this.#at), text: 'The document is not JSON.' }
  }

  /** The value at the cursor, or null, and then there is a fault. */
  value(depth: number): JsonValue | null {
    this.#skipSpaces()
    this.#values += 1
    if (this.#values > jsonValuesLimit)
      return this.#fail('json-values', `The document has more than ${jsonValuesLimit} values.`)
    const at = this.#byte(this.#at)
    switch (this.#text[this.#at]) {
      case '{':
        return depth === jsonDepthLimit ? this.#tooDeep() : this.#object(at, depth)
      case '[':
        return depth === jsonDepthLimit ? this.#tooDeep() : this.#array(at, depth)
      case '"': {
        const text = this.#string()
        return text === null ? null : { kind: 'string', at, text }
      }
      case 't':
        return this.#word('true', { kind: 'boolean', at, value: true })
      case 'f':
        return this.#word('false', { kind: 'boolean', at, value: false })
      case 'n':
        return this.#word('null', { kind: 'null', at })
      case undefined:
        return this.#fail('json-syntax', 'The document ends where a value is expected.')
      default:
        return this.#number(at)
    }
  }

  /** Bytes behind the root: zeros and white space are nothing, others are told. */
  noteTrailing(): void {
    this.#skipSpaces()
    const rest = this.#text.slice(this.#at, this.#at + 200)
    if (rest.replace(/\0/g, '').trim() !== '') this.#note('json-trailing-bytes', this.#at, rest)
  }

  #object(at: number, depth: number): JsonValue | null {
    this.#at += 1
    this.#skipSpaces()
    if (this.#takes('}')) return { kind: 'object', at, names: nothing, values: nothing }
    const from = this.#pending.length
    const names: string[] = []
    let known: Set<string> | null = null
    for (;;) {
      this.#skipSpaces()
      const nameAt = this.#at
      if (this.#text[this.#at] !== '"') return this.#fail('json-syntax', 'A member name in quotes is expected.')
      const name = this.#memberName()
      if (name === null) return null
      this.#skipSpaces()
      if (!this.#takes(':')) return this.#fail('json-syntax', 'A colon is expected behind a member name.')
      const member = this.value(depth + 1)
      if (member === null) return null
      if (names.length === fewMembers) known = new Set(names)
      if (known === null ? names.includes(name) : known.has(name)) this.#note('json-duplicate-member', nameAt, name)
      known?.add(name)
      names.push(name)
      this.#pending.push(member)
      this.#skipSpaces()
      if (this.#takes('}')) return { kind: 'object', at, names: names.slice(), values: this.#pending.splice(from) }
      if (!this.#takes(',')) return this.#fail('json-syntax', 'A comma or the end of the object is expected.')
    }
  }

  #array(at: number, depth: number): JsonValue | null {
    this.#at += 1
    this.#skipSpaces()
    if (this.#takes(']')) return { kind: 'array', at, items: nothing }
    const from = this.#pending.length
    for (;;) {
      const item = this.value(depth + 1)
      if (item === null) return null
      this.#pending.push(item)
      this.#skipSpaces()
      if (this.#takes(']')) return { kind: 'array', at, items: this.#pending.splice(from) }
      if (!this.#takes(',')) return this.#fail('json-syntax', 'A comma or the end of the array is expected.')
    }
  }

  /** A member name; those that come again share their memory. */
  #memberName(): string | null {
    const name = this.#string()
    if (name === null) return null
    const known = this.#names.get(name)
    if (known !== undefined) return known
    if (this.#names.size < sharedNames) this.#names.set(name, name)
    return name
  }

  /** The string at the cursor, which stands on its quote. */
  #string(): string | null {
    const parts: string[] = []
    this.#at += 1
    for (;;) {
      stringStop.lastIndex = this.#at
      const stop = stringStop.exec(this.#text)
      if (stop === null) return this.#fail('json-syntax', 'The document ends inside a string.')
      if (stop.index > this.#at) parts.push(this.#text.slice(this.#at, stop.index))
      this.#at = stop.index
      const code = this.#text.charCodeAt(stop.index)
      if (code === quote) {
        const first = this.#at
        this.#at += 1
        return this.#decoded(parts.length === 1 ? (parts[0] ?? '') : parts.join(''), first)
      }
      if (code !== backslash) return this.#fail('json-syntax', 'A control character stands in a string without escape.')
      const escaped = this.#escape()
      if (escaped === null) return null
      parts.push(escaped)
    }
  }

  #escape(): string | null {
    const letter = this.#text[this.#at + 1] ?? ''
    const plain = escapes.get(letter)
    if (plain !== undefined) {
      this.#at += 2
      return plain
    }
    const hex = letter === 'u' ? /^[0-9A-Fa-f]{4}$/.exec(this.#text.slice(this.#at + 2, this.#at + 6)) : null
    if (hex === null) return this.#fail('json-syntax', 'An escape in a string is none of JSON.')
    this.#at += 6
    const unit = String.fromCharCode(Number.parseInt(hex[0], 16))
    // The other characters stand for octets and are decoded later, so these become octets too; halves of a pair are
    // joined first.
    return this.#source.form === 'utf-8' ? this.#asOctets(unit) : unit
  }

  #asOctets(unit: string): string {
    let character = unit
    const code = unit.charCodeAt(0)
    const low = /^\\u([dD][c-fC-F][0-9A-Fa-f]{2})/.exec(this.#text.slice(this.#at, this.#at + 6))
    if (code >= 0xd800 && code <= 0xdbff && low !== null) {
      character += String.fromCharCode(Number.parseInt(low[1] ?? '', 16))
      this.#at += 6
    }
    return Buffer.from(character, 'utf8').toString('latin1')
  }

  #decoded(text: string, at: number): string {
    if (this.#source.form === 'utf-16' || !/[\x80-\xff]/.test(text)) return text
    const bytes = Buffer.from(text, 'latin1')
    const utf8 = bytes.toString('utf8')
    if (utf8.includes('\ufffd') && !bytes.equals(Buffer.from(utf8, 'utf8'))) {
      this.#note('json-bad-utf-8', at, text)
      return text
    }
    return utf8
  }

  #number(at: number): JsonValue | null {
    numberForm.lastIndex = this.#at
    const match = numberForm.exec(this.#text)
    if (match === null) return this.#fail('json-syntax', 'A value is expected.')
    this.#at += match[0].length
    return { kind: 'number', at, text: match[0] }
  }

  #word(word: string, value: JsonValue): JsonValue | null {
    if (!this.#text.startsWith(word, this.#at)) return this.#fail('json-syntax', 'A value is expected.')
    this.#at += word.length
    return value
  }

  #takes(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  #skipSpaces(): void {
    const code = this.#text.charCodeAt(this.#at)
    if (code > 0x20) return
    spaces.lastIndex = this.#at
    this.#at += spaces.exec(this.#text)?.[0].length ?? 0
  }

  #byte(index: number): number {
    return this.#source.bytesBefore + (this.#source.form === 'utf-16' ? index * 2 : index)
  }

  #note(code: JsonDeviation['code'], index: number, raw: string): void {
    if (this.deviations.length < jsonDeviationsLimit) {
      this.deviations.push({ code, at: this.#byte(index), raw: raw.slice(0, 200) })
    }
  }

  #tooDeep(): null {
    return this.#fail('json-depth', `Objects and arrays are nested deeper than ${jsonDepthLimit} levels.`)
  }

  #fail(code: JsonFaultCode, text: string): null {
    this.#fault ??= { code, at: this.#byte(this.#at), text }
    return null
  }
}

/** Shared by all empty objects and arrays. */
const nothing: readonly never[] = []
/** Members up to which names are compared one by one. */
const fewMembers = 16
/** Member names whose memory is shared: RFC 8460 has some twenty. */
const sharedNames = 256

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
