import { Buffer } from 'node:buffer'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { type Certificate, readCertificate } from './certificate.ts'
import { matchesTlsa, type TlsaData, type UsableTlsa, usableTlsa } from './tlsa.ts'

/** Certificates of a chain that are looked at; a path of more is no chain of any authority (each step costs a look at all). */
export const chainLimit = 16

export type DaneFailure =
  | 'dane-no-usable-record'
  | 'dane-no-certificate'
  | 'dane-certificate-malformed'
  | 'dane-no-match'
  /** A usage 2 record matches nothing that the server sent above its own certificate (DANE-053). */
  | 'dane-anchor-not-in-chain'
  | 'dane-chain-expired'
  | 'dane-chain-constraint'
  | 'dane-name-mismatch'

export type DaneVerdict =
  | {
      readonly authenticated: true
      readonly record: TlsaData
      /** Place of the matching certificate in the path from the leaf; null where only its key stands in the DNS. */
      readonly depth: number | null
      readonly aside: UsableTlsa['aside']
    }
  | { readonly authenticated: false; readonly failure: DaneFailure; readonly aside: UsableTlsa['aside'] }

export interface DaneInput {
  readonly records: readonly TlsaData[]
  /** DER certificates as the server presented them, its own first. */
  readonly chain: readonly Uint8Array[]
  /** Names of DANE-033, as A-labels; any of them is enough. Only usage 2 asks for them. */
  readonly referenceNames: readonly string[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Judges a presented chain by the secure TLSA records of the host (RFC 7672 s3). Usage 3 wins first: it asks neither
 * for names nor for dates. Nothing throws; a chain that cannot be read authenticates nobody.
 */
export function verifyDane(input: DaneInput): DaneVerdict {
  const { usable, aside } = usableTlsa(input.records)
  const failed = (failure: DaneFailure): DaneVerdict => ({ authenticated: false, failure, aside })
  if (usable.length === 0) return failed('dane-no-usable-record')
  const [leafDer, ...others] = input.chain.slice(0, chainLimit)
  if (leafDer === undefined) return failed('dane-no-certificate')
  const leaf = readCertificate(leafDer)
  if (leaf === null) return failed('dane-certificate-malformed')
  const entity = usable.find(record => record.usage === 3 && matchesTlsa(record, leaf))
  if (entity !== undefined) return { authenticated: true, record: entity, depth: 0, aside }
  const anchors = usable.filter(record => record.usage === 2)
  if (anchors.length === 0) return failed('dane-no-match')
  const presented = others.map(readCertificate).filter(certificate => certificate !== null)
  const found = findAnchor(leaf, presented, anchors)
  if (found === null) return failed(anchors.length === usable.length ? 'dane-anchor-not-in-chain' : 'dane-no-match')
  const failure = judgePath(found.path, input)
  return failure === null ? { authenticated: true, record: found.record, depth: found.depth, aside } : failed(failure)
}

interface Anchored {
  /** From the leaf up to the anchor, or to the certificate that the anchor's bare key signed. */
  readonly path: readonly Certificate[]
  readonly record: TlsaData
  readonly depth: number | null
}

/** DANE-031, DANE-032: the lowest certificate above the leaf that a record describes, on a path of valid signatures. */
function findAnchor(
  leaf: Certificate,
  presented: readonly Certificate[],
  anchors: readonly TlsaData[],
): Anchored | null {
  const known = [...presented, ...certificatesOf(anchors)]
  const path = [leaf]
  for (;;) {
    const below = path[path.length - 1] ?? leaf
    const issuer = known.find(candidate => !path.includes(candidate) && isIssuedBy(below, candidate))
    if (issuer === undefined || path.length === chainLimit) break
    path.push(issuer)
    const record = anchors.find(anchor => matchesTlsa(anchor, issuer))
    if (record !== undefined) return { path, record, depth: path.length - 1 }
  }
  const top = path[path.length - 1] ?? leaf
  const record = anchors.find(anchor => anchor.selector === 1 && anchor.matchingType === 0 && isSignedBy(top, anchor))
  return record === undefined ? null : { path, record, depth: null }
}

/** RFC 7671 s5.2.2: a whole certificate in the DNS stands in for one that the server left out. */
function certificatesOf(anchors: readonly TlsaData[]): readonly Certificate[] {
  return anchors
    .filter(record => record.selector === 0 && record.matchingType === 0)
    .map(record => readCertificate(record.data))
    .filter(certificate => certificate !== null)
}

function isIssuedBy(below: Certificate, issuer: Certificate): boolean {
  try {
    return below.x509.checkIssued(issuer.x509) && below.x509.verify(issuer.x509.publicKey)
  } catch {
    return false
  }
}

/** RFC 7671 s5.2.3: the bare key of an anchor, which no certificate of the chain carries. */
function isSignedBy(top: Certificate, anchor: TlsaData): boolean {
  try {
    const key: KeyObject = createPublicKey({ key: Buffer.from(anchor.data), format: 'der', type: 'spki' })
    return top.x509.verify(key)
  } catch {
    return false
  }
}

function judgePath(path: readonly Certificate[], input: DaneInput): DaneFailure | null {
  if (path.some(certificate => input.now < certificate.notBefore || input.now > certificate.notAfter))
    return 'dane-chain-expired'
  if (path.some((certificate, depth) => !keepsConstraints(certificate, depth))) return 'dane-chain-constraint'
  const [leaf] = path
  const isNamed = leaf !== undefined && input.referenceNames.some(name => isNamedBy(leaf, name))
  return isNamed ? null : 'dane-name-mismatch'
}

const serverAuthentication: readonly string[] = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0']

/** RFC 5280 s6.1.4: what stands above the leaf is an authority within its bound; what is not understood ends the path. */
function keepsConstraints(certificate: Certificate, depth: number): boolean {
  if (certificate.unknownCritical.length > 0) return false
  if (depth > 0)
    return certificate.isAuthority && (certificate.pathLength === null || depth - 1 <= certificate.pathLength)
  const purposes = certificate.x509.keyUsage
  return purposes === undefined || purposes.some(purpose => serverAuthentication.includes(purpose))
}

/** DANE-034: subject alternative names where there are any, else the common name; a wildcard is one whole first label. */
function isNamedBy(leaf: Certificate, name: string): boolean {
  try {
    return (
      leaf.x509.checkHost(name, { subject: 'default', partialWildcards: false, multiLabelWildcards: false }) !==
      undefined
    )
  } catch {
    return false
  }
}
