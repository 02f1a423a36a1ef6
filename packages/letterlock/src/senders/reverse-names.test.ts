import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LoopbackDns, type LoopbackZone, startLoopbackDns, unusedAddress } from '../../../../test/loopback-dns.ts'
import { ReverseNames } from './reverse-names.ts'

const zone: LoopbackZone = new Map<string, readonly string[] | 'servfail' | 'silent'>([
  ['PTR 1.2.0.9.in-addr.arpa', ['Mail.Example.NET']],
  ['A mail.example.net', ['9.0.2.1']],
  // The name leads elsewhere: whoever owns the address wrote a name that is not theirs.
  ['PTR 2.2.0.9.in-addr.arpa', ['mail.google.com']],
  ['A mail.google.com', ['142.250.0.1']],
  ['PTR 3.2.0.9.in-addr.arpa', ['b.example.net', 'a.example.net', 'gone.example.net']],
  ['A a.example.net', ['9.0.2.4', '9.0.2.3']],
  ['A b.example.net', ['9.0.2.3']],
  ['PTR 4.2.0.9.in-addr.arpa', 'servfail'],
  ['PTR 5.2.0.9.in-addr.arpa', 'silent'],
  ['PTR 6.2.0.9.in-addr.arpa', ['slow.example.net']],
  ['A slow.example.net', 'silent'],
  ['PTR 7.2.0.9.in-addr.arpa', ['localhost', 'under score', '-']],
  ['PTR 8.2.0.9.in-addr.arpa', ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'].map(label => `${label}.example.net`)],
  ['A n5.example.net', ['9.0.2.8']],
  ['PTR 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.2.a.2.ip6.arpa', ['v6.example.net']],
  ['AAAA v6.example.net', ['2a26:0:0:0:0:0:0:1']],
])

let dns: LoopbackDns
let names: ReverseNames

beforeAll(async () => {
  dns = await startLoopbackDns(zone)
  names = new ReverseNames({ servers: [dns.address], timeoutMs: 200, tries: 1 })
})

afterAll(() => {
  names.cancel()
  dns.close()
})

describe('forward-confirmed reverse names', () => {
  test('a name whose address record leads back is confirmed, in lower case', async () => {
    expect(await names.find('9.0.2.1')).toEqual({ kind: 'confirmed', name: 'mail.example.net' })
    expect(await names.find('::ffff:9.0.2.1')).toEqual({ kind: 'confirmed', name: 'mail.example.net' })
    expect(await names.find('2a26::1')).toEqual({ kind: 'confirmed', name: 'v6.example.net' })
  })

  test('a name that leads elsewhere is none: a forger may write any PTR', async () => {
    expect(await names.find('9.0.2.2')).toEqual({ kind: 'none' })
  })

  test('of several confirmed names the smallest, whatever the order of the answer', async () => {
    expect(await names.find('9.0.2.3')).toEqual({ kind: 'confirmed', name: 'a.example.net' })
  })

  test('no PTR record is none; no answer is not', async () => {
    expect(await names.find('9.0.2.99')).toEqual({ kind: 'none' })
    expect(await names.find('9.0.2.4')).toMatchObject({ kind: 'temporary' })
    expect(await names.find('9.0.2.5')).toMatchObject({ kind: 'temporary' })
    expect(await names.find('9.0.2.6')).toMatchObject({ kind: 'temporary' })
  })

  test('PTR data that is no host name is not followed, and no more than five names are', async () => {
    expect(await names.find('9.0.2.7')).toEqual({ kind: 'none' })
    dns.asked.length = 0
    expect(await names.find('9.0.2.8')).toEqual({ kind: 'none' })
    expect(dns.asked.filter(question => question.startsWith('A '))).toHaveLength(5)
  })

  test.each([
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '192.0.2.1',
    '224.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    '2001:db8::1',
    '',
    'not an address',
    '9.0.2.1; rm',
  ])('nobody outside is asked about %s', async ip => {
    dns.asked.length = 0
    expect(await names.find(ip)).toEqual({ kind: 'not public' })
    expect(dns.asked).toEqual([])
  })
})

test('a server that nobody runs is no answer', async () => {
  const lost = new ReverseNames({ servers: [await unusedAddress()], timeoutMs: 200, tries: 1 })
  expect(await lost.find('9.0.2.1')).toMatchObject({ kind: 'temporary' })
})
