import { describe, expect, test } from 'vitest'
import { coveringPattern, matchesMxPattern } from './mx-pattern.ts'

describe('patterns of MX names', () => {
  test('STS-062 a wildcard covers exactly one label, a name only itself', () => {
    expect(matchesMxPattern('*.example.com', 'mail.example.com')).toBe(true)
    expect(matchesMxPattern('*.example.com', 'example.com')).toBe(false)
    expect(matchesMxPattern('*.example.com', 'a.b.example.com')).toBe(false)
    expect(matchesMxPattern('*.example.com', '.example.com')).toBe(false)
    expect(matchesMxPattern('mx.example.com', 'mx.example.com')).toBe(true)
    expect(matchesMxPattern('mx.example.com', 'mx.example.com.evil.net')).toBe(false)
    expect(matchesMxPattern('mx.example.com', 'notmx.example.com')).toBe(false)
    expect(matchesMxPattern('*.example.com', 'mailexample.com')).toBe(false)
  })

  test('STS-033 case and the final dot make no difference', () => {
    expect(matchesMxPattern('MX.Example.com.', 'mx.example.COM')).toBe(true)
    expect(matchesMxPattern('*.example.com', 'MX.EXAMPLE.COM.')).toBe(true)
  })

  test('STS-035 a pattern in the form of an address matches nothing, not even its own text', () => {
    expect(matchesMxPattern('192.0.2.1', '192.0.2.1')).toBe(false)
  })

  test('STS-072 the null MX is covered by no pattern', () => {
    expect(coveringPattern(['*.example.com', 'example.com'], '')).toBe(null)
    expect(coveringPattern(['*.example.com', 'example.com'], 'example.com')).toBe('example.com')
  })
})
