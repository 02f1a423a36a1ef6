import { expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { authenticate } from './authenticate.ts'
import type { AuthenticationOptions } from './authentication.ts'
import { keyRecords, messageOf, sealedFields, signedAt, signedFields } from './message.sample.ts'
import { RecordCache } from './record-cache.ts'

interface Case {
  readonly name: string
  readonly message: Buffer
  readonly address: string
  readonly dns: DnsLiteral
  readonly result: string
}

const published: DnsLiteral = {
  txt: {
    ...keyRecords(['example.org', 'a.example']),
    'example.org': 'v=spf1 ip4:192.0.2.1 -all',
    '_dmarc.example.org': 'v=DMARC1; p=reject',
  },
}
const revoked = { txt: { ...published.txt, 's._domainkey.example.org': 'v=DMARC1; p=' } }
const otherKey = { txt: { ...published.txt, ...keyRecords(['other.example']) } }
const swapped = {
  txt: { ...published.txt, 's._domainkey.example.org': otherKey.txt['s._domainkey.other.example'] ?? '' },
}
const otherSpf = { txt: { ...published.txt, 'example.org': 'v=spf1 ip4:198.51.100.1 -all' } }
const fails = { ...published, fail: ['txt s._domainkey.example.org', 'txt example.org'] }
const plain = ['From: a@example.org', 'Subject: x']
const signed = signedFields(plain, 'example.org')
const foreign = '198.51.100.1'

/** The same names and signatures under different records, sessions and bodies: what a leak would confuse. */
const cases: readonly Case[] = [
  { name: 'good', message: messageOf(signed), address: foreign, dns: published, result: 'pass' },
  { name: 'body changed', message: messageOf(signed, 'Other\r\n'), address: foreign, dns: published, result: 'fail' },
  { name: 'key revoked', message: messageOf(signed), address: foreign, dns: revoked, result: 'fail' },
  { name: 'key of another', message: messageOf(signed), address: foreign, dns: swapped, result: 'fail' },
  { name: 'DNS fails', message: messageOf(signed), address: foreign, dns: fails, result: 'temperror' },
  { name: 'no signature', message: messageOf(plain), address: foreign, dns: published, result: 'fail' },
  { name: 'SPF', message: messageOf(plain), address: '192.0.2.1', dns: published, result: 'pass' },
  { name: 'SPF of another time', message: messageOf(plain), address: foreign, dns: otherSpf, result: 'pass' },
  {
    name: 'chain',
    message: messageOf(sealedFields(signed, 'a.example')),
    address: foreign,
    dns: published,
    result: 'pass',
  },
  {
    name: 'chain with another body',
    message: messageOf(sealedFields(signed, 'a.example'), 'Other\r\n'),
    address: foreign,
    dns: published,
    result: 'fail',
  },
]

function run({ message, address, dns }: Case, options: Partial<AuthenticationOptions> = {}) {
  const ip = parseIpAddress(address)
  if (ip === null) throw new Error(`${address} is no address`)
  const session = { ip, helo: 'mx.example.org', mailFrom: 'a@example.org' }
  return authenticate(message, session, { resolver: resolverFrom(dns), now: signedAt, ...options })
}

test('no answer of one message reaches another: with what was read of records shared, all come out as alone', async () => {
  const alone = new Map(await Promise.all(cases.map(async entry => [entry.name, await run(entry)] as const)))
  for (const { name, result } of cases) expect([name, alone.get(name)?.dmarc.result]).toEqual([name, result])
  const records = new RecordCache()
  // One after another, each behind each other one; then all at once.
  for (const first of cases)
    for (const second of cases) {
      expect(await run(first, { records })).toEqual(alone.get(first.name))
      expect(await run(second, { records })).toEqual(alone.get(second.name))
    }
  const together = [...cases, ...[...cases].reverse(), ...cases]
  const reports = await Promise.all(together.map(entry => run(entry, { records })))
  for (const [index, entry] of together.entries()) expect(reports[index]).toEqual(alone.get(entry.name))
})

test('pieces of two bodies that come in turn do not mix', async () => {
  const { Authentication } = await import('./authentication.ts')
  const ip = parseIpAddress('192.0.2.1')
  if (ip === null) throw new Error('no address')
  const fields = signed.map(text => ({ name: text.slice(0, text.indexOf(':')).toLowerCase(), text }))
  const options = { resolver: resolverFrom(published), now: signedAt }
  const [good, bad] = [0, 1].map(
    () => new Authentication(fields, { ip, helo: 'mx.example.org', mailFrom: '' }, options),
  )
  for (const [mine, theirs] of [
    ['He', 'Ot'],
    ['llo\r', 'her\r'],
    ['\n', '\n'],
  ] as const) {
    good?.body(Buffer.from(mine))
    bad?.body(Buffer.from(theirs))
  }
  expect([(await good?.end())?.dkim[0]?.code, (await bad?.end())?.dkim[0]?.code]).toEqual([
    'dkim-pass',
    'dkim-body-hash',
  ])
})
