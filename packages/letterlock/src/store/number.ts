/** What the databases give for an integer or a sum: SQLite number or bigint, PostgreSQL text. */
export type StoredNumber = number | bigint | string

/**
 * The one conversion of stored integers. Sums can pass 2^53 (a hostile report may claim 2^40 messages, and many may
 * come); such a sum is rounded to the nearest double, which is exact enough to show and never throws.
 */
export function toNumber(value: StoredNumber): number {
  return typeof value === 'number' ? value : Number(value)
}
