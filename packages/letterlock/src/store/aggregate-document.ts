import { AggregateWriter } from './aggregate-writer.ts'
import type { DocumentVerdict, IntakeOp } from './intake-op.ts'
import type { NewReport, ReportWriter } from './report-writer.ts'

type Op<Name extends IntakeOp['op']> = Extract<IntakeOp, { readonly op: Name }>

/** A report that is being written, and the way back. */
interface Open {
  readonly report: NewReport
  readonly writer: AggregateWriter
  readonly hasSavepoint: boolean
}

/** One aggregate report between its head and its end. Content that is known is passed over. */
export class AggregateDocument {
  readonly path: string
  readonly #reports: ReportWriter
  readonly #head: Op<'aggregate-head'>
  readonly #state: DocumentVerdict | Open

  private constructor(reports: ReportWriter, head: Op<'aggregate-head'>, state: DocumentVerdict | Open) {
    this.path = head.path
    this.#reports = reports
    this.#head = head
    this.#state = state
  }

  static async open(reports: ReportWriter, tenant: number, op: Op<'aggregate-head'>): Promise<AggregateDocument> {
    const known = op.hash === null ? null : await reports.known(tenant, op.hash)
    if (known !== null) return new AggregateDocument(reports, op, known)
    const { session, senders } = reports.context
    const report = await reports.aggregate(tenant, op.head)
    // Only content that may turn out to be known needs a way back; a savepoint costs as much as two rows.
    const hasSavepoint = op.hash === null || report.others.length > 0
    if (hasSavepoint) await session.savepoint()
    const catalogue = await senders.catalogue(session)
    const writer = new AggregateWriter({ session, senders, place: report, catalogue })
    return new AggregateDocument(reports, op, { report, writer, hasSavepoint })
  }

  async add(op: Op<'records'>): Promise<void> {
    if ('writer' in this.#state) await this.#state.writer.add(op.columns, op.added)
  }

  async finish(op: Op<'aggregate-end'>, received: number): Promise<DocumentVerdict> {
    if (!('writer' in this.#state)) return this.#state
    const { report, writer, hasSavepoint } = this.#state
    await writer.finish()
    const known =
      (this.#head.hash === null ? await this.#reports.known(report.tenant, op.hash) : null) ??
      (await this.#reports.equalOf(report))
    if (known !== null) {
      await this.takeBack()
      return known
    }
    if (hasSavepoint) await this.#reports.context.session.release()
    await this.#reports.addAggregate(report, { ...op, received, rows: writer.rows })
    return {
      path: this.path,
      kind: 'aggregate',
      verdict: report.others.length > 0 ? 'overlapping' : 'stored',
      reportId: report.report,
      rows: writer.rows,
      messages: writer.messages,
      deviations: op.summary.deviationCounts,
      code: null,
      reason: null,
    }
  }

  /** Nothing of this report is kept. Only for a document that was opened without its hash, or beside others. */
  async takeBack(): Promise<void> {
    if (!('writer' in this.#state)) return
    await this.#reports.context.session.rollbackToSavepoint()
    this.#reports.context.senders.undo()
  }
}
