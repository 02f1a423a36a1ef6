import { describe, expect, test } from 'vitest'
import { checkRecord } from './check.sample.ts'
import { ptrNamesLimit, termsLimit } from './lookups.ts'

const hosts = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `h${from + index}.example.net`)

describe('order', () => {
  test('SPF-050 from left to right, the first match ends with the result of its qualifier', async () => {
    for (const [qualifier, result] of [
      ['', 'pass'],
      ['+', 'pass'],
      ['-', 'fail'],
      ['~', 'softfail'],
      ['?', 'neutral'],
    ])
      expect((await checkRecord(`v=spf1 -ip4:198.51.100.1 ${qualifier}ip4:192.0.2.1 +all`)).result).toBe(result)
  })

  test('SPF-051 without a match and without redirect the result is neutral', async () => {
    expect(await checkRecord('v=spf1')).toMatchObject({ result: 'neutral', matched: null })
    expect(await checkRecord('v=spf1 -ip4:198.51.100.1 exp=e.example.org')).toMatchObject({ result: 'neutral' })
  })

  test('SPF-052 what stands behind all is ignored, but checked; with all in it the redirect is ignored', async () => {
    const dns = { txt: { 'x.example.net': 'v=spf1 +all', 'e.example.org': 'no' } }
    const found = await checkRecord('v=spf1 redirect=x.example.net -all a:never.example.net exp=e.example.org', { dns })
    expect(found).toMatchObject({ result: 'fail', explanation: 'no' })
    expect(found.asked).toEqual(['TXT example.org', 'TXT e.example.org'])
    expect((await checkRecord('v=spf1 +all a:com')).result).toBe('permerror')
  })

  test('SPF-020 the result rests on address, domain and sender alone', async () => {
    const record = 'v=spf1 exists:%{l}.%{d}.lists.example -all'
    const dns = { a: { 'user.example.org.lists.example': '127.0.0.2' } }
    expect((await checkRecord(record, { dns })).result).toBe('pass')
    expect((await checkRecord(record, { dns, sender: 'other@example.org' })).result).toBe('fail')
    expect((await checkRecord(record, { dns, helo: 'elsewhere.example' })).result).toBe('pass')
  })

  test('SPF-024 a sender without a local-part is postmaster', async () => {
    const record = 'v=spf1 exists:%{l}.lists.example -all'
    for (const sender of ['example.org', '@example.org'])
      expect((await checkRecord(record, { sender })).asked).toContain('A postmaster.lists.example')
  })
})

