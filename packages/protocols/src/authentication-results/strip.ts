import { domainToASCII } from 'node:url'
import type { RawField } from '../dkim/canonical-header.ts'
import { parseAuthenticationResults } from './parse.ts'
import { tokensOf } from './tokens.ts'

/**
 * Places of the Authentication-Results fields that a receiver deletes on arrival (RFC 8601 s5): those that claim one
 * of its authserv-ids, those of an unknown version, and those that cannot be read and might be meant so (AR-050 to
 * AR-053). Fields of others stay; nobody uses them.
 */
export function forgedResults(fields: readonly RawField[], authservIds: readonly string[]): readonly number[] {
  const own = new Set(authservIds.map(comparable))
  return fields.flatMap(({ name, text }, index) =>
    name === 'authentication-results' && isForged(text.slice(text.indexOf(':') + 1), own) ? [index] : [],
  )
}

function isForged(value: string, own: ReadonlySet<string>): boolean {
  const read = parseAuthenticationResults(value)
  if (read.ok) return own.has(comparable(read.value.authservId))
  if (read.fault.code === 'results-version') return true
  // Unreadable: any word of it that is one of ours is reason enough, comments and quotes or not.
  const words = tokensOf(value)?.map(token => token.text) ?? []
  const loose = value.split(/[\s()";=,<>]+/)
  return [...words, ...loose].some(word => own.has(comparable(word)))
}

/** AR-050: without regard to case, in A-labels. */
function comparable(id: string): string {
  const lower = id.toLowerCase()
  return domainToASCII(lower) || lower
}
