/** Longest text form of an address: IPv6 with a dotted quad at its end. */
export const ipAddressTextLimit = 45

/** An address by its octets: 4 or 16 of them. A v4-mapped IPv6 address is read as IPv4 (SPF-029). */
export interface IpAddress {
  readonly family: 4 | 6
  readonly octets: Uint8Array
}

/**
 * Reads the text form of an address (RFC 3986 s3.2.2: dotted quad without leading zeros, or IPv6 without brackets and
 * zone). Null where the text is none. White space is not taken off.
 */
export function parseIpAddress(text: string): IpAddress | null {
  if (text.length > ipAddressTextLimit) return null
  if (!text.includes(':')) {
    const octets = parseIpv4(text)
    return octets === null ? null : { family: 4, octets }
  }
  const octets = parseIpv6(text)
  if (octets === null) return null
  return isMapped(octets) ? { family: 4, octets: octets.slice(12) } : { family: 6, octets }
}

function parseIpv4(text: string): Uint8Array | null {
  const octets = new Uint8Array(4)
  let index = 0
  let value = -1
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : 0x2e
    if (code === 0x2e) {
      if (value === -1 || index === 4) return null
      octets[index] = value
      index += 1
      value = -1
      continue
    }
    // A leading zero is refused: some read it as octal.
    if (code < 0x30 || code > 0x39 || value === 0) return null
    value = value === -1 ? code - 0x30 : value * 10 + code - 0x30
    if (value > 255) return null
  }
  return index === 4 ? octets : null
}

/** The 16 octets of an IPv6 address in text form, v4-mapped ones as they stand; null where the text is none. */
export function parseIpv6(text: string): Uint8Array | null {
  if (text.length > ipAddressTextLimit || !text.includes(':')) return null
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groupsOf(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '', true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const octets = new Uint8Array(16)
  head.forEach((group, index) => {
    octets[index * 2] = group >> 8
    octets[index * 2 + 1] = group & 0xff
  })
  tail.forEach((group, index) => {
    const at = (8 - tail.length + index) * 2
    octets[at] = group >> 8
    octets[at + 1] = group & 0xff
  })
  return octets
}

/** Groups of 16 bits between colons; a dotted quad may stand for the last two of the address. */
function groupsOf(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const quad = index === parts.length - 1 && mayEndInIpv4 ? parseIpv4(part) : null
      if (quad === null) return null
      groups.push(((quad[0] ?? 0) << 8) | (quad[1] ?? 0), ((quad[2] ?? 0) << 8) | (quad[3] ?? 0))
      continue
    }
    if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return null
    groups.push(Number.parseInt(part, 16))
  }
  return groups
}

function isMapped(octets: Uint8Array): boolean {
  for (let at = 0; at < 10; at += 1) if (octets[at] !== 0) return false
  return octets[10] === 0xff && octets[11] === 0xff
}

/** The canonical text: dotted quad, or IPv6 by RFC 5952 (lower case, the longest run of zero groups as `::`). */
export function formatIpAddress(address: IpAddress): string {
  return address.family === 4 ? address.octets.join('.') : formatIpv6(address.octets)
}

function formatIpv6(octets: Uint8Array): string {
  const groups: number[] = []
  for (let at = 0; at < 16; at += 2) groups.push(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0))
  const run = longestZeroRun(groups)
  const text = (part: number[]) => part.map(group => group.toString(16)).join(':')
  // RFC 5952 s4.2.2: a single zero group is not shortened.
  if (run.length < 2) return text(groups)
  return `${text(groups.slice(0, run.from))}::${text(groups.slice(run.from + run.length))}`
}

function longestZeroRun(groups: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 }
  for (let from = 0; from < groups.length; from += 1) {
    let length = 0
    while (groups[from + length] === 0) length += 1
    if (length > best.length) best = { from, length }
    from += length
  }
  return best
}

/** Whether the first `prefix` bits of two addresses of one family are equal. */
export function isInNetwork(address: IpAddress, network: IpAddress, prefix: number): boolean {
  if (address.family !== network.family) return false
  const whole = prefix >> 3
  for (let at = 0; at < whole; at += 1) if (address.octets[at] !== network.octets[at]) return false
  const bits = prefix & 7
  if (bits === 0) return true
  const mask = 0xff << (8 - bits)
  return ((address.octets[whole] ?? 0) & mask) === ((network.octets[whole] ?? 0) & mask)
}

/** What an address may be used for (IANA special-purpose registries; RFC 6890 and its successors). */
export type AddressScope =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'shared'
  | 'multicast'
  | 'reserved'
  | 'documentation'

const scopes: readonly (readonly [network: string, prefix: number, scope: AddressScope])[] = [
  ['0.0.0.0', 8, 'reserved'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  ['::', 128, 'reserved'],
  ['::1', 128, 'loopback'],
  ['100::', 64, 'reserved'],
  ['2001::', 23, 'reserved'],
  ['2001:db8::', 32, 'documentation'],
  ['3fff::', 20, 'documentation'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
]

const networks = scopes.flatMap(([text, prefix, scope]) => {
  const network = parseIpAddress(text)
  return network === null ? [] : [{ network, prefix, scope }]
})

/** The scope of an address; only a `public` one is ever looked up or connected to. */
export function addressScope(address: IpAddress): AddressScope {
  for (const { network, prefix, scope } of networks) if (isInNetwork(address, network, prefix)) return scope
  return 'public'
}
