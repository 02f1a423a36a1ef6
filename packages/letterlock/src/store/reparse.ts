import { AggregateDocument } from './aggregate-document.ts'
import { writeFailure } from './failure-writer.ts'
import type { DeliveryContext } from './intake-context.ts'
import type { IntakeOp } from './intake-op.ts'
import { removeTlsRows } from './removal.ts'
import { type DocumentArrival, ReportWriter } from './report-writer.ts'
import { rebuildRollup } from './rollup.ts'
import type { SqlRow } from './session.ts'
import { writeTls } from './tls-writer.ts'

/** The steps did not hold the report: its bytes say something else now, or cannot be read. Nothing was changed. */
export class ReportNotFound extends Error {}

/**
 * Puts a report that was parsed again in the place of what is stored: same id, same deliveries. `steps` are those of
 * its delivery; other documents in them are passed over. Returns the rows written; throws ReportNotFound, which takes
 * the transaction back.
 */
export async function rewriteReport(
  context: DeliveryContext,
  of: { readonly tenant: number; readonly report: number; readonly steps: AsyncIterable<IntakeOp> },
): Promise<number> {
  const { tenant, report } = of
  const [row] = await context.session.all(
    'SELECT kind, hash, domain, day, received_at FROM report WHERE tenant = ? AND id = ?',
    [tenant, report],
  )
  if (row === undefined) throw new ReportNotFound(`there is no report ${report}`)
  await removeRows(context, of, row)
  const target = row['hash']
  if (!(target instanceof Uint8Array)) throw new Error('a report has the hash of its content')
  const rewriter = new Rewriter(context, {
    report,
    hash: target,
    arrival: { tenant, receivedAt: Number(row['received_at']) },
  })
  for await (const op of of.steps) await rewriter.step(op)
  if (rewriter.rows === null) throw new ReportNotFound('its kept bytes no longer give this report')
  return rewriter.rows
}

async function removeRows(
  { session }: DeliveryContext,
  { tenant, report }: { readonly tenant: number; readonly report: number },
  row: SqlRow,
): Promise<void> {
  const domain = Number(row['domain'])
  const day = Number(row['day'])
  switch (row['kind']) {
    case 'aggregate':
      await session.run('DELETE FROM aggregate_row WHERE tenant = ? AND domain = ? AND day = ? AND report = ?', [
        tenant,
        domain,
        day,
        report,
      ])
      await rebuildRollup(session, { tenant, domain, day })
      break
    case 'tls':
      await removeTlsRows(session, { tenant, day, report })
      break
    default:
      await session.run('DELETE FROM failure_report WHERE tenant = ? AND report = ?', [tenant, report])
  }
  await session.run('DELETE FROM report WHERE tenant = ? AND id = ?', [tenant, report])
}

/** Writes the one document whose content has the hash. */
class Rewriter {
  readonly #reports: ReportWriter
  readonly #hash: Uint8Array
  readonly #arrival: DocumentArrival
  #open: AggregateDocument | null = null
  rows: number | null = null

  constructor(
    context: DeliveryContext,
    of: { readonly report: number; readonly hash: Uint8Array; readonly arrival: DocumentArrival },
  ) {
    this.#reports = new ReportWriter(context, of.report)
    this.#hash = of.hash
    this.#arrival = of.arrival
  }

  #isTarget(hash: Uint8Array): boolean {
    return this.rows === null && Buffer.compare(hash, this.#hash) === 0
  }

  async step(op: IntakeOp): Promise<void> {
    switch (op.op) {
      case 'aggregate-head':
        if (this.rows === null && (op.hash === null || this.#isTarget(op.hash)))
          // Without the hash it can be taken back, whatever the head says of it.
          this.#open = await AggregateDocument.open(this.#reports, this.#arrival.tenant, { ...op, hash: null })
        return
      case 'records':
        return this.#open?.add(op)
      case 'aggregate-end': {
        const open = this.#open
        this.#open = null
        if (open === null) return
        if (!this.#isTarget(op.hash)) return open.takeBack()
        this.rows = (await open.finish(op, this.#arrival.receivedAt)).rows
        return
      }
      case 'tls':
        if (this.#isTarget(op.hash)) this.rows = (await writeTls(this.#reports, op, this.#arrival)).rows
        return
      case 'failure':
        if (this.#isTarget(op.hash)) this.rows = (await writeFailure(this.#reports, op, this.#arrival)).rows
        return
      default:
        return
    }
  }
}
