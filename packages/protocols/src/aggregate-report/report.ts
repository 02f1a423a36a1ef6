import type { Deviation } from '../fault.ts'

/** Which document the reporter wrote by: decided by namespace and elements, never by `version` (AGG-031). */
export type AggregateForm = 'rfc7489' | 'rfc9990'

/** Policy values of p, sp and np. */
export type RequestedPolicy = 'none' | 'quarantine' | 'reject'

/** The report's metadata (RFC 9990 s3.1.1.3), normalised; null where the reporter gave nothing. */
export interface ReportMetadata {
  readonly orgName: string
  readonly email: string | null
  readonly extraContactInfo: readonly string[]
  /** As written. Where the reporter gave none, a synthetic id that begins with `synthetic-` (report-tolerance 29). */
  readonly reportId: string
  /** Seconds since 1970, UTC; begin is never after end. */
  readonly begin: number
  readonly end: number
  readonly errors: readonly string[]
  readonly generator: string | null
}

/** The policy as the reporter saw it; tags that were absent hold their default and are named in `defaulted`. */
export interface PolicyPublished {
  /** Policy Domain, lower case A-label. */
  readonly domain: string
  readonly p: RequestedPolicy | null
  readonly sp: RequestedPolicy | null
  readonly np: RequestedPolicy | null
  readonly adkim: 'r' | 's'
  readonly aspf: 'r' | 's'
  readonly pct: number
  readonly fo: string
  readonly testing: boolean | null
  readonly discoveryMethod: 'psl' | 'treewalk' | null
  readonly defaulted: readonly ('adkim' | 'aspf' | 'sp' | 'pct' | 'fo')[]
}

/** Everything of a report but its records. */
export interface AggregateHead {
  readonly form: AggregateForm
  readonly version: string | null
  readonly namespace: string | null
  readonly metadata: ReportMetadata
  readonly policy: PolicyPublished
}

/** What was done with the mail; the index is the code in `RecordColumns.disposition`. */
export const dispositions = ['unknown', 'none', 'pass', 'quarantine', 'reject'] as const
export type Disposition = (typeof dispositions)[number]

/** The aligned verdict of one method; the index is the code in `RecordColumns.dkim` and `.spf`. */
export const evaluations = ['unknown', 'fail', 'pass'] as const
export type Evaluation = (typeof evaluations)[number]

/** Result values of auth_results after normalising (RFC 8601 s2.7); `unknown` where nothing usable was written. */
export const authResults = [
  'unknown',
  'none',
  'pass',
  'fail',
  'softfail',
  'policy',
  'neutral',
  'temperror',
  'permerror',
] as const
export type AuthResult = (typeof authResults)[number]

/** Why the applied disposition differs (RFC 9990 s3.1.6; the first two are of RFC 7489). */
export type ReasonType =
  | 'forwarded'
  | 'sampled_out'
  | 'trusted_forwarder'
  | 'mailing_list'
  | 'local_policy'
  | 'policy_test_mode'
  | 'other'

export interface Reason {
  readonly type: ReasonType
  /** The type as written where it is none of the list. */
  readonly rawType?: string
  readonly comment: string | null
  /** The comment says that a valid ARC chain was used (`arc=pass`; report-tolerance 61). */
  readonly arc: boolean
}

export interface DkimResult {
  readonly domain: string | null
  readonly selector: string | null
  readonly result: AuthResult
  /** The result as written where it is none of RFC 8601. */
  readonly rawResult?: string
  readonly humanResult: string | null
}

export interface SpfResult {
  readonly domain: string | null
  readonly scope: 'mfrom' | 'helo' | null
  readonly result: AuthResult
  readonly rawResult?: string
  readonly humanResult: string | null
}

/** Set in `RecordColumns.flags`: a verdict was derived because the reporter gave none (report-tolerance 57). */
export const recordFlagDerived = 1
/** Set in `RecordColumns.flags`: at least one deviation was tolerated in this record. */
export const recordFlagTolerated = 2

/**
 * Values that many records share, each stored once. A column holds the index of its value. Index 0 of `sources` and
 * `names` is null (absent), of the sets is empty.
 */
export interface ReportValues {
  /** Source addresses: IPv4 dotted, IPv6 by RFC 5952, v4-mapped as IPv4. */
  readonly sources: readonly (string | null)[]
  /** Domain names in lower case as A-labels: header_from, envelope_from, envelope_to. `''` is the null path. */
  readonly names: readonly (string | null)[]
  readonly reasonSets: readonly (readonly Reason[])[]
  readonly dkimSets: readonly (readonly DkimResult[])[]
  readonly spfSets: readonly (readonly SpfResult[])[]
}

/** What a run of records adds to the lists: its values stand behind those of earlier runs. */
export interface AddedValues extends ReportValues {
  /**
   * The lists begin anew with this run, index 0 included; what they held is not pointed at any more. It comes in
   * reports with very many values, so that neither side has to keep all of them.
   */
  readonly startsAnew?: boolean
}

/** A run of records, one array for each member. Arrays are exactly `length` long and own their buffers. */
export interface RecordColumns {
  readonly length: number
  /** Place of the first record of this run in the report. */
  readonly first: number
  readonly source: Uint32Array
  /** Messages, 0 to 2^40. */
  readonly count: Float64Array
  readonly disposition: Uint8Array
  readonly dkim: Uint8Array
  readonly spf: Uint8Array
  readonly headerFrom: Uint32Array
  readonly envelopeFrom: Uint32Array
  readonly envelopeTo: Uint32Array
  readonly reasons: Uint32Array
  readonly dkimResults: Uint32Array
  readonly spfResults: Uint32Array
  readonly flags: Uint8Array
}

/** What a reader tells at the end of one report. */
export interface AggregateSummary {
  readonly head: AggregateHead
  readonly records: number
  /** Sum of the counts, at most 2^40. */
  readonly messages: number
  /** The document ended early; complete records were kept (report-tolerance 17). */
  readonly isPartial: boolean
  /** The first `deviationsLimit` of them. */
  readonly deviations: readonly Deviation[]
  /** How often each deviation code was met, all of them. */
  readonly deviationCounts: Readonly<Record<string, number>>
}
