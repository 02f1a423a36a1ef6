import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTlsRptRecord, selectTlsRptRecord } from './record.ts'

function ruaOf(texts: readonly string[], lenient = false): readonly string[] | string {
  const selected = selectTlsRptRecord(texts, { lenient })
  if (selected.kind === 'record') return selected.record.rua.map(uri => uri.text)
  return selected.kind === 'invalid' ? selected.fault.code : selected.kind
}

describe('the TXT record of TLS-RPT', () => {
  test('TLSRPT-001 TLSRPT-002 the examples of RFC 8460 s3 are read', () => {
    expect(ruaOf(['v=TLSRPTv1;rua=mailto:reports@example.com'])).toEqual(['mailto:reports@example.com'])
    expect(ruaOf(['v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt'])).toEqual([
      'https://reporting.example.com/v1/tlsrpt',
    ])
  })

  test('TLSRPT-002 several URIs stand between commas with or without blanks', () => {
    expect(ruaOf(['v=TLSRPTv1; rua=mailto:a@example.com , https://b.example/x,mailto:c@example.com;'])).toEqual([
      'mailto:a@example.com',
      'https://b.example/x',
      'mailto:c@example.com',
    ])
  })

  test('TLSRPT-002 version and field name are exact in case', () => {
    expect(ruaOf(['v=tlsrptv1; rua=mailto:a@example.com'])).toBe('none')
    expect(ruaOf(['v=TLSRPTv1; RUA=mailto:a@example.com'])).toBe('tls-rpt-rua-missing')
  })

  test('TLSRPT-003 an exclamation mark is percent-encoded, and other schemes are no destination', () => {
    expect(ruaOf(['v=TLSRPTv1; rua=mailto:a%21b@example.com'])).toEqual(['mailto:a%21b@example.com'])
    expect(ruaOf(['v=TLSRPTv1; rua=http://a.example/'])).toBe('tls-rpt-rua-unusable')
  })

  test('TLSRPT-005 texts of other kinds are dropped; of several records none counts', () => {
    expect(ruaOf(['x', 'v=TLSRPTv1; rua=mailto:a@example.com'])).toEqual(['mailto:a@example.com'])
    expect(ruaOf(['v=TLSRPTv1; rua=mailto:a@example.com', 'v=TLSRPTv1; rua=mailto:b@example.com'])).toBe('several')
  })

  test('TLSRPT-005 a record that holds more is accepted', () => {
    expect(ruaOf(['v=TLSRPTv1; x=1; rua=mailto:a@example.com; y=2'])).toEqual(['mailto:a@example.com'])
  })

  test('TLSRPT-006 no or empty rua is no TLS-RPT; bad URIs are skipped and told, others used', () => {
    expect(ruaOf(['v=TLSRPTv1;'])).toBe('tls-rpt-rua-missing')
    expect(ruaOf(['v=TLSRPTv1; rua='])).toBe('tls-rpt-rua-unusable')
    const parsed = parseTlsRptRecord('v=TLSRPTv1; rua=ftp://x.example,mailto:nobody,mailto:a@example.com')
    expect(parsed.ok && parsed.value.rua.map(uri => uri.text)).toEqual(['mailto:a@example.com'])
    expect(parsed.ok && parsed.value.deviations.map(deviation => deviation.code)).toEqual([
      'tls-rpt-uri',
      'tls-rpt-uri',
    ])
  })

  test('TLSRPT-006 the first of a repeated rua counts, blanks at the end are tolerated, an empty field is not', () => {
    expect(ruaOf(['v=TLSRPTv1; rua=mailto:a@example.com; rua=mailto:b@example.com'])).toEqual(['mailto:a@example.com'])
    expect(ruaOf(['v=TLSRPTv1; rua=mailto:a@example.com  '])).toEqual(['mailto:a@example.com'])
    expect(ruaOf(['v=TLSRPTv1;; rua=mailto:a@example.com'])).toBe('record-field-empty')
    expect(ruaOf(['v=TLSRPTv1;; rua=mailto:a@example.com'], true)).toEqual(['mailto:a@example.com'])
    expect(ruaOf(['v=TLSRPTv1 ; rua=mailto:a@example.com'])).toEqual(['mailto:a@example.com'])
    expect(ruaOf(['v=TLSRPTv1 ; rua=mailto:a@example.com', 'x'])).toBe('none')
  })

  test('no text makes the reader throw', () => {
    const pieces = fc.constantFrom(
      ';',
      ' ',
      'rua',
      '=',
      'mailto:',
      'https://',
      'a@b.example',
      ',',
      '!',
      '%',
      '\u00ff',
      '[',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), parts => {
        const parsed = parseTlsRptRecord(`v=TLSRPTv1;${parts.join('')}`)
        if (parsed.ok) expect(parsed.value.rua.length).toBeGreaterThan(0)
      }),
    )
  })
})
