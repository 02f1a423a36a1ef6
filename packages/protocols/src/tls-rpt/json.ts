import type { Result } from '../fault.ts'
import { asBuffer } from '../message/header.ts'
import { type JsonFaultCode, JsonIndex, jsonNumberEnd } from './json-index.ts'
import { backslash, type JsonDeviation, jsonTextOf, quote } from './json-text.ts'

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null'

const kinds: ReadonlyMap<number, JsonKind> = new Map([
  [0x7b, 'object'],
  [0x5b, 'array'],
  [0x22, 'string'],
  [0x74, 'true'],
  [0x66, 'false'],
  [0x6e, 'null'],
])

/** One value of a document. It is a view: text is made when it is asked for. */
export class JsonValue {
  readonly kind: JsonKind
  /** Byte offset where the value begins. */
  readonly at: number
  readonly #index: JsonIndex
  readonly #value: number

  constructor(index: JsonIndex, value: number) {
    const start = index.start(value)
    this.kind = kinds.get(index.text.units[start] ?? 0) ?? 'number'
    this.at = index.text.byte(start)
    this.#index = index
    this.#value = value
  }

  /** A string without its escapes, a number as it is written; of other values their name. */
  get text(): string {
    const { text } = this.#index
    const start = this.#index.start(this.#value)
    if (this.kind === 'string') return text.string(start + 1)
    return this.kind === 'number' ? text.slice(start, jsonNumberEnd(text.units, start)) : this.kind
  }

  /** The member of that name in an object; of several the last one (TLSRPT-031). */
  member(name: string): JsonValue | undefined {
    let found = -1
    for (const value of this.#inside()) if (hasName(this.#index, value, name)) found = value
    return found < 0 ? undefined : new JsonValue(this.#index, found)
  }

  /** Names and values of an object in the order of the document; of other values none. */
  *members(): Generator<readonly [name: string, value: JsonValue]> {
    if (this.kind !== 'object') return
    for (const value of this.#inside()) {
      yield [this.#index.text.string(this.#index.nameAt(value)), new JsonValue(this.#index, value)]
    }
  }

  /** The values of an array; of other values none. */
  *items(): Generator<JsonValue> {
    if (this.kind !== 'array') return
    for (const value of this.#inside()) yield new JsonValue(this.#index, value)
  }

  *#inside(): Generator<number> {
    const end = this.#index.next(this.#value)
    for (let value = this.#value + 1; value < end; value = this.#index.next(value)) yield value
  }
}

/** Compares without making a string of each name that is passed. */
function hasName(index: JsonIndex, value: number, name: string): boolean {
  const from = index.nameAt(value)
  if (from < 0) return false
  const { units } = index.text
  for (let at = 0; at < name.length; at += 1) {
    const code = units[from + at] ?? 0
    if (code === backslash || code >= 0x80) return index.text.string(from) === name
    if (code !== name.charCodeAt(at)) return false
  }
  const after = units[from + name.length]
  return after === quote || (after === backslash && index.text.string(from) === name)
}

export interface JsonDocument {
  readonly root: JsonValue
  readonly deviations: readonly JsonDeviation[]
}

/**
 * Reads a JSON document (RFC 8259) whose values keep their places. Of members with one name the last counts (RFC 7493
 * s2.3 forbids them, TLSRPT-031). A byte order mark, UTF-16 and bytes behind the root are borne. Grammar is strict
 * otherwise. Never throws; linear; depth and number of values are bounded. The values need the bytes as long as they
 * are used.
 */
export function readJson(bytes: Uint8Array): Result<JsonDocument, JsonFaultCode> {
  const { text, deviations } = jsonTextOf(asBuffer(bytes))
  const index = new JsonIndex(text, deviations)
  const fault = index.read()
  if (fault !== null) return { ok: false, fault }
  return { ok: true, value: { root: new JsonValue(index, 0), deviations: index.deviations } }
}
