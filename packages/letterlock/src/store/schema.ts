import type { Service } from '@letterlock/posture'
import type { Generated } from 'kysely'

/*
 * The tables of the store as Kysely sees them: the same on SQLite and on PostgreSQL.
 *
 * - Every integer and every sum arrives as a `number` on both (see number.ts); bytes as Uint8Array; JSON as text.
 * - Truth values are 0 or 1. Times are seconds since 1970, UTC; `day` counts UTC days since 1970 (`day * 86400`).
 * - In the row and roll-up tables 0 stands for an absent source, name or set: no dictionary has an id 0, so join left.
 * - Codes (`disposition`, `alignment`, …) are places in the arrays of protocols and posture, named at each column.
 * - Ids are never used again, and `tenant` is 1 everywhere until there are tenants.
 */

/** Bytes as received, once for each content that arrived. */
export interface DeliveryTable {
  readonly id: Generated<number>
  readonly tenant: number
  /** SHA-256 of the bytes as received. */
  readonly hash: Uint8Array
  /** `Channel` of intake-op.ts. */
  readonly channel: string
  readonly name: string
  readonly received_at: number
  readonly stored_at: number
  readonly size: number
  readonly headers: string | null
  readonly envelope_from: string | null
  readonly authentication: ReportAuthentication
  /** Who found the authentication; null while it is not checked. */
  readonly authenticated_by: string | null
  /** The delivery that holds the same bytes; null where this one does. */
  readonly bytes_of: number | null
  /** 0 where the bytes were left out: a failure report while failure reports are off. */
  readonly has_bytes: number
}

/** Bytes of a delivery in pieces of at most 1 MiB, each by itself in raw deflate. */
export interface DeliveryPieceTable {
  readonly tenant: number
  readonly delivery: number
  readonly seq: number
  /** Bytes before compression. */
  readonly size: number
  readonly bytes: Uint8Array
}

export type ReportKind = 'aggregate' | 'tls' | 'failure'
export type ReportAuthentication = 'authenticated' | 'unauthenticated' | 'not checked'

/** A report, unique by the hash of its decompressed content. */
export interface ReportTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly kind: ReportKind
  /** SHA-256 of the decompressed document. */
  readonly hash: Uint8Array
  /** Bytes of the decompressed document. */
  readonly size: number
  /** Hash of (kind, reporter, report id, domain, begin, end): what a reporter would call the same report. */
  readonly identity: Uint8Array
  readonly domain: number
  readonly reporter: number
  readonly report_id: string
  readonly begin_at: number
  readonly end_at: number
  readonly day: number
  readonly received_at: number
  /** Aggregate: 'rfc7489' or 'rfc9990'. TLS: 'rfc8460'. Failure: the feedback type. */
  readonly form: string
  /** Rows stored: records, TLS policies, or 1. */
  readonly records: number
  /** Messages; for TLS all sessions; for failure the incidents. */
  readonly messages: number
  /** TLS: failed sessions. Else 0. */
  readonly failed: number
  /** 1 where the document ended early and its complete records were kept. */
  readonly is_partial: number
  /** 1 where another report of the same identity has other content. */
  readonly is_overlapping: number
  /** JSON: `Deviation[]`, the first of them. */
  readonly deviations: string
  /** JSON: code to how often. */
  readonly deviation_counts: string
  readonly authentication: ReportAuthentication
  /** Requested policy of the Policy Domain; null for other kinds and where it was absent. */
  readonly policy_p: string | null
  readonly policy_sp: string | null
  readonly policy_np: string | null
  readonly policy_testing: number | null
  /** JSON: `PolicyPublished` of an aggregate report; null for other kinds. */
  readonly policy: string | null
  /** JSON: contact, errors, generator, version and namespace of the report (`ReportMetadataJson`). */
  readonly metadata: string
}

/** What of a report's head has no column of its own. */
export interface ReportMetadataJson {
  readonly orgName: string
  readonly email: string | null
  readonly extraContactInfo: readonly string[]
  readonly errors: readonly string[]
  readonly generator: string | null
  readonly version: string | null
  readonly namespace: string | null
}

/** Which delivery carried which report, and where in it the document stands. */
export interface DeliveryReportTable {
  readonly tenant: number
  readonly report: number
  readonly delivery: number
  readonly path: string
}

/** Content of reports that retention removed, so that they do not come back. */
export interface TombstoneTable {
  readonly tenant: number
  readonly hash: Uint8Array
  readonly removed_at: number
}

export type DomainType = 'sending' | 'parked' | 'unknown'

export interface DomainTable {
  readonly id: Generated<number>
  readonly tenant: number
  /** Lower case A-label. '' is the domain of TLS policies that name none. */
  readonly name: string
  /** 1 where a person added it or keeps it; 0 where only a report mentioned it. */
  readonly is_tracked: number
  readonly type: DomainType
  /** JSON: list of strings. */
  readonly tags: string
  readonly added_at: number
}

