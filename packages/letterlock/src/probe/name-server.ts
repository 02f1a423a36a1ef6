import { isIP, isIPv6 } from 'node:net'

/** Address and port of a name server. */
export interface NameServer {
  /** IPv4 or IPv6 in text form; a zone index (`fe80::1%eth0`) may follow. */
  readonly address: string
  readonly port: number
}

const dnsPort = 53

/**
 * `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT` as a name server; null where it is none. Names are not taken: finding
 * their address would need the resolver that is being set up.
 */
export function parseNameServer(text: string): NameServer | null {
  if (isIP(text) !== 0) return { address: text, port: dnsPort }
  const bracketed = /^\[([^\]]+)\](?::([0-9]{1,5}))?$/.exec(text)
  if (bracketed !== null && isIPv6(bracketed[1] ?? '')) return serverAt(bracketed[1] ?? '', bracketed[2])
  const plain = /^([0-9.]+):([0-9]{1,5})$/.exec(text)
  if (plain !== null && isIP(plain[1] ?? '') === 4) return serverAt(plain[1] ?? '', plain[2])
  return null
}

function serverAt(address: string, portText: string | undefined): NameServer | null {
  const port = portText === undefined ? dnsPort : Number(portText)
  return port >= 1 && port <= 65_535 ? { address, port } : null
}

/** A name server in the form that `parseNameServer` reads. */
export function formatNameServer({ address, port }: NameServer): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

/** On loopback: nobody stands between us and the server who could set its AD bit (RFC 6840 s5.7, RFC 3655 s3). */
export function isLoopback({ address }: NameServer): boolean {
  return address === '::1' || address.startsWith('127.') || /^::ffff:127\./i.test(address)
}
