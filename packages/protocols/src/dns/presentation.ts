import type { Result } from '../fault.ts'
import { formatIpAddress, parseIpAddress } from '../ip-address.ts'
import { formatName, parseNameText } from './name.ts'
import type { RecordType, ResourceRecord } from './record.ts'

/** A field of a record in text form: quoted strings keep what they are, so that `"@"` is no name. */
export interface Field {
  /** One character per octet, escapes resolved where it was quoted; as written where not. */
  readonly text: string
  readonly isQuoted: boolean
}

export type PresentationFault = 'dns-data-fields' | 'dns-data-value' | 'dns-data-quote'

/** Octets of one character-string (RFC 1035 s3.3, DNS-001). */
export const stringOctetsLimit = 255

/** Splits text into fields at white space (RFC 1035 s5.1): quotes hold a field together, `\X` and `\DDD` are octets. */
export function splitFields(text: string): Result<readonly Field[], PresentationFault> {
  const fields: Field[] = []
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at)
    if (character === ' ' || character === '\t') {
      at += 1
    } else if (character === '"') {
      const quoted = readQuoted(text, at + 1)
      if (quoted === null) return { ok: false, fault: { code: 'dns-data-quote', at, text: 'a quote is not closed' } }
      fields.push({ text: quoted.text, isQuoted: true })
      at = quoted.end
    } else {
      const end = fieldEnd(text, at)
      fields.push({ text: text.slice(at, end), isQuoted: false })
      at = end
    }
  }
  return { ok: true, value: fields }
}

function fieldEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && !' \t"'.includes(text.charAt(at))) at += text.charAt(at) === '\\' ? 2 : 1
  return Math.min(at, text.length)
}

function readQuoted(text: string, from: number): { text: string; end: number } | null {
  let out = ''
  for (let at = from; at < text.length; ) {
    const character = text.charAt(at)
    if (character === '"') return { text: out, end: at + 1 }
    const octet = character === '\\' ? resolveEscape(text, at) : { text: character, end: at + 1 }
    out += octet.text
    at = octet.end
  }
  return null
}

function resolveEscape(text: string, at: number): { text: string; end: number } {
  const decimal = text.slice(at + 1, at + 4)
  if (/^[0-9]{3}$/.test(decimal) && Number(decimal) <= 255)
    return { text: String.fromCharCode(Number(decimal)), end: at + 4 }
  return { text: text.charAt(at + 1), end: at + 2 }
}

/** Where relative names end; `null` takes every name as complete. */
export type Origin = string | null