export interface ReporterTable {
  readonly id: Generated<number>
  readonly tenant: number
  /** The organisation's name in lower case: what makes two reporters the same. */
  readonly key: string
  /** The name as first written. */
  readonly name: string
}

/** Domain names of rows: header_from, envelope_from, envelope_to, MX hosts. '' is the null path. */
export interface NameTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly name: string
}

/** Addresses that sent, and what was looked up about them; null where it was not looked up or has no answer. */
export interface SourceTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly ip: string
  /** PTR name whose address record leads back to the source. */
  readonly confirmed_ptr: string | null
  readonly ptr_looked_up_at: number | null
  readonly asn: number | null
  readonly as_name: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
  readonly asn_looked_up_at: number | null
}

export interface SenderTable {
  readonly id: Generated<number>
  readonly tenant: number
  /** `SenderKey` of posture. */
  readonly key: string
  /** What of an attribution named it first (`Attribution.basis`), and the value it was read from. */
  readonly basis: string
  readonly basis_value: string | null
}

/** A deduplicated set of results or reasons, as JSON in canonical order: `DkimResult[]`, `SpfResult[]`, `Reason[]`. */
export interface ValueSetTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly digest: Uint8Array
  readonly members: string
}

/** Versions of the catalogue of services that named senders. */
export interface CatalogueTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly version: string
}

/**
 * One record of an aggregate report, clustered by (tenant, domain, day, report, seq). There is no index by sender, and one
 * by (tenant, source) only where `is_proven = 0`: elsewhere a query names domain and days and reads their rows in order.
 * The random places of further indexes would cost more than all the rest of an intake.
 */
export interface AggregateRowTable {
  readonly tenant: number
  readonly domain: number
  readonly day: number
  readonly report: number
  readonly seq: number
  readonly reporter: number
  readonly source: number
  readonly messages: number
  /** As reported: place in `dispositions`. */
  readonly disposition: number
  /** Aligned verdicts: places in `evaluations`. */
  readonly dkim: number
  readonly spf: number
  readonly header_from: number
  readonly envelope_from: number
  readonly envelope_to: number
  readonly reason_set: number
  readonly dkim_set: number
  readonly spf_set: number
  /** `recordFlagDerived`, `recordFlagTolerated`. */
  readonly flags: number
  readonly sender: number
  /** Version of the catalogue that named the sender. */
  readonly catalogue: number
  /** 1 where what passed names the sender, whatever the source; 0 where facts about the source may change it. */
  readonly is_proven: number
  /** Place in `alignmentPaths`. */
  readonly alignment: number
  /** Place in `authenticationClasses`. */
  readonly authentication: number
  /** Place in `rollupDispositions`. */
  readonly rollup_disposition: number
}

/** The one roll-up of aggregate rows; the key is everything but the two sums. */
export interface AggregateRollupTable {
  readonly tenant: number
  readonly domain: number
  readonly day: number
  readonly reporter: number
  readonly sender: number
  readonly header_from: number
  /** Place in `rollupDispositions`. */
  readonly disposition: number
  /** Place in `alignmentPaths`. */
  readonly alignment: number
  /** Place in `authenticationClasses`. */
  readonly authentication: number
  readonly messages: number
  readonly records: number
}

/** One policy of a TLS report, clustered by (tenant, domain, day, report, seq). */
export interface TlsPolicyTable {
  readonly tenant: number
  /** The policy's own domain, else the first that the report names. */
  readonly domain: number
  readonly day: number
  readonly report: number
  readonly seq: number
  readonly reporter: number
  readonly policy_type: string
  /** JSON: list of lines. */
  readonly policy_string: string
  /** JSON: list of host names. */
  readonly mx_hosts: string
  /** Null where the report gives no summary: not 0. */
  readonly successful: number | null
  readonly failed: number | null
  /** Failed sessions named in details; may differ from `failed`. */
  readonly detailed: number
}

/** One failure detail of a TLS report, clustered by (tenant, domain, day, report, policy, seq). */
export interface TlsFailureTable {
  readonly tenant: number
  readonly domain: number
  readonly day: number
  readonly report: number
  /** `seq` of the policy. */
  readonly policy: number
  readonly seq: number
  readonly reporter: number
  readonly result_type: string
  /** Source ids; 0 absent. */
  readonly sending_ip: number
  readonly receiving_ip: number
  /** Name ids; 0 absent. */
  readonly receiving_mx: number
  readonly receiving_helo: number
  readonly sessions: number
  readonly additional_information: string | null
  readonly reason_code: string | null
}