describe('mechanisms', () => {
  test('SPF-054 a: the family of the client, under the prefix', async () => {
    const dns = { a: { 'h.example.net': ['198.51.100.9', '192.0.2.77'] }, aaaa: { 'h.example.net': '2001:db8::77' } }
    const result = async (term: string, ip: string) => (await checkRecord(`v=spf1 ${term} -all`, { dns, ip })).result
    expect(await result('a:h.example.net', '192.0.2.77')).toBe('pass')
    expect(await result('a:h.example.net', '192.0.2.1')).toBe('fail')
    expect(await result('a:h.example.net/24', '192.0.2.1')).toBe('pass')
    expect(await result('a:h.example.net/25//64', '192.0.2.200')).toBe('fail')
    expect(await result('a:h.example.net//64', '2001:db8::1')).toBe('pass')
    expect(await result('a:h.example.net/8', '2001:db8::1')).toBe('fail')
    expect((await checkRecord('v=spf1 a:h.example.net', { dns, ip: '2001:db8::1' })).asked).toEqual([
      'TXT example.org',
      'AAAA h.example.net',
    ])
  })

  test('SPF-055 mx: the addresses of its hosts; without MX records there is no match and no address is asked', async () => {
    const dns = {
      mx: { 'example.org': ['10 h0.example.net', '20 h1.example.net'] },
      a: { 'h1.example.net': '192.0.2.1' },
    }
    expect((await checkRecord('v=spf1 mx -all', { dns })).result).toBe('pass')
    const implicit = await checkRecord('v=spf1 mx -all', { dns: { a: { 'example.org': '192.0.2.1' } } })
    expect(implicit.result).toBe('fail')
    expect(implicit.asked).toEqual(['TXT example.org', 'MX example.org'])
  })

  test('SPF-056 ptr: a name that leads back and is the target or below it; errors give no match', async () => {
    const dns = {
      ptr: { '1.2.0.192.in-addr.arpa': ['lie.example.org', 'mx.mail.example.org', 'broken.example.org'] },
      a: { 'lie.example.org': '198.51.100.1', 'mx.mail.example.org': '192.0.2.1' },
      fail: ['a broken.example.org'],
    }
    const result = async (record: string, over: object = {}) =>
      (await checkRecord(record, { dns: { ...dns, ...over } })).result
    expect(await result('v=spf1 ptr -all')).toBe('pass')
    expect(await result('v=spf1 ptr:mail.example.org -all')).toBe('pass')
    expect(await result('v=spf1 ptr:lie.example.org -all')).toBe('fail')
    // The target below the name is no match: the name must be below the target.
    expect(await result('v=spf1 ptr:deep.mx.mail.example.org -all')).toBe('fail')
    expect(await result('v=spf1 ptr:ail.example.org -all')).toBe('fail')
    expect(await result('v=spf1 ptr -all', { ptr: {}, fail: ['ptr 1.2.0.192.in-addr.arpa'] })).toBe('fail')
  })

  test('SPF-057 exists asks for A whatever the family, and any address matches', async () => {
    const dns = { a: { 'x.example.net': '127.0.0.2' }, aaaa: { 'y.example.net': '::1' } }
    const found = await checkRecord('v=spf1 exists:x.example.net -all', { dns, ip: '2001:db8::1' })
    expect(found.result).toBe('pass')
    expect(found.asked).toContain('A x.example.net')
    // T-SP06: AAAA alone is not enough.
    expect((await checkRecord('v=spf1 exists:y.example.net -all', { dns, ip: '2001:db8::1' })).result).toBe('fail')
  })

  test('SPF-058 ip4 and ip6: prefixes to the bit, and never the other family', async () => {
    const result = async (term: string, ip: string) => (await checkRecord(`v=spf1 ${term} -all`, { ip })).result
    expect(await result('ip4:192.0.2.0/31', '192.0.2.1')).toBe('pass')
    expect(await result('ip4:192.0.2.0/31', '192.0.2.2')).toBe('fail')
    expect(await result('ip4:192.0.2.0', '192.0.2.1')).toBe('fail')
    expect(await result('ip6:2001:db8::/33', '2001:db8:7fff::1')).toBe('pass')
    expect(await result('ip6:2001:db8::/33', '2001:db8:8000::1')).toBe('fail')
    expect(await result('ip4:0.0.0.0/0', '2001:db8::1')).toBe('fail')
    expect(await result('ip6:::/0', '192.0.2.1')).toBe('fail')
    expect(await result('ip6:::ffff:192.0.2.1', '::ffff:192.0.2.1')).toBe('fail')
  })

  test('SPF-059 a failed look-up of any mechanism ends with temperror; a name that is not there is an empty answer', async () => {
    const mx = { mx: { 'm.example.net': '10 h.example.net' } }
    for (const [term, fail] of [
      ['a:h.example.net', 'a h.example.net'],
      ['mx:m.example.net', 'mx m.example.net'],
      ['mx:m.example.net', 'a h.example.net'],
      ['exists:h.example.net', 'a h.example.net'],
      ['include:h.example.net', 'txt h.example.net'],
    ])
      expect([term, (await checkRecord(`v=spf1 ${term} +all`, { dns: { ...mx, fail: [fail ?? ''] } })).result]).toEqual(
        [term, 'temperror'],
      )
    expect((await checkRecord('v=spf1 a:absent.example.net +all')).result).toBe('pass')
  })
})

