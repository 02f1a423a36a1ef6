import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerBlockLimit, headerFieldsLimit, headerValueLimit, readHeaderBlock } from './header.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

describe('header fields as received', () => {
  it('RFC 5322 s2.2.3: folded values are unfolded, positions are those of the bytes', () => {
    const message = bytes('From: a@example.org\r\nSubject: one\r\n two\r\n\tthree\r\n\r\nbody')
    const header = readHeaderBlock(message)
    expect(header.get('subject')).toBe('one two\tthree')
    const [from, subject] = header.fields
    expect(message.toString('latin1', from?.at, from?.end)).toBe('From: a@example.org')
    expect(message.toString('latin1', subject?.valueAt, subject?.end)).toBe(' one\r\n two\r\n\tthree')
    expect(message.toString('latin1', header.bodyAt)).toBe('body')
  })

  it('lines may end with LF, and a body needs no header', () => {
    expect(readHeaderBlock(bytes('A: 1\nB: 2\n\nbody')).fields.map(field => field.name)).toEqual(['a', 'b'])
    const bare = readHeaderBlock(bytes('\r\nbody'))
    expect([bare.fields.length, bare.bodyAt]).toEqual([0, 2])
    expect(readHeaderBlock(bytes('A: 1')).bodyAt).toBe(4)
  })

  it('the line of an mbox is skipped, stray lines are counted, white space before the colon is allowed', () => {
    const header = readHeaderBlock(bytes('From x@example.org Tue Apr 30\nReceived : a\nno field here\nB: 2\n\n'))
    expect(header.fields.map(field => field.name)).toEqual(['received', 'b'])
    expect(header.strayLines).toBe(1)
  })

  it('octets over 127 are UTF-8, else Latin-1', () => {
    expect(readHeaderBlock(Buffer.from('Subject: Größe\n\n')).get('subject')).toBe('Größe')
    expect(readHeaderBlock(bytes('Subject: Gr\xf6\xdfe\n\n')).get('subject')).toBe('Größe')
  })

  it('a 400 KB folded field is read in time that grows with its length, cut at the limit', () => {
    const folded = (lines: number) => bytes(`Subject: a${'\r\n aaaaaaaaaaaaaaaaaa'.repeat(lines)}\r\n\r\nbody`)
    const start = process.cpuUsage()
    const header = readHeaderBlock(folded(20_000))
    expect(header.get('subject')?.length).toBeLessThanOrEqual(headerValueLimit)
    expect(header.fields.length).toBe(1)
    expect(process.cpuUsage(start).user).toBeLessThan(500_000)
  })

  it('limit: as many fields as allowed are kept, one more is left out and said so', () => {
    const fields = (count: number) => readHeaderBlock(bytes(`${'A: 1\n'.repeat(count)}\nbody`))
    expect(fields(headerFieldsLimit).isCut).toBe(false)
    const cut = fields(headerFieldsLimit + 1)
    expect([cut.isCut, cut.fields.length]).toEqual([true, headerFieldsLimit])
  })

  it('limit: a block of the size allowed is read whole; of a larger one the body is still found', () => {
    const block = (size: number, newline: string) => {
      const end = `${newline}Last: 1${newline}`
      return bytes(`A: ${'x'.repeat(size - end.length - 3)}${end}${newline}body`)
    }
    for (const newline of ['\n', '\r\n']) {
      const full = block(headerBlockLimit - newline.length, newline)
      expect(readHeaderBlock(full)).toMatchObject({ isCut: false, bodyAt: full.length - 4 })
      expect(readHeaderBlock(full).get('last')).toBe('1')
      for (const more of [1, 2, 3, 500_000]) {
        const over = block(headerBlockLimit - newline.length + more, newline)
        expect(readHeaderBlock(over)).toMatchObject({ isCut: true, bodyAt: over.length - 4 })
      }
    }
  })

  it('any bytes give fields inside the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('A:', ' ', '\r\n', '\n', '\t', 'x', ':', '\0', '\xff')), parts => {
        const message = bytes(parts.join(''))
        const header = readHeaderBlock(message)
        expect(header.bodyAt).toBeLessThanOrEqual(message.length)
        for (const field of header.fields) {
          expect(field.at < field.valueAt && field.valueAt <= field.end && field.end <= header.bodyAt).toBe(true)
          header.value(field)
        }
      }),
    )
  })
})
