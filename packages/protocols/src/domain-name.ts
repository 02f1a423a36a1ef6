import { domainToASCII } from 'node:url'

/** Characters of a domain name in text form without its final dot (RFC 1035 s2.3.4: 255 octets on the wire). */
export const domainNameLimit = 253

const plainName = /^[a-z0-9_*-]{1,63}(\.[a-z0-9_*-]{1,63})*$/

/**
 * A domain name as a key: lower case, A-labels, no final dot, no white space around it. Null where the text is no
 * domain name. Underscores are kept, for names below `_dmarc` and for what reporters send.
 *
 * node:url is used as a pure function: domainToASCII is UTS #46 processing without I/O. Its tables are large, and
 * they come with the runtime.
 */
export function normaliseDomain(text: string): string | null {
  const trimmed = text.trim()
  const bare = (trimmed.endsWith('.') ? trimmed.slice(0, -1) : trimmed).toLowerCase()
  if (bare.length > domainNameLimit * 4) return null
  const name = plainName.test(bare) ? bare : toAscii(bare)
  return name !== null && name.length <= domainNameLimit ? name : null
}

/** Null where the name has no A-label form. Names of ASCII alone need none, and an IPv4-like name must stay as it is. */
function toAscii(name: string): string | null {
  if (!/[^\0-\x7f]/.test(name)) return null
  const ascii = domainToASCII(name)
  return plainName.test(ascii) ? ascii : null
}
