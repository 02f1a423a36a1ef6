import type { HeaderBlock } from '../message/header.ts'
import type { Canonicalization } from './signature.ts'

/** A header field as octets: one character each, folds included, without the final line end. */
export interface RawField {
  /** Lower case. */
  readonly name: string
  readonly text: string
}

/** The fields of a block as octets. Bare line feeds of folds become CRLF, the form that travels (DKIM-058). */
export function rawFieldsOf(bytes: Uint8Array, block: HeaderBlock): RawField[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return block.fields.map(({ name, at, end }) => ({ name, text: withCrlf(buffer.toString('latin1', at, end)) }))
}

function withCrlf(text: string): string {
  return text.includes('\n') ? text.replace(/\r?\n/g, '\r\n') : text
}

/** A field in relaxed form without the final CRLF (RFC 6376 s3.4.2). */
export function relaxedField(text: string): string {
  const colon = text.indexOf(':')
  const name = text
    .slice(0, colon)
    .replace(/[ \t]+$/, '')
    .toLowerCase()
  return `${name}:${relaxedValue(text.slice(colon + 1))}`
}

function relaxedValue(value: string): string {
  return value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '')
}

/** Fields of one message, each brought into relaxed form once, however many signatures cover it. */
export class CanonicalFields {
  private readonly byName = new Map<string, string[]>()
  private readonly relaxed = new Map<string, string>()

  constructor(fields: readonly RawField[]) {
    for (const { name, text } of fields) {
      const list = this.byName.get(name)
      if (list === undefined) this.byName.set(name, [text])
      else list.push(text)
    }
  }

  /**
   * The octets that a signature covers, each field with CRLF, in the order of `names`: repeated names are taken from
   * the bottom up, and a name that has no field left adds nothing (RFC 6376 s5.4.2, DKIM-038).
   */
  signed(names: readonly string[], canonicalization: Canonicalization): string {
    const taken = new Map<string, number>()
    let out = ''
    for (const name of names) {
      const list = this.byName.get(name)
      const used = taken.get(name) ?? 0
      const text = list?.[list.length - 1 - used]
      if (text === undefined) continue
      taken.set(name, used + 1)
      out += `${this.canonical(text, canonicalization)}\r\n`
    }
    return out
  }

  canonical(text: string, canonicalization: Canonicalization): string {
    if (canonicalization === 'simple') return text
    const known = this.relaxed.get(text)
    if (known !== undefined) return known
    const form = relaxedField(text)
    this.relaxed.set(text, form)
    return form
  }
}

/** The signature field itself with the value of b= taken out (DKIM-037); offsets count in the field's value. */
export function withoutSignature(text: string, from: number, to: number): string {
  const value = text.indexOf(':') + 1
  return text.slice(0, value + from) + text.slice(value + to)
}
