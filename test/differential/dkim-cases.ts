import type { DnsLiteral } from '@letterlock/protocols'
import { Choices } from './random.ts'
import {
  canonicalBody,
  type Form,
  hashOf,
  type KeyName,
  keys,
  publicKeyText,
  signatureOf,
  signedHeader,
} from './signed-message.ts'

/** Seconds since 1970 at which every case is judged. */
export const now = 1_700_000_000

/** A message with one signature or two, and the DNS of its keys. */
export interface DkimCase {
  /** One character per octet. */
  readonly message: string
  readonly zone: DnsLiteral
  /** What was done to it, for whoever has to explain a disagreement. */
  readonly notes: readonly string[]
}

/** The same case for the same number; only the keys differ from run to run. */
export function dkimCase(number: number): DkimCase {
  return new DkimMessage(new Choices(number)).made()
}

const names = ['From', 'To', 'Subject', 'Date', 'Message-ID', 'Received', 'X-Note', 'MIME-Version'] as const
const words = [
  'one',
  'two',
  'caf\u00e9',
  'a=b;',
  ':',
  '"quoted"',
  '(comment)',
  'x'.repeat(60),
  '=?utf-8?q?=41?=',
] as const
const gaps = [' ', '  ', '\t', ' \t ', '\r\n ', '\r\n\t', ' \r\n  '] as const

class DkimMessage {
  private readonly choices: Choices
  private readonly notes: string[] = []
  private readonly txt: Record<string, string[]> = {}
  private readonly timeout: string[] = []
  private fields: string[]
  private body: string
  /** A case has mistakes of one kind at the most, so that a refusal has one cause. */
  private readonly kind: 'clean' | 'signature' | 'key' | 'changed'

  constructor(choices: Choices) {
    this.choices = choices
    this.kind = choices.weighted([
      [30, 'clean'],
      [30, 'signature'],
      [18, 'key'],
      [30, 'changed'],
    ])
    this.fields = this.header()
    this.body = this.bodyText()
  }

  made(): DkimCase {
    const count = this.choices.chance(0.2) ? 2 : 1
    for (let at = 0; at < count; at += 1) this.sign(at)
    if (this.kind === 'changed') this.change()
    const { txt, timeout } = this
    const message = [...this.fields, '', ''].join('\r\n') + this.body
    return { message, zone: { txt, timeout }, notes: this.notes }
  }

  private header(): string[] {
    const { choices } = this
    const listed = ['From', ...choices.several(2, 7, () => choices.pick(names.slice(1)))]
    return listed.map(name => this.field(name)).sort(() => choices.below(3) - 1)
  }

  private field(name: string): string {
    const { choices } = this
    const written = choices.weighted([
      [90, name],
      [5, name.toLowerCase()],
      [5, name.toUpperCase()],
    ])
    const colon = choices.weighted([
      [92, ': '],
      [4, ':'],
      [4, ':\t '],
    ])
    if (name === 'From') return `${written}${colon}user@d0.example.org${choices.pick(['', ' ', '\t'])}`
    const text = choices.several(0, 5, () => choices.pick(words)).map(word => choices.pick(gaps) + word)
    return `${written}${colon}${text.join('').trimStart()}${choices.chance(0.15) ? ' \t' : ''}`.replace(
      /\r\n[ \t]*$/,
      '',
    )
  }

  private bodyText(): string {
    const { choices } = this
    const line = () => choices.several(0, 4, () => choices.pick([...words, ' ', '  ', '\t', ' \t '])).join('')
    const lines = choices.several(0, 6, line).map(text => `${text}\r\n`)
    const end = choices.weighted([
      [60, ''],
      [10, '\r\n'],
      [10, '\r\n\r\n \r\n'],
      [10, 'no line end'],
      [5, ' '],
    ])
    return choices.chance(0.06) ? '' : lines.join('') + end
  }

