import { describe, expect, test } from 'vitest'
import { generateDkimKey } from '../dkim/key-generation.ts'
import { DkimSigner } from '../dkim/sign.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { headerBlockLimit, headerFieldsLimit } from '../message/header.ts'
import { authenticate } from './authenticate.ts'

/*
 * Forms of From that were used to make a receiver check one address and a mail reader show another. The sender owns
 * evil.example: SPF passes for it, and each message carries its signature. victim.example never authenticates.
 */
const now = 1_700_000_000
const key = generateDkimKey('ed25519')
const resolver = resolverFrom({
  txt: {
    's._domainkey.evil.example': key.record,
    'evil.example': 'v=spf1 ip4:192.0.2.1 -all',
    '_dmarc.evil.example': 'v=DMARC1; p=reject',
    'victim.example': 'v=spf1 -all',
    '_dmarc.victim.example': 'v=DMARC1; p=reject',
  },
})
const ip = parseIpAddress('192.0.2.1')
if (ip === null) throw new Error('no address')
const session = { ip, helo: 'mx.evil.example', mailFrom: 'a@evil.example' }

/** A message of these header lines, signed by evil.example over the field that it calls From. */
function message(lines: readonly string[]): Buffer {
  const from = lines.findLast(line => /^from[ \t]*:/i.test(line)) ?? 'From: a@evil.example'
  const signer = new DkimSigner([{ name: 'from', text: from }], {
    domain: 'evil.example',
    selector: 's',
    key: key.privateKey,
    now,
    // Without oversigning: another From does not break it.
    fields: ['subject'],
  })
  signer.body(Buffer.from('Hello\r\n'))
  return Buffer.from([...lines, signer.end(), '', 'Hello\r\n'].join('\r\n'), 'latin1')
}

const run = (lines: readonly string[]) => authenticate(message(lines), session, { resolver, now, checksHelo: true })

/** What is evaluated: the domains, or the code of what is malformed. */
async function evaluated(lines: readonly string[]): Promise<readonly string[] | string> {
  const { author, dmarc } = await run(lines)
  const domains = author.kind === 'domains' ? author.domains : []
  if (dmarc.result === 'pass') expect(domains).toEqual(['evil.example'])
  if (domains.includes('victim.example')) expect(dmarc.result).toBe('fail')
  if (author.kind === 'malformed') {
    expect(dmarc).toMatchObject({ result: 'permerror', evaluations: [] })
    return author.code
  }
  return domains
}

type Form = readonly [name: string, lines: readonly string[], expected: readonly string[] | string]
const evil = ['evil.example']

