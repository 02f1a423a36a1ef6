import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isDmarcRecord, parseDmarcRecord, tagsLimit } from './record.ts'
import { parseReportUris, reportUrisLimit } from './report-uri.ts'

const read = (text: string) => {
  const record = parseDmarcRecord(text)
  if (record === null) throw new Error(`${text} is no record`)
  return record
}
const codes = (text: string) => read(text).deviations.map(deviation => deviation.code)

describe('version', () => {
  test('DMARC-003 exactly DMARC1, first', () => {
    for (const text of ['v=DMARC1', 'v=DMARC1;', 'v = DMARC1 ; p=none', 'V=DMARC1'])
      expect(isDmarcRecord(text)).toBe(true)
    for (const text of ['v=dmarc1; p=none', 'v=DMARC1.0', 'v=DMARC2', 'p=none; v=DMARC1', '', 'v=DMARC1 p=none'])
      expect(isDmarcRecord(text)).toBe(false)
  })

  test('DMARC-009 blanks before v make it no record', () => expect(isDmarcRecord(' v=DMARC1')).toBe(false))
})

describe('tags', () => {
  test('defaults of RFC 9989 s4.7', () => {
    expect(read('v=DMARC1')).toMatchObject({
      p: null,
      sp: null,
      np: null,
      adkim: 'r',
      aspf: 'r',
      psd: 'u',
      testing: false,
      fo: ['0'],
      pct: 100,
      rua: [],
    })
  })

  test('DMARC-004 unknown and historic tags are ignored and told', () => {
    expect(codes('v=DMARC1; p=none; x=1; ri=86400; rf=afrf')).toEqual([
      'dmarc-tag-unknown',
      'dmarc-tag-historic',
      'dmarc-tag-historic',
    ])
  })

  test('DMARC-005 a bad value keeps the default', () => {
    expect(read('v=DMARC1; p=none; adkim=x; t=maybe; psd=?')).toMatchObject({ adkim: 'r', testing: false, psd: 'u' })
  })

  test('DMARC-007 values and names without regard to case', () => {
    expect(read('v=DMARC1; P=Reject; ADKIM=S; T=Y')).toMatchObject({ p: 'reject', adkim: 's', testing: true })
    expect(codes('v=DMARC1; P=reject')).toEqual(['dmarc-tag-case'])
  })

  test('DMARC-008 the first of a repeated tag counts', () => {
    expect(read('v=DMARC1; p=none; p=reject').p).toBe('none')
    expect(codes('v=DMARC1; p=none; p=reject')).toEqual(['dmarc-tag-repeated'])
  })

  test('DMARC-009 a missing semicolon makes one bad value, an empty element is skipped', () => {
    expect(read('v=DMARC1; p=none sp=reject')).toMatchObject({ p: 'invalid', sp: null })
    expect(read('v=DMARC1;; p=none;').p).toBe('none')
  })

  test('DMARC-091 blanks at the end are dropped, an empty value is there and invalid', () => {
    expect(read('v=DMARC1; p=none \t; sp= ').p).toBe('none')
    expect(read('v=DMARC1; p=').p).toBe('invalid')
  })

  test('octets outside the grammar spoil their tag only', () => {
    expect(read('v=DMARC1; p=reject\u0000; sp=none')).toMatchObject({ p: null, sp: 'none' })
  })

  test('a record at the limit of tags is read whole, the tag above is not', () => {
    const tags = (count: number) => `v=DMARC1; ${'x=1; '.repeat(count - 2)}p=reject`
    expect(read(tags(tagsLimit)).p).toBe('reject')
    expect(read(tags(tagsLimit + 1))).toMatchObject({ p: null })
    expect(codes(tags(tagsLimit + 1))).toContain('dmarc-tags-limit')
  })

  test('fo: 0 and 1 exclude each other, unknown options are left out', () => {
    expect(read('v=DMARC1; fo=1:d:s; ruf=mailto:f@example.org').fo).toEqual(['1', 'd', 's'])
    expect(codes('v=DMARC1; fo=0:1')).toEqual(['dmarc-value'])
    expect(read('v=DMARC1; fo=q; ruf=mailto:f@example.org').fo).toEqual(['0'])
  })
})

describe('report URIs', () => {
  const addresses = (list: string) => parseReportUris(list).good.map(uri => uri.address ?? uri.text)

  test('DMARC-012 percent-encoding is undone, a bare exclamation mark is no URI', () => {
    expect(addresses('mailto:a%2Cb@example.org')).toEqual(['a,b@example.org'])
    expect(addresses('mailto:a!b@example.org')).toEqual([])
  })

  test('DMARC-013 the size suffix is ignored', () => {
    expect(addresses('mailto:d@example.org!10m,mailto:e@example.org!5')).toEqual(['d@example.org', 'e@example.org'])
  })

  test('DMARC-018 bad URIs are left out, header fields ignored, one address each', () => {
    const { good, bad } = parseReportUris(
      'mailto:d@example.org?subject=x, d@example.org, mailto:a@b.example,c@d.example, mailto:j\u00f6rg@example.org',
    )
    expect(good.map(uri => uri.address)).toEqual(['d@example.org', 'a@b.example'])
    expect(bad).toHaveLength(3)
  })

  test('a list at the limit is read, one above is cut and told', () => {
    const list = (count: number) => Array.from({ length: count }, () => 'mailto:d@example.org').join(',')
    expect(parseReportUris(list(reportUrisLimit)).bad).toEqual([])
    expect(parseReportUris(list(reportUrisLimit + 1))).toMatchObject({
      good: { length: reportUrisLimit },
      bad: [{ code: 'dmarc-uri-limit' }],
    })
  })
})

test('any text is read without throwing, and never towards a weaker or stronger policy than written', () => {
  const word = fc.constantFrom(
    'p',
    'sp',
    'np',
    '=',
    ';',
    ' ',
    'reject',
    'none',
    'quarantine',
    't',
    'y',
    'rua',
    'mailto:',
    'a@b.example',
    ',',
    '%',
    '\u0000',
    '\u00ff',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), words => {
      const record = parseDmarcRecord(`v=DMARC1;${words.join('')}`)
      if (record === null) return false
      const isWritten = (policy: string | null) =>
        policy === null || policy === 'invalid' || words.join('').includes(policy)
      return isWritten(record.p) && isWritten(record.sp) && isWritten(record.np)
    }),
    { numRuns: 3000 },
  )
})
