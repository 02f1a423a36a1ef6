import type { Fault, Result } from '../fault.ts'
import { type Token, tokensOf } from './tokens.ts'

/** Octets of one field that are read (AR-056). */
export const resultsOctetsLimit = 65_536

/** Items of one field that are read (AR-056). */
export const resultsItemsLimit = 200

/** One `ptype.property=pvalue`. */
export interface Property {
  readonly type: string
  readonly name: string
  readonly value: string
}

/** One `method=result` with what stands behind it (RFC 8601 s2.2). Keywords are in lower case. */
export interface ResultItem {
  readonly method: string
  readonly methodVersion: number
  readonly result: string
  readonly reason: string | null
  readonly properties: readonly Property[]
}

export interface AuthenticationResults {
  readonly authservId: string
  readonly version: number
  /** Empty for `none`. */
  readonly items: readonly ResultItem[]
}

export type ResultsFault = 'results-long' | 'results-syntax' | 'results-version' | 'results-items-limit'

const keyword = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/

/** Reads the value of an Authentication-Results field (RFC 8601 s2.2). */
export function parseAuthenticationResults(value: string): Result<AuthenticationResults, ResultsFault> {
  if (value.length > resultsOctetsLimit)
    return failed('results-long', resultsOctetsLimit, `the field exceeds ${resultsOctetsLimit} octets`)
  const tokens = tokensOf(value)
  if (tokens === null) return failed('results-syntax', value.length, 'a comment or a quoted string is not closed')
  const reader = new Reader(tokens, value.length)
  const head = reader.head()
  if (!head.ok) return head
  // AR-006: nothing is known of the form of another version.
  if (head.value.version !== 1) return failed('results-version', 0, `version ${head.value.version} is not known`)
  const items: ResultItem[] = []
  while (!reader.isAtEnd) {
    if (!reader.special(';')) return failed('results-syntax', reader.at, 'a semicolon is missing')
    if (reader.isAtEnd) break
    if (items.length === 0 && reader.isNone) break
    if (items.length === resultsItemsLimit)
      return failed('results-items-limit', reader.at, `there are more than ${resultsItemsLimit} items`)
    const item = reader.item()
    if (!item.ok) return item
    items.push(item.value)
  }
  return { ok: true, value: { ...head.value, items } }
}

class Reader {
  private readonly tokens: readonly Token[]
  private readonly length: number
  private index = 0

  constructor(tokens: readonly Token[], length: number) {
    this.tokens = tokens
    this.length = length
  }

  get at(): number {
    return this.tokens[this.index]?.at ?? this.length
  }

  get isAtEnd(): boolean {
    return this.index >= this.tokens.length
  }

  /** The one word `none`, as all there is. */
  get isNone(): boolean {
    const token = this.tokens[this.index]
    return token?.kind === 'word' && token.text.toLowerCase() === 'none' && this.index === this.tokens.length - 1
  }

  private get next(): Token | undefined {
    return this.tokens[this.index]
  }

  special(text: string): boolean {
    const token = this.next
    if (token?.kind !== 'special' || token.text !== text) return false
    this.index += 1
    return true
  }

  private word(): string | null {
    const token = this.next
    if (token?.kind !== 'word') return null
    this.index += 1
    return token.text
  }

  private keyword(): string | null {
    const token = this.next
    if (token?.kind !== 'word' || token.isQuoted || !keyword.test(token.text)) return null
    this.index += 1
    return token.text.toLowerCase()
  }

  head(): Result<{ authservId: string; version: number }, ResultsFault> {
    const at = this.at
    const authservId = this.value()
    if (authservId === null || authservId === '') return failed('results-syntax', at, 'the authserv-id is missing')
    const token = this.next
    if (token?.kind !== 'word') return { ok: true, value: { authservId, version: 1 } }
    if (!/^[0-9]{1,9}$/.test(token.text))
      return failed('results-syntax', token.at, 'behind the authserv-id stands no version')
    this.index += 1
    return { ok: true, value: { authservId, version: Number(token.text) } }
  }

  item(): Result<ResultItem, ResultsFault> {
    const at = this.at
    const method = this.keyword()
    if (method === null) return failed('results-syntax', at, 'a method is missing')
    const version = this.special('/') ? Number(this.keyword() ?? Number.NaN) : 1
    const result = this.special('=') ? this.keyword() : null
    if (result === null || Number.isNaN(version))
      return failed('results-syntax', at, `the result of "${method}" is missing`)
    let reason: string | null = null
    const properties: Property[] = []
    while (!this.isAtEnd && !(this.next?.kind === 'special' && this.next.text === ';')) {
      const from = this.at
      const name = this.keyword()
      if (name === 'reason' && properties.length === 0 && reason === null && this.special('=')) {
        reason = this.word()
        if (reason === null) return failed('results-syntax', from, 'the reason is missing')
        continue
      }
      const property = name === null ? null : this.property(name)
      if (property === null) return failed('results-syntax', from, 'neither a property nor a semicolon follows')
      properties.push(property)
    }
    return { ok: true, value: { method, methodVersion: version, result, reason, properties } }
  }

  private property(type: string): Property | null {
    if (!this.special('.')) return null
    const name = this.keyword()
    if (name === null || !this.special('=')) return null
    const value = this.value()
    return value === null ? null : { type, name, value }
  }

  /** A value, a domain, or `[local-part]@domain`: words and the specials between them that touch (RFC 8601 s2.2). */
  private value(): string | null {
    let text = ''
    let end = -1
    for (;;) {
      const token = this.next
      if (token === undefined || (token.kind === 'special' && token.text === ';')) break
      if (end !== -1 && token.at !== end) break
      text += token.text
      end = token.kind === 'word' && token.isQuoted ? -2 : token.at + token.text.length
      this.index += 1
      if (end === -2) {
        // Behind a quoted string only an address goes on.
        const at = this.next
        if (at?.kind !== 'special' || at.text !== '@') break
        end = at.at
      }
    }
    return end === -1 ? null : text
  }
}

function failed(code: ResultsFault, at: number, text: string): { ok: false; fault: Fault<ResultsFault> } {
  return { ok: false, fault: { code, at, text } }
}
