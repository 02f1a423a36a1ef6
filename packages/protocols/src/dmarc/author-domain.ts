import type { RawField } from '../dkim/canonical-header.ts'
import { normaliseDomain } from '../domain-name.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'

/** Octets of a From field that are read: room for hundreds of authors, far more than any message has. */
export const fromOctetsLimit = 65_536

/** Author Domains of one message that are evaluated; more is treated as failing (RFC 9989 s11.5, DMARC-023). */
export const authorDomainsLimit = 5

export type AuthorFault =
  | 'from-missing'
  | 'from-repeated'
  | 'from-long'
  | 'from-control'
  | 'from-charset'
  | 'from-syntax'
  | 'from-route'
  | 'from-domain'
  | 'from-ambiguous-name'
  | 'from-encoded-word'
  | 'from-hidden'
  | 'from-header-cut'
  | 'from-domains-limit'

/** Whose name a message carries (RFC 9989 s5.3.1). */
export type Author =
  /** One or more domains, each once, in the order of the field. */
  | { readonly kind: 'domains'; readonly domains: readonly string[]; readonly addresses: readonly string[] }
  /** The field is well-formed and names no domain: an empty group, or address literals only (DMARC-021, DMARC-024). */
  | { readonly kind: 'none' }
  /** Mail readers would not agree what it says, so it is never evaluated (DMARC-023). */
  | { readonly kind: 'malformed'; readonly code: AuthorFault; readonly text: string }

/**
 * Reads the From field as strictly as RFC 5322 s3.6.2 writes it: what two readers could show in two ways is malformed,
 * since a pass for one of them would vouch for the other (RFC 9989 s11.5). `isHeaderCut`: there is more of the header
 * than the fields given.
 */
export function readAuthor(fields: readonly RawField[], isHeaderCut = false): Author {
  // What was not read may hold another From field, and readers with larger limits show it.
  if (isHeaderCut) return malformed('from-header-cut', 'the header is longer than is read')
  const [from, ...more] = fields.filter(field => field.name === 'from')
  if (from === undefined) return malformed('from-missing', 'there is no From field')
  if (more.length > 0) return malformed('from-repeated', `there are ${more.length + 1} From fields`)
  if (fields.some(isHiddenFrom)) return malformed('from-hidden', 'another field holds what readers may take for From')
  const octets = from.text.slice(from.text.indexOf(':') + 1)
  if (octets.length > fromOctetsLimit) return malformed('from-long', `From exceeds ${fromOctetsLimit} octets`)
  const unfolded = octets.replace(/\r\n(?=[ \t])/g, '')
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(unfolded)) return malformed('from-control', 'From holds a control character')
  const text = asUtf8(unfolded)
  if (text === null) return malformed('from-charset', 'From is neither ASCII nor UTF-8')
  const parser = new FromParser(text)
  const fault = parser.parse()
  if (fault !== null) return { kind: 'malformed', ...fault }
  if (holdsDeceivingWord(text, parser.addresses))
    return malformed('from-encoded-word', 'an encoded word in From decodes to an address or to control characters')
  const domains = [...new Set(parser.addresses.flatMap(address => (address.domain === null ? [] : [address.domain])))]
  if (domains.length === 0) return { kind: 'none' }
  if (domains.length > authorDomainsLimit)
    return malformed('from-domains-limit', `From names ${domains.length} domains`)
  return {
    kind: 'domains',
    domains,
    addresses: parser.addresses.map(({ local, domain }) => `${local}@${domain ?? ''}`),
  }
}

/** What to look for first: quick, and hardly any field holds it. */
const fromWithColon = /from[ \t]{0,100}:/i

/** Some readers end lines at these too, or skip them: a field behind one of them is a field of its own there. */
const lineOfItsOwn = /[\0\v\f\r\x1c-\x1e](?!\n)[ \t]{0,100}from[ \t]{0,100}:/i

