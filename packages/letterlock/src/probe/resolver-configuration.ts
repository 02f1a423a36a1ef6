import { getServers } from 'node:dns'
import { readFileSync } from 'node:fs'
import { type NameServer, parseNameServer } from './name-server.ts'

/** What a system says about its resolvers (resolv.conf(5)). `search` and `ndots` are left aside: names here are whole. */
export interface ResolverConfiguration {
  readonly servers: readonly NameServer[]
  /** Seconds for one try; null where the file does not say. */
  readonly timeoutSeconds: number | null
  /** Rounds over all servers; null where the file does not say. */
  readonly attempts: number | null
  /** Servers take turns in being the first one asked. */
  readonly rotate: boolean
  /** The administrator vouches for the way to the servers, so that their AD bit counts. */
  readonly trustAd: boolean
  /** TCP only. */
  readonly useTcp: boolean
}

/** Servers taken of one configuration: glibc takes three; with more, one query would take minutes to fail. */
export const serversLimit = 8

/** Highest `timeout` and `attempts` taken; the system's own resolver caps them alike (resolv.conf(5)). */
export const configurationCaps = { timeoutSeconds: 30, attempts: 5 } as const

/** Where it stands on everything but Windows. */
export const systemFile = '/etc/resolv.conf'

/** The configuration of this system; never fails. Where there is no file, what Node knows (Windows). */
export function systemConfiguration(file: string = systemFile): ResolverConfiguration {
  try {
    return parseResolverConfiguration(readFileSync(file, 'utf8'))
  } catch {
    const servers = getServers().flatMap(text => parseNameServer(text) ?? [])
    return { ...parseResolverConfiguration(''), servers: servers.slice(0, serversLimit) }
  }
}

/** Reads the text of resolv.conf(5). What is not understood is passed over, as by the system's own resolver. */
export function parseResolverConfiguration(text: string): ResolverConfiguration {
  const servers: NameServer[] = []
  const options: string[] = []
  for (const line of text.split('\n')) {
    // Comments begin in the first column or behind the value (resolv.conf(5)).
    const [keyword = '', ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (keyword === 'options') options.push(...values)
    if (keyword !== 'nameserver') continue
    const server = parseNameServer(values[0] ?? '')
    if (server !== null && servers.length < serversLimit) servers.push(server)
  }
  return {
    // resolv.conf(5): without a name server, the one of this machine.
    servers: servers.length > 0 ? servers : [{ address: '127.0.0.1', port: 53 }],
    timeoutSeconds: numberOption(options, 'timeout', configurationCaps.timeoutSeconds),
    attempts: numberOption(options, 'attempts', configurationCaps.attempts),
    rotate: options.includes('rotate'),
    trustAd: options.includes('trust-ad'),
    useTcp: options.includes('use-vc'),
  }
}

function numberOption(options: readonly string[], name: string, cap: number): number | null {
  const value = options.findLast(option => option.startsWith(`${name}:`))?.slice(name.length + 1)
  if (value === undefined || !/^[0-9]{1,9}$/.test(value) || Number(value) === 0) return null
  return Math.min(Number(value), cap)
}
