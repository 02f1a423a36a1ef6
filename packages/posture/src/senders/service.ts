/** What kind of service it is; the order is the order of lists on screen. */
export const serviceCategories = [
  'mailbox-provider',
  'marketing',
  'transactional',
  'crm',
  'helpdesk',
  'hr',
  'finance',
  'survey',
  'e-commerce',
  'developer-tools',
  'collaboration',
  'public-sector',
  'security-gateway',
  'web-host',
  'forwarder',
] as const
export type ServiceCategory = (typeof serviceCategories)[number]

/** `unknown` is the answer wherever no source says it; it is never read as `no`. */
export type Possibility = 'yes' | 'no' | 'unknown'

/**
 * A DKIM selector that a service is known to use on the domains of its customers. In `pattern`, `#` stands for one or
 * more digits and `*` for any run of characters without a dot; at most one `*`, so that matching stays linear.
 */
export interface SelectorPattern {
  readonly pattern: string
  /**
   * True where nobody else is likely to use the selector by chance (it holds the name of the service, or a form that
   * the service alone generates). Only such a selector names a sender; the others are shown as a hint.
   */
  readonly isSpecific: boolean
}

/** Where the facts of a service were looked up. */
export interface ServiceSource {
  /** Address of a document of the service, or the name of a public list. */
  readonly from: string
  /** Day of the look-up, YYYY-MM-DD. */
  readonly seen: string
}

/**
 * A service that sends mail for others. Domains are lower case A-labels, each a suffix: it stands for itself and for
 * every name below it. An empty list means that no source was found, not that there is none.
 */
export interface Service {
  /** Stable for ever: it is part of sender keys, and decisions hang on it. */
  readonly id: string
  readonly name: string
  readonly category: ServiceCategory
  readonly spfIncludes: readonly string[]
  /** Domains that a source calls the service's own: a passing d= there is its signature, not a customer's. */
  readonly dkimDomains: readonly string[]
  readonly dkimSelectors: readonly SelectorPattern[]
  /** Domains that a source calls the service's own: an SPF pass for an envelope sender there is its mail. */
  readonly envelopeDomains: readonly string[]
  /** Domains of the reverse names of its sending hosts. */
  readonly ptrDomains: readonly string[]
  /** Can it sign with a d= of the customer's domain, so that DKIM aligns. */
  readonly alignedDkim: Possibility
  /** Can it use a return path in the customer's domain, so that SPF aligns. */
  readonly alignedSpf: Possibility
  /** How a customer sets it up, in one or two sentences. */
  readonly setUp: string
  readonly sources: readonly ServiceSource[]
}

/** What is written of a service in the tables: a member that is left out was not found in any source. */
export interface ServiceFacts {
  readonly id: string
  readonly name: string
  readonly spfIncludes?: readonly string[]
  readonly dkimDomains?: readonly string[]
  /** Selector patterns that only this service uses (`SelectorPattern.isSpecific`). */
  readonly ownSelectors?: readonly string[]
  /** Selector patterns that others use too: they name nobody. */
  readonly sharedSelectors?: readonly string[]
  readonly envelopeDomains?: readonly string[]
  readonly ptrDomains?: readonly string[]
  readonly alignedDkim?: 'yes' | 'no'
  readonly alignedSpf?: 'yes' | 'no'
  readonly setUp?: string
  /** Addresses of documents, or names of sources.ts. */
  readonly sources: readonly string[]
}

/** Said where no source describes the set-up. */
export const unknownSetUp =
  'No public description of its records was found. Ask the service which DKIM and return-path records it needs.'

/** Makes services of one category whose facts were looked up on one day. */
export function defineServices(
  category: ServiceCategory,
  seen: string,
  facts: readonly ServiceFacts[],
): readonly Service[] {
  return facts.map(known => ({
    id: known.id,
    name: known.name,
    category,
    spfIncludes: known.spfIncludes ?? [],
    dkimDomains: known.dkimDomains ?? [],
    dkimSelectors: [
      ...(known.ownSelectors ?? []).map(pattern => ({ pattern, isSpecific: true })),
      ...(known.sharedSelectors ?? []).map(pattern => ({ pattern, isSpecific: false })),
    ],
    envelopeDomains: known.envelopeDomains ?? [],
    ptrDomains: known.ptrDomains ?? [],
    alignedDkim: known.alignedDkim ?? 'unknown',
    alignedSpf: known.alignedSpf ?? 'unknown',
    setUp: known.setUp ?? unknownSetUp,
    sources: known.sources.map(from => ({ from, seen })),
  }))
}
