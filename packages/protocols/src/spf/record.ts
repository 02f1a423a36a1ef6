import { excerpt, type Fault, type Result } from '../fault.ts'
import { type IpAddress, parseIpAddress, parseIpv6 } from '../ip-address.ts'
import { type MacroFault, type MacroString, parseMacroString } from './macro.ts'

/** Octets of a record that we read. TXT records end at 64 KiB; a longer text cannot come from DNS. */
export const recordOctetsLimit = 65_535

export type Qualifier = '+' | '-' | '~' | '?'

interface Term {
  /** As written. */
  readonly text: string
  /** Octet offset in the record. */
  readonly at: number
}

interface Directive extends Term {
  readonly qualifier: Qualifier
}

/** A directive by its mechanism (RFC 7208 s5). A domain of null is the current domain. */
export type Mechanism =
  | (Directive & { readonly kind: 'all' })
  | (Directive & { readonly kind: 'include' | 'exists'; readonly domain: MacroString })
  | (Directive & {
      readonly kind: 'a' | 'mx'
      readonly domain: MacroString | null
      readonly prefix4: number
      readonly prefix6: number
    })
  | (Directive & { readonly kind: 'ptr'; readonly domain: MacroString | null })
  | (Directive & { readonly kind: 'ip4' | 'ip6'; readonly network: IpAddress; readonly prefix: number })

export interface Modifier extends Term {
  readonly name: string
  readonly value: MacroString
}

/** A record that keeps the grammar (RFC 7208 s12). */
export interface SpfRecord {
  readonly mechanisms: readonly Mechanism[]
  readonly redirect: Modifier | null
  readonly exp: Modifier | null
  /** Modifiers we do not know; they are ignored (SPF-040). */
  readonly unknown: readonly Modifier[]
}

export type SpfRecordFault =
  | MacroFault
  | 'spf-record-long'
  | 'spf-record-character'
  | 'spf-mechanism-unknown'
  | 'spf-mechanism-argument'
  | 'spf-modifier-repeated'
  | 'spf-domain-syntax'
  | 'spf-network-syntax'
  | 'spf-prefix-syntax'

/** Whether a TXT text is an SPF record at all: the version is ended by a space or the end (SPF-033, SPF-034). */
export function isSpfRecord(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text)
}

/**
 * Reads a record whole before anything is evaluated: an error anywhere is an error of the record (RFC 7208 s4.6).
 * `text` holds one character per octet.
 */
export function parseSpfRecord(text: string): Result<SpfRecord, SpfRecordFault> {
  if (text.length > recordOctetsLimit)
    return failed('spf-record-long', recordOctetsLimit, `the record exceeds ${recordOctetsLimit} octets`)
  const foreign = text.search(/[^ -~]/)
  if (foreign !== -1)
    return failed('spf-record-character', foreign, 'the record holds an octet that is not printable ASCII')
  const mechanisms: Mechanism[] = []
  const unknown: Modifier[] = []
  const once: { redirect: Modifier | null; exp: Modifier | null } = { redirect: null, exp: null }
  for (const term of splitTerms(text)) {
    const modifier = /^([A-Za-z][A-Za-z0-9\-_.]*)=(.*)$/.exec(term.text)
    if (modifier === null) {
      const mechanism = parseDirective(term)
      if (!mechanism.ok) return mechanism
      mechanisms.push(mechanism.value)
      continue
    }
    const read = parseModifier(term, modifier[1] ?? '', modifier[2] ?? '')
    if (!read.ok) return read
    const { name } = read.value
    if (name !== 'redirect' && name !== 'exp') unknown.push(read.value)
    else if (once[name] !== null) return failed('spf-modifier-repeated', term.at, `"${name}=" stands more than once`)
    else once[name] = read.value
  }
  return { ok: true, value: { mechanisms, ...once, unknown } }
}

function splitTerms(text: string): Term[] {
  const terms: Term[] = []
  for (let at = 'v=spf1'.length; at < text.length; ) {
    if (text[at] === ' ') {
      at += 1
      continue
    }
    const space = text.indexOf(' ', at)
    const end = space === -1 ? text.length : space
    terms.push({ text: text.slice(at, end), at })
    at = end
  }
  return terms
}

function parseModifier(term: Term, written: string, value: string): Result<Modifier, SpfRecordFault> {
  const name = written.toLowerCase()
  const offset = term.at + written.length + 1
  const parsed =
    name === 'redirect' || name === 'exp' ? parseDomainSpec(value, offset) : parseMacroString(value, offset, 'record')
  return parsed.ok ? { ok: true, value: { ...term, name, value: parsed.value } } : parsed
}

