import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { authorDomainsLimit, fromOctetsLimit, readAuthor } from './author-domain.ts'

const from = (...values: string[]) => readAuthor(values.map(value => ({ name: 'from', text: `From: ${value}` })))
const domains = (value: string) => {
  const author = from(value)
  return author.kind === 'domains' ? author.domains : author.kind === 'malformed' ? author.code : author.kind
}

describe('DMARC-020 the Author Domain of a well-formed field', () => {
  const cases: readonly (readonly [value: string, expected: readonly string[]])[] = [
    ['a@example.org', ['example.org']],
    ['A Name <a@Example.ORG>', ['example.org']],
    ['"Name, Other <x@evil.example>" <a@example.org>', ['example.org']],
    ['=?utf-8?q?x=40evil=2Eexample?= <a@example.org>', ['example.org']],
    ['"a@b"@example.org', ['example.org']],
    ['A (comment <x@evil.example>) <a@example.org> (more)', ['example.org']],
    ['A\r\n <a@example.org>', ['example.org']],
    ['J. R. Hacker <a.b@example.org>', ['example.org']],
    ['a@example.org <a@example.org>', ['example.org']],
    ['a@b\u00c3\u00bccher.example', ['xn--bcher-kva.example']],
    ['a@example.org, b@example.org', ['example.org']],
    ['a@example.org, B <b@example.net>', ['example.org', 'example.net']],
    ['Group: a@example.org, b@example.net;', ['example.org', 'example.net']],
    ['a@localhost', ['localhost']],
  ]
  for (const [value, expected] of cases) test(JSON.stringify(value), () => expect(domains(value)).toEqual(expected))
})

describe('DMARC-021, DMARC-024 no domain', () => {
  for (const value of ['Undisclosed:;', 'a@[192.0.2.1]', 'a@[IPv6:2001:db8::1]'])
    test(value, () => expect(domains(value)).toBe('none'))
})

describe('DMARC-023 what readers could show in two ways is malformed', () => {
  const cases: readonly (readonly [value: string, code: string])[] = [
    ['', 'from-syntax'],
    ['a', 'from-syntax'],
    ['<a@victim.example>b@evil.example', 'from-syntax'],
    ['<a@victim.example> <b@evil.example>', 'from-syntax'],
    ['victim@victim.example <b@evil.example>', 'from-ambiguous-name'],
    ['<@victim.example:b@evil.example>', 'from-route'],
    ['a@victim.example@evil.example', 'from-domain'],
    ['a@victim.example\u0000.evil.example', 'from-control'],
    ['a@victim.example\n b@evil.example', 'from-control'],
    ['a@victim(x).example', 'from-domain'],
    ['a@victim .example', 'from-domain'],
    ['a@.example', 'from-domain'],
    ['a@example.org.', 'from-domain'],
    ['a@"victim.example"', 'from-domain'],
    ['a@\u00ff.example', 'from-charset'],
    ['"a <a@victim.example>', 'from-syntax'],
    ['(a a@victim.example', 'from-syntax'],
    ['a@victim.example;', 'from-syntax'],
    ['Group: a@victim.example', 'from-syntax'],
    ['a b@victim.example', 'from-syntax'],
    ['=?utf-8?q?a=40victim=2Eexample?=', 'from-syntax'],
    ['a@victim.example,', 'from-syntax'],
  ]
  for (const [value, code] of cases) test(JSON.stringify(value), () => expect(domains(value)).toBe(code))

  test('no field, and several', () => {
    expect(from()).toMatchObject({ kind: 'malformed', code: 'from-missing' })
    expect(from('a@example.org', 'a@example.org')).toMatchObject({ kind: 'malformed', code: 'from-repeated' })
  })
})

describe('limits', () => {
  test('as many domains as are evaluated, and one more', () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => `a@x${index}.example`).join(', ')
    expect(domains(list(authorDomainsLimit))).toHaveLength(authorDomainsLimit)
    expect(domains(list(authorDomainsLimit + 1))).toBe('from-domains-limit')
  })

  test('octets at the limit and one above', () => {
    const value = (octets: number) => `${'x'.repeat(octets - 17)} <a@example.org>`
    expect(domains(value(fromOctetsLimit))).toEqual(['example.org'])
    expect(domains(value(fromOctetsLimit + 1))).toBe('from-long')
  })
})

test('any field is read without throwing, and a domain that is found stands in the field', () => {
  const word = fc.constantFrom(
    'a',
    '@',
    '<',
    '>',
    ',',
    ';',
    ':',
    '"',
    '(',
    ')',
    '[',
    ']',
    '\\',
    '.',
    ' ',
    'victim.example',
    'evil.example',
    '\r\n ',
    '\u0000',
    '\u00e9',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), words => {
      const value = words.join('')
      const author = from(value)
      return (
        author.kind !== 'domains' ||
        author.domains.every(domain => domain.startsWith('xn--') || value.includes(domain) || /[^\0-\x7f]/.test(value))
      )
    }),
    { numRuns: 5000 },
  )
})
