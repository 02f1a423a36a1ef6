import { createHash } from 'node:crypto'
import {
  type AddedValues,
  type AggregateContext,
  type AggregateHead,
  AggregateReader,
  type AggregateReportSink,
  type AggregateSummary,
  type RecordColumns,
} from '@letterlock/protocols'
import type { StepTarget } from './read-delivery.ts'
import { sha256 } from './sha256.ts'
import type { Document, UnwrapNote } from './unwrap-document.ts'

type AggregateXml = Extract<Document, { readonly kind: 'aggregate-xml' }>

/** How a document ended that gave no report, or gave one and then went wrong; null where all is well. */
export interface DocumentEnd {
  readonly kind: 'quarantine' | 'note'
  readonly code: string
  readonly text: string
}

/** Reads one document with an aggregate report and pushes its steps. */
export async function readAggregateDocument(document: AggregateXml, target: StepTarget): Promise<DocumentEnd | null> {
  const { content } = document
  if (content.kind === 'bytes') {
    const hash = sha256(content.bytes)
    const steps = new AggregateSteps(document, target, hash)
    const reader = new AggregateReader(steps, contextOf(document))
    reader.push(content.bytes)
    const outcome = reader.end()
    steps.finish(hash, content.bytes.length)
    return endOf(outcome)
  }
  const steps = new AggregateSteps(document, target, null)
  const reader = new AggregateReader(steps, contextOf(document))
  const hash = createHash('sha256')
  let size = 0
  let goesOn = true
  for await (const chunk of content.chunks) {
    size += chunk.length
    hash.update(chunk)
    if (goesOn) goesOn = reader.push(chunk)
    const drained = target.drained
    if (drained !== null) await drained
  }
  const outcome = reader.end()
  const end = content.end()
  // Over a limit or broken in a way that rule 17 does not cover: what was read of it is taken back.
  if (end.fault !== null) return { kind: 'quarantine', code: end.fault.code, text: end.fault.text }
  steps.finish(hash.digest(), size, end.notes)
  return endOf(outcome)
}

function endOf(outcome: ReturnType<AggregateReader['end']>): DocumentEnd | null {
  if (outcome.fault !== null) return { kind: 'quarantine', code: outcome.fault.code, text: outcome.fault.text }
  if (outcome.note !== null) return { kind: 'note', code: outcome.note.code, text: outcome.note.text }
  return null
}

function contextOf(document: AggregateXml): AggregateContext {
  const { mail, fileName } = document
  return {
    ...(mail?.fromDomain ? { mailFromDomain: mail.fromDomain } : {}),
    ...(mail?.subjectDomain ? { mailPolicyDomain: mail.subjectDomain } : {}),
    ...(fileName ? { fileName } : {}),
  }
}

/** Turns what the reader gives into steps. The end of a report is told when the hash of its document is known. */
class AggregateSteps implements AggregateReportSink {
  readonly #document: AggregateXml
  readonly #target: StepTarget
  readonly #hash: Buffer | null
  #reports = 0
  #ended: AggregateSummary | null = null

  /** `hash` of the document, where it is in memory. */
  constructor(document: AggregateXml, target: StepTarget, hash: Buffer | null) {
    this.#document = document
    this.#target = target
    this.#hash = hash
  }

  head(head: AggregateHead): void {
    if (this.#ended !== null) this.#endBeforeNextRoot(this.#ended)
    this.#reports++
    this.#target.push({ op: 'aggregate-head', path: this.#path(), head, hash: this.#reportHash(this.#hash) })
  }

  records(columns: RecordColumns, added: AddedValues): void {
    this.#target.push({ op: 'records', columns, added })
  }

  end(summary: AggregateSummary): void {
    this.#ended = summary
  }

  finish(hash: Buffer, size: number, notes: readonly UnwrapNote[] = []): void {
    if (this.#ended === null) return
    const all = [...this.#document.notes, ...notes]
    this.#pushSummary(withNotes(this.#ended, all), this.#reportHash(hash) ?? hash, size)
  }

  #endBeforeNextRoot(summary: AggregateSummary): void {
    const { content, notes } = this.#document
    const size = content.kind === 'bytes' ? content.bytes.length : 0
    // In a streamed document the hash is not known yet: what was read stands for the report.
    this.#pushSummary(withNotes(summary, notes), this.#reportHash(this.#hash) ?? hashOfSummary(summary), size)
  }

  #pushSummary(summary: AggregateSummary, hash: Buffer, size: number): void {
    this.#ended = null
    this.#target.push({ op: 'aggregate-end', hash, size, summary })
  }

  /** A report is known by the hash of its document; further roots of one document by the hash and their place. */
  #reportHash(documentHash: Buffer | null): Buffer | null {
    if (documentHash === null || this.#reports === 1) return documentHash
    return sha256(Buffer.concat([documentHash, Buffer.from(`#${this.#reports}`)]))
  }

  #path(): string {
    return this.#reports === 1 ? this.#document.path : `${this.#document.path}#${this.#reports}`
  }
}

function hashOfSummary(summary: AggregateSummary): Buffer {
  const { head, records, messages } = summary
  return sha256(JSON.stringify({ head, records, messages }))
}

/** What was tolerated while unpacking is a deviation of the report. */
function withNotes(summary: AggregateSummary, notes: readonly UnwrapNote[]): AggregateSummary {
  if (notes.length === 0) return summary
  const deviationCounts: Record<string, number> = { ...summary.deviationCounts }
  for (const { code } of notes) deviationCounts[code] = (deviationCounts[code] ?? 0) + 1
  const deviations = [...notes.map(({ code, text }) => ({ code, at: 0, raw: text })), ...summary.deviations]
  return { ...summary, deviations, deviationCounts }
}
