import { Buffer } from 'node:buffer'
import { X509Certificate } from 'node:crypto'

/** Bytes of one certificate; real ones hold some thousands, and a TLS record layer would carry far more. */
export const certificateBytesLimit = 65_536

/** A certificate as received, with what TLSA records are compared with. */
export interface Certificate {
  readonly der: Uint8Array
  /** SubjectPublicKeyInfo as it stands in the certificate; never encoded anew, which could change its bytes. */
  readonly publicKeyInfo: Uint8Array
  readonly x509: X509Certificate
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** Basic constraints say it is an authority, and its key usage allows signing certificates. */
  readonly isAuthority: boolean
  /** Intermediates that may stand below it; null where there is no bound (RFC 5280 s4.2.1.9). */
  readonly pathLength: number | null
  /** Object identifiers of critical extensions that are not applied here, so nothing may be concluded from the chain. */
  readonly unknownCritical: readonly string[]
}

/** Reads one certificate from DER. Null where it is none; it is a stranger's, so nothing here throws. */
export function readCertificate(der: Uint8Array): Certificate | null {
  if (der.length > certificateBytesLimit) return null
  const tbs = tbsFields(der)
  const publicKeyInfo = tbs?.[publicKeyInfoIndex]
  if (tbs === null || publicKeyInfo === undefined) return null
  try {
    const x509 = new X509Certificate(der)
    const notBefore = Date.parse(x509.validFrom)
    const notAfter = Date.parse(x509.validTo)
    const extensions = readExtensions(der, tbs)
    if (Number.isNaN(notBefore) || Number.isNaN(notAfter) || extensions === null) return null
    return {
      der,
      publicKeyInfo: der.subarray(publicKeyInfo.from, publicKeyInfo.to),
      x509,
      notBefore,
      notAfter,
      isAuthority: x509.ca,
      ...extensions,
    }
  } catch {
    return null
  }
}

/** One element of DER: where it begins with its tag, where its content begins, and where it ends. */
interface Element {
  readonly tag: number
  readonly from: number
  readonly content: number
  readonly to: number
}

/** Behind serial, signature algorithm, issuer, validity and subject (RFC 5280 s4.1). */
const publicKeyInfoIndex = 5

/** The members of TBSCertificate without its optional version, so that their places are fixed. */
function tbsFields(der: Uint8Array): readonly Element[] | null {
  const outer = readElement(der, 0, der.length)
  const tbs = outer === null ? null : readElement(der, outer.content, outer.to)
  const fields = tbs === null ? null : readElements(der, tbs)
  return fields?.[0]?.tag === 0xa0 ? fields.slice(1) : fields
}

interface Extensions {
  readonly pathLength: number | null
  readonly unknownCritical: readonly string[]
}

/** Key usage, basic constraints, extended key usage, subject alternative name: applied here or by node:crypto. */
const applied: ReadonlySet<string> = new Set(['551d0f', '551d13', '551d25', '551d11'])
const basicConstraints = '551d13'

function readExtensions(der: Uint8Array, tbs: readonly Element[]): Extensions | null {
  const explicit = tbs.find(field => field.tag === 0xa3)
  if (explicit === undefined) return { pathLength: null, unknownCritical: [] }
  const list = readElement(der, explicit.content, explicit.to)
  const extensions = list === null ? null : readElements(der, list)
  if (extensions === null) return null
  let pathLength: number | null = null
  const unknownCritical: string[] = []
  for (const extension of extensions) {
    const members = readElements(der, extension)
    const [identifier, second, third] = members ?? []
    const value = third ?? second
    if (identifier === undefined || second === undefined || value === undefined) return null
    const id = hex(der, identifier)
    const isCritical = second.tag === 0x01 && der[second.content] !== 0
    if (isCritical && !applied.has(id)) unknownCritical.push(id)
    if (id === basicConstraints) pathLength = readPathLength(der, value)
  }
  return { pathLength, unknownCritical }
}

function readPathLength(der: Uint8Array, octets: Element): number | null {
  const sequence = readElement(der, octets.content, octets.to)
  const members = sequence === null ? null : readElements(der, sequence)
  const length = members?.find(member => member.tag === 0x02)
  if (length === undefined) return null
  // A bound beyond one octet is beyond every chain that is looked at.
  return length.to - length.content === 1 ? (der[length.content] ?? 0) : 255
}

function readElements(der: Uint8Array, parent: Element): readonly Element[] | null {
  const elements: Element[] = []
  for (let at = parent.content; at < parent.to; ) {
    const element = readElement(der, at, parent.to)
    if (element === null) return null
    elements.push(element)
    at = element.to
  }
  return elements
}

function readElement(der: Uint8Array, from: number, end: number): Element | null {
  const tag = der[from]
  const first = der[from + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || from + 2 > end) return null
  if (first < 0x80) return bounded({ tag, from, content: from + 2, to: from + 2 + first }, end)
  const octets = first & 0x7f
  if (octets === 0 || octets > 3) return null
  let length = 0
  for (let at = from + 2; at < from + 2 + octets; at += 1) length = length * 256 + (der[at] ?? Number.MAX_SAFE_INTEGER)
  return bounded({ tag, from, content: from + 2 + octets, to: from + 2 + octets + length }, end)
}

function bounded(element: Element, end: number): Element | null {
  return element.to <= end ? element : null
}

function hex(der: Uint8Array, element: Element): string {
  return Buffer.from(der.subarray(element.content, element.to)).toString('hex')
}
