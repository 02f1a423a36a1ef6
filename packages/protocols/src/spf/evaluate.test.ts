import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { checkHost, explanationLimit, mxHostsLimit } from './evaluate.ts'
import { termsLimit } from './lookups.ts'
import { isSpfRecord, parseSpfRecord, recordOctetsLimit } from './record.ts'

async function check(
  dns: DnsLiteral,
  over: { ip?: string; domain?: string; sender?: string; helo?: string; resolver?: Resolver } = {},
) {
  const ip = parseIpAddress(over.ip ?? '192.0.2.1')
  if (ip === null) throw new Error('no address')
  const domain = over.domain ?? 'example.org'
  const sender = over.sender ?? `user@${domain}`
  return checkHost(
    { ip, domain, sender, helo: over.helo ?? 'mail.example.org', now: 1_700_000_000 },
    { resolver: over.resolver ?? resolverFrom(dns) },
  )
}

const record = (text: string): DnsLiteral => ({ txt: { 'example.org': text } })

describe('finding the record', () => {
  test('SPF-031 malformed domains, single labels and absent names have no record', async () => {
    for (const domain of [
      'localhost',
      '[192.0.2.1]',
      'a..example.org',
      `${'a'.repeat(64)}.example.org`,
      'absent.example.org',
    ])
      expect((await check(record('v=spf1 -all'), { domain })).result).toBe('none')
  })

  test('SPF-032 a failed look-up is temperror, never none', async () => {
    expect((await check({ fail: ['txt example.org'] })).problem).toMatchObject({ code: 'dns-temporary' })
    expect((await check({ bogus: ['txt example.org'] })).problem).toMatchObject({ code: 'dns-bogus' })
  })

  test('SPF-033 only records of exactly this version count, and only one may stand', async () => {
    expect(isSpfRecord('v=spf10 -all')).toBe(false)
    expect(isSpfRecord(' v=spf1 -all')).toBe(false)
    expect(isSpfRecord('V=SPF1')).toBe(true)
    const two = await check({ txt: { 'example.org': ['v=spf1 -all', 'v=spf1 ?all', 'v=spf10'] } })
    expect(two).toMatchObject({ result: 'permerror', problem: { code: 'record-repeated' } })
  })

  test('SPF-035 an error after the match is an error of the record', async () => {
    const found = await check(record('v=spf1 +all foo'))
    expect(found).toMatchObject({ result: 'permerror', problem: { code: 'record-syntax', at: 12 } })
  })

  test('SPF-046 octets outside printable ASCII are an error', () => {
    expect(parseSpfRecord('v=spf1 a:\u00e4.example.org')).toMatchObject({
      ok: false,
      fault: { code: 'spf-record-character', at: 9 },
    })
  })

  test('a record at the limit of octets is read, one above is not', () => {
    const filled = (length: number) => `v=spf1 ${'x=y '.repeat(length)}`.slice(0, length)
    expect(parseSpfRecord(filled(recordOctetsLimit)).ok).toBe(true)
    expect(parseSpfRecord(`${filled(recordOctetsLimit)} `)).toMatchObject({
      ok: false,
      fault: { code: 'spf-record-long' },
    })
  })
})

