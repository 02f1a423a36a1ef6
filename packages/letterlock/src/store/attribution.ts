import {
  type Attribution,
  attributeSender,
  builtInCatalogue,
  type Catalogue,
  type CatalogueInput,
  catalogueOf,
  catalogueVersion,
  type SenderEvidence,
  services,
} from '@letterlock/posture'
import { getDomain } from 'tldts'
import { onlyTenant, type Settings } from './schema.ts'
import type { Session } from './session.ts'

/** What names senders: injected, so that a test can say what it answers. */
export interface Attributor {
  readonly version: string
  readonly attribute: (evidence: SenderEvidence) => Attribution
  readonly organizationalDomain: (name: string) => string
}

/** What a person loaded with `letterlock senders import`. */
export type SenderMap = NonNullable<CatalogueInput['map']>

/** The setting that says by which catalogue every row was attributed; it is the program's own. */
export const namingSetting = 'attributedBy'

/** Its value while rows are named anew; no version is empty. */
export const unfinishedNaming = ''

/** Names whose organizational domain is remembered: a look-up costs a microsecond, rows repeat a few names. */
const organizationalNamesLimit = 20_000

/**
 * The organizational domain by the public suffix list, its private part included, as receivers of RFC 7489 read it
 * (s3.2). A name that is a public suffix itself, or none, stands for itself. Of RFC 9989 this is an approximation:
 * its tree walk needs DNS.
 */
export function organizationalDomains(): (name: string) => string {
  const known = new Map<string, string>()
  return name => {
    const found = known.get(name)
    if (found !== undefined) return found
    if (known.size >= organizationalNamesLimit) known.clear()
    const domain = getDomain(name, { allowPrivateDomains: true }) ?? name
    known.set(name, domain)
    return domain
  }
}

/** The map that was loaded into this store; rows that come in are named by it from the first. */
export async function storedMap(session: Pick<Session, 'all'>): Promise<SenderMap | null> {
  const [row] = await session.all("SELECT value FROM setting WHERE tenant = ? AND key = 'senderServices'", [onlyTenant])
  if (row === undefined) return null
  // Checked when it was loaded, and written by us.
  const value = JSON.parse(String(row['value'])) as Settings['senderServices']
  return value === null ? null : { entries: [], services: value.services, hash: value.hash }
}

/** Names senders by the built-in services and, with lower trust, by a loaded map. */
export function attributorOf(map: SenderMap | null): Attributor {
  const catalogue: Catalogue =
    map === null ? builtInCatalogue : catalogueOf({ services, version: catalogueVersion, map })
  const organizationalDomain = organizationalDomains()
  return {
    version: catalogue.version,
    attribute: evidence => attributeSender(evidence, catalogue, organizationalDomain),
    organizationalDomain,
  }
}
