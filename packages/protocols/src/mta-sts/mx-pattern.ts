import { domainNameLimit } from '../domain-name.ts'

/** A pattern of a policy, ready to be compared. */
export interface MxPattern {
  /** Lower case, without a final dot. */
  readonly text: string
  /** The form of an IPv4 address, which no MX name matches (STS-035). */
  readonly isAddress: boolean
}

/** RFC 5321 s4.1.2, Domain: letters, digits and inner hyphens. An underscore is none of them. */
const domain = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const ipv4Form = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/

/** Reads a pattern (STS-023): a domain name as A-labels, or `*.` and one. Null where it is neither. */
export function readMxPattern(value: string): MxPattern | null {
  if (value.length > domainNameLimit + 3) return null
  const lower = value.toLowerCase()
  const text = lower.endsWith('.') ? lower.slice(0, -1) : lower
  const name = text.startsWith('*.') ? text.slice(2) : text
  return name.length <= domainNameLimit && domain.test(name) ? { text, isAddress: ipv4Form.test(name) } : null
}

/**
 * Whether a pattern covers the name of an MX record (STS-062): the same name, or `*.` for exactly one leftmost label.
 * The name is the one in the MX record, not what it is an alias of (STS-072).
 */
export function matchesMxPattern(pattern: string, mxName: string): boolean {
  const read = readMxPattern(pattern)
  const name = mxName.toLowerCase().replace(/\.$/, '')
  if (read === null || read.isAddress || name === '') return false
  if (!read.text.startsWith('*.')) return read.text === name
  const dot = name.indexOf('.')
  return dot > 0 && name.slice(dot) === read.text.slice(1)
}

/** The first pattern that covers the name; null where none does. */
export function coveringPattern(patterns: readonly string[], mxName: string): string | null {
  return patterns.find(pattern => matchesMxPattern(pattern, mxName)) ?? null
}
