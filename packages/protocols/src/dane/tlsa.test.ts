import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { formatTlsa, type TlsaData, usableTlsa, whyUnusable } from './tlsa.ts'

const sha256 = createHash('sha256').update('key').digest()
const sha512 = createHash('sha512').update('key').digest()
const tlsa = (usage: number, selector: number, matchingType: number, data: Uint8Array): TlsaData => ({
  usage,
  selector,
  matchingType,
  data,
})

describe('TLSA records', () => {
  test('DANE-018 unknown parameters and digests of another length are unusable', () => {
    expect(whyUnusable(tlsa(3, 1, 1, sha256))).toBe(null)
    expect(whyUnusable(tlsa(2, 0, 2, sha512))).toBe(null)
    expect(whyUnusable(tlsa(4, 1, 1, sha256))).toBe('tlsa-usage-unknown')
    expect(whyUnusable(tlsa(255, 1, 1, sha256))).toBe('tlsa-usage-unknown')
    expect(whyUnusable(tlsa(3, 2, 1, sha256))).toBe('tlsa-selector-unknown')
    expect(whyUnusable(tlsa(3, 1, 3, sha256))).toBe('tlsa-matching-type-unknown')
    expect(whyUnusable(tlsa(3, 1, 1, sha512))).toBe('tlsa-digest-length')
    expect(whyUnusable(tlsa(3, 1, 2, sha256))).toBe('tlsa-digest-length')
    expect(whyUnusable(tlsa(3, 1, 0, new Uint8Array()))).toBe('tlsa-data-empty')
  })

  test('DANE-019 usages 0 and 1 are unusable for SMTP', () => {
    expect([0, 1].map(usage => whyUnusable(tlsa(usage, 1, 1, sha256)))).toEqual(['tlsa-usage-pkix', 'tlsa-usage-pkix'])
  })

  test('DANE-020 DANE-021 of several digests the strongest per usage and selector counts, beside whole data', () => {
    const whole = tlsa(3, 1, 0, Buffer.from('whole'))
    const weak = tlsa(3, 1, 1, sha256)
    const strong = tlsa(3, 1, 2, sha512)
    const other = tlsa(2, 1, 1, sha256)
    expect(usableTlsa([whole, weak, strong, other])).toEqual({
      usable: [whole, strong, other],
      aside: [{ record: weak, reason: 'tlsa-weaker-digest' }],
    })
  })

  test('DANE-020 a strong digest that is unusable does not displace a weaker one that is not', () => {
    const weak = tlsa(3, 1, 1, sha256)
    const broken = tlsa(3, 1, 2, sha256)
    expect(usableTlsa([weak, broken]).usable).toEqual([weak])
  })

  test('DANE-058 the text of a record is three integers and hex', () => {
    expect(formatTlsa(tlsa(3, 1, 1, Uint8Array.of(0x0a, 0xff)))).toBe('3 1 1 0aff')
  })
})
