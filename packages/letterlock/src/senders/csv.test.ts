import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCsv } from './csv.ts'

const fieldsOf = (text: string) => [...parseCsv(text)].map(record => record.fields)

describe('records of CSV text (RFC 4180 s2)', () => {
  test('fields, line ends, quotes', () => {
    expect(fieldsOf('a,b\r\nc,d')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    expect(fieldsOf('a,b\n')).toEqual([['a', 'b']])
    expect(fieldsOf('"a,""b""\n2",c\nd,e')).toEqual([
      ['a,"b"\n2', 'c'],
      ['d', 'e'],
    ])
    expect(fieldsOf('\ufeffa,\n,b')).toEqual([
      ['a', ''],
      ['', 'b'],
    ])
    expect(fieldsOf('')).toEqual([])
  })

  test('what is not well formed is read as it stands', () => {
    expect(fieldsOf('a"b,c')).toEqual([['a"b', 'c']])
    expect(fieldsOf('"a"b,c')).toEqual([['ab', 'c']])
    expect(fieldsOf('"never closed,\nx')).toEqual([['never closed,\nx']])
    expect(fieldsOf('a\rb')).toEqual([['a\rb']])
  })

  test('a record says on which line it begins', () => {
    expect([...parseCsv('a\n"b\nb"\nc')].map(record => record.line)).toEqual([1, 2, 4])
  })

  test('what is written with every field in quotes comes back', () => {
    const records = fc.array(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(records, rows => {
        const text = rows.map(row => row.map(field => `"${field.replaceAll('"', '""')}"`).join(',')).join('\r\n')
        expect(fieldsOf(text)).toEqual(rows)
      }),
    )
  })

  test('any text is read, and no character is read twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r') }), text => {
        const read = fieldsOf(text).flat().join('').length
        expect(read).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

test('a large text takes time in proportion', () => {
  const time = (rows: number) => {
    const text = '"x""y",b\n'.repeat(rows)
    const before = process.cpuUsage()
    expect([...parseCsv(text)]).toHaveLength(rows)
    return process.cpuUsage(before).user
  }
  time(20_000)
  expect(time(200_000)).toBeLessThan(40 * Math.max(time(20_000), 5000))
})
