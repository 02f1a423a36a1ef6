import type { HeaderBlock } from '../message/header.ts'
import { strayFromLines } from '../message/stray-from.ts'
import type { Canonicalization } from './signature.ts'

const carriageReturn = 0x0d
const lineFeed = 0x0a

/** A header field as octets: one character each, folds included, without the final line end. */
export interface RawField {
  /** Lower case. */
  readonly name: string
  readonly text: string
}

/**
 * The fields of a message's header as octets. Bare line feeds of folds become CRLF, the form that travels (DKIM-058).
 * Lines that are no fields and that some readers take for From stand at the end, so that there are several (DMARC-023).
 */
export function rawFieldsOf(bytes: Uint8Array, block: HeaderBlock): RawField[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const fields = block.fields.map(({ name, at, end }) => ({ name, text: withCrlf(buffer.toString('latin1', at, end)) }))
  for (const text of strayFromLines(bytes, block)) fields.push({ name: 'from', text })
  return fields
}

function withCrlf(text: string): string {
  return text.includes('\n') && /(?:^|[^\r])\n/.test(text) ? text.replace(/\r?\n/g, '\r\n') : text
}

/** A field in relaxed form without the final CRLF (RFC 6376 s3.4.2). */
export function relaxedField(text: string): string {
  const colon = text.indexOf(':')
  let end = colon
  while (isBlank(text.charCodeAt(end - 1))) end -= 1
  return `${text.slice(0, end).toLowerCase()}:${relaxedValue(text.slice(colon + 1))}`
}

/** Octets from which on folds are taken out octet by octet: a value of nothing but folds is quicker that way. */
const longValueOctets = 4_096

function withoutFolds(value: string): string {
  if (value.length < longValueOctets) return value.replaceAll('\r\n', '')
  const octets = Buffer.from(value, 'latin1')
  let to = 0
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] ?? 0
    if (octet === carriageReturn && octets[at + 1] === lineFeed) at += 1
    else {
      octets[to] = octet
      to += 1
    }
  }
  return octets.toString('latin1', 0, to)
}

function relaxedValue(value: string): string {
  const unfolded = value.includes('\r\n') ? withoutFolds(value) : value
  // Single spaces stay as they are, and most blanks are single ones.
  const reduced = unfolded.replace(/\t[ \t]*| [ \t]+/g, ' ')
  return reduced.slice(reduced.startsWith(' ') ? 1 : 0, reduced.length > 1 && reduced.endsWith(' ') ? -1 : undefined)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** A field in the form that a signature asks for, without the final CRLF. */
export function canonicalField(text: string, canonicalization: Canonicalization): string {
  return canonicalization === 'simple' ? text : relaxedField(text)
}

interface CanonicalField {
  readonly text: string
  /** Null until it is wanted. */
  relaxed: string | null
}

/** Fields of one message, each brought into relaxed form once, however many signatures cover it. */
export class CanonicalFields {
  private readonly byName = new Map<string, CanonicalField[]>()

  constructor(fields: readonly RawField[]) {
    for (const { name, text } of fields) {
      const list = this.byName.get(name)
      if (list === undefined) this.byName.set(name, [{ text, relaxed: null }])
      else list.push({ text, relaxed: null })
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
      if (list === undefined) continue
      const used = taken.get(name) ?? 0
      const field = list[list.length - 1 - used]
      if (field === undefined) continue
      taken.set(name, used + 1)
      if (canonicalization === 'simple') out += `${field.text}\r\n`
      else {
        field.relaxed ??= relaxedField(field.text)
        out += `${field.relaxed}\r\n`
      }
    }
    return out
  }
}

/** The signature field itself with the value of b= taken out (DKIM-037); offsets count in the field's value. */
export function withoutSignature(text: string, from: number, to: number): string {
  const value = text.indexOf(':') + 1
  return text.slice(0, value + from) + text.slice(value + to)
}