  private sign(at: number): void {
    const { choices } = this
    const key = choices.weighted<KeyName>([
      [40, 'rsa1024'],
      [20, 'rsa2048'],
      [35, 'ed25519'],
    ])
    const domain = choices.pick(['d0.example.org', 'sub.d0.example.org', 'example.net'])
    const selector = choices.pick([`s${at}`, `s${at}.part`, `S${at}-x`])
    const [headerForm, bodyForm] = [this.form(), this.form()]
    const signer = this.kind === 'key' ? this.publish(key, selector, domain) : this.publishWell(key, selector, domain)
    const tags = this.tags({ key, domain, selector, headerForm, bodyForm })
    const field = this.signedField(tags, signer, headerForm, at)
    this.fields = [field, ...this.fields]
  }

  private form(): Form {
    return this.choices.pick(['simple', 'relaxed'])
  }

  private tags(given: {
    key: KeyName
    domain: string
    selector: string
    headerForm: Form
    bodyForm: Form
  }): Map<string, string> {
    const { choices } = this
    const { key, domain, selector, headerForm, bodyForm } = given
    const body = canonicalBody(this.body, bodyForm)
    const length = choices.weighted<number | null>([
      [88, null],
      [6, body.length],
      [3, Math.max(0, body.length - 3)],
      [2, 0],
      [1, body.length + 5],
    ])
    const form = `${headerForm}/${bodyForm}`
    const tags = new Map([
      ['v', '1'],
      ['a', key === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256'],
      ['c', bodyForm === 'simple' && choices.chance(0.2) ? headerForm : form],
      ['d', choices.chance(0.1) ? domain.toUpperCase() : domain],
      ['s', selector],
      ['h', this.signedNames()],
      ['bh', hashOf(length === null ? body : body.slice(0, length))],
    ])
    if (form === 'simple/simple' && choices.chance(0.5)) tags.delete('c')
    if (length !== null) tags.set('l', String(length))
    if (choices.chance(0.5)) tags.set('t', String(now - choices.pick([0, 60, 86_400, 10_000_000])))
    if (choices.chance(0.4)) tags.set('x', String(now + choices.pick([400_000, 10_000_000])))
    if (choices.chance(0.2)) tags.set('i', choices.pick([`@${domain}`, `user@${domain}`, `@part.${domain}`]))
    if (choices.chance(0.15)) tags.set('q', 'dns/txt')
    if (choices.chance(0.1)) tags.set('z', 'From:user=20@d0.example.org|\r\n Subject:x')
    if (choices.chance(0.1)) tags.set('unknown_1', choices.pick(['', 'x y', '"q"', 'b=cGFzcw==']))
    if (this.kind === 'signature') this.spoil(tags)
    return tags
  }

  private signedNames(): string {
    const { choices } = this
    const listed = [
      'from',
      ...choices.several(0, 6, () => choices.pick(['To', 'subject', 'DATE', 'X-Note', 'received', 'x-absent', 'From'])),
    ]
    return listed.join(choices.pick([':', ':', ' : ', ':\r\n ', ': ']))
  }

  private spoil(tags: Map<string, string>): void {
    const { choices } = this
    const set = (name: string, value: string) => () => tags.set(name, value)
    const domain = tags.get('d') ?? ''
    const spoilt = choices.pick<readonly [string, () => unknown]>([
      ['v=2', set('v', '2')],
      ['v=1.0', set('v', '1.0')],
      ['no v', () => tags.delete('v')],
      ['a unknown', set('a', 'rsa-sha512')],
      ['a sha1', set('a', 'rsa-sha1')],
      ['a upper case', set('a', (tags.get('a') ?? '').toUpperCase())],
      ['c unknown', set('c', 'relaxed/other')],
      ['c of three', set('c', 'relaxed/relaxed/relaxed')],
      ['c upper case', set('c', 'RELAXED/Simple')],
      ['d of one label', set('d', 'localhost')],
      ['d empty', set('d', '')],
      ['no d', () => tags.delete('d')],
      ['d with a final dot', set('d', `${domain}.`)],
      ['no s', () => tags.delete('s')],
      ['s empty', set('s', '')],
      ['s with a blank', set('s', 's 0')],
      ['no h', () => tags.delete('h')],
      ['h without from', set('h', 'to:subject')],
      ['h empty', set('h', '')],
      ['h with an empty name', set('h', 'from::to')],
      ['h ends in a colon', set('h', 'from:to:')],
      ['h with itself', set('h', 'from:dkim-signature')],
      ['no bh', () => tags.delete('bh')],
      ['bh of another body', set('bh', hashOf('another body'))],
      ['bh not base64', set('bh', '***')],
      ['bh folded', set('bh', (tags.get('bh') ?? '').replace(/^(.{7})/, '$1\r\n\t '))],
      ['i elsewhere', set('i', '@elsewhere.example')],
      ['i that only ends alike', set('i', `@x${domain}`)],
      ['i without at sign', set('i', domain)],
      ['i encoded', set('i', `a=20b@${domain}`)],
      ['l not a number', set('l', '1x')],
      ['l empty', set('l', '')],
      ['l negative', set('l', '-1')],
      ['t not a number', set('t', 'now')],
      ['t ahead by a minute', set('t', String(now + 60))],
      ['t ahead by two hours', set('t', String(now + 7_200))],
      ['t ahead by a day', set('t', String(now + 86_400))],
      ['x past by a minute', set('x', String(now - 60))],
      ['x past by a day', set('x', String(now - 86_400))],
      ['x before t', () => tags.set('t', String(now + 10)).set('x', String(now + 5))],
      ['x is t', () => tags.set('t', String(now)).set('x', String(now))],
      ['q unknown', set('q', 'dns/other')],
      ['q with another', set('q', 'dns/other:dns/txt')],
      ['q upper case', set('q', 'DNS/TXT')],
    ])
    spoilt[1]()
    this.notes.push(spoilt[0])
  }

  /** The field with its b=, signed as it stands. */
  private signedField(tags: Map<string, string>, signer: KeyName, headerForm: Form, at: number): string {
    const { choices } = this
    const listed = [...tags].sort(() => choices.below(3) - 1)
    listed.splice(choices.below(listed.length + 1), 0, ['b', ''])
    const blank = () =>
      choices.weighted([
        [96, ''],
        [2, ' '],
        [2, '\r\n\t'],
      ])
    const pieces = listed.map(([name, value]) => ({
      name,
      before: `${blank()}${name}${blank()}=`,
      after: blank(),
      value,
    }))
    const gap = choices.weighted([
      [40, '; '],
      [20, ';'],
      [30, ';\r\n\t'],
      [2, ' ; '],
    ])
    const end = choices.pick(['', '', '', '', '', ';', ';', ';', ';', '; '])
    const write = (signature: string) =>
      `DKIM-Signature: ${pieces
        .map(({ name, before, after, value }) => before + after + (name === 'b' ? signature : value))
        .join(gap)}${end}`
    // RFC 6376 s3.7: what is signed lacks the white space round the value of b= as well.
    const unsigned = `DKIM-Signature: ${pieces
      .map(({ name, before, after, value }) => (name === 'b' ? before : before + after + value))
      .reduce((text, piece, index) => text + (pieces[index - 1]?.name === 'b' ? gap.trimStart() : gap) + piece)}${end}`
    const names = (tags.get('h') ?? '').split(':')
    const octets = signedHeader(this.fields, names, unsigned, headerForm)
    const signature = this.broken(signatureOf(octets, keys[signer].privateKey))
    // A second signature does not cover the first one; folding of b= is no part of what is signed.
    const folded = choices.chance(0.5) ? signature.replace(/(.{1,60})/g, '\r\n\t$1') : signature
    if (at > 0) this.notes.push('second signature on top')
    return this.repeated(write(folded))
  }

  private broken(signature: string): string {
    const { choices } = this
    if (this.kind !== 'signature' || !choices.chance(0.12)) return signature
    const [note, text] = choices.pick([
      ['b changed', signature.replace(/./, letter => (letter === 'A' ? 'B' : 'A'))],
      ['b cut', signature.slice(0, -8)],
      ['b without padding', signature.replace(/=+$/, '')],
      ['b with another letter', `${signature.slice(0, 8)}*${signature.slice(9)}`],
      ['b empty', ''],
    ] as const)
    this.notes.push(note)
    return text
  }

  private repeated(field: string): string {
    const { choices } = this
    if (this.kind !== 'signature' || !choices.chance(0.08)) return field
    const [note, text] = choices.pick([
      ['a tag twice', `${field.replace(/;\s*$/, '')}; q=dns/txt; q=dns/txt`],
      ['an empty tag inside', field.replace(';', ';;')],
      ['a tag without a name', `${field.replace(/;\s*$/, '')}; =x`],
      ['a tag without an equals sign', `${field.replace(/;\s*$/, '')}; xyz`],
    ] as const)
    this.notes.push(note)
    return text
  }

  private publishWell(key: KeyName, selector: string, domain: string): KeyName {
    const { choices } = this
    const type = key === 'ed25519' ? 'ed25519' : 'rsa'
    const p = publicKeyText(key, choices.chance(0.1) ? 'pkcs1' : 'spki')
    const kind = type === 'rsa' && choices.chance(0.3) ? '' : `k=${type}; `
    const extras = choices.pick([
      '',
      '',
      '',
      'h=sha256; ',
      't=y; ',
      's=email; ',
      's=*; ',
      'n=a note; ',
      'h=sha1:sha256; ',
      'x=y; ',
    ])
    const version = choices.chance(0.8) ? 'v=DKIM1; ' : ''
    this.put(selector, domain, [`${version}${kind}${extras}p=${p}${choices.pick(['', ';', '; '])}`])
    return key
  }

  /** A record with something wrong or odd about it. */
  private publish(key: KeyName, selector: string, domain: string): KeyName {
    const { choices } = this
    const type = key === 'ed25519' ? 'ed25519' : 'rsa'
    const p = publicKeyText(key, 'spki')
    const good = `v=DKIM1; k=${type}; p=${p}`
    const [note, texts, signer = key] = choices.pick<readonly [string, readonly string[], KeyName?]>([
      ['no record', []],
      ['revoked', [`v=DKIM1; k=${type}; p=`]],
      ['no p', [`v=DKIM1; k=${type}`]],
      ['another key', [`v=DKIM1; k=${type}; p=${publicKeyText('other', 'spki')}`]],
      ['key of 512 bits', [`v=DKIM1; k=rsa; p=${publicKeyText('rsa512', 'spki')}`], 'rsa512'],
      ['k unknown', [`v=DKIM1; k=dsa; p=${p}`]],
      ['k of the other type', [`v=DKIM1; k=${type === 'rsa' ? 'ed25519' : 'rsa'}; p=${p}`]],
      ['k upper case', [`v=DKIM1; k=${type.toUpperCase()}; p=${p}`]],
      ['no k', [`v=DKIM1; p=${p}`]],
      ['v unknown', [`v=DKIM2; k=${type}; p=${p}`]],
      ['v lower case', [`v=dkim1; k=${type}; p=${p}`]],
      ['v not first', [`k=${type}; v=DKIM1; p=${p}`]],
      ['h without sha256', [`v=DKIM1; k=${type}; h=sha1; p=${p}`]],
      ['h empty', [`v=DKIM1; k=${type}; h=; p=${p}`]],
      ['h upper case', [`v=DKIM1; k=${type}; h=SHA256; p=${p}`]],
      ['s=tlsrpt', [`v=DKIM1; k=${type}; s=tlsrpt; p=${p}`]],
      ['s=other', [`v=DKIM1; k=${type}; s=other; p=${p}`]],
      ['s of two', [`v=DKIM1; k=${type}; s=other:email; p=${p}`]],
      ['t=s', [`v=DKIM1; k=${type}; t=s; p=${p}`]],
      ['t=y:s', [`v=DKIM1; k=${type}; t=y:s; p=${p}`]],
      ['p with blanks', [`v=DKIM1; k=${type}; p=${p.replace(/(.{40})/g, '$1 ')}`]],
      ['p not base64', [`v=DKIM1; k=${type}; p=***`]],
      ['p cut', [`v=DKIM1; k=${type}; p=${p.slice(0, 20)}`]],
      ['a tag twice', [`v=DKIM1; k=${type}; p=${p}; p=${p}`]],
      ['an empty tag inside', [`v=DKIM1;; k=${type}; p=${p}`]],
      ['a leading blank', [` v=DKIM1; k=${type}; p=${p}`]],
      ['junk alone', ['v=spf1 -all']],
      ['junk before the key', ['v=spf1 -all', good]],
      ['two keys, the second fits', [`v=DKIM1; p=${publicKeyText('other', 'spki')}`, good]],
      ['g=', [`v=DKIM1; g=x; k=${type}; p=${p}`]],
      ['tag names in upper case', [`V=DKIM1; K=${type}; P=${p}`]],
      ['the key does not answer', []],
    ])
    this.notes.push(`key: ${note}`)
    if (note === 'the key does not answer') this.timeout.push(`txt ${selector}._domainkey.${domain}`)
    else if (texts.length > 0) this.put(selector, domain, texts)
    return signer
  }

  private put(selector: string, domain: string, texts: readonly string[]): void {
    this.txt[`${selector}._domainkey.${domain}`] = [...texts]
  }

  private change(): void {
    const { choices } = this
    const at = choices.below(this.fields.length)
    const onField = (change: (field: string) => string) => () => {
      this.fields = this.fields.map((field, index) => (index === at ? change(field) : field))
    }
    const onBody = (change: (body: string) => string) => () => {
      this.body = change(this.body)
    }
    const [note, apply] = choices.pick<readonly [string, () => void]>([
      ['a field changed', onField(field => `${field}x`)],
      ['blanks at the end of a field', onField(field => `${field}  `)],
      ['a field refolded', onField(field => field.replace(/ (?=\S)/, '\r\n '))],
      ['blanks doubled in a field', onField(field => field.replace(/ (?=\S)/g, '  '))],
      ['a name in upper case', onField(field => field.replace(/^[^:]*/, name => name.toUpperCase()))],
      ['a blank before a colon', onField(field => field.replace(':', ' :'))],
      ['a field taken out', () => this.fields.splice(this.fields.length - 1, 1)],
      ['fields reversed', () => this.fields.reverse()],
      ['a second Subject on top', () => this.fields.unshift('Subject: added')],
      ['a second Subject at the end', () => this.fields.push('Subject: added')],
      ['a second From on top', () => this.fields.unshift('From: added@d0.example.org')],
      ['a second From at the end', () => this.fields.push('From: added@d0.example.org')],
      ['a letter of the body changed', onBody(body => body.replace(/[a-z]/, 'Q'))],
      ['text added to the body', onBody(body => `${body}\r\nadded\r\n`)],
      ['empty lines added', onBody(body => `${body}\r\n\r\n`)],
      ['blanks added to the body', onBody(body => body.replace(/\r\n/g, ' \t\r\n'))],
      ['blanks doubled in the body', onBody(body => body.replace(/ /g, '  '))],
      ['final line end taken off', onBody(body => body.replace(/\r\n$/, ''))],
      ['body taken away', onBody(() => '')],
      ['a bare line feed in the body', onBody(body => body.replace('\r\n', '\n'))],
      ['a bare carriage return in the body', onBody(body => body.replace('\r\n', '\r'))],
    ])
    apply()
    this.notes.push(note)
  }
}
