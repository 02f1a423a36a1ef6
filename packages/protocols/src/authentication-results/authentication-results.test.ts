import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RawField } from '../dkim/canonical-header.ts'
import { formatAuthenticationResults, reasonLimit } from './format.ts'
import { parseAuthenticationResults, type ResultItem, resultsItemsLimit, resultsOctetsLimit } from './parse.ts'
import { forgedResults } from './strip.ts'
import { commentDepthLimit } from './tokens.ts'

function read(value: string) {
  const parsed = parseAuthenticationResults(value)
  if (!parsed.ok) throw new Error(`${parsed.fault.text} at ${parsed.fault.at}`)
  return parsed.value
}

describe('reading', () => {
  test('RFC 8601 App B.2: nothing was checked', () => {
    expect(read('example.org 1; none')).toEqual({ authservId: 'example.org', version: 1, items: [] })
  })

  test('RFC 8601 App B.5: several methods with comments and folding', () => {
    const { authservId, items } = read(
      'example.com;\r\n dkim=pass reason="good signature"\r\n header.i=@mail-router.example.net;\r\n dkim=fail reason="bad signature" header.i=@newyork.example.com',
    )
    expect(authservId).toBe('example.com')
    expect(items).toEqual([
      {
        method: 'dkim',
        methodVersion: 1,
        result: 'pass',
        reason: 'good signature',
        properties: [{ type: 'header', name: 'i', value: '@mail-router.example.net' }],
      },
      {
        method: 'dkim',
        methodVersion: 1,
        result: 'fail',
        reason: 'bad signature',
        properties: [{ type: 'header', name: 'i', value: '@newyork.example.com' }],
      },
    ])
  })

  test('RFC 8601 App B.7: comments anywhere, quoted values, method versions', () => {
    const value =
      "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462"
    expect(read(value).items).toEqual([
      {
        method: 'dkim',
        methodVersion: 1,
        result: 'fail',
        reason: null,
        properties: [{ type: 'policy', name: 'expired', value: '1362471462' }],
      },
    ])
  })

  test('AR-002 an item without properties, AR-003 addresses with quoted local-parts', () => {
    expect(read('x; spf=pass; auth=pass smtp.auth="a b"@example.org').items[1]?.properties).toEqual([
      { type: 'smtp', name: 'auth', value: 'a b@example.org' },
    ])
  })

  test('AR-006 an unknown version makes the field unusable', () => {
    expect(parseAuthenticationResults('x 2; spf=pass')).toMatchObject({ ok: false, fault: { code: 'results-version' } })
  })

  test('AR-055 unknown methods are read and left to the caller', () =>
    expect(read('x; new=odd').items[0]?.method).toBe('new'))

  test('broken fields are told, with the place', () => {
    for (const value of [
      '',
      ';',
      'x; =pass',
      'x; spf',
      'x; spf=',
      'x; spf=pass smtp',
      'x; spf=pass smtp.mailfrom',
      'x (',
      'x "y',
      'x y; none',
    ])
      expect([value, parseAuthenticationResults(value).ok]).toEqual([value, false])
  })

  test('AR-056 limits: octets, items, comments', () => {
    const items = (count: number) => `x${'; spf=pass'.repeat(count)}`
    expect(read(items(resultsItemsLimit)).items).toHaveLength(resultsItemsLimit)
    expect(parseAuthenticationResults(items(resultsItemsLimit + 1))).toMatchObject({
      fault: { code: 'results-items-limit' },
    })
    expect(parseAuthenticationResults(`x;${' '.repeat(resultsOctetsLimit - 2)}`).ok).toBe(true)
    expect(parseAuthenticationResults(`x;${' '.repeat(resultsOctetsLimit - 1)}`)).toMatchObject({
      fault: { code: 'results-long' },
    })
    const nested = (depth: number) => `${'('.repeat(depth)}${')'.repeat(depth)}x; none`
    expect(parseAuthenticationResults(nested(commentDepthLimit)).ok).toBe(true)
    expect(parseAuthenticationResults(nested(commentDepthLimit + 1)).ok).toBe(false)
  })

  test('any text is read without throwing', () => {
    const word = fc.constantFrom(
      'x',
      ';',
      '=',
      '.',
      '/',
      '@',
      '(',
      ')',
      '"',
      '\\',
      ' ',
      '\r\n ',
      'spf',
      'pass',
      'reason',
      'smtp',
      'mailfrom',
      '1',
      'none',
      '\u0000',
      '\u00ff',
    )
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 40 }),
        words => typeof parseAuthenticationResults(words.join('')).ok === 'boolean',
      ),
      { numRuns: 3000 },
    )
  })
})

