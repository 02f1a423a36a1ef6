import {
  type AggregateHead,
  dispositions,
  evaluations,
  type RecordColumns,
  type ReportValues,
  recordFlagDerived,
  recordFlagTolerated,
} from '@letterlock/protocols'
import type { IntakeOp } from '../store/intake-op.ts'

type GrowingValues = { [Name in keyof ReportValues]: ReportValues[Name][number][] }

/** Turns the steps of a delivery into rows as lines of NDJSON: one object for each record of an aggregate report. */
export class RowLines {
  readonly #name: string
  #path = ''
  #head: AggregateHead | null = null
  #values: GrowingValues = emptyValues()

  constructor(name: string) {
    this.#name = name
  }

  take(step: IntakeOp): string {
    if (step.op === 'aggregate-head') {
      this.#path = step.path
      this.#head = step.head
      this.#values = emptyValues()
      return ''
    }
    if (step.op !== 'records' || this.#head === null) return ''
    const { added } = step
    if (added.startsAnew === true) this.#values = emptyValues()
    for (const value of added.sources) this.#values.sources.push(value)
    for (const value of added.names) this.#values.names.push(value)
    for (const value of added.reasonSets) this.#values.reasonSets.push(value)
    for (const value of added.dkimSets) this.#values.dkimSets.push(value)
    for (const value of added.spfSets) this.#values.spfSets.push(value)
    return this.#lines(this.#head, step.columns)
  }

  #lines(head: AggregateHead, columns: RecordColumns): string {
    const values = this.#values
    const report = {
      type: 'row',
      delivery: this.#name,
      path: this.#path,
      reporter: head.metadata.orgName,
      reportId: head.metadata.reportId,
      domain: head.policy.domain,
      begin: new Date(head.metadata.begin * 1000).toISOString(),
      end: new Date(head.metadata.end * 1000).toISOString(),
    }
    let text = ''
    for (let row = 0; row < columns.length; row++) {
      const flags = columns.flags[row] ?? 0
      const line = {
        ...report,
        source: values.sources[columns.source[row] ?? 0] ?? null,
        count: columns.count[row] ?? 0,
        disposition: dispositions[columns.disposition[row] ?? 0] ?? 'unknown',
        dkim: evaluations[columns.dkim[row] ?? 0] ?? 'unknown',
        spf: evaluations[columns.spf[row] ?? 0] ?? 'unknown',
        headerFrom: values.names[columns.headerFrom[row] ?? 0] ?? null,
        envelopeFrom: values.names[columns.envelopeFrom[row] ?? 0] ?? null,
        envelopeTo: values.names[columns.envelopeTo[row] ?? 0] ?? null,
        reasons: values.reasonSets[columns.reasons[row] ?? 0] ?? [],
        dkimResults: values.dkimSets[columns.dkimResults[row] ?? 0] ?? [],
        spfResults: values.spfSets[columns.spfResults[row] ?? 0] ?? [],
        isDerived: (flags & recordFlagDerived) !== 0,
        isTolerated: (flags & recordFlagTolerated) !== 0,
      }
      text += `${JSON.stringify(line)}\n`
    }
    return text
  }
}

function emptyValues(): GrowingValues {
  return { sources: [], names: [], reasonSets: [], dkimSets: [], spfSets: [] }
}
