import type { AuthenticationResults, ResultItem } from './parse.ts'

/**
 * Methods and their results as registered (RFC 8601 s2.7 and s6; dmarc by RFC 9989 s9, arc by RFC 8617 s10.1): nothing
 * else is written, and nothing else is relied upon (AR-010, AR-055).
 */
export const registeredResults: Readonly<Record<string, readonly string[]>> = {
  auth: ['none', 'pass', 'fail', 'temperror', 'permerror'],
  spf: ['none', 'pass', 'fail', 'softfail', 'policy', 'neutral', 'temperror', 'permerror'],
  dkim: ['none', 'pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'],
  dmarc: ['none', 'pass', 'fail', 'temperror', 'permerror'],
  arc: ['none', 'pass', 'fail'],
  iprev: ['pass', 'fail', 'temperror', 'permerror'],
}

/** Property types as registered (RFC 8601 s2.3); names under `policy` are free. */
export const registeredTypes: ReadonlySet<string> = new Set(['smtp', 'header', 'body', 'policy'])

/**
 * The items of a field that may be relied upon, where its authserv-id is trusted: those of a method, a version and a
 * result that are known, without a property of an unknown type (RFC 8601 s2.3, s2.6, s4.1). The others are not an error.
 */
export function registeredItems({ items }: AuthenticationResults): readonly ResultItem[] {
  return items.filter(
    ({ method, methodVersion, result, properties }) =>
      methodVersion === 1 &&
      Object.hasOwn(registeredResults, method) &&
      registeredResults[method]?.includes(result) === true &&
      properties.every(({ type }) => registeredTypes.has(type)),
  )
}
