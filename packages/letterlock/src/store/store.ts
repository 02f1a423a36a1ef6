import type { MessagePort } from 'node:worker_threads'
import type { Kysely } from 'kysely'
import type { SenderMap } from './attribution.ts'
import type { IntakeOp, IntakeStore } from './intake-op.ts'
import type { ChangeSummary } from './removal.ts'
import type { Database } from './schema.ts'

export type { IntakeOp, IntakeStore } from './intake-op.ts'
export type { ChangeSummary } from './removal.ts'
export type { Database, ReportKind, Settings } from './schema.ts'
export { defaultSettings, onlyTenant } from './schema.ts'

/*
 * What the rest of the program knows of the store. It is opened by open-store.ts; parsing threads reach its writer by
 * intake-port.ts; the steps that bring a delivery in are in intake-op.ts, the tables in schema.ts.
 */

/** What was looked up about a source address; a member that is left out stays as it is. */
export interface SourceFactsFound {
  /** Id in the `source` dictionary. */
  readonly source: number
  /** The forward-confirmed PTR name, or null where there is none. */
  readonly ptr?: string | null
  readonly network?: { readonly asn: number; readonly asName: string | null; readonly country: string | null } | null
  /** Seconds since 1970. */
  readonly lookedUpAt: number
}

/** Rows, roll-ups, raw bytes and settings of one instance. Reads and writes may run at the same time. */
export interface Store {
  /** Queries that only read; they run beside writes, on a snapshot of their own. */
  readonly read: Kysely<Database>
  /** Small changes (decisions, settings, sources). One at a time, in turn with intake; keep transactions short. */
  readonly write: Kysely<Database>
  readonly intake: IntakeStore
  /**
   * A port to the writer for a worker thread: `connectIntake(port)` there gives an IntakeStore, so that columns go from
   * the parser to the writer without passing the main thread.
   */
  intakePort(): MessagePort
  /** The bytes of a delivery as received; null where they are not kept. `chunks` are read as they are asked for. */
  deliveryBytes(delivery: number): Promise<{ readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } | null>
  /** Rewrites one report from steps that parsing its kept bytes again gave (`aggregate-head` … or `tls` or `failure`). */
  reparse(report: number, steps: AsyncIterable<IntakeOp>): Promise<ChangeSummary>
  /** Removes aggregate and TLS reports of days before `day`, failure reports before `failureDay`; hashes stay. */
  removeBefore(limit: { readonly day: number | null; readonly failureDay: number | null }): Promise<ChangeSummary>
  /** Stores looked-up facts, names the senders of the affected rows again and rebuilds the roll-ups they touch. */
  storeSourceFacts(facts: readonly SourceFactsFound[]): Promise<ChangeSummary>
  /**
   * Names the senders of rows again that another catalogue named; quick when there are none. Call it after opening,
   * and with the map after a person loaded another one (null: the built-in services alone).
   */
  reattribute(map?: SenderMap | null): Promise<ChangeSummary>
  /** Removes a domain with everything that was reported about it. Its reports may come back. */
  removeDomain(domain: number): Promise<ChangeSummary>
  /** Removes a quarantine entry, and the bytes when nothing else came with them. */
  removeQuarantine(id: number): Promise<boolean>
  /** Gives free pages back to the file system, a bounded number of them. */
  compact(): Promise<void>
  /** Writes a consistent copy to a new file while the store is in use. */
  backup(file: string): Promise<void>
  close(): Promise<void>
}
