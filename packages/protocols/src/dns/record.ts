/** The types we read into members; any other is kept as its octets (RFC 3597). The value is the number on the wire. */
export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  DS: 43,
  RRSIG: 46,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
} as const
export type RecordType = keyof typeof recordTypes

interface Record<Type extends RecordType> {
  readonly type: Type
  /** Owner name in text form without the final dot, case as received. */
  readonly name: string
  /** Seconds. */
  readonly ttl: number
}

interface TargetRecord<Type extends RecordType> extends Record<Type> {
  readonly target: string
}

export interface AddressRecord extends Record<'A' | 'AAAA'> {
  /** Dotted quad, or IPv6 by RFC 5952. */
  readonly address: string
}

export interface MxRecord extends Record<'MX'> {
  readonly preference: number
  /** `''` is the root: the null MX of RFC 7505 together with preference 0. */
  readonly exchange: string
}

export interface TxtRecord extends Record<'TXT'> {
  /** Character-strings as octets; no charset is assumed here (DNS-006). */
  readonly strings: readonly Uint8Array[]
}

export interface SoaRecord extends Record<'SOA'> {
  readonly primary: string
  readonly mailbox: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** Bound of negative caching, with the TTL of the SOA itself (RFC 2308 s5). */
  readonly minimum: number
}

export interface TlsaRecord extends Record<'TLSA'> {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly data: Uint8Array
}

export interface DsRecord extends Record<'DS'> {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

export interface DnskeyRecord extends Record<'DNSKEY'> {
  readonly flags: number
  readonly protocol: number
  readonly algorithm: number
  readonly key: Uint8Array
}

export interface RrsigRecord extends Record<'RRSIG'> {
  /** Number of the type that is signed. */
  readonly covered: number
  readonly algorithm: number
  readonly labels: number
  readonly originalTtl: number
  /** Seconds since 1970, as written: 32 bits that wrap (RFC 4034 s3.1.5). */
  readonly expiration: number
  readonly inception: number
  readonly keyTag: number
  readonly signer: string
  readonly signature: Uint8Array
}

export interface CaaRecord extends Record<'CAA'> {
  readonly flags: number
  readonly tag: string
  readonly value: Uint8Array
}

/** SVCB and HTTPS: nothing of ours reads their members, so the octets are kept as they came. */
export interface RawRecord extends Record<'SVCB' | 'HTTPS'> {
  readonly data: Uint8Array
}

/** A record of a type that has no reading here. */
export interface UnknownRecord {
  readonly type: `TYPE${number}`
  readonly name: string
  readonly ttl: number
  readonly data: Uint8Array
}

export type ResourceRecord =
  | AddressRecord
  | MxRecord
  | TxtRecord
  | TargetRecord<'CNAME'>
  | TargetRecord<'NS'>
  | TargetRecord<'PTR'>
  | SoaRecord
  | TlsaRecord
  | DsRecord
  | DnskeyRecord
  | RrsigRecord
  | CaaRecord
  | RawRecord
  | UnknownRecord

/**
 * The strings of a TXT record as one (DNS-001: joined without a separator), each octet one character (latin1), so that
 * a parser meets every octet and its own charset check decides (DNS-006).
 */
export function txtText({ strings }: TxtRecord): string {
  const [only] = strings
  return only !== undefined && strings.length === 1 ? latin1(only) : strings.map(latin1).join('')
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}
