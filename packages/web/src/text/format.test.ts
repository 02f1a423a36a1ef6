import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDays,
  countDays,
  formatBytes,
  formatDay,
  formatDays,
  formatMoment,
  formatMonth,
  formatPeriod,
  formatShare,
  formatTime,
  parseDay,
  withDays,
} from './format.ts'

describe('shares', () => {
  test('a share never rounds to everything while something is missing, nor to nothing while something is there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }), (one, two) => {
        const part = Math.min(one, two)
        const whole = Math.max(one, two)
        const text = formatShare(part, whole)
        if (part < whole) expect(text).not.toBe('100.0')
        expect(text).not.toBe('0.0')
      }),
    )
    expect(formatShare(999_999, 1_000_000)).toBe('>99.9')
    expect(formatShare(1, 1_000_000)).toBe('<0.1')
  })

  test('a share of nothing is no number', () => {
    expect(formatShare(0, 0)).toBe('–')
    expect(formatShare(0, 7)).toBe('0.0')
    expect(formatShare(7, 7)).toBe('100.0')
  })
})

describe('days and times are UTC', () => {
  test('days as the screens write them', () => {
    expect(formatDay('2026-08-06', 2026)).toBe('6 Aug')
    expect(formatDay('2025-08-06', 2026)).toBe('6 Aug 2025')
    expect(formatMonth('2026-08-06')).toBe('Aug 2026')
    expect(formatDays('2026-08-06', '2026-08-06', 2026)).toBe('6 Aug')
    expect(formatDays('2026-08-06', '2026-08-19', 2026)).toBe('6 – 19 Aug')
    expect(formatDays('2026-07-21', '2026-08-19', 2026)).toBe('21 Jul – 19 Aug')
    expect(formatDays('2025-07-21', '2025-08-19', 2026)).toBe('21 Jul – 19 Aug 2025')
    expect(formatPeriod('2026-07-21', '2026-08-19')).toBe('21 Jul – 19 Aug 2026')
    expect(formatPeriod('2026-08-01', '2026-08-19')).toBe('1 – 19 Aug 2026')
    expect(formatPeriod('2025-07-21', '2026-08-19')).toBe('21 Jul 2025 – 19 Aug 2026')
    expect(formatPeriod('2026-08-19', '2026-08-19')).toBe('19 Aug 2026')
    expect(formatDays('2025-12-31', '2026-01-02', 2026)).toBe('31 Dec 2025 – 2 Jan 2026')
  })

  test('days inside sentences of the API; moments and other numbers stay', () => {
    expect(withDays('since 2025-11-06, newest 2026-11-20.', 2026)).toBe('since 6 Nov 2025, newest 20 Nov.')
    expect(withDays('2026-11-06T10:00:00Z 2026-13-40 12026-11-06')).toBe('2026-11-06T10:00:00Z 2026-13-40 12026-11-06')
  })

  test('times end with Z', () => {
    expect(formatTime('2026-08-19T10:14:59Z')).toBe('10:14Z')
    expect(formatTime('2026-08-19T12:14:59+02:00')).toBe('10:14Z')
    expect(formatMoment('2026-08-19T10:14:59Z')).toBe('19 Aug 2026 10:14Z')
  })

  test('what is no day or time is shown as it is', () => {
    expect(formatDay('2026-02-30')).toBe('2026-02-30')
    expect(parseDay('2026-2-3')).toBeNull()
    expect(formatTime('soon')).toBe('soon')
  })

  test('adding days and counting them agree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 4_000 }), (start, length) => {
        const first = addDays('1990-01-01', start)
        expect(countDays(first, addDays(first, length))).toBe(length + 1)
      }),
    )
  })
})

test('bytes in the unit that keeps them readable', () => {
  expect([0, 912, 7_100, 360_000_000].map(formatBytes)).toEqual(['0 B', '912 B', '7.1 KB', '360 MB'])
})
