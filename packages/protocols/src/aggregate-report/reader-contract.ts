import type { Fault } from '../fault.ts'
import type { AggregateRefusal } from './refusals.ts'
import type { AddedValues, AggregateHead, AggregateSummary, RecordColumns } from './report.ts'

/** Where the document came from: what a reader falls back on where the document itself says nothing. */
export interface AggregateContext {
  /** Domain of the From address of the mail that carried the document (report-tolerance 27). */
  readonly mailFromDomain?: string
  /** Name of the file, such as `receiver!domain!begin!end.xml.gz` (report-tolerance 27, 48). A label, never a path. */
  readonly fileName?: string
  /** Policy Domain that the subject of the mail names (`Report Domain:`). */
  readonly mailPolicyDomain?: string
}

/** Who takes what a reader reads. For each report: `head`, then any number of `records`, then `end`. */
export interface AggregateReportSink {
  /** Once for each report, before any of its records. */
  head(head: AggregateHead): void
  /** A run of up to `recordsPerRun` records, and what they add to the values that columns point into. */
  records(columns: RecordColumns, added: AddedValues): void
  /** The report is complete. Where `head` was called and `end` is not, the report was refused: take it back. */
  end(summary: AggregateSummary): void
}

/** Nothing to read, and nobody to be told of it: a note, not a failure. */
export interface AggregateNote {
  readonly code: 'empty' | 'unused'
  readonly text: string
}

/** How the reading of one document ended. */
export interface AggregateOutcome {
  /** Reports that were given completely; more than one where the document has several roots. */
  readonly reports: number
  /** Why a report, or the whole document, was refused: the first reason. */
  readonly fault: Fault<AggregateRefusal> | null
  /** Set where the document is empty or only says `unused`; then there is no fault and no report. */
  readonly note: AggregateNote | null
}