describe('modifiers', () => {
  test('SPF-060 redirect: the result of its target, and permerror where there is none', async () => {
    const to = async (text: string) =>
      (
        await checkRecord('v=spf1 -ip4:198.51.100.1 redirect=x.example.net', {
          dns: { txt: { 'x.example.net': text } },
        })
      ).result
    expect(await to('v=spf1 ~all')).toBe('softfail')
    expect(await to('v=spf1')).toBe('neutral')
    expect(await to('nothing')).toBe('permerror')
    expect((await checkRecord('v=spf1 redirect=%{d}..example.net')).result).toBe('permerror')
    const matched = await checkRecord('v=spf1 ip4:192.0.2.1 redirect=x.example.net')
    expect(matched).toMatchObject({ result: 'pass', terms: 0 })
  })

  test('SPF-062 the explanation of an included record is not used; behind redirect only the one of the target is', async () => {
    const dns = {
      txt: {
        'x.example.net': 'v=spf1 -all exp=inner.example.net',
        'inner.example.net': 'inner',
        'outer.example.net': 'outer',
        'plain.example.net': 'v=spf1 -all',
      },
    }
    const explanation = async (record: string) => (await checkRecord(record, { dns })).explanation
    expect(await explanation('v=spf1 include:x.example.net -all exp=outer.example.net')).toBe('outer')
    expect(await explanation('v=spf1 include:x.example.net -all')).toBeNull()
    expect(await explanation('v=spf1 redirect=x.example.net exp=outer.example.net')).toBe('inner')
    expect(await explanation('v=spf1 redirect=plain.example.net exp=outer.example.net')).toBeNull()
  })

  test('SPF-063 without a usable text there is no explanation, and the result stands', async () => {
    const record = 'v=spf1 -all exp=e.example.net'
    for (const dns of [
      {},
      { fail: ['txt e.example.net'] },
      { txt: { 'e.example.net': '%{x}' } },
      { bogus: ['txt e.example.net'] },
    ])
      expect(await checkRecord(record, { dns })).toMatchObject({ result: 'fail', explanation: null })
    expect(
      (await checkRecord('v=spf1 ~all exp=e.example.net', { dns: { txt: { 'e.example.net': 'x' } } })).asked,
    ).toEqual(['TXT example.org'])
  })
})

describe('limits of the reverse look-up', () => {
  test('SPF-072 the names behind the tenth are ignored, which is no error', async () => {
    const named = (names: readonly string[]) => ({
      ptr: { '1.2.0.192.in-addr.arpa': names },
      a: { ...Object.fromEntries(hosts(20).map(name => [name, '198.51.100.1'])), 'mx.example.org': '192.0.2.1' },
    })
    const result = async (names: readonly string[]) =>
      (await checkRecord('v=spf1 ptr -all', { dns: named(names) })).result
    expect(await result([...hosts(ptrNamesLimit - 1), 'mx.example.org'])).toBe('pass')
    expect(await result([...hosts(ptrNamesLimit), 'mx.example.org'])).toBe('fail')
  })

  test('SPF-077 the reverse look-up behind p counts as one of the ten terms', async () => {
    const record = (others: number) =>
      `v=spf1 ${hosts(others)
        .map(name => `a:${name}`)
        .join(' ')} exists:%{p}.example.net -all`
    const dns = { a: Object.fromEntries(hosts(10).map(name => [name, '198.51.100.1'])) }
    expect(await checkRecord(record(termsLimit - 2), { dns })).toMatchObject({ result: 'fail', terms: termsLimit })
    expect(await checkRecord(record(termsLimit - 1), { dns })).toMatchObject({
      result: 'permerror',
      problem: { code: 'terms-limit' },
    })
  })
})

describe('names that are none', () => {
  test('SPF-047 a name that is not legal after expansion does not match; for include and redirect it is permerror', async () => {
    const long = 'x'.repeat(64)
    for (const sender of [`${long}@example.org`, 'a..b@example.org']) {
      const result = async (record: string) => (await checkRecord(record, { sender })).result
      for (const term of [
        'a:%{l}.example.net',
        'mx:%{l}.example.net',
        'exists:%{l}.example.net',
        'ptr:%{l}.example.net',
      ])
        expect([term, await result(`v=spf1 ${term} ~all`)]).toEqual([term, 'softfail'])
      expect(await result('v=spf1 include:%{l}.example.net ~all')).toBe('permerror')
      expect(await result('v=spf1 redirect=%{l}.example.net')).toBe('permerror')
    }
  })

  test('SPF-086 the receiving host is unknown where it is not given', async () => {
    const dns = { txt: { 'e.example.org': 'refused by %{r}' } }
    expect((await checkRecord('v=spf1 -all exp=e.example.org', { dns })).explanation).toBe('refused by unknown')
  })
})
