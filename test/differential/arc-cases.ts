import type { DnsLiteral } from '@letterlock/protocols'
import { Choices } from './random.ts'
import {
  canonicalBody,
  canonicalField,
  type Form,
  hashOf,
  type KeyName,
  keys,
  publicKeyText,
  signatureOf,
  signedHeader,
} from './signed-message.ts'

/** A message with a chain of up to four sets, and the DNS of its keys. */
export interface ArcCase {
  /** One character per octet. */
  readonly message: string
  readonly zone: DnsLiteral
  readonly notes: readonly string[]
}

/** Seconds since 1970 at which every case is judged. */
export const now = 1_700_000_000

/** The same case for the same number; only the keys differ from run to run. */
export function arcCase(number: number): ArcCase {
  return new ArcMessage(new Choices(number)).made()
}

interface Set {
  results: string
  message: string
  seal: string
}

class ArcMessage {
  private readonly choices: Choices
  private readonly notes: string[] = []
  private readonly txt: Record<string, string[]> = {}
  private readonly timeout: string[] = []
  private fields = ['From: user@d0.example.org', 'To: list@lists.example', 'Subject: a  b\r\n c ', 'Date: x']
  private body = 'Hello \r\n\r\n two  words\r\n\r\n'
  private readonly sets: Set[] = []
  /** Which set gets a mistake, and of what kind: one mistake in a case, so that a refusal has one cause. */
  private readonly wrongSet: number
  private readonly kind: 'clean' | 'message' | 'seal' | 'key' | 'structure'
  private readonly hasEd25519: boolean

  constructor(choices: Choices) {
    this.choices = choices
    this.kind = choices.weighted([
      [30, 'clean'],
      [25, 'message'],
      [25, 'seal'],
      [12, 'key'],
      [25, 'structure'],
    ])
    this.wrongSet = 1 + choices.below(4)
    this.hasEd25519 = choices.chance(0.12)
  }

  made(): ArcCase {
    const count = this.choices.weighted([
      [4, 0],
      [30, 1],
      [30, 2],
      [20, 3],
      [10, 4],
    ])
    for (let instance = 1; instance <= count; instance += 1)
      this.seal(instance, instance === Math.min(this.wrongSet, count))
    if (this.kind === 'structure' && count > 0) this.rearrange()
    const lines = [...this.sets].reverse().flatMap(({ seal, message, results }) => [seal, message, results])
    const { txt, timeout, notes } = this
    const message = [...lines, ...this.fields, '', ''].join('\r\n') + this.body
    return { message, zone: { txt, timeout }, notes }
  }

  private seal(instance: number, isWrong: boolean): void {
    const { choices } = this
    const key = choices.weighted<KeyName>([
      [60, 'rsa1024'],
      [10, 'rsa2048'],
      [this.hasEd25519 ? 70 : 0, 'ed25519'],
    ])
    const [domain, selector] = [`d${instance}.example.org`, 'arc']
    const signer = this.publish(key, `${selector}._domainkey.${domain}`, isWrong && this.kind === 'key')
    const algorithm = key === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256'
    const head = [
      ['i', String(instance)],
      ['a', algorithm],
      ['d', domain],
      ['s', selector],
      ['t', String(now)],
    ] as const
    // Handlers between the sets may change the message: then the next set covers what it is by then.
    if (instance > 1 && choices.chance(0.2)) this.body = `${this.body}footer\r\n`
    const results = `ARC-Authentication-Results: i=${instance}; lists.example; ${choices.pick(['none', 'spf=pass smtp.mailfrom=d0.example.org', 'dkim=pass\r\n header.d=x.example', 'arc=pass (i=1)'])}`
    const message = this.messageSignature(new Map(head), signer, isWrong && this.kind === 'message')
    const set = { results, message, seal: '' }
    set.seal = this.sealOf(new Map(head), set, signer, isWrong && this.kind === 'seal')
    this.sets.push(set)
  }

  private messageSignature(tags: Map<string, string>, signer: KeyName, isWrong: boolean): string {
    const { choices } = this
    const [headerForm, bodyForm] = choices.chance(0.8)
      ? (['relaxed', 'relaxed'] as const)
      : [choices.pick<Form>(['simple', 'relaxed']), choices.pick<Form>(['simple', 'relaxed'])]
    const earlier = this.sets.flatMap(set => [set.results, set.message])
    const names = choices.pick([
      ['from', 'to', 'subject', 'date'],
      ['From', 'Subject'],
      ['from', 'from', 'x-absent'],
      ['from', 'arc-authentication-results'],
      ['from', 'arc-message-signature'],
    ])
    tags.set('c', `${headerForm}/${bodyForm}`).set('h', names.join(':'))
    tags.set('bh', hashOf(canonicalBody(this.body, bodyForm)))
    if (isWrong) this.spoilMessage(tags)
    const own = `ARC-Message-Signature: ${written(tags)}; b=`
    const listed = (tags.get('h') ?? '').split(':')
    const octets = signedHeader([...earlier, ...this.fields], listed, own, headerForm)
    const signature = signatureOf(octets, keys[signer].privateKey)
    return own + (isWrong && choices.chance(0.1) ? changed(signature) : signature)
  }

