import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { normaliseDomain, parseZoneFile } from '@letterlock/protocols'
import { type DnsSource, type GivenZone, openDnsSource } from '../authentication/dns-source.ts'
import { parseNameServer } from '../probe/name-server.ts'
import type { CommandContext, FlagDescriptions } from './command.ts'
import { usageError } from './exit-code.ts'
import { printable } from './printable.ts'

/** Flags of commands that ask the DNS. */
export const dnsFlags = {
  zone: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    text: 'answer from this zone file, offline; may stand several times; ORIGIN=FILE where the file names no $ORIGIN',
  },
  resolver: {
    type: 'string',
    value: 'ADDR[:PORT]',
    multiple: true,
    text: 'resolver to ask instead of those of the system; may stand several times; with --zone for what the files lack',
  },
} as const satisfies FlagDescriptions

/** Faults of a zone file that are shown. */
const shownFaults = 5

/** Opens what the flags name: zone files, resolvers, or the resolvers of the system. */
export async function dnsOfFlags(context: CommandContext): Promise<DnsSource> {
  const zones: GivenZone[] = []
  for (const text of context.flags.list('zone')) zones.push(await readZone(context, text))
  const servers = context.flags.list('resolver')
  for (const server of servers)
    if (parseNameServer(server) === null)
      throw usageError(
        `--resolver ${printable(server)} is no address of a name server`,
        'such as 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53',
      )
  if (servers.length > 0) return openDnsSource({ zones, servers })
  if (zones.length > 0) return openDnsSource({ zones, servers: null })
  const configured = (await context.configuration()).values['dns.resolvers']
  return openDnsSource({ zones, servers: configured.length === 0 ? null : configured })
}

async function readZone(context: CommandContext, given: string): Promise<GivenZone> {
  const named = /^([^=/\\]+)=(.+)$/.exec(given)
  const path = named?.[2] ?? given
  const origin = named === null ? null : normaliseDomain(named[1] ?? '')
  if (named !== null && origin === null) throw usageError(`--zone ${printable(given)}: the origin is no domain`)
  const text = await readFile(path, 'latin1').catch((error: Error) => {
    throw usageError(`the zone file ${printable(path)} cannot be read: ${error.message}`)
  })
  const { records, faults } = parseZoneFile(text, origin)
  const name = basename(path)
  // A type that nothing here asks for does no harm; a line that cannot be read may be the one that matters.
  const severe = faults.filter(({ code }) => code !== 'zone-type')
  for (const { at, text: what } of faults.filter(({ code }) => code === 'zone-type'))
    context.messages.detail(`${printable(name)}, line ${at}: ${printable(what)}`)
  if (severe.length > 0) throw zoneError(path, severe)
  if (records.length === 0) throw usageError(`the zone file ${printable(path)} holds no records`)
  return { name, records }
}

function zoneError(path: string, faults: readonly { readonly at: number; readonly text: string }[]) {
  const lines = faults.slice(0, shownFaults).map(({ at, text }) => `line ${at}: ${printable(text)}`)
  const more = faults.length > shownFaults ? ` (and ${faults.length - shownFaults} more)` : ''
  return usageError(
    `the zone file ${printable(path)} cannot be used: ${lines.join('; ')}${more}`,
    'names that are not complete need $ORIGIN in the file, or --zone ORIGIN=FILE',
  )
}
