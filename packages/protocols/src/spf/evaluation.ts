import type { RecordType } from '../dns/record.ts'
import type { Answer, Resolver } from '../dns/resolver.ts'
import type { Result } from '../fault.ts'
import type { IpAddress } from '../ip-address.ts'
import type { ParseCache } from '../parse-cache.ts'
import type { SpfRecord, SpfRecordFault } from './record.ts'

export type SpfResultCode = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror'

/** Why an evaluation ended without a match deciding. */
export interface SpfProblem {
  readonly code:
    | 'dns-temporary'
    | 'dns-bogus'
    | 'deadline'
    | 'record-syntax'
    | 'record-repeated'
    | 'terms-limit'
    | 'void-lookups-limit'
    | 'mx-hosts-limit'
    | 'target-without-record'
    | 'target-name'
  readonly text: string
  /** Domain of the record where it happened. */
  readonly domain: string
  /** Octet offset in that record, where one was read. */
  readonly at: number | null
}

/** One DNS question that the evaluation asked, in order. */
export interface SpfLookup {
  /** Domain of the record that asked; null for the first record itself. */
  readonly domain: string
  /** The term as written, or what else asked. */
  readonly term: string
  readonly name: string
  readonly type: RecordType
  readonly answer: Answer
  /** Terms counted towards the limit when this was asked. */
  readonly terms: number
  readonly isVoid: boolean
}

/** The directive that decided. */
export interface SpfMatch {
  readonly domain: string
  readonly term: string
  readonly at: number
  /** For an `include`: the directive of the included record that matched. Null for every other mechanism. */
  readonly inside: SpfMatch | null
}

export interface SpfEvaluation {
  readonly result: SpfResultCode
  /** The domain that was checked. */
  readonly domain: string
  /** Null where no directive matched. */
  readonly matched: SpfMatch | null
  readonly problem: SpfProblem | null
  /** Text of the domain's own on fail; hostile (SPF-064). Null where there is none. */
  readonly explanation: string | null
  readonly terms: number
  readonly voidLookups: number
  readonly lookups: readonly SpfLookup[]
}

/** What `check_host()` takes (RFC 7208 s4.1). */
export interface SpfCheck {
  readonly ip: IpAddress
  /** Domain of the identity. */
  readonly domain: string
  /** The whole identity; without a local-part it counts as `postmaster` (SPF-024). */
  readonly sender: string
  readonly helo: string
  /** FQDN of the receiving host for `%{r}`; `unknown` where absent. */
  readonly receiver?: string | undefined
  /** Seconds since 1970 for `%{t}`. */
  readonly now: number
}

export interface SpfOptions {
  readonly resolver: Resolver
  /** Ends the evaluation with temperror (RFC 7208 s4.6.4, SPF-074). */
  readonly signal?: AbortSignal | undefined
  readonly voidLookupsLimit?: number
  /** Readings of records, shared between messages. */
  readonly records?: ParseCache<Result<SpfRecord, SpfRecordFault>>
}