function parseDirective(term: Term): Result<Mechanism, SpfRecordFault> {
  const match = /^([+\-?~]?)([A-Za-z][A-Za-z0-9\-_.]*)(.*)$/.exec(term.text)
  if (match === null) return failed('spf-mechanism-unknown', term.at, `"${excerpt(term.text)}" is no term`)
  const [, sign = '', written = '', argument = ''] = match
  const head = { ...term, qualifier: qualifierOf(sign) }
  const at = term.at + sign.length + written.length
  const kind = written.toLowerCase()
  switch (kind) {
    case 'all':
      if (argument !== '') return failed('spf-mechanism-argument', at, '"all" takes no argument')
      return { ok: true, value: { ...head, kind } }
    case 'include':
    case 'exists': {
      if (!argument.startsWith(':')) return failed('spf-mechanism-argument', at, `"${kind}" needs ":" and a domain`)
      const domain = parseDomainSpec(argument.slice(1), at + 1)
      return domain.ok ? { ok: true, value: { ...head, kind, domain: domain.value } } : domain
    }
    case 'a':
    case 'mx':
      return parseHosts(head, kind, argument, at)
    case 'ptr': {
      if (argument === '') return { ok: true, value: { ...head, kind, domain: null } }
      if (!argument.startsWith(':')) return failed('spf-mechanism-argument', at, '"ptr" takes ":" and a domain only')
      const domain = parseDomainSpec(argument.slice(1), at + 1)
      return domain.ok ? { ok: true, value: { ...head, kind, domain: domain.value } } : domain
    }
    case 'ip4':
    case 'ip6':
      return parseNetwork(head, kind, argument, at)
    default:
      return failed('spf-mechanism-unknown', term.at, `"${excerpt(written)}" is no mechanism`)
  }
}

function qualifierOf(sign: string): Qualifier {
  return sign === '-' || sign === '~' || sign === '?' ? sign : '+'
}

function parseHosts(
  head: Directive,
  kind: 'a' | 'mx',
  argument: string,
  at: number,
): Result<Mechanism, SpfRecordFault> {
  // A macro-string may hold "/", so the prefixes are what fits at the end (RFC 7208 s12, dual-cidr-length).
  const match = /^(.*?)(?:\/(0|[1-9][0-9]*))?(?:\/\/(0|[1-9][0-9]*))?$/.exec(argument)
  const [, name = '', four, six] = match ?? []
  const prefix4 = four === undefined ? 32 : Number(four)
  const prefix6 = six === undefined ? 128 : Number(six)
  if (prefix4 > 32 || prefix6 > 128) return failed('spf-prefix-syntax', at + name.length, 'a prefix is too long')
  if (name === '') return { ok: true, value: { ...head, kind, domain: null, prefix4, prefix6 } }
  if (!name.startsWith(':'))
    return failed('spf-mechanism-argument', at, `"${kind}" takes ":", a domain and prefixes only`)
  const domain = parseDomainSpec(name.slice(1), at + 1)
  return domain.ok ? { ok: true, value: { ...head, kind, domain: domain.value, prefix4, prefix6 } } : domain
}

function parseNetwork(
  head: Directive,
  kind: 'ip4' | 'ip6',
  argument: string,
  at: number,
): Result<Mechanism, SpfRecordFault> {
  const match = /^:([^/]+)(?:\/(0|[1-9][0-9]*))?$/.exec(argument)
  if (match === null) return failed('spf-network-syntax', at, `"${kind}" needs ":" and a network`)
  const [, address = '', length] = match
  const family = kind === 'ip4' ? 4 : 6
  const network = kind === 'ip4' ? parseIp4Network(address) : parseIp6Network(address)
  if (network === null) return failed('spf-network-syntax', at + 1, `"${excerpt(address)}" is no IPv${family} address`)
  const longest = family === 4 ? 32 : 128
  const prefix = length === undefined ? longest : Number(length)
  if (prefix > longest) return failed('spf-prefix-syntax', at + 1 + address.length, `a prefix exceeds /${longest}`)
  return { ok: true, value: { ...head, kind, network, prefix } }
}

function parseIp4Network(text: string): IpAddress | null {
  return text.includes(':') ? null : parseIpAddress(text)
}

/** A v4-mapped network stays IPv6: it is legal, and no client ever matches it (SPF-029, SPF-058). */
function parseIp6Network(text: string): IpAddress | null {
  const octets = parseIpv6(text)
  return octets === null ? null : { family: 6, octets }
}

/** domain-spec (RFC 7208 s12): ends in a dot and a top label, or in a macro. */
function parseDomainSpec(text: string, offset: number): Result<MacroString, SpfRecordFault> {
  const parsed = parseMacroString(text, offset, 'record')
  if (!parsed.ok) return parsed
  const last = parsed.value.at(-1)
  if (last === undefined) return failed('spf-domain-syntax', offset, 'a domain is missing')
  if (typeof last === 'string' && !endsInTopLabel(text))
    return failed('spf-domain-syntax', offset, `"${excerpt(text)}" ends neither in a top label nor in a macro`)
  return parsed
}

function endsInTopLabel(text: string): boolean {
  const match = /\.([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)\.?$/.exec(text)
  const label = match?.[1]
  return label !== undefined && !/^[0-9]+$/.test(label)
}

function failed(code: SpfRecordFault, at: number, text: string): { ok: false; fault: Fault<SpfRecordFault> } {
  return { ok: false, fault: { code, at, text } }
}