describe('writing', () => {
  const keywords = fc.constantFrom('spf', 'dkim', 'x-new', 'smtp', 'header', 'mailfrom', 'd', 'pass', 'fail')
  const value = fc.oneof(
    fc.constantFrom('example.org', 'a@example.org', '@example.org', '2001:db8::1', 'AbC+/=', '"a b"@x.example'),
    fc.string({ minLength: 1, maxLength: 20 }).filter(text => /^[ -~]+$/.test(text)),
  )

  test('AR-001 to AR-005 what is written reads back as it was', () => {
    const item = fc.record({
      method: keywords,
      methodVersion: fc.constant(1),
      result: keywords,
      reason: fc.option(value, { nil: null }),
      properties: fc.array(fc.record({ type: keywords, name: keywords, value }), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items: ResultItem[]) => {
        const text = formatAuthenticationResults('mx.example.net', items)
        expect(read(text).items).toEqual(items)
      }),
      { numRuns: 1000 },
    )
  })

  test('AR-005 lines stay under 78 where values allow, and nothing hostile gets out of its quotes', () => {
    const text = formatAuthenticationResults('mx.example.net', [
      {
        method: 'spf',
        methodVersion: 1,
        result: 'pass',
        reason: 'a"\r\nX-Evil: b',
        properties: [{ type: 'smtp', name: 'mailfrom', value: 'example.org' }],
      },
      {
        method: 'dmarc',
        methodVersion: 1,
        result: 'fail',
        reason: null,
        properties: [{ type: 'policy', name: 'dmarc', value: 'reject' }],
      },
    ])
    expect(text).toBe(
      'mx.example.net;\r\n\tspf=pass reason="a\\"??X-Evil: b" smtp.mailfrom=example.org;\r\n\tdmarc=fail policy.dmarc=reject',
    )
  })
})

test('a reason at the limit is written whole, one above is cut', () => {
  for (const more of [0, 1]) {
    const reason = 'r'.repeat(reasonLimit + more)
    const text = formatAuthenticationResults('mx', [
      { method: 'dkim', methodVersion: 1, result: 'neutral', reason, properties: [] },
    ])
    expect(read(text).items[0]?.reason).toBe('r'.repeat(reasonLimit))
  }
})

describe('forged fields', () => {
  const fields = (...values: string[]): RawField[] =>
    values.map(value => ({ name: 'authentication-results', text: `Authentication-Results:${value}` }))

  test('AR-050 fields that claim our id are found, in any case and behind comments', () => {
    expect(
      forgedResults(fields(' mx.example.org; none', ' other.example; none', ' (x) MX.Example.ORG 1; spf=pass'), [
        'mx.example.org',
      ]),
    ).toEqual([0, 2])
  })

  test('AR-050 in internationalised form too', () => {
    expect(forgedResults(fields(' b\u00fccher.example; none'), ['xn--bcher-kva.example'])).toEqual([0])
  })

  test('AR-051 an unknown version goes, whoever claims it', () =>
    expect(forgedResults(fields(' other.example 7; x'), ['mx.example.org'])).toEqual([0]))

  test('AR-053 an unreadable field that could be ours goes, another stays', () => {
    expect(
      forgedResults(fields(' "mx.example.org; spf=pass', ' "other.example; spf=pass'), ['mx.example.org']),
    ).toEqual([0])
  })
})