describe('limits', () => {
  const exists = (count: number) =>
    record(`v=spf1 ${Array.from({ length: count }, (_, index) => `exists:x${index}.example.net`).join(' ')} -all`)
  const addresses = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}.example.net`, '127.0.0.2']))

  test('SPF-070 ten terms that query are allowed, the eleventh is an error', async () => {
    const many = (count: number) => ({
      txt: { 'example.org': `v=spf1 ${Array.from({ length: count }, (_, i) => `a:x${i}.example.net`).join(' ')} -all` },
      a: addresses(count),
    })
    expect(await check(many(termsLimit))).toMatchObject({ result: 'fail', terms: 10 })
    expect(await check(many(termsLimit + 1))).toMatchObject({ result: 'permerror', problem: { code: 'terms-limit' } })
  })

  test('SPF-071 the eleventh MX host of one term is an error', async () => {
    const hosts = (count: number) => ({
      txt: { 'example.org': 'v=spf1 mx -all' },
      mx: { 'example.org': Array.from({ length: count }, (_, index) => `10 x${index}.example.net`) },
      a: addresses(count),
    })
    expect((await check(hosts(mxHostsLimit))).result).toBe('fail')
    expect(await check(hosts(mxHostsLimit + 1))).toMatchObject({
      result: 'permerror',
      problem: { code: 'mx-hosts-limit' },
    })
  })

  test('SPF-073 two look-ups may find nothing, the third is an error', async () => {
    expect((await check(exists(2))).result).toBe('fail')
    expect(await check(exists(3))).toMatchObject({
      result: 'permerror',
      problem: { code: 'void-lookups-limit' },
      voidLookups: 3,
    })
  })

  test('SPF-075 names with addresses of the other family are taken back', async () => {
    const dns = {
      txt: { 'example.org': 'v=spf1 a:x0.example.net a:x1.example.net a:x2.example.net -all' },
      aaaa: { 'x0.example.net': '2001:db8::1', 'x1.example.net': '2001:db8::1', 'x2.example.net': '2001:db8::1' },
    }
    expect(await check(dns)).toMatchObject({ result: 'fail', voidLookups: 0 })
  })

  test('SPF-076 a loop of includes ends at the limit of terms', async () => {
    const found = await check(record('v=spf1 include:example.org -all'))
    expect(found).toMatchObject({ result: 'permerror', problem: { code: 'terms-limit' } })
    expect(found.lookups.length).toBeLessThanOrEqual(termsLimit + 1)
  })

  test('SPF-074 an aborted evaluation is temperror', async () => {
    const controller = new AbortController()
    const never: Resolver = {
      query: async () => {
        controller.abort()
        return {
          outcome: { kind: 'temporary', cause: 'timeout' },
          chain: [],
          raw: [],
          server: '',
          at: 0,
          authenticData: false,
          rcode: null,
          extendedError: null,
        }
      },
    }
    const ip = parseIpAddress('192.0.2.1')
    if (ip === null) throw new Error('no address')
    const found = await checkHost(
      { ip, domain: 'example.org', sender: 'a@example.org', helo: 'h.example', now: 0 },
      { resolver: never, signal: controller.signal },
    )
    expect(found).toMatchObject({ result: 'temperror', problem: { code: 'deadline' } })
  })
})

describe('evaluation', () => {
  test('SPF-029 a v4-mapped client is IPv4', async () => {
    expect((await check(record('v=spf1 ip4:192.0.2.1 -all'), { ip: '::ffff:192.0.2.1' })).result).toBe('pass')
  })

  test('SPF-053 the result of an include: none is permerror, fail is no match', async () => {
    expect((await check(record('v=spf1 include:absent.example.net -all'))).problem?.code).toBe('target-without-record')
    const child = (text: string) =>
      check({ txt: { 'example.org': 'v=spf1 include:x.example.net ?all', 'x.example.net': text } })
    expect((await child('v=spf1 -all')).result).toBe('neutral')
    expect((await child('v=spf1 +all')).result).toBe('pass')
    expect((await child('v=spf1 foo')).result).toBe('permerror')
  })

  test('the result names the directive that matched and the record it stands in', async () => {
    const found = await check({
      txt: { 'example.org': 'v=spf1 redirect=x.example.net', 'x.example.net': 'v=spf1 ip4:192.0.2.0/24 -all' },
    })
    expect(found.matched).toEqual({ domain: 'x.example.net', term: 'ip4:192.0.2.0/24', at: 7, inside: null })
  })

  test('the result of an include names what matched inside of it', async () => {
    const found = await check({
      txt: {
        'example.org': 'v=spf1 include:x.example.net -all',
        'x.example.net': 'v=spf1 include:y.example.net include:z.example.net -all',
        'y.example.net': 'v=spf1 -all',
        'z.example.net': 'v=spf1 ip4:192.0.2.0/24 -all',
      },
    })
    expect(found.matched).toMatchObject({
      domain: 'example.org',
      term: 'include:x.example.net',
      inside: {
        domain: 'x.example.net',
        term: 'include:z.example.net',
        inside: { domain: 'z.example.net', term: 'ip4:192.0.2.0/24', inside: null },
      },
    })
  })

  test('SPF-061 a hostile explanation is cut and never breaks the result', async () => {
    const dns = (text: string | string[]) => ({
      txt: { 'example.org': 'v=spf1 -all exp=e.example.org', 'e.example.org': text },
    })
    expect((await check(dns('x'.repeat(60_000)))).explanation).toHaveLength(explanationLimit)
    expect((await check(dns('%'))).explanation).toBeNull()
    expect((await check(dns(['one', 'two']))).explanation).toBeNull()
    expect((await check(dns('caf\u00e9'))).explanation).toBeNull()
  })

  test('SPF-088 terms with the local-part match nothing where it is not ASCII', async () => {
    const dns = { ...record('v=spf1 exists:%{l}.example.net -all'), a: { '*.example.net': '127.0.0.2' } }
    expect((await check(dns)).result).toBe('pass')
    expect((await check(dns, { sender: 'j\u00f6rg@example.org' })).result).toBe('fail')
  })

  test('SPF-088 an include with the local-part matches nothing either, and is no error', async () => {
    const dns = record('v=spf1 include:%{l}.example.net ~all')
    expect((await check(dns, { sender: 'j\u00f6rg@example.org' })).result).toBe('softfail')
    expect((await check(dns)).problem).toMatchObject({ code: 'target-without-record' })
  })
})

describe('any record', () => {
  const word = fc.constantFrom(
    'v=spf1',
    ' ',
    'a',
    'mx',
    'ptr',
    'include:',
    'exists:',
    '%{',
    'd',
    'r',
    '}',
    '.',
    'example.org',
    '/',
    '//',
    '33',
    '0',
    '=',
    'redirect',
    'exp',
    '-',
    '~',
    'ip4:',
    'ip6:',
    '::',
    '192.0.2.1',
    '%%',
    '\u0000',
    '\u00ff',
  )

  test('is read without throwing, and what is read starts where it says', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), words => {
        const text = `v=spf1 ${words.join('')}`
        const read = parseSpfRecord(text)
        if (!read.ok) return read.fault.at >= 0 && read.fault.at <= text.length
        return read.value.mechanisms.every(term => text.startsWith(term.text, term.at))
      }),
      { numRuns: 3000 },
    )
  })

  test('is evaluated within the limits of look-ups, whatever the DNS says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 30 }), async words => {
        const found = await check(record(`v=spf1 ${words.join('')}`))
        return found.lookups.length < 300
      }),
      { numRuns: 500 },
    )
  })
})
