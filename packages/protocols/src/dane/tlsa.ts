import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { TlsaRecord } from '../dns/record.ts'
import type { Certificate } from './certificate.ts'

/** What a TLSA record says, apart from where it stands. */
export type TlsaData = Pick<TlsaRecord, 'usage' | 'selector' | 'matchingType' | 'data'>

/** Why a record is set aside (DANE-018 to DANE-020). */
export type TlsaUnusable =
  | 'tlsa-usage-unknown'
  | 'tlsa-usage-pkix'
  | 'tlsa-selector-unknown'
  | 'tlsa-matching-type-unknown'
  | 'tlsa-digest-length'
  | 'tlsa-data-empty'
  | 'tlsa-weaker-digest'

export interface UsableTlsa {
  readonly usable: readonly TlsaData[]
  readonly aside: readonly { readonly record: TlsaData; readonly reason: TlsaUnusable }[]
}

/** Octets of the digests by matching type (RFC 6698 s7.4). */
const digestOctets: ReadonlyMap<number, number> = new Map([
  [1, 32],
  [2, 64],
])

/** Why one record cannot be used for SMTP by itself; null where it can (RFC 6698 s4.1, RFC 7672 s3.1.3). */
export function whyUnusable(record: TlsaData): TlsaUnusable | null {
  if (record.usage === 0 || record.usage === 1) return 'tlsa-usage-pkix'
  if (record.usage !== 2 && record.usage !== 3) return 'tlsa-usage-unknown'
  if (record.selector !== 0 && record.selector !== 1) return 'tlsa-selector-unknown'
  if (record.matchingType === 0) return record.data.length === 0 ? 'tlsa-data-empty' : null
  const octets = digestOctets.get(record.matchingType)
  if (octets === undefined) return 'tlsa-matching-type-unknown'
  return record.data.length === octets ? null : 'tlsa-digest-length'
}

/**
 * The records of a set that authenticate: usable ones, and of their digests per usage and selector the strongest only
 * (RFC 7671 s9). A set with records of which none is usable still asks for TLS (DANE-017).
 */
export function usableTlsa(records: readonly TlsaData[]): UsableTlsa {
  const usable: TlsaData[] = []
  const aside: { record: TlsaData; reason: TlsaUnusable }[] = []
  const strongest = new Map<string, number>()
  for (const record of records) {
    if (whyUnusable(record) !== null) continue
    const key = `${record.usage} ${record.selector}`
    strongest.set(key, Math.max(strongest.get(key) ?? 0, record.matchingType))
  }
  for (const record of records) {
    const reason = whyUnusable(record)
    const best = strongest.get(`${record.usage} ${record.selector}`)
    if (reason !== null) aside.push({ record, reason })
    else if (record.matchingType === 0 || record.matchingType === best) usable.push(record)
    else aside.push({ record, reason: 'tlsa-weaker-digest' })
  }
  return { usable, aside }
}

/** Whether the certificate is the one that a record describes, whatever the usage says about its place. */
export function matchesTlsa(record: TlsaData, certificate: Certificate): boolean {
  const expected = tlsaDataOf(certificate, record.selector, record.matchingType)
  return expected !== null && Buffer.from(expected).equals(record.data)
}

/** The data of a record for a certificate (RFC 6698 s2.1). Null for a selector or matching type that is not defined. */
export function tlsaDataOf(certificate: Certificate, selector: number, matchingType: number): Uint8Array | null {
  const selected = selector === 0 ? certificate.der : selector === 1 ? certificate.publicKeyInfo : null
  if (selected === null) return null
  if (matchingType === 0) return selected
  if (matchingType === 1) return createHash('sha256').update(selected).digest()
  return matchingType === 2 ? createHash('sha512').update(selected).digest() : null
}

/** Presentation form with single spaces and no grouping, as zone files and TLS reports hold it (RFC 6698 s2.2). */
export function formatTlsa(record: TlsaData): string {
  return `${record.usage} ${record.selector} ${record.matchingType} ${Buffer.from(record.data).toString('hex')}`
}
