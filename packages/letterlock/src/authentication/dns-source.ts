import { overlayResolver, type Resolver, type ResourceRecord, zoneResolver } from '@letterlock/protocols'
import { createDnsClient, type DnsClient } from '../probe/dns-client.ts'
import { formatNameServer } from '../probe/name-server.ts'

/** Where answers come from. */
export interface DnsSource {
  readonly resolver: Resolver
  /** In words for a person, such as `zone.txt alone, without any network`. */
  readonly text: string
  /** Names of the zones that were given; empty where the network answers. */
  readonly zones: readonly string[]
  close(): Promise<void>
}

/** One zone file as read. */
export interface GivenZone {
  /** Name of the file. */
  readonly name: string
  readonly records: readonly ResourceRecord[]
}

export interface DnsChoice {
  readonly zones: readonly GivenZone[]
  /** Resolvers in the form of `parseNameServer`; null where none was named. */
  readonly servers: readonly string[] | null
}

/**
 * Zone files alone stand for the whole DNS, and nothing is sent. With resolvers beside them they are laid over what
 * the resolvers answer. Without either the resolvers of the system are asked.
 */
export function openDnsSource({ zones, servers }: DnsChoice): DnsSource {
  const records = zones.flatMap(zone => zone.records)
  const names = zones.map(zone => zone.name).join(', ')
  if (zones.length > 0 && servers === null)
    return {
      resolver: zoneResolver({ records, label: names }),
      text: `${names} alone, without any network`,
      zones: apexes(records),
      close: async () => undefined,
    }
  const client = createDnsClient(servers === null ? {} : { servers })
  const asked = client.servers.map(formatNameServer).join(', ')
  if (zones.length === 0) return live(client, `resolver ${asked}`)
  return { ...live(client, `${names}, and resolver ${asked} for other names`), resolver: overlaid(records, client) }
}

function overlaid(records: readonly ResourceRecord[], client: DnsClient): Resolver {
  return overlayResolver(records, client, 'zone file')
}

function live(client: DnsClient, text: string): DnsSource {
  return { resolver: client, text, zones: [], close: async () => client.close() }
}

/** Where zones begin: their SOA records, else the shortest names that have records. */
function apexes(records: readonly ResourceRecord[]): readonly string[] {
  const names = [...new Set(records.map(record => record.name.toLowerCase().replace(/\.$/, '')))]
  const starts = records.filter(record => record.type === 'SOA').map(record => record.name.toLowerCase())
  const covered = (name: string, by: readonly string[]) => by.some(zone => name !== zone && name.endsWith(`.${zone}`))
  const rest = names.filter(name => !starts.includes(name) && !covered(name, starts) && !covered(name, names))
  return [...new Set([...starts, ...rest])]
}
