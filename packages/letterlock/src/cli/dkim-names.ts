import { normaliseDomain } from '@letterlock/protocols'
import type { CommandContext } from './command.ts'
import { usageError } from './exit-code.ts'
import { printable } from './printable.ts'

/** The domain of `--domain` as A-label; null where it is not given. */
export function domainFlag({ flags }: CommandContext): string | null {
  const text = flags.text('domain')
  if (text === undefined) return null
  const domain = normaliseDomain(text)
  // RFC 6376 s3.5: two labels or more.
  if (domain === null || !domain.includes('.'))
    throw usageError(`--domain ${printable(text)} is no domain of two labels or more`)
  return domain
}

/** The selector of `--selector`; null where it is not given. */
export function selectorFlag({ flags }: CommandContext): string | null {
  const text = flags.text('selector')
  if (text === undefined) return null
  // RFC 6376 s3.1: labels of host names with dots between them.
  if (
    !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text) ||
    text.length > 128
  )
    throw usageError(`--selector ${printable(text)} is no selector`, 'letters, digits and hyphens, such as s2026')
  return text.toLowerCase()
}

/** A flag that this action cannot do without. */
export function needed(value: string | null | undefined, flag: string): string {
  if (value === null || value === undefined) throw usageError(`--${flag} is needed here`)
  return value
}