const forms: readonly Form[] = [
  // Several fields.
  ['a second From field above', ['From: a@victim.example', 'From: a@evil.example'], 'from-repeated'],
  ['a second From field below', ['From: a@evil.example', 'From: a@victim.example'], 'from-repeated'],
  ['two From fields that are equal', ['From: a@evil.example', 'From: a@evil.example'], 'from-repeated'],
  ['a second From field of another case', ['fROM: a@victim.example', 'From: a@evil.example'], 'from-repeated'],
  [
    'a second From field with a blank before the colon',
    ['From : a@victim.example', 'From: a@evil.example'],
    'from-repeated',
  ],
  [
    'a second From field with a tab before the colon',
    ['From\t: a@victim.example', 'From: a@evil.example'],
    'from-repeated',
  ],
  ['a first line that begins with a blank', [' From: a@victim.example', 'From: a@evil.example'], 'from-repeated'],
  ['a NUL before the colon', ['Subject: x', 'From\0: a@victim.example', 'From: a@evil.example'], 'from-repeated'],
  ['a byte order mark before From', ['\xef\xbb\xbfFrom: a@victim.example', 'From: a@evil.example'], 'from-repeated'],
  [
    'a no-break space before the colon',
    ['X: y', 'From\xa0: a@victim.example', 'From: a@evil.example'],
    'from-repeated',
  ],
  ['punctuation in the name of the field', ['"From": a@victim.example', 'From: a@evil.example'], 'from-hidden'],
  [
    'a From behind a bare CR of another field',
    ['Subject: x\rFrom: a@victim.example', 'From: a@evil.example'],
    'from-hidden',
  ],
  [
    'a From behind a NUL of another field',
    ['Subject: x\0From: a@victim.example', 'From: a@evil.example'],
    'from-hidden',
  ],
  [
    'a From behind a form feed of another field',
    ['X: y\fFrom: a@victim.example', 'From: a@evil.example'],
    'from-hidden',
  ],
  [
    'a From behind a bare LF of another field',
    ['Subject: x\nFrom: a@victim.example', 'From: a@evil.example'],
    'from-repeated',
  ],
  ['no From, and a Sender', ['Sender: a@victim.example', 'Subject: x'], 'from-missing'],
  ['no From, and a Resent-From', ['Resent-From: a@victim.example', 'Resent-Sender: a@evil.example'], 'from-missing'],
  ['an empty From, and a Sender', ['From: ', 'Sender: a@victim.example'], 'from-syntax'],
  ['a From behind the empty line', ['From: a@evil.example', '', 'From: a@victim.example'], evil],

  // Encoded words.
  ['an encoded word that is the whole field', ['From: =?utf-8?q?a=40victim=2Eexample?='], 'from-syntax'],
  [
    'an encoded word that decodes to an address, as name',
    ['From: =?utf-8?q?a=40victim=2Eexample?= <a@evil.example>'],
    evil,
  ],
  [
    'an encoded word that decodes to an address in brackets',
    ['From: =?utf-8?q?=3Ca=40victim=2Eexample=3E?= <a@evil.example>'],
    'from-encoded-word',
  ],
  [
    'encoded words that decode to one together',
    ['From: =?utf-8?q?=3Ca=40vic?= =?utf-8?q?tim=2Eexample=3E=2C?= <a@evil.example>'],
    'from-encoded-word',
  ],
  [
    'an encoded word with a NUL behind an address',
    ['From: =?utf-8?b?YUB2aWN0aW0uZXhhbXBsZQA=?= <a@evil.example>'],
    'from-encoded-word',
  ],
  [
    'an encoded word with a line end behind an address',
    ['From: =?utf-8?b?YUB2aWN0aW0uZXhhbXBsZQ0K?= <a@evil.example>'],
    'from-encoded-word',
  ],
  [
    'encoded words as local part',
    ['From: =?utf-8?b?YUB2aWN0aW0uZXhhbXBsZQ==?==?utf-8?q?=00?=@evil.example'],
    'from-encoded-word',
  ],
  [
    'encoded words as local part in brackets',
    ['From: A <=?utf-8?b?YUB2aWN0aW0uZXhhbXBsZQ==?=@evil.example>'],
    'from-encoded-word',
  ],
  ['an encoded word as domain', ['From: a@=?utf-8?q?victim.example?='], 'from-domain'],
  ['an encoded word in front of a domain', ['From: a@=?utf-8?q?victim.example=00?=.evil.example'], 'from-domain'],
  ['an encoded word within a quoted name', ['From: "=?utf-8?q?a=40victim=2Eexample?=" <a@evil.example>'], evil],

  // Groups.
  ['a group with both', ['From: Friends: a@victim.example, a@evil.example;'], ['victim.example', 'evil.example']],
  ['a group in front of an address', ['From: a@victim.example:;, a@evil.example'], 'from-syntax'],
  ['a group that is not closed', ['From: Friends: a@victim.example'], 'from-syntax'],
  ['a group within a group', ['From: A: B: a@victim.example;, a@evil.example;'], 'from-syntax'],
  ['an empty group behind an address', ['From: a@evil.example, Friends:;'], evil],
  ['an empty group', ['From: a@victim.example <>:;'], 'from-syntax'],

  // Quotes and comments.
  ['an address as quoted local part', ['From: "a@victim.example"@evil.example'], evil],
  ['a quoted local part with brackets', ['From: "<a@victim.example>"@evil.example'], evil],
  ['an address as quoted name', ['From: "a@victim.example" <a@evil.example>'], evil],
  ['an address as name without quotes', ['From: a@victim.example <a@evil.example>'], 'from-ambiguous-name'],
  ['an address in a comment in front', ['From: (a@victim.example) a@evil.example'], evil],
  ['an address in a comment behind', ['From: a@evil.example (<a@victim.example>)'], evil],
  ['a comment that is not closed', ['From: a@evil.example (<a@victim.example>'], 'from-syntax'],
  ['a comment within a domain', ['From: a@victim.example(.evil.example)'], ['victim.example']],
  ['a comment between local part and domain', ['From: a@(victim.example)evil.example'], evil],
  ['a quoted string that is not closed', ['From: "a@victim.example <a@evil.example>'], 'from-syntax'],
  ['a backslash before an at sign', ['From: a\\@victim.example@evil.example'], 'from-syntax'],
  ['a backslash before a comma', ['From: <a@victim.example>\\, a@evil.example'], 'from-syntax'],
  ['a quoted pair at the end of a name', ['From: "a\\" <a@victim.example>, " <a@evil.example>'], evil],

  // Brackets.
  ['an address behind brackets', ['From: <a@victim.example>a@evil.example'], 'from-syntax'],
  ['an address behind brackets, the other way', ['From: <a@evil.example>a@victim.example'], 'from-syntax'],
  ['two addresses in brackets', ['From: <a@victim.example><a@evil.example>'], 'from-syntax'],
  ['brackets within brackets', ['From: <<a@victim.example>a@evil.example>'], 'from-syntax'],
  ['a bracket that is not closed', ['From: <a@victim.example, a@evil.example'], 'from-syntax'],
  ['a bracket too many', ['From: a@victim.example> <a@evil.example>'], 'from-syntax'],
  ['empty brackets', ['From: "a@victim.example" <>'], 'from-syntax'],
  ['a blank in brackets', ['From: <a@victim.example a@evil.example>'], 'from-domain'],

  // Routes and lists.
  ['a source route', ['From: <@victim.example:a@evil.example>'], 'from-route'],
  ['a source route of several hosts', ['From: <@evil.example,@x.example:a@victim.example>'], 'from-route'],
  ['a source route without brackets', ['From: @victim.example:a@evil.example'], 'from-syntax'],
  ['a percent hack', ['From: a%victim.example@evil.example'], evil],
  ['a bang path', ['From: victim.example!a@evil.example'], evil],
  ['two addresses', ['From: a@evil.example, a@victim.example'], ['evil.example', 'victim.example']],
  ['two addresses without a comma', ['From: a@victim.example a@evil.example'], 'from-domain'],
  ['two addresses and a semicolon', ['From: a@victim.example; a@evil.example'], 'from-syntax'],
  ['two addresses over a fold', ['From: a@victim.example,\r\n a@evil.example'], ['victim.example', 'evil.example']],
  ['an empty element in front', ['From: , a@evil.example'], 'from-syntax'],
  [
    'more domains than are evaluated',
    [`From: ${Array.from({ length: 6 }, (_, i) => `a@x${i}.evil.example`).join(', ')}`],
    'from-domains-limit',
  ],

  // Control characters and odd octets.
  ['a NUL in the address', ['From: a@victim.example\0.evil.example'], 'from-control'],
  ['a NUL behind the address', ['From: a@victim.example\0<a@evil.example>'], 'from-control'],
  ['a bare CR in the field', ['From: a@evil.example\ra@victim.example'], 'from-control'],
  ['a backspace', ['From: a@evil.example\b\b\b\bvictim.example'], 'from-control'],
  ['an escape sequence', ['From: \x1b[2Ka@victim.example <a@evil.example>'], 'from-control'],
  ['DEL', ['From: a@victim.example\x7f <a@evil.example>'], 'from-control'],
  ['octets that are no UTF-8', ['From: a@victim.example\xff <a@evil.example>'], 'from-charset'],
  ['an ideographic full stop as dot', ['From: a@victim\xe3\x80\x82example'], ['victim.example']],
  ['a soft hyphen in the domain', ['From: a@vic\xc2\xadtim.example'], ['victim.example']],
  ['full-width letters', ['From: a@\xef\xbd\x96ictim.example'], ['victim.example']],
  ['a Cyrillic letter that looks Latin', ['From: a@vict\xd1\x96m.example'], ['xn--victm-q2e.example']],
  ['a line separator of Unicode', ['From: a@victim.example\xe2\x80\xa8<a@evil.example>'], 'from-syntax'],
  ['a dot at the end', ['From: a@evil.example.'], 'from-domain'],
  ['two dots', ['From: a@victim.example..evil.example'], 'from-domain'],
  ['two at signs', ['From: a@victim.example@evil.example'], 'from-domain'],
  ['an address literal', ['From: a@[192.0.2.1]'], []],
  ['a name in brackets', ['From: a@[victim.example]'], []],
  ['a field without an address', ['From: victim.example'], 'from-syntax'],
]