function isHiddenFrom({ name, text }: RawField): boolean {
  if (name !== 'from' && name.includes('from') && /^[^a-z0-9]*from[^a-z0-9]*$/.test(name)) return true
  return fromWithColon.test(text) && lineOfItsOwn.test(text)
}

/**
 * Encoded words are for names (RFC 2047 s5). Readers that decode one in an address, or that split the field after
 * decoding a name, show another address than the one that is written.
 */
function holdsDeceivingWord(text: string, addresses: readonly Address[]): boolean {
  if (!text.includes('=?')) return false
  if (addresses.some(({ local }) => local.includes('=?') && local.includes('?='))) return true
  return /[\0-\x08\x0a-\x1f\x7f]|<[^<>@]*@[^<>]*>/.test(decodeEncodedWords(withoutAngles(text)))
}

/** The addresses themselves stand in angle brackets as they should; what is left are the names. */
function withoutAngles(text: string): string {
  return text.replace(/<[^<>]*>/g, ' ')
}

function malformed(code: AuthorFault, text: string): Author {
  return { kind: 'malformed', code, text }
}

/** Octets as characters: ASCII, or UTF-8 (RFC 6532 s3.2); null for anything else. */
function asUtf8(octets: string): string | null {
  if (!/[\x80-\xff]/.test(octets)) return octets
  const text = Buffer.from(octets, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? null : text
}

interface Address {
  readonly local: string
  /** Null for an address literal. */
  readonly domain: string | null
}

type Fault = { readonly code: AuthorFault; readonly text: string }

const atom = /[^\s()<>[\]:;@\\,."]+/y
const blanks = /[ \t]*/y

class FromParser {
  readonly addresses: Address[] = []
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  /** address-list: mailboxes and groups between commas (RFC 5322 s3.4, with RFC 6854 for groups in From). */
  parse(): Fault | null {
    for (;;) {
      const fault = this.addressOrGroup(true)
      if (fault !== null) return fault
      if (this.skip() === null) return unclosed
      if (this.at === this.text.length) return null
      if (this.text[this.at] !== ',')
        return { code: 'from-syntax', text: `From cannot be read at "${this.text.slice(this.at, this.at + 20)}"` }
      this.at += 1
    }
  }

  private addressOrGroup(mayBeGroup: boolean): Fault | null {
    const words = this.words()
    if (words === null) return unclosed
    const next = this.text[this.at]
    if (next === '<') return this.angle()
    if (next === '@') return this.bare(words)
    if (next === ':' && mayBeGroup && words.length > 0) return this.group()
    return { code: 'from-syntax', text: 'From holds no address where one is due' }
  }

  /** Atoms, dots and quoted strings up to the next special, comments and blanks left out between them. */
  private words(): { readonly text: string; readonly isQuoted: boolean; readonly isTouching: boolean }[] | null {
    const words: { text: string; isQuoted: boolean; isTouching: boolean }[] = []
    for (;;) {
      const before = this.at
      if (this.skip() === null) return null
      const isTouching = this.at === before
      const start = this.at
      if (this.text[start] === '"') {
        const quoted = this.quoted()
        if (quoted === null) return null
        words.push({ text: quoted, isQuoted: true, isTouching })
      } else if (this.text[start] === '.') {
        this.at += 1
        words.push({ text: '.', isQuoted: false, isTouching })
      } else {
        atom.lastIndex = start
        const match = atom.exec(this.text)
        if (match === null) return words
        this.at += match[0].length
        words.push({ text: match[0], isQuoted: false, isTouching })
      }
    }
  }

  private group(): Fault | null {
    this.at += 1
    if (this.skip() === null) return unclosed
    while (this.text[this.at] !== ';') {
      const fault = this.addressOrGroup(false)
      if (fault !== null) return fault
      if (this.skip() === null) return unclosed
      if (this.text[this.at] === ',') this.at += 1
      else if (this.text[this.at] !== ';') return { code: 'from-syntax', text: 'a group in From is not closed' }
    }
    this.at += 1
    return null
  }

  private bare(words: readonly { readonly text: string; readonly isTouching: boolean }[]): Fault | null {
    // Before an @ stands a local-part in one piece; "name user@example.org" is no address.
    if (words.length === 0 || words.slice(1).some(word => !word.isTouching))
      return { code: 'from-syntax', text: 'a local-part in From is not one word' }
    const fault = this.domain(words.map(word => word.text).join(''))
    if (fault !== null) return fault
    // "a@example.org <b@example.net>": readers show the first or send to the second; only where both are one domain
    // does it not matter. Met often where the name was not quoted.
    if (this.skip() === null) return unclosed
    if (this.text[this.at] !== '<') return null
    const named = this.addresses.at(-1)
    const second = this.angle()
    if (second !== null) return second
    if (this.addresses.at(-1)?.domain !== named?.domain)
      return { code: 'from-ambiguous-name', text: 'a name in From is another address' }
    return null
  }

  private angle(): Fault | null {
    this.at += 1
    if (this.skip() === null) return unclosed
    if (this.text[this.at] === '@') return { code: 'from-route', text: 'From holds a source route' }
    const words = this.words()
    if (words === null) return unclosed
    if (words.length === 0 || this.text[this.at] !== '@')
      return { code: 'from-syntax', text: 'angle brackets in From hold no address' }
    if (words.slice(1).some(word => !word.isTouching))
      return { code: 'from-syntax', text: 'a local-part in From is not one word' }
    const fault = this.domain(words.map(word => word.text).join(''))
    if (fault !== null) return fault
    if (this.skip() === null) return unclosed
    if (this.text[this.at] !== '>') return { code: 'from-syntax', text: 'an angle bracket in From is not closed' }
    this.at += 1
    // What stands behind the bracket must be a comma or the end: "<a@x>b@y" is two readings.
    return null
  }

  /** Behind the @: a dot-atom in one piece, or an address literal. */
  private domain(local: string): Fault | null {
    this.at += 1
    if (this.skip() === null) return unclosed
    if (this.text[this.at] === '[') {
      const end = this.text.indexOf(']', this.at)
      if (end === -1) return { code: 'from-domain', text: 'an address literal in From is not closed' }
      this.at = end + 1
      this.addresses.push({ local, domain: null })
      return null
    }
    const words = this.words()
    if (words === null) return unclosed
    const isOnePiece =
      words.length > 0 && words.every((word, index) => !word.isQuoted && (index === 0 || word.isTouching))
    const written = words.map(word => word.text).join('')
    const domain = isOnePiece && !written.endsWith('.') ? normaliseDomain(written) : null
    if (domain === null || this.text[this.at] === '@')
      return { code: 'from-domain', text: `"${written.slice(0, 100)}" in From is no domain` }
    this.addresses.push({ local, domain })
    return null
  }

  private quoted(): string | null {
    let out = ''
    for (let at = this.at + 1; at < this.text.length; at += 1) {
      const character = this.text.charAt(at)
      if (character === '"') {
        this.at = at + 1
        return out
      }
      if (character === '\\') at += 1
      out += this.text.charAt(at)
    }
    return null
  }

  /** Over blanks and comments; null where a comment is not closed. */
  private skip(): true | null {
    for (;;) {
      blanks.lastIndex = this.at
      this.at += blanks.exec(this.text)?.[0].length ?? 0
      if (this.text[this.at] !== '(') return true
      let depth = 0
      for (; this.at < this.text.length; this.at += 1) {
        const character = this.text[this.at]
        if (character === '\\') this.at += 1
        else if (character === '(') depth += 1
        else if (character === ')') depth -= 1
        if (depth === 0) break
      }
      if (depth !== 0) return null
      this.at += 1
    }
  }
}

const unclosed: Fault = { code: 'from-syntax', text: 'a comment or a quoted string in From is not closed' }
