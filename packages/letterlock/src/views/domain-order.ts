import type { DomainRow, DomainSort, EffectivePolicy } from '@letterlock/contract'

/** What rows are compared by; null: there is nothing to compare, which stands last in either direction. */
type SortValue = number | string | null

/** Steps from the one that keeps the least out. */
const policySteps = { none: 0, quarantine: 1, reject: 2 } as const satisfies Partial<Record<EffectivePolicy, number>>

interface Order {
  readonly of: (row: DomainRow) => SortValue
  /** What needs a look stands first. */
  readonly direction: 'up' | 'down'
}

const orders: Readonly<Record<DomainSort, Order>> = {
  messages: { of: row => row.messages, direction: 'down' },
  name: { of: row => row.name, direction: 'up' },
  policy: { of: policyValue, direction: 'up' },
  aligned: { of: row => share(row.outcome.aligned, row.messages), direction: 'up' },
  senders: { of: row => (row.newestDay === null ? null : row.senders), direction: 'down' },
  tls: {
    of: row => (row.tls === null ? null : share(row.tls.successful, row.tls.successful + row.tls.failed)),
    direction: 'up',
  },
  newest: { of: row => row.newestDay, direction: 'down' },
}

/** The weaker of both generations. */
function policyValue({ policy }: DomainRow): SortValue {
  const steps = [policy.rfc9989, policy.rfc7489].flatMap(step => (step === 'unknown' ? [] : [policySteps[step]]))
  return steps.length === 0 ? null : Math.min(...steps)
}

function share(part: number, whole: number): SortValue {
  return whole === 0 ? null : part / whole
}

/** Domains in an order; equal ones by messages, then by name. */
export function sortedDomains(
  rows: readonly DomainRow[],
  sort: DomainSort,
  direction: 'up' | 'down' = orders[sort].direction,
): readonly DomainRow[] {
  const { of } = orders[sort]
  const sign = direction === 'up' ? 1 : -1
  return [...rows].sort((a, b) => compared(of(a), of(b), sign) || b.messages - a.messages || (a.name < b.name ? -1 : 1))
}

function compared(a: SortValue, b: SortValue, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return a === b ? 0 : a < b ? -sign : sign
}