/** One failure report. While failure reports are off, `message` and `addresses` are null and no bytes are kept. */
export interface FailureReportTable {
  readonly tenant: number
  readonly report: number
  readonly domain: number
  readonly day: number
  readonly reporter: number
  readonly feedback_type: string
  readonly auth_failure: string | null
  /** Null where the report gives no date. */
  readonly arrived_at: number | null
  /** Source id; 0 absent. */
  readonly source: number
  /** Name ids; 0 absent. */
  readonly header_from: number
  readonly envelope_from: number
  readonly reporting_mta: string | null
  readonly delivery_result: string | null
  readonly incidents: number
  /** JSON: identity alignment, authentication results by method, DKIM domains and selectors, SPF DNS. */
  readonly evidence: string
  /** JSON: addresses of sender and recipients. Personal data. */
  readonly addresses: string | null
  /** JSON: subject, message id and header block of the returned message. Personal data. */
  readonly message: string | null
}

/** What could not be read, with a reason a person understands. */
export interface QuarantineTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly delivery: number
  readonly path: string
  readonly code: string
  readonly reason: string
  readonly quarantined_at: number
}

/** What the owner says now of a sender for a domain; without a row it is undecided. */
export interface DecisionTable {
  readonly tenant: number
  readonly domain: number
  readonly sender: number
  /** `Decision` of posture. */
  readonly decision: string
  readonly decided_at: number
}

/** Every change of a decision, oldest first by id. */
export interface DecisionHistoryTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly domain: number
  readonly sender: number
  readonly decision: string
  readonly decided_at: number
  readonly note: string | null
}

/** A mailbox or folder that reports are taken from. Secrets are named by the path of their file only. */
export interface SourceConfigTable {
  readonly id: Generated<number>
  readonly tenant: number
  readonly kind: 'imap' | 'folder'
  readonly name: string
  /** JSON: what a person configures. */
  readonly config: string
  /** JSON: what intake remembers between runs, such as UIDVALIDITY and the last UID. */
  readonly state: string
  readonly is_enabled: number
  readonly created_at: number
  readonly last_run_at: number | null
  readonly last_error: string | null
}

/** Settings that a person changes in the app; JSON by key. */
export interface SettingTable {
  readonly tenant: number
  readonly key: string
  readonly value: string
}

/** Names of domains from a map that a person loaded (`letterlock senders import`); they name senders for people only. */
export interface SenderNameTable {
  readonly tenant: number
  /** Lower case A-label; stands for itself and every name below it. */
  readonly domain: string
  readonly name: string
  /** As the map writes it, such as `Web Host`. */
  readonly type: string | null
}

export interface MigrationTable {
  readonly id: number
  readonly name: string
  readonly checksum: string
  readonly applied_at: number
}

/** Every table by its name. */
export interface Database {
  readonly delivery: DeliveryTable
  readonly delivery_piece: DeliveryPieceTable
  readonly report: ReportTable
  readonly delivery_report: DeliveryReportTable
  readonly tombstone: TombstoneTable
  readonly domain: DomainTable
  readonly reporter: ReporterTable
  readonly name: NameTable
  readonly source: SourceTable
  readonly sender: SenderTable
  readonly dkim_set: ValueSetTable
  readonly spf_set: ValueSetTable
  readonly reason_set: ValueSetTable
  readonly catalogue: CatalogueTable
  readonly aggregate_row: AggregateRowTable
  readonly aggregate_rollup: AggregateRollupTable
  readonly tls_policy: TlsPolicyTable
  readonly tls_failure: TlsFailureTable
  readonly failure_report: FailureReportTable
  readonly quarantine: QuarantineTable
  readonly decision: DecisionTable
  readonly decision_history: DecisionHistoryTable
  readonly source_config: SourceConfigTable
  readonly setting: SettingTable
  readonly sender_name: SenderNameTable
  readonly migration: MigrationTable
}

/** The only tenant there is until there are tenants. */
export const onlyTenant = 1

/** Keys of `setting` and the JSON their value holds. */
export interface Settings {
  /** Keep failure reports whole (true) or their redacted fields only (false, the default). */
  readonly failureReports: boolean
  /** Days that rows, roll-ups and raw bytes of aggregate and TLS reports are kept; null keeps them. */
  readonly retentionDays: number | null
  /** Days that failure reports are kept. */
  readonly failureRetentionDays: number
  /** Services of a map that a person loaded; they name senders below the built-in ones. The hash tells loads apart. */
  readonly senderServices: { readonly services: readonly Service[]; readonly hash: string } | null
  /** Where the loaded map came from; `loadedAt` in seconds since 1970. The hash tells loads of one second apart. */
  readonly senderMapOrigin: { readonly name: string; readonly loadedAt: number; readonly hash?: string } | null
}

/** FAIL-014: failure reports hold personal data and go after 30 days; the rest stays until a person says otherwise. */
export const defaultSettings: Settings = {
  failureReports: false,
  retentionDays: null,
  failureRetentionDays: 30,
  senderServices: null,
  senderMapOrigin: null,
}
