import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMessageDate } from './date.ts'

const iso = (text: string) => {
  const date = parseMessageDate(text)
  return date === null ? null : new Date(date.seconds * 1000).toISOString()
}

describe('dates of messages', () => {
  it('RFC 5322 A.1 and A.5: the examples of the document', () => {
    expect(iso('Fri, 21 Nov 1997 09:55:06 -0600')).toBe('1997-11-21T15:55:06.000Z')
    expect(iso('Tue, 1 Jul 2003 10:52:37 +0200')).toBe('2003-07-01T08:52:37.000Z')
    expect(iso('Thu, 13 Feb 1969 23:32 -0330 (Newfoundland Time)')).toBe('1969-02-14T03:02:00.000Z')
    expect(iso('21 Nov 97 09:55:06 GMT')).toBe('1997-11-21T09:55:06.000Z')
  })

  it('report-tolerance 126: dates with the name of a zone', () => {
    expect(iso('Thu, 8 Mar 2005 14:00:00 EDT')).toBe('2005-03-08T18:00:00.000Z')
    expect(iso('Wed, 14 Apr 2010 12:15:31 PDT')).toBe('2010-04-14T19:15:31.000Z')
    expect(iso('Mon, 7 Apr 2025 23:16:09 CEST')).toBe('2025-04-07T21:16:09.000Z')
    expect(iso('Mon, 7 Apr 2025 23:16:09 +0200 (CEST)')).toBe('2025-04-07T21:16:09.000Z')
    expect(parseMessageDate('8 Mar 2005 14:00:00')?.zone).toBe('assumed')
    expect(parseMessageDate('8 Mar 2005 14:00:00 XYZ')?.zone).toBe('assumed')
    expect(parseMessageDate('8 Mar 2005 14:00:00 EDT')?.zone).toBe('name')
  })

  it('the month may stand first, as a reporter writes it', () => {
    expect(iso('Fri, May 09 2017 16:54:30 -0800')).toBe('2017-05-10T00:54:30.000Z')
  })

  it('what is no date, or does not exist, is none', () => {
    for (const text of [
      '',
      'yesterday',
      '31 Feb 2024 00:00:00 Z',
      '1 Foo 2024 00:00:00 Z',
      '1 Jan 2024 25:00 Z',
      '(((',
    ]) {
      expect(parseMessageDate(text)).toBeNull()
    }
  })

  it('reads what the runtime writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 4_000_000_000 }), seconds => {
        expect(parseMessageDate(new Date(seconds * 1000).toUTCString())?.seconds).toBe(seconds)
      }),
    )
  })

  it('any text gives an answer', () => {
    fc.assert(fc.property(fc.string(), text => void parseMessageDate(text)))
  })
})
