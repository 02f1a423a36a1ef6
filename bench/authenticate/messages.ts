import { Buffer } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import { type DkimKeyPair, DkimSigner, type DnsLiteral, generateDkimKey } from '@letterlock/protocols'

/*
 * Messages as a receiver meets them: relayed a few times, text and HTML, an attachment where there is room for one,
 * signed by the author's domain and, where asked for, by the provider as well. The same seed makes the same message.
 */

/** Seconds since 1970 at which everything is signed and verified. */
export const now = 1_700_000_000

export interface Signer {
  readonly domain: string
  readonly selector: string
  readonly pair: DkimKeyPair
}

export const authorSigner: Signer = { domain: 'shop.example', selector: 's2024', pair: generateDkimKey('rsa') }
export const providerSigner: Signer = { domain: 'mailer.example', selector: 'k1', pair: generateDkimKey('rsa') }

export const session = { helo: 'out3.mailer.example', mailFrom: 'bounce-4711@shop.example' } as const
export const clientAddress = '192.0.2.37'

/** Everything that is asked for: an SPF record with an include, keys, a DMARC policy. */
export const dns: DnsLiteral & { readonly txt: Readonly<Record<string, string>> } = {
  txt: {
    'shop.example': 'v=spf1 ip4:198.51.100.0/24 include:_spf.mailer.example mx -all',
    '_spf.mailer.example': 'v=spf1 ip4:203.0.113.0/24 ip4:192.0.2.0/26 ip6:2001:db8:1::/48 ~all',
    '_dmarc.shop.example': 'v=DMARC1; p=reject; sp=reject; rua=mailto:d@shop.example; adkim=r; aspf=r',
    [keyName(authorSigner)]: authorSigner.pair.record,
    [keyName(providerSigner)]: providerSigner.pair.record,
  },
}

function keyName({ selector, domain }: Signer): string {
  return `${selector}._domainkey.${domain}`
}

/** Numbers from 0 to below 1 that look random (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A message of about so many octets, with one signature for each signer. */
export function messageOf(octets: number, signers: readonly Signer[], seed = 1): Buffer {
  const random = randomFrom(seed)
  const fields = headerFields(random)
  const body = bodyOf(octets - 3000 - 700 * (signers.length - 1), random)
  return signedBy(signers, fields, body)
}

export function signedBy(signers: readonly Signer[], fields: readonly string[], body: Buffer): Buffer {
  let signed = fields
  for (const { domain, selector, pair } of [...signers].reverse())
    signed = [signature(signed, body, { domain, selector, key: pair.privateKey }), ...signed]
  return Buffer.concat([Buffer.from([...signed, '', ''].join('\r\n'), 'latin1'), body])
}

function signature(
  fields: readonly string[],
  body: Buffer,
  by: { readonly domain: string; readonly selector: string; readonly key: KeyObject },
): string {
  const raw = fields.map(text => ({ name: text.slice(0, text.indexOf(':')).toLowerCase(), text }))
  const signer = new DkimSigner(raw, { ...by, now })
  signer.body(body)
  return signer.end()
}

/** Header of mail that came through four hosts. */
export function headerFields(random: () => number): string[] {
  const id = () => Math.floor(random() * 2 ** 48).toString(36)
  const received = (from: string, by: string) =>
    `Received: from ${from} (${from} [192.0.2.${Math.floor(random() * 64)}])\r\n\tby ${by} (Postfix) with ESMTPS id ${id()}\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\tfor <customer@mailbox.example>; Tue, 14 Nov 2023 22:13:20 +0000 (UTC)`
  return [
    received('out3.mailer.example', 'mx2.mailbox.example'),
    received('relay-7.mailer.example', 'out3.mailer.example'),
    received('app-12.mailer.example', 'relay-7.mailer.example'),
    received('localhost', 'app-12.mailer.example'),
    'From: The Shop <news@shop.example>',
    'To: A Customer <customer@mailbox.example>',
    'Reply-To: The Shop <answer@shop.example>',
    'Subject: =?utf-8?Q?Your_order_4711_is_on_its_way_=E2=80=93_here_is_what?=\r\n =?utf-8?Q?_happens_next?=',
    'Date: Tue, 14 Nov 2023 22:13:19 +0000',
    `Message-ID: <${id()}.${id()}@app-12.mailer.example>`,
    'List-Unsubscribe: <https://shop.example/leave/4711>,\r\n <mailto:leave-4711@shop.example>',
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="=_border"',
    `X-Mailer-Campaign: ${id()}`,
    `Feedback-ID: 4711:${id()}:shop`,
  ]
}

const words =
  'we have packed what you ordered and a courier will bring it on thursday please look at the list below and tell us where anything is missing or not as it should be thank you'.split(
    ' ',
  )

/** A text part, an HTML part with indented lines in quoted-printable, and the rest of the octets as an attachment. */
export function bodyOf(octets: number, random: () => number): Buffer {
  const textOctets = Math.floor(octets * 0.15)
  const htmlOctets = Math.floor(octets * (octets < 20_000 ? 0.8 : 0.45))
  const parts = [
    '--=_border\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n',
    lines(textOctets, random, () => ''),
    '\r\n--=_border\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
    lines(htmlOctets, random, () => `${'  '.repeat(Math.floor(random() * 5))}<td class=3D"c">`),
  ]
  const rest = octets - parts.join('').length
  if (rest > 500)
    parts.push(
      '\r\n--=_border\r\nContent-Type: application/pdf; name="invoice.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      base64Lines(rest - 150, random),
    )
  return Buffer.from(`${parts.join('')}\r\n--=_border--\r\n`, 'latin1')
}

function lines(octets: number, random: () => number, start: () => string): string {
  let out = ''
  while (out.length < octets) {
    let line = start()
    while (line.length < 68) line += `${words[Math.floor(random() * words.length)] ?? ''} `
    out += `${line.trimEnd()}\r\n`
  }
  return out
}

function base64Lines(octets: number, random: () => number): string {
  const data = Buffer.from(Array.from({ length: Math.floor((octets / 78) * 57) }, () => Math.floor(random() * 256)))
  return (data.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')
}
