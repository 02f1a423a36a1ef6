import type { RecordType, ResourceRecord } from './record.ts'
import type { ExtendedError } from './wire-reader.ts'

/** What the resolver proved about an answer (RFC 4035 s4.3). Only `secure` may carry DANE. */
export type Security = 'secure' | 'insecure' | 'indeterminate'

/** Why an answer is temporary: it may be another one later. */
export type TemporaryCause =
  | 'servfail'
  | 'refused'
  | 'not-implemented'
  | 'timeout'
  | 'unreachable'
  | 'malformed'
  | 'limit'

/** The five outcomes of DNS-010. A caller that treats two of them alike says so in its own switch. */
export type Outcome =
  | {
      readonly kind: 'records'
      /** Records of the type that was asked for, at the end of the alias chain. Never empty. */
      readonly records: readonly ResourceRecord[]
      /** Seconds the answer may be kept: the smallest TTL of records and chain. */
      readonly ttl: number
      readonly security: Security
    }
  /** The name exists, the type does not. `ttl` is null where the answer brought no SOA: not to be kept (DNS-011). */
  | { readonly kind: 'nodata'; readonly ttl: number | null; readonly security: Security }
  | { readonly kind: 'nxdomain'; readonly ttl: number | null; readonly security: Security }
  | { readonly kind: 'temporary'; readonly cause: TemporaryCause }
  | { readonly kind: 'bogus' }

/** One step of an alias chain. */
export interface Alias {
  readonly name: string
  readonly target: string
  readonly ttl: number
}

/** Every answer, a failed one too, says who gave it and when. */
export interface Answer {
  readonly outcome: Outcome
  /** CNAME steps from the name that was asked to the one that answered. */
  readonly chain: readonly Alias[]
  /** Everything in the answer section as received; empty where nothing was received. */
  readonly raw: readonly ResourceRecord[]
  /** Address and port that answered, or what stands in for a server. */
  readonly server: string
  /** Milliseconds since 1970 when the answer came. */
  readonly at: number
  readonly authenticData: boolean
  /** Response code; null where no response came. */
  readonly rcode: number | null
  /** Extended error code (RFC 8914); null where there was none. Of several the one that tells of DNSSEC, else the first. */
  readonly extendedError: number | null
  /** All extended errors with their texts, which are a stranger's words; left out where there were none. */
  readonly extendedErrors?: readonly ExtendedError[]
}

/** One question. `server` asks one authoritative server; `checkingDisabled` sets CD to look behind a bogus answer. */
export interface Question {
  /** Domain name in text form as A-labels, with or without the final dot. */
  readonly name: string
  readonly type: RecordType
  readonly server?: string
  readonly checkingDisabled?: boolean
  /** DO: the signatures are wanted among the raw records (RFC 4035 s3.1). */
  readonly wantsSignatures?: boolean
  readonly signal?: AbortSignal
}

/** The seam to the DNS. Implementations never reject: what failed is an outcome. */
export interface Resolver {
  query(question: Question): Promise<Answer>
}
