import { AggregateReader } from './reader.ts'
import type { AggregateContext, AggregateOutcome } from './reader-contract.ts'
import {
  type AddedValues,
  type AggregateHead,
  type AggregateSummary,
  type Disposition,
  type DkimResult,
  dispositions,
  type Evaluation,
  evaluations,
  type Reason,
  type RecordColumns,
  type ReportValues,
  recordFlagDerived,
  recordFlagTolerated,
  type SpfResult,
} from './report.ts'

/** One record with its values in place. */
export interface AggregateRecord {
  /** Null where the reporter gave no usable address. */
  readonly sourceIp: string | null
  readonly count: number
  readonly disposition: Disposition
  readonly dkim: Evaluation
  readonly spf: Evaluation
  readonly reasons: readonly Reason[]
  readonly headerFrom: string | null
  /** `''` is the null path, null is absent. */
  readonly envelopeFrom: string | null
  readonly envelopeTo: string | null
  readonly dkimResults: readonly DkimResult[]
  readonly spfResults: readonly SpfResult[]
  /** A verdict was missing and derived; it is never `pass`. */
  readonly isDerived: boolean
  /** At least one departure was tolerated in this record. */
  readonly isTolerated: boolean
}

/** A whole report in memory. */
export interface AggregateReport {
  readonly head: AggregateHead
  readonly summary: AggregateSummary
  readonly values: ReportValues
  /** The runs as they were read; `recordAt` finds its way in them. */
  readonly runs: readonly RecordColumns[]
  /** Null where `index` is not from 0 to `summary.records - 1`. */
  recordAt(index: number): AggregateRecord | null
  records(): IterableIterator<AggregateRecord>
}

/** The reports of one document, and how its reading ended. */
export interface AggregateReports extends Pick<AggregateOutcome, 'fault' | 'note'> {
  readonly reports: readonly AggregateReport[]
}

/**
 * Reads the aggregate reports of one decompressed document that is in memory (RFC 9990, RFC 7489 App C). Use
 * `AggregateReader` for documents that come in pieces or are large. Never throws.
 */
export function readAggregateReports(bytes: Uint8Array, context: AggregateContext = {}): AggregateReports {
  const reports: AggregateReport[] = []
  let draft: WholeReport | null = null
  const reader = new AggregateReader(
    {
      head: head => {
        draft = new WholeReport(head)
      },
      records: (columns, added) => draft?.add(columns, added),
      end: summary => {
        if (draft !== null) reports.push(draft.finish(summary))
      },
    },
    context,
  )
  reader.push(bytes)
  const { fault, note } = reader.end()
  return { reports, fault, note }
}

/** Puts the runs of one report together. */
class WholeReport {
  readonly #head: AggregateHead
  readonly #runs: RecordColumns[] = []
  readonly #sources: (string | null)[] = []
  readonly #names: (string | null)[] = []
  readonly #reasonSets: (readonly Reason[])[] = []
  readonly #dkimSets: (readonly DkimResult[])[] = []
  readonly #spfSets: (readonly SpfResult[])[] = []
  /** Where the lists that started anew stand in those of the whole report. */
  #base: Bases | null = null

  constructor(head: AggregateHead) {
    this.#head = head
  }

  add(columns: RecordColumns, added: AddedValues): void {
    if (added.startsAnew === true) {
      this.#base = {
        sources: this.#sources.length,
        names: this.#names.length,
        reasonSets: this.#reasonSets.length,
        dkimSets: this.#dkimSets.length,
        spfSets: this.#spfSets.length,
      }
    }
    this.#runs.push(this.#base === null ? columns : shifted(columns, this.#base))
    for (const value of added.sources) this.#sources.push(value)
    for (const value of added.names) this.#names.push(value)
    for (const set of added.reasonSets) this.#reasonSets.push(set)
    for (const set of added.dkimSets) this.#dkimSets.push(set)
    for (const set of added.spfSets) this.#spfSets.push(set)
  }

  finish(summary: AggregateSummary): AggregateReport {
    const runs = this.#runs
    const values: ReportValues = {
      sources: this.#sources,
      names: this.#names,
      reasonSets: this.#reasonSets,
      dkimSets: this.#dkimSets,
      spfSets: this.#spfSets,
    }
    return {
      head: this.#head,
      summary,
      values,
      runs,
      recordAt: index => recordAt(runs, values, index),
      *records() {
        for (const run of runs) for (let row = 0; row < run.length; row += 1) yield recordOf(run, values, row)
      },
    }
  }
}

type Bases = { readonly [List in keyof ReportValues]: number }

function shifted(columns: RecordColumns, base: Bases): RecordColumns {
  return {
    ...columns,
    source: columns.source.map(place => place + base.sources),
    headerFrom: columns.headerFrom.map(place => place + base.names),
    envelopeFrom: columns.envelopeFrom.map(place => place + base.names),
    envelopeTo: columns.envelopeTo.map(place => place + base.names),
    reasons: columns.reasons.map(place => place + base.reasonSets),
    dkimResults: columns.dkimResults.map(place => place + base.dkimSets),
    spfResults: columns.spfResults.map(place => place + base.spfSets),
  }
}

function recordAt(runs: readonly RecordColumns[], values: ReportValues, index: number): AggregateRecord | null {
  const run = runs.findLast(one => one.first <= index)
  const row = run === undefined ? -1 : index - run.first
  return run === undefined || !Number.isInteger(row) || row < 0 || row >= run.length ? null : recordOf(run, values, row)
}

function recordOf(run: RecordColumns, values: ReportValues, row: number): AggregateRecord {
  const flags = run.flags[row] ?? 0
  return {
    sourceIp: values.sources[run.source[row] ?? 0] ?? null,
    count: run.count[row] ?? 0,
    disposition: dispositions[run.disposition[row] ?? 0] ?? 'unknown',
    dkim: evaluations[run.dkim[row] ?? 0] ?? 'unknown',
    spf: evaluations[run.spf[row] ?? 0] ?? 'unknown',
    reasons: values.reasonSets[run.reasons[row] ?? 0] ?? [],
    headerFrom: values.names[run.headerFrom[row] ?? 0] ?? null,
    envelopeFrom: values.names[run.envelopeFrom[row] ?? 0] ?? null,
    envelopeTo: values.names[run.envelopeTo[row] ?? 0] ?? null,
    dkimResults: values.dkimSets[run.dkimResults[row] ?? 0] ?? [],
    spfResults: values.spfSets[run.spfResults[row] ?? 0] ?? [],
    isDerived: (flags & recordFlagDerived) !== 0,
    isTolerated: (flags & recordFlagTolerated) !== 0,
  }
}
