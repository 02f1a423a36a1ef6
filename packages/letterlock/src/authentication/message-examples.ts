import type { MessageExample } from '@letterlock/contract'
import {
  ArcSealer,
  type DkimKeyPair,
  DkimSigner,
  generateDkimKey,
  type Resolver,
  rawFieldsOf,
  readHeaderBlock,
  resolverFrom,
} from '@letterlock/protocols'

/** Messages to try an explanation on, and the invented DNS that they are judged by. */
export interface MessageExamples {
  readonly examples: readonly MessageExample[]
  readonly resolver: Resolver
}

interface Signing {
  readonly domain: string
  readonly selector: string
  readonly pair: DkimKeyPair
}

/** Makes the examples with keys of their own. `now` in seconds since 1970: their signatures never expire. */
export function makeMessageExamples(now: number): MessageExamples {
  const own = { domain: 'example.com', selector: 's2026', pair: generateDkimKey('ed25519') }
  const mailer = { domain: 'mailer.example', selector: 'm1', pair: generateDkimKey('ed25519') }
  const list = { domain: 'lists.example', selector: 'l1', pair: generateDkimKey('ed25519') }
  const date = new Date(now * 1000).toUTCString().replace('GMT', '+0000')
  const order = letter(
    [
      'From: Example Shop <orders@example.com>',
      'To: you@example.net',
      'Subject: Your order is on its way',
      `Date: ${date}`,
      'Message-ID: <order-1@example.com>',
    ],
    'Hello,\r\n\r\nyour order left our warehouse today.\r\n\r\nExample Shop\r\n',
  )
  const news = letter(
    [
      'From: Example Shop <news@example.com>',
      'To: you@example.net',
      'Subject: Ten ideas for the winter',
      `Date: ${date}`,
      'Message-ID: <news-1@mailer.example>',
    ],
    'Hello,\r\n\r\nthis is our newsletter.\r\n',
  )
  const spoof = letter(
    [
      'From: "Example Shop" <billing@example.com>',
      'To: you@example.net',
      'Subject: Your invoice is overdue',
      `Date: ${date}`,
      'Message-ID: <1@192.0.2.66>',
    ],
    'Pay at once.\r\n',
  )
  const signedOrder = signed(order, own, now)
  return {
    examples: [
      {
        id: 'proven',
        title: 'A message as it should be',
        message: signedOrder,
        ip: '192.0.2.10',
        helo: 'out.example.com',
        mailFrom: 'bounce@mail.example.com',
      },
      {
        id: 'service',
        title: 'A newsletter service that was never set up',
        message: signed(news, mailer, now),
        ip: '198.51.100.20',
        helo: 'out.mailer.example',
        mailFrom: 'b-17@bounce.mailer.example',
      },
      {
        id: 'list',
        title: 'A mailing list that changed the text',
        message: listed(signedOrder, list, now),
        ip: '203.0.113.30',
        helo: 'mx.lists.example',
        mailFrom: 'shop-bounces@lists.example',
      },
      {
        id: 'spoofed',
        title: 'A message that only claims to be from there',
        message: spoof,
        ip: '192.0.2.66',
        helo: 'unknown.example.net',
        mailFrom: 'billing@example.com',
      },
      {
        id: 'ambiguous',
        title: 'A message with two From fields',
        message: signedOrder.replace('\r\nFrom:', '\r\nFrom: Somebody Else <ceo@example.org>\r\nFrom:'),
        ip: '192.0.2.10',
        helo: 'out.example.com',
        mailFrom: 'bounce@mail.example.com',
      },
    ],
    resolver: resolverFrom({
      txt: {
        'example.com': 'v=spf1 ip4:192.0.2.8/29 -all',
        'mail.example.com': 'v=spf1 include:example.com -all',
        '_dmarc.example.com': 'v=DMARC1; p=reject; t=y; rua=mailto:dmarc@example.com',
        'mailer.example': 'v=spf1 ip4:198.51.100.0/24 -all',
        'bounce.mailer.example': 'v=spf1 include:mailer.example -all',
        'lists.example': 'v=spf1 mx -all',
        ...keyOf(own),
        ...keyOf(mailer),
        ...keyOf(list),
      },
      mx: { 'lists.example': '10 mx.lists.example' },
      a: { 'mx.lists.example': '203.0.113.30' },
    }),
  }
}

function letter(fields: readonly string[], body: string): string {
  return [...fields, 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', body].join('\r\n')
}

function keyOf({ domain, selector, pair }: Signing): Record<string, string> {
  return { [`${selector}._domainkey.${domain}`]: pair.record }
}

function signed(message: string, { domain, selector, pair }: Signing, now: number): string {
  const { fields, body } = parts(message)
  const signer = new DkimSigner(fields, { domain, selector, key: pair.privateKey, now, lifetime: null })
  signer.body(body)
  return `${signer.end()}\r\n${message}`
}

/** What a list does: it notes what it saw, changes subject and text, signs with its own name and seals. */
function listed(message: string, list: Signing, now: number): string {
  const changed = `${message.replace('Subject: ', 'Subject: [shop] ')}-- \r\nThe list of the shop\r\n`
  const own = signed(changed.replace('\r\nTo: ', '\r\nList-Id: <shop.lists.example>\r\nTo: '), list, now)
  const { fields, body } = parts(own)
  const sealer = new ArcSealer(fields, {
    domain: list.domain,
    selector: list.selector,
    key: list.pair.privateKey,
    now,
    status: 'none',
    results:
      'mx.lists.example; spf=pass smtp.mailfrom=mail.example.com; dkim=pass header.d=example.com; dmarc=pass header.from=example.com',
  })
  sealer.body(body)
  const set = sealer.end()
  return set === null ? own : `${[set.seal, set.message, set.results].join('\r\n')}\r\n${own}`
}

function parts(message: string) {
  const bytes = Buffer.from(message, 'latin1')
  const block = readHeaderBlock(bytes)
  return { fields: rawFieldsOf(bytes, block), body: bytes.subarray(block.bodyAt) }
}