  private spoilMessage(tags: Map<string, string>): void {
    const set = (name: string, value: string) => () => tags.set(name, value)
    this.apply([
      ['h without from', set('h', 'to:subject')],
      ['h with the seal', set('h', 'from:arc-seal')],
      ['h empty', set('h', '')],
      ['h with an empty name', set('h', 'from::to')],
      ['a sha1', set('a', 'rsa-sha1')],
      ['no bh', () => tags.delete('bh')],
      ['bh of another body', set('bh', hashOf('another'))],
      ['no c', () => tags.delete('c')],
      ['v=1', set('v', '1')],
      ['no d', () => tags.delete('d')],
      ['unknown tag', set('zz', 'x')],
      ['x past', set('x', String(now - 100_000))],
      ['x to come', set('x', String(now + 100_000))],
      ['no t', () => tags.delete('t')],
      ['t not a number', set('t', 'now')],
      ['q', set('q', 'dns/txt')],
      ['l=0', set('l', '0')],
    ])
  }

  private sealOf(tags: Map<string, string>, set: Set, signer: KeyName, isWrong: boolean): string {
    tags.set('cv', tags.get('i') === '1' ? 'none' : 'pass')
    if (isWrong) this.spoilSeal(tags)
    const own = `ARC-Seal: ${written(tags)}; b=`
    // RFC 8617 s5.1.2: a seal that says fail covers its own set only.
    const covered =
      tags.get('cv') === 'fail' ? [] : this.sets.flatMap(({ results, message, seal }) => [results, message, seal])
    const octets = [...covered, set.results, set.message]
      .map(field => `${canonicalField(field, 'relaxed')}\r\n`)
      .join('')
    const signature = signatureOf(octets + canonicalField(own, 'relaxed'), keys[signer].privateKey)
    return own + (isWrong && this.choices.chance(0.1) ? changed(signature) : signature)
  }

  private spoilSeal(tags: Map<string, string>): void {
    const set = (name: string, value: string) => () => tags.set(name, value)
    this.apply([
      ['cv=fail', set('cv', 'fail')],
      ['cv=none', set('cv', 'none')],
      ['cv=pass', set('cv', 'pass')],
      ['cv unknown', set('cv', 'maybe')],
      ['cv empty', set('cv', '')],
      ['no cv', () => tags.delete('cv')],
      ['cv in upper case', () => tags.set('cv', (tags.get('cv') ?? '').toUpperCase())],
      ['h in the seal', set('h', 'from')],
      ['c in the seal', set('c', 'relaxed/relaxed')],
      ['a sha1', set('a', 'rsa-sha1')],
      ['no a', () => tags.delete('a')],
      ['no s', () => tags.delete('s')],
      ['no t', () => tags.delete('t')],
      ['unknown tag', set('zz', 'x')],
      ['t not a number', set('t', 'now')],
      ['v=1', set('v', '1')],
    ])
  }

  private publish(key: KeyName, name: string, isWrong: boolean): KeyName {
    const type = key === 'ed25519' ? 'ed25519' : 'rsa'
    const p = publicKeyText(key, 'spki')
    const put =
      (...texts: string[]) =>
      () => {
        this.txt[name] = texts
      }
    put(`v=DKIM1; k=${type}; p=${p}`)()
    if (!isWrong) return key
    this.apply([
      ['no record', put()],
      ['revoked', put(`v=DKIM1; k=${type}; p=`)],
      ['another key', put(`v=DKIM1; k=rsa; p=${publicKeyText('other', 'spki')}`)],
      ['no answer', () => this.timeout.push(`txt ${name}`)],
      ['s=other', put(`v=DKIM1; k=${type}; s=other; p=${p}`)],
      ['h=sha1', put(`v=DKIM1; k=${type}; h=sha1; p=${p}`)],
      ['t=s', put(`v=DKIM1; k=${type}; t=s; p=${p}`)],
      ['t=y', put(`v=DKIM1; k=${type}; t=y; p=${p}`)],
    ])
    return key
  }

  private rearrange(): void {
    const { choices, sets } = this
    const set = choices.pick(sets)
    const at = sets.indexOf(set)
    const edit = (member: keyof Set, change: (text: string) => string) => () => {
      set[member] = change(set[member])
    }
    const member = choices.pick(['results', 'message', 'seal'] as const)
    this.apply([
      ['a set taken out', () => sets.splice(at, 1)],
      ['a set doubled', () => sets.push(set)],
      [`${member} taken out`, edit(member, () => 'X-Nothing: x')],
      [`${member} doubled`, edit(member, text => `${text}\r\n${text}`)],
      [`${member} with another instance`, edit(member, text => text.replace(/i=\d/, 'i=9'))],
      [`${member} with instance 0`, edit(member, text => text.replace(/i=\d/, 'i=0'))],
      [`${member} with instance 51`, edit(member, text => text.replace(/i=\d/, 'i=51'))],
      [`${member} without instance`, edit(member, text => text.replace(/i=\d; /, ''))],
      [`${member} changed`, edit(member, text => `${text}x`)],
      [`${member} refolded`, edit(member, text => text.replace('; ', ';\r\n\t'))],
      ['results changed', edit('results', text => text.replace('lists.example', 'evil.example'))],
      ['sets in another order', () => sets.reverse()],
      ['fields in another order', () => this.fields.reverse()],
      [
        'body changed',
        () => {
          this.body = `${this.body}added\r\n`
        },
      ],
      ['a field changed', () => this.fields.splice(2, 1, 'Subject: other')],
      ['a field added', () => this.fields.unshift('X-Note: added')],
    ])
  }

  private apply(changes: readonly (readonly [string, () => unknown])[]): void {
    const [note, change] = this.choices.pick(changes)
    change()
    this.notes.push(note)
  }
}

function written(tags: ReadonlyMap<string, string>): string {
  return [...tags].map(([name, value]) => `${name}=${value}`).join('; ')
}

function changed(signature: string): string {
  return signature.replace(/./, letter => (letter === 'A' ? 'B' : 'A'))
}
