import type { DomainRow } from '@letterlock/contract'
import { describe, expect, test } from 'vitest'
import { sortedDomains } from './domain-order.ts'
import { noOutcomes } from './outcome-counts.ts'

function row(name: string, more: Partial<DomainRow> = {}): DomainRow {
  return {
    name,
    type: 'sending',
    tags: [],
    isTracked: true,
    policy: { rfc9989: 'unknown', rfc7489: 'unknown' },
    messages: 0,
    outcome: noOutcomes(),
    senders: 0,
    reporters: 0,
    firstDay: null,
    newestDay: null,
    tls: null,
    ...more,
  }
}

const rows: readonly DomainRow[] = [
  row('c.example', {
    messages: 10,
    outcome: { ...noOutcomes(), aligned: 9 },
    policy: { rfc9989: 'reject', rfc7489: 'reject' },
    senders: 1,
    newestDay: '2026-11-20',
    tls: { successful: 1, failed: 1 },
  }),
  row('silent.example'),
  row('a.example', {
    messages: 10,
    outcome: { ...noOutcomes(), aligned: 10 },
    policy: { rfc9989: 'none', rfc7489: 'reject' },
    senders: 3,
    newestDay: '2026-11-22',
  }),
  row('b.example', {
    messages: 70,
    outcome: { ...noOutcomes(), aligned: 7 },
    policy: { rfc9989: 'quarantine', rfc7489: 'quarantine' },
    senders: 2,
    newestDay: '2026-11-21',
    tls: { successful: 0, failed: 0 },
  }),
]

const names = (sorted: readonly DomainRow[]) => sorted.map(({ name }) => name.split('.')[0]).join(' ')

describe('the order of domains', () => {
  test.each([
    ['messages', 'b a c silent'],
    ['name', 'a b c silent'],
    ['policy', 'a b c silent'],
    ['aligned', 'b c a silent'],
    ['senders', 'a b c silent'],
    ['tls', 'c b a silent'],
    ['newest', 'a b c silent'],
  ] as const)('%s: what needs a look first, equal ones by messages and name', (sort, expected) => {
    expect(names(sortedDomains(rows, sort))).toBe(expected)
  })

  test.each([
    ['messages', 'up', 'silent a c b'],
    ['policy', 'down', 'c b a silent'],
    ['aligned', 'down', 'a c b silent'],
    ['newest', 'up', 'c b a silent'],
  ] as const)('%s %s: what has nothing to compare stays last', (sort, direction, expected) => {
    expect(names(sortedDomains(rows, sort, direction))).toBe(expected)
  })
})
