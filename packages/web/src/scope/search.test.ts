import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apiQuery, formatSearch, parseSearch, type Search, scopeOf, wholePeriod, withFilters } from './search.ts'

const text = fc.string({ minLength: 1, unit: 'grapheme' })
const texts = fc.uniqueArray(text, { minLength: 1, maxLength: 4 })
const filters = fc.uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 })
const search: fc.Arbitrary<Search> = fc.record(
  { domain: texts, reporter: texts, from: texts, to: texts, sender: filters, mx: filters, open: text, key: text },
  { requiredKeys: [] },
)

describe('filters and the URL', () => {
  test('what is written is what is read, for any text in any filter', () => {
    fc.assert(
      fc.property(search, wanted => {
        expect(parseSearch(formatSearch(wanted))).toEqual(wanted)
      }),
    )
  })

  test('the same filters always give the same URL', () => {
    fc.assert(
      fc.property(search, wanted => {
        const url = formatSearch(wanted)
        expect(formatSearch(parseSearch(url))).toBe(url)
      }),
    )
  })

  test('unknown names, empty values of the scope and repeated domains leave nothing behind', () => {
    expect(parseSearch('?x=1&from=&domain=a.example&domain=a.example&domain=')).toEqual({ domain: ['a.example'] })
    expect(formatSearch({})).toBe('')
  })

  test('a link to another screen takes the scope along and leaves the drill-down behind', () => {
    expect(scopeOf(parseSearch('?domain=a.example&from=2026-08-01&to=2026-08-02&sender=ip%3A192.0.2.1'))).toEqual({
      domain: ['a.example'],
      from: ['2026-08-01'],
      to: ['2026-08-02'],
    })
  })

  test('a domain of a link takes the place of the domains of the scope', () => {
    const scope = parseSearch('?domain=a.example&from=2026-08-01')
    expect(withFilters(scope, { domain: ['b.example'], disposition: ['reject', 'quarantine'], other: ['x'] })).toEqual({
      domain: ['b.example'],
      from: ['2026-08-01'],
      disposition: ['reject', 'quarantine'],
    })
  })

  test('everything reported: at most the newest 36,525 days', () => {
    expect(wholePeriod({ from: '2026-01-01', to: '2026-08-19' })).toEqual({ from: ['2026-01-01'], to: ['2026-08-19'] })
    expect(wholePeriod({ from: '2000-01-01', to: '2099-12-31' }).from).toEqual(['2000-01-01'])
    expect(wholePeriod({ from: '1999-12-31', to: '2099-12-31' }).from).toEqual(['2000-01-01'])
  })

  test('an empty drill-down filter means that the reports name none', () => {
    expect(parseSearch('?mx=')).toEqual({ mx: [''] })
    expect(formatSearch({ mx: [''] })).toBe('?mx=')
  })

  test('how a screen shows its data is never part of the request', () => {
    fc.assert(
      fc.property(search, wanted => {
        expect(new URLSearchParams(apiQuery(wanted, 'all')).has('open')).toBe(false)
        expect(new URLSearchParams(apiQuery(wanted)).has('sender')).toBe(false)
      }),
    )
  })
})
