import { parseNameText } from '../dns/name.ts'
import { normaliseDomain } from '../domain-name.ts'
import type { IpAddress } from '../ip-address.ts'

/** SPF-031: malformed domains, address literals and single labels have no record. */
export function isMailDomain(domain: string): boolean {
  if (domain.startsWith('[')) return false
  const labels = parseNameText(domain)
  return labels.ok && labels.value.length > 1
}

/** Whether text can be asked for. */
export function isLegalName(name: string): boolean {
  const labels = parseNameText(name)
  return labels.ok && labels.value.length > 0
}

/** SPF-084: labels go from the left until 253 characters are left. */
export function shortened(name: string): string {
  let text = name.endsWith('.') ? name.slice(0, -1) : name
  while (text.length > 253) {
    const dot = text.indexOf('.')
    if (dot === -1) return text
    text = text.slice(dot + 1)
  }
  return text
}

/** Whether a name is a domain or stands below it; case and the final dot do not count. */
export function isAtOrBelow(name: string, domain: string): boolean {
  const lower = name.toLowerCase().replace(/\.$/, '')
  const target = domain.toLowerCase().replace(/\.$/, '')
  return lower === target || lower.endsWith(`.${target}`)
}

/** The hexadecimal digits of an address, highest first (RFC 7208 s7.3). */
export function nibblesOf(ip: IpAddress): string[] {
  return [...ip.octets].flatMap(octet => [(octet >> 4).toString(16), (octet & 15).toString(16)])
}

/** Name of the reverse look-up (RFC 1035 s3.5, RFC 3596 s2.5). */
export function reverseName(ip: IpAddress): string {
  if (ip.family === 4) return `${[...ip.octets].reverse().join('.')}.in-addr.arpa`
  return `${nibblesOf(ip).reverse().join('.')}.ip6.arpa`
}

/** RFC 8616 s4: U-labels become A-labels before any look-up and before macros (SPF-028). */
export function asALabels(domain: string): string {
  return /^[\0-\x7f]*$/.test(domain) ? domain : (normaliseDomain(domain) ?? domain)
}
