import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { domainNameLimit, normaliseDomain } from './domain-name.ts'

describe('domain names as keys', () => {
  test.each([
    ['Example.COM', 'example.com'],
    [' example.com.\n', 'example.com'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['localhost', 'localhost'],
    // RFC 5891 and UTS #46: the A-label of a well-known name.
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('%s is %s', (text, name) => {
    expect(normaliseDomain(text)).toBe(name)
  })

  test.each(['', '.', 'a..b', '.a', 'not a domain', 'user@example.com', 'a/b', 'a<b', '[192.0.2.1]', '=cmd.example'])(
    '"%s" is none',
    text => {
      expect(normaliseDomain(text)).toBeNull()
    },
  )

  test('labels of 63 and names of 253 characters are the longest', () => {
    const label = 'a'.repeat(63)
    expect(normaliseDomain(label)).toBe(label)
    expect(normaliseDomain(`${label}a`)).toBeNull()
    const longest = `${label}.${label}.${label}.${'a'.repeat(domainNameLimit - 3 * 64)}`
    expect(normaliseDomain(longest)).toBe(longest)
    expect(normaliseDomain(`${longest}a`)).toBeNull()
  })

  test('what comes out is ASCII, and stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), text => {
        const name = normaliseDomain(text)
        if (name === null) return
        expect(name).toMatch(/^[a-z0-9_*.-]+$/)
        expect(normaliseDomain(name)).toBe(name)
      }),
      { seed: 20_261_124 },
    )
  })
})
