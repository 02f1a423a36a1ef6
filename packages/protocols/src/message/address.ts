import { normaliseDomain } from '../domain-name.ts'

/** Characters of an address list that are looked at: only its first address is wanted. */
export const addressTextLimit = 4_096

/**
 * Domain of the first address of a list (RFC 5322 s3.4), lower case A-label; null where there is none, or where it is
 * an address literal. For display and for fallbacks only: which of several From addresses counts is the business of
 * authentication, not of this reading.
 */
export function firstAddressDomain(list: string): string | null {
  const address = firstAddress(list)
  const at = address.lastIndexOf('@')
  return at < 0 ? null : normaliseDomain(address.slice(at + 1))
}

/** The first address of a list without display name, angle brackets and comments; `''` for the null path `<>`. */
export function firstAddress(list: string): string {
  const text = withoutQuotesAndComments(list.slice(0, addressTextLimit))
  const open = text.indexOf('<')
  if (open >= 0) {
    const close = text.indexOf('>', open)
    const inner = text.slice(open + 1, close < 0 ? text.length : close).trim()
    // RFC 5322 s4.4: a route in front of the address, `<@relay.example:user@example.org>`.
    return inner.startsWith('@') ? inner.slice(inner.indexOf(':') + 1) : inner
  }
  const first = text.split(/[,;]/).find(part => part.includes('@')) ?? ''
  // RFC 5322 s3.4: the name of a group stands before a colon.
  return first.slice(first.lastIndexOf(':') + 1).trim()
}

/** Quoted display names and comments may hold anything, addresses of others too. A quoted local part is kept. */
function withoutQuotesAndComments(text: string): string {
  let result = ''
  let quoteAt = -1
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === '\\' && (quoteAt >= 0 || depth > 0)) at += 1
    else if (quoteAt >= 0) {
      if (char !== '"') continue
      if (text[at + 1] === '@') result += text.slice(quoteAt, at + 1)
      quoteAt = -1
    } else if (depth > 0) depth += char === '(' ? 1 : char === ')' ? -1 : 0
    else if (char === '"') quoteAt = at
    else if (char === '(') depth = 1
    else result += char
  }
  return result
}