/** Reads the data of one record from its fields in text form. */
export function recordFromFields(
  head: { readonly name: string; readonly ttl: number; readonly type: RecordType },
  fields: readonly Field[],
  origin: Origin,
): Result<ResourceRecord, PresentationFault> {
  const texts = fields.map(field => field.text)
  const bad = (text: string): Result<ResourceRecord, PresentationFault> => ({
    ok: false,
    fault: { code: 'dns-data-value', at: 0, text: `${head.type}: ${text}` },
  })
  const name = (at: number) => completeName(texts[at] ?? '', origin)
  const { name: owner, ttl, type } = head
  const base = { name: owner, ttl }
  switch (type) {
    case 'A':
    case 'AAAA': {
      const address = parseIpAddress(texts[0] ?? '')
      if (address === null || (type === 'A') !== (address.family === 4)) return bad(`"${texts[0]}" is no address`)
      return { ok: true, value: { ...base, type, address: formatIpAddress(address) } }
    }
    case 'NS':
    case 'CNAME':
    case 'PTR': {
      const target = name(0)
      return target === null ? bad('the target is no name') : { ok: true, value: { ...base, type, target } }
    }
    case 'MX': {
      const preference = uint(texts[0], 65_535)
      const exchange = name(1)
      if (preference === null || exchange === null) return bad('a preference and a name are needed')
      return { ok: true, value: { ...base, type, preference, exchange } }
    }
    case 'TXT':
      return txt(base, fields, bad)
    case 'SOA': {
      const [primary, mailbox] = [name(0), name(1)]
      const [serial, refresh, retry, expire, minimum] = texts.slice(2, 7).map(seconds)
      if (
        primary === null ||
        mailbox === null ||
        serial == null ||
        refresh == null ||
        retry == null ||
        expire == null ||
        minimum == null
      )
        return bad('two names and five numbers are needed')
      return { ok: true, value: { ...base, type, primary, mailbox, serial, refresh, retry, expire, minimum } }
    }
    case 'TLSA': {
      const [usage, selector, matchingType] = texts.slice(0, 3).map(text => uint(text, 255))
      const data = hex(texts.slice(3).join(''))
      if (usage == null || selector == null || matchingType == null || data === null)
        return bad('three numbers and hex are needed')
      return { ok: true, value: { ...base, type, usage, selector, matchingType, data } }
    }
    case 'DS': {
      const keyTag = uint(texts[0], 65_535)
      const [algorithm, digestType] = texts.slice(1, 3).map(text => uint(text, 255))
      const digest = hex(texts.slice(3).join(''))
      if (keyTag === null || algorithm == null || digestType == null || digest === null)
        return bad('three numbers and hex are needed')
      return { ok: true, value: { ...base, type, keyTag, algorithm, digestType, digest } }
    }
    case 'CAA': {
      const flags = uint(texts[0], 255)
      const [, tag, value] = texts
      if (flags === null || tag === undefined || value === undefined) return bad('flags, a tag and a value are needed')
      return { ok: true, value: { ...base, type, flags, tag, value: Buffer.from(value, 'latin1') } }
    }
    case 'DNSKEY': {
      const flags = uint(texts[0], 65_535)
      const [protocol, algorithm] = texts.slice(1, 3).map(text => uint(text, 255))
      if (flags === null || protocol == null || algorithm == null) return bad('three numbers and a key are needed')
      return {
        ok: true,
        value: { ...base, type, flags, protocol, algorithm, key: Buffer.from(texts.slice(3).join(''), 'base64') },
      }
    }
    case 'RRSIG':
    case 'SVCB':
    case 'HTTPS':
      return bad('the text form of this type is not read')
  }
}

function txt(
  base: { readonly name: string; readonly ttl: number },
  fields: readonly Field[],
  bad: (text: string) => Result<ResourceRecord, PresentationFault>,
): Result<ResourceRecord, PresentationFault> {
  if (fields.length === 0) return bad('a string is needed')
  const strings = fields.map(field => Buffer.from(field.isQuoted ? field.text : unescapeAll(field.text), 'latin1'))
  if (strings.some(octets => octets.length > stringOctetsLimit))
    return bad(`a string exceeds ${stringOctetsLimit} octets`)
  return { ok: true, value: { ...base, type: 'TXT', strings } }
}

function unescapeAll(text: string): string {
  return text.replace(/\\(?:[0-9]{3}|[\s\S])/g, match => resolveEscape(match, 0).text)
}

/** A name in text form without the final dot; relative ones end in the origin. Null where it is none. */
export function completeName(text: string, origin: Origin): string | null {
  if (text === '@') return origin
  const isComplete = origin === null || (text.endsWith('.') && !text.endsWith('\\.'))
  const whole = isComplete || text === '' ? text : origin === '' ? text : `${text}.${origin}`
  const labels = text === '' ? null : parseNameText(whole)
  return labels?.ok === true ? formatName(labels.value) : null
}

function uint(text: string | undefined, most: number): number | null {
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return null
  const value = Number(text)
  return value <= most ? value : null
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** A time in seconds; `1h30m` is understood as name servers do. Null where it is none or exceeds 32 bits. */
export function seconds(text: string): number | null {
  if (/^[0-9]{1,10}$/.test(text)) return uint(text, 0xffffffff)
  if (!/^(?:[0-9]{1,10}[smhdw])+$/i.test(text)) return null
  let sum = 0
  for (const [, number = '', unit = ''] of text.matchAll(/([0-9]+)([smhdw])/gi))
    sum += Number(number) * (units[unit.toLowerCase()] ?? 0)
  return sum <= 0xffffffff ? sum : null
}

function hex(text: string): Uint8Array | null {
  return /^(?:[0-9A-Fa-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : null
}
