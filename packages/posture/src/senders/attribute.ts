import type { DkimResult } from '@letterlock/protocols'
import type { OrganizationalDomain } from '../outcome/row-class.ts'
import { type Catalogue, domainNameLimit, type SuffixKind, serviceOfName, serviceOfSelector } from './catalogue.ts'
import type { Attribution, SenderEvidence } from './sender.ts'
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

/** Labels of letters, digits, hyphen, underscore with dots between: what a domain in a verified result can be. */
const domainForm = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/

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
  const row = provenOf(evidence, catalogue, organizationalDomain)
  return (
    ofKnownService('dkim', row.signed, row) ??
    ofOwnSelector(row) ??
    ofOtherOrganization('dkim', row.signed, row) ??
    ofKnownService('envelope', row.envelopes, row) ??
    ofOtherOrganization('envelope', row.envelopes, row) ??
    ofPtr(evidence.facts?.confirmedPtr ?? null, row) ??
    ofOwnDomain(row) ??
    ofAddress(evidence)
  )
}

/** What of a row is proven, beside what it is compared with. */
interface ProvenRow {
  readonly headerFrom: string
  /** Organization of the From domain; only asked for where something passed. */
  readonly own: string
  readonly signatures: readonly DkimResult[]
  /** d= of passing signatures. */
  readonly signed: readonly string[]
  /** Envelope domains of SPF passes. */
  readonly envelopes: readonly string[]
  readonly catalogue: Catalogue
  readonly organizationalDomain: OrganizationalDomain
}

function provenOf(
  evidence: SenderEvidence,
  catalogue: Catalogue,
  organizationalDomain: OrganizationalDomain,
): ProvenRow {
  const signed: string[] = []
  const envelopes: string[] = []
  for (const { result, domain } of evidence.dkimResults)
    if (result === 'pass' && domain !== null && isDomain(domain)) signed.push(domain)
  for (const { result, scope, domain } of evidence.spfResults)
    if (result === 'pass' && scope !== 'helo' && domain !== null && isDomain(domain)) envelopes.push(domain)
  const { headerFrom, dkimResults: signatures } = evidence
  const own = signed.length + envelopes.length === 0 ? '' : organizationalDomain(headerFrom)
  return { headerFrom, own, signatures, signed, envelopes, catalogue, organizationalDomain }
}

function isDomain(name: string): boolean {
  return name.length <= domainNameLimit && domainForm.test(name)
}

function isOwn(name: string, row: ProvenRow): boolean {
  return name === row.headerFrom || row.organizationalDomain(name) === row.own
}

const basisOf = { dkim: 'dkim-domain', envelope: 'envelope-domain', ptr: 'ptr' } as const

interface Candidate {
  readonly service: Service
  /** The value that names it. */
  readonly from: string
}

function ofKnownService(kind: SuffixKind, names: readonly string[], { catalogue }: ProvenRow): Attribution | null {
  let best: Candidate | null = null
  for (const from of names) {
    const service = serviceOfName(catalogue, kind, from)
    if (service !== null) best = better(best, { service, from })
  }
  return best === null ? null : { key: `service:${best.service.id}`, basis: basisOf[kind], from: best.from }
}

function ofOwnSelector(row: ProvenRow): Attribution | null {
  if (row.signed.length === 0) return null
  let best: Candidate | null = null
  for (const { result, domain, selector } of row.signatures) {
    if (result !== 'pass' || domain === null || selector === null || !isDomain(domain) || !isOwn(domain, row)) continue
    const service = serviceOfSelector(row.catalogue, selector.toLowerCase())
    if (service !== null) best = better(best, { service, from: `${selector}._domainkey.${domain}` })
  }
  return best === null ? null : { key: `service:${best.service.id}`, basis: 'dkim-selector', from: best.from }
}

/** The one that made the mail (`rankOf`); else the smaller id and value, so that the order of results never matters. */
function better(best: Candidate | null, next: Candidate): Candidate {
  if (best === null) return next
  const rank = rankOf[next.service.category] - rankOf[best.service.category]
  if (rank !== 0) return rank < 0 ? next : best
  if (next.service.id !== best.service.id) return next.service.id < best.service.id ? next : best
  return next.from < best.from ? next : best
}

function ofOtherOrganization(kind: 'dkim' | 'envelope', names: readonly string[], row: ProvenRow): Attribution | null {
  let best: string | null = null
  let isBestConfirmed = false
  for (const name of names) {
    if (isOwn(name, row)) continue
    const isConfirmed = kind === 'dkim' && hasEnvelopeOf(name, row)
    if (best !== null && (isConfirmed === isBestConfirmed ? best <= name : isBestConfirmed)) continue
    best = name
    isBestConfirmed = isConfirmed
  }
  return best === null ? null : { key: `${kind}:${row.organizationalDomain(best)}`, basis: basisOf[kind], from: best }
}

function hasEnvelopeOf(name: string, { envelopes, organizationalDomain }: ProvenRow): boolean {
  if (envelopes.length === 0) return false
  const organization = organizationalDomain(name)
  return envelopes.some(envelope => organizationalDomain(envelope) === organization)
}

function ofPtr(ptr: string | null, row: ProvenRow): Attribution | null {
  if (ptr === null || !isDomain(ptr)) return null
  return ofKnownService('ptr', [ptr], row) ?? { key: `ptr:${row.organizationalDomain(ptr)}`, basis: 'ptr', from: ptr }
}

/** What passed and is left at this step belongs to the From domain's own organization. */
function ofOwnDomain({ signed, envelopes, own }: ProvenRow): Attribution | null {
  const signature = signed[0]
  if (signature !== undefined) return { key: `dkim:${own}`, basis: 'dkim-domain', from: signature }
  const envelope = envelopes[0]
  return envelope === undefined ? null : { key: `envelope:${own}`, basis: 'envelope-domain', from: envelope }
}

function ofAddress({ sourceIp, facts }: SenderEvidence): Attribution {
  const asn = facts?.asn ?? null
  if (asn !== null) return { key: `as:${asn}`, basis: 'asn', from: String(asn) }
  if (sourceIp === null) return { key: 'ip:unknown', basis: 'none', from: null }
  return { key: `ip:${sourceIp}`, basis: 'address', from: sourceIp }
}
