import type { DkimResult, SpfResult } from '@letterlock/protocols'
import type { OrganizationalDomain } from '../outcome/row-class.ts'
import {
  type Catalogue,
  domainNameLimit,
  localPrefix,
  longestSuffix,
  type SuffixKind,
  serviceOfSelector,
} from './catalogue.ts'
import type { Attribution, SenderEvidence, SenderKey } from './sender.ts'
import type { Service, ServiceCategory } from './service.ts'

/**
 * Which service made the mail when several are named by evidence of one kind: lowest first. A product sends through
 * infrastructure (many sign a second time as Amazon SES or SendGrid), a mailbox provider may forward and sign again,
 * a gateway handles what others sent, a forwarder or list always does.
 */
const rankOf = {
  marketing: 0,
  crm: 0,
  helpdesk: 0,
  hr: 0,
  finance: 0,
  survey: 0,
  'e-commerce': 0,
  'developer-tools': 0,
  collaboration: 0,
  'public-sector': 0,
  transactional: 1,
  'mailbox-provider': 2,
  'web-host': 2,
  'security-gateway': 3,
  forwarder: 4,
} as const satisfies Record<ServiceCategory, number>

/** Letters, digits, hyphen, underscore, with dots between: what a domain in a verified signature can be. */
const domainForm = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+$/

/**
 * Names the sender of a row; the first that applies, strongest evidence first:
 *
 * 1. a passing d= of a known service; of several the one that made the mail (`rankOf`), then the smaller id
 * 2. a passing signature of the From domain's own organization by a selector that one service alone uses
 * 3. a passing d= of another organization: `dkim:`; of several one whose envelope passes too, then the smaller name
 * 4. the envelope domain of an SPF pass: of a known service, then of another organization: `envelope:`
 * 5. the forward-confirmed PTR name: of a known service, then `ptr:` with its organizational domain
 * 6. a passing d= or envelope of the From domain's own organization: proven, but it says nothing of the service
 * 7. the ASN, then the address; `ip:unknown` without one
 *
 * A signature or SPF check that did not pass never names anybody: who forges may write any d= or envelope. A HELO
 * pass names nothing (RFC 9989 s3.2.4 knows only MAIL FROM); a pass without scope counts as MAIL FROM.
 * SPF includes that hold the address are not looked at: that needs a resolver, and this function has none.
 */
export function attributeSender(
  evidence: SenderEvidence,
  catalogue: Catalogue,
  organizationalDomain: OrganizationalDomain,
): Attribution {
  const signatures = evidence.dkimResults.filter(isProvenSignature)
  const envelopes = evidence.spfResults.filter(isProvenEnvelope)
  const own = signatures.length + envelopes.length === 0 ? '' : organizationalDomain(evidence.headerFrom)
  const isOwn = (name: string) => name === evidence.headerFrom || organizationalDomain(name) === own
  return (
    bySignature({ signatures, envelopes, catalogue, organizationalDomain, isOwn }) ??
    byName({ kind: 'envelope', names: envelopes.map(domainOf), catalogue, organizationalDomain, isOwn }) ??
    byPtr(evidence.facts?.confirmedPtr ?? null, catalogue, organizationalDomain) ??
    byOwnDomain(signatures, envelopes, own) ??
    byAddress(evidence)
  )
}

type Proven<T> = T & { readonly domain: string }

function isProvenSignature(entry: DkimResult): entry is Proven<DkimResult> {
  return entry.result === 'pass' && entry.domain !== null && isDomain(entry.domain)
}

function isProvenEnvelope(entry: SpfResult): entry is Proven<SpfResult> {
  return entry.result === 'pass' && entry.scope !== 'helo' && entry.domain !== null && isDomain(entry.domain)
}

function isDomain(name: string): boolean {
  return name.length <= domainNameLimit && domainForm.test(name)
}

const domainOf = (entry: { readonly domain: string }) => entry.domain

interface Names {
  readonly catalogue: Catalogue
  readonly organizationalDomain: OrganizationalDomain
  readonly isOwn: (name: string) => boolean
}

function bySignature(
  from: Names & {
    readonly signatures: readonly Proven<DkimResult>[]
    readonly envelopes: readonly Proven<SpfResult>[]
  },
): Attribution | null {
  const { signatures, catalogue } = from
  if (signatures.length === 0) return null
  const names = signatures.map(domainOf)
  return (
    ofKnownService('dkim', names, catalogue) ??
    byOwnSelector(signatures, catalogue, from.isOwn) ??
    ofOtherOrganization({ ...from, kind: 'dkim', names, also: from.envelopes.map(domainOf) })
  )
}