describe('DMARC-023 forms of From by which nobody passes but who authenticated', () => {
  for (const [name, lines, expected] of forms) test(name, async () => expect(await evaluated(lines)).toEqual(expected))

  test('a From behind as many fields as are read', async () => {
    const filler = (count: number) => Array.from({ length: count }, () => 'X: y')
    expect(await evaluated(['From: a@evil.example', ...filler(headerFieldsLimit), 'From: a@victim.example'])).toBe(
      'from-header-cut',
    )
    expect(await evaluated(['From: a@evil.example', ...filler(headerFieldsLimit - 2)])).toEqual(evil)
  })

  test('a From behind as many octets as are read', async () => {
    const filler = `X: ${'y'.repeat(headerBlockLimit)}`
    expect(await evaluated(['From: a@evil.example', filler, 'From: a@victim.example'])).toBe('from-header-cut')
  })

  test('the plain form passes for its owner', async () => {
    expect((await run(['From: a@evil.example'])).dmarc.result).toBe('pass')
  })
})

describe('identities of the session', () => {
  const plain = message(['From: a@victim.example'])
  const result = async (over: Partial<typeof session>) =>
    (await authenticate(plain, { ...session, ...over }, { resolver, now, checksHelo: true })).dmarc.result

  test('DMARC-050 neither HELO nor the spelling of MAIL FROM makes the other domain pass', async () => {
    for (const mailFrom of [
      'a@victim.example@evil.example',
      '@victim.example:a@evil.example',
      '@evil.example,@x.example:a@victim.example',
      'a@victim.example\0.evil.example',
      'a@victim.example(.evil.example',
      "a@victim.example'@evil.example",
      '"a@victim.example"@evil.example',
      'a@victim.example\n@evil.example',
      '',
    ])
      expect([mailFrom, await result({ mailFrom })]).toEqual([mailFrom, 'fail'])
    for (const helo of ['victim.example', 'victim.example\0.evil.example', 'mx.evil.example'])
      expect([helo, await result({ helo, mailFrom: '' })]).toEqual([helo, 'fail'])
  })

  test('a signature whose names hold other octets finds no key of the other domain', async () => {
    for (const tags of [
      'd=victim.example; s=s._domainkey.evil.example\0',
      'd=victim.example\0.evil.example; s=s',
      'd=victim.example(.evil.example; s=s',
      'd=evil.example; s=s; i=@victim.example',
      'd=example; s=s._domainkey.evil',
    ]) {
      const text = `DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; ${tags}; h=from; bh=AAAA; b=AAAA`
      const given = Buffer.from(['From: a@victim.example', text, '', 'Hello\r\n'].join('\r\n'), 'latin1')
      const found = await authenticate(given, session, { resolver, now })
      expect([tags, found.dkim[0]?.result === 'pass', found.dmarc.result]).toEqual([tags, false, 'fail'])
    }
  })
})
