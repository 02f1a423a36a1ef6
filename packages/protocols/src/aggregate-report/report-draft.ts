import { contentKey } from './content-key.ts'
import type { DeviationLog } from './deviation-log.ts'
import { HeadDraft } from './head-draft.ts'
import { recordsBeforeHeadLimit, recordsLimit, runWeightLimit, weightBeforeHeadLimit } from './limits.ts'
import type { AggregateContext, AggregateReportSink } from './reader-contract.ts'
import { RecordDraft } from './record-draft.ts'
import { RecordRun } from './record-run.ts'
import type { AggregateRefusal } from './refusals.ts'
import type { AddedValues, AggregateHead, ReportValues } from './report.ts'
import { SharedValues } from './report-values.ts'

const nothingAdded: ReportValues = { sources: [], names: [], reasonSets: [], dkimSets: [], spfSets: [] }

/** One report while it is read: its head, its records, and what was given to the sink already. */
export class ReportDraft {
  readonly log: DeviationLog
  readonly head: HeadDraft
  readonly record: RecordDraft
  readonly #values = new SharedValues()
  readonly #sink: AggregateReportSink
  /** Full runs that wait for the head, which may stand after the records (report-tolerance 24). */
  #waiting: RecordRun[] = []
  #run: RecordRun = RecordRun.take()
  /** A run that was given already and can be filled again. */
  #spare: RecordRun | null = null
  #sent: AggregateHead | null = null
  #records = 0
  #elements = 0
  /** The values began anew after the last run that was given. */
  #isAnew = false
  readonly #onAnew: () => void

  /** `onAnew` is called when places of values that were given before mean nothing any more. */
  constructor(sink: AggregateReportSink, context: AggregateContext, log: DeviationLog, onAnew: () => void) {
    this.#sink = sink
    this.#onAnew = onAnew
    this.log = log
    this.head = new HeadDraft(log, context)
    this.record = new RecordDraft(log, this.#values)
  }

  get values(): SharedValues {
    return this.#values
  }

  /** Takes the record that was gathered. A code where the report has to be given up. */
  endRecord(): AggregateRefusal | null {
    this.#elements += 1
    if (this.#elements > recordsLimit) return 'aggregate-records'
    const numbers = this.record.finish()
    if (numbers === null) return null
    this.#run.push(numbers)
    this.#records += 1
    if (!this.#run.isFull && this.#values.addedWeight < runWeightLimit) return null
    this.#closeRun()
    if (!this.head.isComplete && this.#sent === null) return this.#isTooLate ? 'aggregate-head-late' : null
    const refusal = this.#flush()
    if (refusal === null && this.#values.isFull) this.#startAnew()
    return refusal
  }

  get #isTooLate(): boolean {
    return this.#records > recordsBeforeHeadLimit || this.#values.weight > weightBeforeHeadLimit
  }

  #startAnew(): void {
    this.#values.startAnew()
    this.#isAnew = true
    this.#onAnew()
  }

  #closeRun(): void {
    this.#run.added = this.#values.takeAdded()
    this.#waiting.push(this.#run)
    const run = this.#spare ?? RecordRun.take()
    this.#spare = null
    run.reuse(this.#records)
    this.#run = run
  }

  #flush(): AggregateRefusal | null {
    const head = this.#sent ?? this.head.finish(this.#headFacts())
    if (typeof head === 'string') return head
    if (this.#sent === null) this.#sink.head(head)
    this.#sent = head
    const runs = this.#waiting
    this.#waiting = []
    const values = this.#addedOf(runs, head)
    const added: AddedValues = this.#isAnew ? { ...values, startsAnew: true } : values
    if (runs.length > 0) this.#isAnew = false
    for (const [index, run] of runs.entries()) {
      if (head.form === 'rfc7489' && this.record.hasDispositionPass) this.#turnPassIntoNone(run)
      this.#sink.records(run.columns(), index === 0 ? added : nothingAdded)
      this.#spare = run
    }
    return null
  }

  /** What all runs added, in the order of their places, with the policy domain where a record needs it. */
  #addedOf(runs: readonly RecordRun[], head: AggregateHead): ReportValues {
    for (const run of runs) if (run.hasPendingName) run.fillNames(this.#values.name(head.policy.domain))
    const parts = runs.flatMap(run => (run.added === null ? [] : [run.added]))
    // The policy domain may have been added after the last run was closed.
    const late = this.#values.takeAdded()
    const [first] = parts
    if (first !== undefined && parts.length === 1 && late.names.length === 0) return first
    parts.push(late)
    return {
      sources: parts.flatMap(part => part.sources),
      names: parts.flatMap(part => part.names),
      reasonSets: parts.flatMap(part => part.reasonSets),
      dkimSets: parts.flatMap(part => part.dkimSets),
      spfSets: parts.flatMap(part => part.spfSets),
    }
  }

  #turnPassIntoNone(run: RecordRun): void {
    const turned = run.turnPassIntoNone()
    for (let count = 0; count < turned; count += 1) this.log.add('disposition-pass', 0, 'pass', 'none')
  }

  #headFacts(): { hasDispositionPass: boolean; contentKey: () => string } {
    const first = this.#waiting[0]
    return {
      hasDispositionPass: this.record.hasDispositionPass,
      contentKey: () => contentKey(first === undefined ? '' : textOf(first)),
    }
  }

  /** The report is over. A code where it cannot be placed. */
  end(isPartial: boolean): AggregateRefusal | null {
    if (this.#run.length > 0) this.#closeRun()
    const refusal = this.#flush()
    this.#run.release()
    if (refusal !== null || this.#sent === null) return refusal
    this.#sink.end({
      head: this.#sent,
      records: this.#records,
      messages: this.record.messages,
      isPartial,
      deviations: this.log.first,
      deviationCounts: this.log.counts,
    })
    return null
  }
}

function textOf(run: RecordRun): string {
  const { length, first: _first, ...columns } = run.columns()
  return JSON.stringify([length, run.added, Object.values(columns).map(column => Array.from(column))])
}