function byName(from: Names & { readonly kind: 'envelope'; readonly names: readonly string[] }): Attribution | null {
  if (from.names.length === 0) return null
  return ofKnownService(from.kind, from.names, from.catalogue) ?? ofOtherOrganization({ ...from, also: [] })
}

const basisOf = { dkim: 'dkim-domain', envelope: 'envelope-domain', ptr: 'ptr' } as const

function ofKnownService(kind: SuffixKind, names: readonly string[], catalogue: Catalogue): Attribution | null {
  let best: { service: Service; name: string } | null = null
  for (const name of names) {
    const service = longestSuffix(catalogue.suffixes[kind], name)
    if (service !== null && (best === null || comesBefore(service, name, best))) best = { service, name }
  }
  return best === null ? null : { key: `service:${best.service.id}`, basis: basisOf[kind], from: best.name }
}

function comesBefore(service: Service, name: string, best: { service: Service; name: string }): boolean {
  const rank = rankOf[service.category] - rankOf[best.service.category]
  if (rank !== 0) return rank < 0
  if (service.id !== best.service.id) return service.id < best.service.id
  return name < best.name
}

function byOwnSelector(
  signatures: readonly Proven<DkimResult>[],
  catalogue: Catalogue,
  isOwn: (name: string) => boolean,
): Attribution | null {
  let best: { service: Service; name: string } | null = null
  for (const { domain, selector } of signatures) {
    if (selector === null || !isOwn(domain)) continue
    const service = serviceOfSelector(catalogue, selector.toLowerCase())
    const name = `${selector}._domainkey.${domain}`
    if (service !== null && (best === null || comesBefore(service, name, best))) best = { service, name }
  }
  return best === null ? null : { key: `service:${best.service.id}`, basis: 'dkim-selector', from: best.name }
}

function ofOtherOrganization(
  from: Names & {
    readonly kind: 'dkim' | 'envelope'
    readonly names: readonly string[]
    readonly also: readonly string[]
  },
): Attribution | null {
  const { organizationalDomain } = from
  const others = from.names.filter(name => !from.isOwn(name)).sort()
  const confirmed = new Set(from.also.map(organizationalDomain))
  const name = others.find(other => confirmed.has(organizationalDomain(other))) ?? others[0]
  if (name === undefined) return null
  return { key: keyOf(from.kind, name, from.catalogue, organizationalDomain), basis: basisOf[from.kind], from: name }
}

function byPtr(
  ptr: string | null,
  catalogue: Catalogue,
  organizationalDomain: OrganizationalDomain,
): Attribution | null {
  if (ptr === null || !isDomain(ptr)) return null
  return (
    ofKnownService('ptr', [ptr], catalogue) ?? {
      key: keyOf('ptr', ptr, catalogue, organizationalDomain),
      basis: 'ptr',
      from: ptr,
    }
  )
}

/** A group of a loaded map joins domains into one sender; else the organizational domain is the sender. */
function keyOf(
  kind: SuffixKind,
  name: string,
  catalogue: Catalogue,
  organizationalDomain: OrganizationalDomain,
): SenderKey {
  const entry = longestSuffix(catalogue.map, name)
  if (entry !== null && entry.group !== null) return `service:${localPrefix}${entry.group}`
  return `${kind}:${organizationalDomain(name)}`
}

function byOwnDomain(
  signatures: readonly { readonly domain: string }[],
  envelopes: readonly { readonly domain: string }[],
  own: string,
): Attribution | null {
  const signature = signatures[0]
  if (signature !== undefined) return { key: `dkim:${own}`, basis: 'dkim-domain', from: signature.domain }
  const envelope = envelopes[0]
  return envelope === undefined ? null : { key: `envelope:${own}`, basis: 'envelope-domain', from: envelope.domain }
}

function byAddress({ sourceIp, facts }: SenderEvidence): Attribution {
  if (facts?.asn != null) return { key: `as:${facts.asn}`, basis: 'asn', from: String(facts.asn) }
  if (sourceIp === null) return { key: 'ip:unknown', basis: 'none', from: null }
  return { key: `ip:${sourceIp}`, basis: 'address', from: sourceIp }
}
