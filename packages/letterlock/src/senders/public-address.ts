import ipaddr from 'ipaddr.js'

/** The address where it is one that the internet routes to; null for everything else, also for text that is none. */
export function publicAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (!ipaddr.isValid(text)) return null
  const address = ipaddr.process(text)
  // Loopback, private, link-local, shared, multicast, documentation, 6to4, NAT64 and the like have other ranges.
  return address.range() === 'unicast' ? address : null
}

/** Name under which the PTR records of an address stand (RFC 1035 s3.5, RFC 3596 s2.5). */
export function reverseName(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  const bytes = address.toByteArray().toReversed()
  if (address.kind() === 'ipv4') return `${bytes.join('.')}.in-addr.arpa`
  const nibbles = bytes.flatMap(byte => [byte & 15, byte >> 4])
  return `${nibbles.map(nibble => nibble.toString(16)).join('.')}.ip6.arpa`
}

/** True where both texts write the same address. */
export function isSameAddress(text: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).toNormalizedString() === address.toNormalizedString()
}
