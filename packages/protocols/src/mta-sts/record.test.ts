import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatStsRecord, parseStsRecord, selectStsRecord, stsIdAt } from './record.ts'
import { versionedRecordLimit } from './versioned-record.ts'

function idOf(texts: readonly string[], lenient = false): string {
  const selected = selectStsRecord(texts, { lenient })
  return selected.kind === 'record' ? selected.record.id : selected.kind
}

function faultOf(text: string): string | null {
  const parsed = parseStsRecord(text)
  return parsed.ok ? null : parsed.fault.code
}

describe('the TXT record of MTA-STS', () => {
  test('STS-001 STS-002 the example of RFC 8461 s3.1 is read', () => {
    expect(idOf(['v=STSv1; id=20160831085700Z;'])).toBe('20160831085700Z')
  })

  test('STS-002 the version is exact: other case, blanks round the equals sign, and longer versions are no record', () => {
    for (const text of ['v=stsv1; id=1;', 'V=STSv1; id=1;', 'v = STSv1; id=1;', 'v=STSv10; id=1;', ' v=STSv1; id=1;'])
      expect(idOf([text])).toBe('none')
  })

  test('STS-003 an id of 32 characters is legal, one of 33 or of none is not', () => {
    expect(idOf([`v=STSv1; id=${'a'.repeat(32)}`])).toBe('a'.repeat(32))
    expect(faultOf(`v=STSv1; id=${'a'.repeat(33)}`)).toBe('sts-id-value')
    expect(faultOf('v=STSv1; id=')).toBe('sts-id-value')
  })

  test('STS-004 blanks and tabs round the semicolon are fine, the final one is optional', () => {
    expect(idOf(['v=STSv1;\tid=7 \t; x=1'])).toBe('7')
    expect(idOf(['v=STSv1;id=7'])).toBe('7')
    expect(idOf(['v=STSv1; id=7; '])).toBe('7')
  })

  test('STS-005 STS-097 what is published has no blank before the first semicolon and an id by the second', () => {
    const id = stsIdAt(Date.UTC(2026, 10, 24, 9, 5, 7, 250))
    expect(id).toBe('20261124090507Z')
    expect(formatStsRecord(id)).toBe('v=STSv1; id=20261124090507Z;')
  })

  test('STS-011 records of other kinds are dropped, of several of this kind none counts', () => {
    expect(idOf(['google-site-verification=1', 'v=STSv1; id=1;', 'v=spf1 -all'])).toBe('1')
    expect(idOf(['v=STSv1; id=1;', 'v=STSv1; id=2;'])).toBe('several')
    expect(idOf(['v=STSv1; id=1;', 'v=STSv1; broken'])).toBe('several')
    expect(idOf([])).toBe('none')
  })

  test('STS-012 a blank before the first semicolon counts alone, beside others only where lenient', () => {
    expect(idOf(['v=STSv1 ; id=1;'])).toBe('1')
    expect(idOf(['v=STSv1 ; id=1;', 'other'])).toBe('none')
    expect(idOf(['v=STSv1 ; id=1;', 'other'], true)).toBe('1')
    expect(idOf(['v=STSv1 ; id=1;', 'v=STSv1; id=2;'], true)).toBe('2')
    expect(idOf(['v=STSv1 ; id=1;', 'v=STSv1\t; id=2;'], true)).toBe('several')
    const parsed = parseStsRecord('v=STSv1 ; id=1;')
    expect(parsed.ok && parsed.value.deviations.map(deviation => deviation.code)).toEqual([
      'record-blank-after-version',
    ])
  })

  test('STS-013 unknown fields are ignored, order is free, and the first of a repeated field counts even if illegal', () => {
    expect(idOf(['v=STSv1; ext.1_a-b=x:y; id=1; id=2'])).toBe('1')
    expect(faultOf('v=STSv1; id=not legal; id=2')).toBe('sts-id-value')
  })

  test('STS-015 a missing id, an extension that breaks its grammar and an empty field make the record invalid', () => {
    expect(faultOf('v=STSv1')).toBe('sts-id-missing')
    expect(faultOf('v=STSv1;')).toBe('sts-id-missing')
    expect(faultOf('v=STSv1; id=1;;')).toBe('record-field-empty')
    expect(faultOf('v=STSv1;; id=1')).toBe('record-field-empty')
    for (const field of ['x', 'x=', '_x=1', 'x=a=b', 'x=a b', `${'x'.repeat(33)}=1`, 'x=\u0080'])
      expect(faultOf(`v=STSv1; id=1; ${field};`)).toBe('record-field-syntax')
    expect(faultOf(`v=STSv1; id=1; ${'x'.repeat(32)}=1;`)).toBe(null)
  })

  test('STS-015 the looser reading leaves the broken field out and says so', () => {
    const parsed = parseStsRecord('v=STSv1; broken; id=1;;', { lenient: true })
    expect(parsed.ok && parsed.value.id).toBe('1')
    expect(parsed.ok && parsed.value.deviations.map(deviation => deviation.code)).toEqual([
      'record-field-ignored',
      'record-field-ignored',
    ])
  })

  test('STS-017 a record at the limit of length is read, one above is not', () => {
    const padded = (length: number) => `v=STSv1; id=1; x=${'y'.repeat(length - 'v=STSv1; id=1; x='.length)}`
    expect(faultOf(padded(versionedRecordLimit))).toBe(null)
    expect(faultOf(padded(versionedRecordLimit + 1))).toBe('record-limit')
  })

  test('no text makes the reader throw, and every fault lies within the text', () => {
    const pieces = fc.constantFrom('v=STSv1', ';', ' ', '\t', 'id', '=', 'a', ',', '\u00ff', 'x=1', 'v=STSv1;')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), parts => {
        const text = `v=STSv1;${parts.join('')}`
        const parsed = parseStsRecord(text)
        if (!parsed.ok) expect(parsed.fault.at).toBeLessThanOrEqual(text.length)
        else expect(parsed.value.id).toMatch(/^[A-Za-z0-9]{1,32}$/)
        selectStsRecord(parts)
      }),
    )
  })
})
