import { stat } from 'node:fs/promises'
import { open, type Reader, type Response } from 'maxmind'
import { publicAddress } from './public-address.ts'

/** The network that announces an address, as an MMDB file tells it. */
export interface Network {
  readonly asn: number
  readonly asName: string | null
  /** ISO 3166-1 alpha-2, where the file holds it. */
  readonly country: string | null
}

/** Characters of a network's name that are kept. */
export const asNameLimit = 200

/** Largest AS number (RFC 6793 s3: four octets). */
const asnLimit = 2 ** 32 - 1

/** Networks of addresses, from a local file. */
export interface Networks {
  /** Seconds since 1970 when the file was last changed: what was looked up before is out of date. */
  readonly changedAt: number
  find(ip: string): Network | null
}

/**
 * Opens an MMDB file with ASN data. Known layouts: `autonomous_system_number` and `…_organization` (GeoLite2 ASN and
 * what follows it), and `asn`, `as_name`, `country_code` (IPinfo). Throws where the file is none.
 */
export async function openNetworks(path: string): Promise<Networks> {
  const reader: Reader<Response> = await open<Response>(path)
  const changedAt = Math.floor((await stat(path)).mtimeMs / 1000)
  return {
    changedAt,
    find: ip => (publicAddress(ip) === null ? null : networkOf(recordOf(reader, ip))),
  }
}

/** A damaged tree makes the reader throw: no answer for that address, and no end of the program. */
function recordOf(reader: Reader<Response>, ip: string): unknown {
  try {
    return reader.get(ip)
  } catch {
    return null
  }
}

/** A record of the file in our words; null where it names no AS. */
export function networkOf(record: unknown): Network | null {
  if (typeof record !== 'object' || record === null) return null
  const member = (name: string): unknown => Object.entries(record).find(([key]) => key === name)?.[1]
  const asn = asnOf(member('autonomous_system_number') ?? member('asn'))
  if (asn === null) return null
  const asName = textOf(member('autonomous_system_organization') ?? member('as_name') ?? member('name'))
  const country = textOf(member('country_code') ?? member('country'))
  return { asn, asName, country: country !== null && /^[A-Z]{2}$/.test(country) ? country : null }
}

function asnOf(value: unknown): number | null {
  const asn = typeof value === 'string' ? Number(/^AS(\d{1,10})$/i.exec(value)?.[1] ?? Number.NaN) : value
  return typeof asn === 'number' && Number.isInteger(asn) && asn > 0 && asn <= asnLimit ? asn : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, asNameLimit) : null
}
