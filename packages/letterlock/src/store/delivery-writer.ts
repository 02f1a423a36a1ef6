import { AggregateDocument } from './aggregate-document.ts'
import { writeFailure } from './failure-writer.ts'
import type { DeliveryContext } from './intake-context.ts'
import type { DeliveryVerdict, DocumentVerdict, IntakeOp } from './intake-op.ts'
import { type DocumentArrival, ReportWriter } from './report-writer.ts'
import { type SqlRow, storableText } from './session.ts'
import { writeTls } from './tls-writer.ts'

type Op<Name extends IntakeOp['op']> = Extract<IntakeOp, { readonly op: Name }>

/** What is known of a delivery before its steps come, because all of them are at hand. */
export interface DeliveryForesight {
  readonly hash: Uint8Array
  readonly size: number
  /** No document of it will need its bytes. */
  readonly dropsBytes: boolean
}

/** The hash of bytes that are still coming in; the end of the delivery puts the true one in its place. */
const unknownHash = new Uint8Array(0)

/**
 * Takes the steps of one delivery inside a transaction. Nothing here is final before that transaction commits.
 *
 * - Content that is known joins this delivery to the report that has it. Bytes that are known are not kept twice, and
 *   the same bytes under the same name from the same channel add nothing at all.
 * - What retention removed is known as expired, and does not come back.
 */
export class DeliveryWriter {
  readonly #context: DeliveryContext
  readonly #foresight: DeliveryForesight | null
  readonly #reports: ReportWriter
  readonly #documents: DocumentVerdict[] = []
  readonly #quarantined: Op<'quarantine'>[] = []
  #delivery: Op<'delivery'> | null = null
  #same: readonly SqlRow[] = []
  #id: number | null = null
  #isNew = false
  #hasPieces = false
  #open: AggregateDocument | null = null

  constructor(context: DeliveryContext, foresight: DeliveryForesight | null) {
    this.#context = context
    this.#foresight = foresight
    this.#reports = new ReportWriter(context)
  }

  async step(op: IntakeOp): Promise<void> {
    switch (op.op) {
      case 'delivery':
        return this.#begin(op)
      case 'piece':
        return this.#addPiece(op)
      case 'aggregate-head':
        this.#open = await AggregateDocument.open(this.#reports, this.#tenant(), op)
        return
      case 'records':
        return this.#open?.add(op)
      case 'aggregate-end':
        return this.#closeAggregate(op)
      case 'tls':
        return this.#document(op.path, await writeTls(this.#reports, op, this.#arrival()))
      case 'failure':
        return this.#document(op.path, await writeFailure(this.#reports, op, this.#arrival()))
      case 'quarantine':
        this.#quarantined.push(op)
        this.#documents.push({ ...withoutReport(op.path), verdict: 'quarantine', code: op.code, reason: op.reason })
        return
      case 'note':
        this.#documents.push({ ...withoutReport(op.path), verdict: 'note', code: op.code, reason: op.text })
        return
      case 'end':
        return this.#end(op)
    }
  }

  verdict(): DeliveryVerdict {
    return { deliveryId: this.#id, name: this.#delivery?.name ?? '', documents: this.#documents }
  }

  #arrival(): DocumentArrival {
    return { tenant: this.#tenant(), receivedAt: this.#delivery?.receivedAt ?? this.#context.now }
  }

  async #begin(op: Op<'delivery'>): Promise<void> {
    this.#delivery = op
    const hash = op.hash ?? this.#foresight?.hash
    if (hash !== undefined) this.#same = await this.#deliveriesOf(hash)
  }

  async #deliveriesOf(hash: Uint8Array): Promise<readonly SqlRow[]> {
    return this.#context.session.all(
      'SELECT id, channel, name, bytes_of FROM delivery WHERE tenant = ? AND hash = ? ORDER BY id',
      [this.#tenant(), hash],
    )
  }

  #tenant(): number {
    if (this.#delivery === null) throw new Error('the first step of a delivery must be `delivery`')
    return this.#delivery.tenant
  }

  async #addPiece(op: Op<'piece'>): Promise<void> {
    if (this.#same.length > 0 || this.#foresight?.dropsBytes === true) return
    const delivery = await this.#ensureDelivery()
    this.#hasPieces = true
    await this.#context.session.run(
      'INSERT INTO delivery_piece (tenant, delivery, seq, size, bytes) VALUES (?, ?, ?, ?, ?)',
      [this.#tenant(), delivery, op.seq, op.size, op.bytes],
    )
  }

  /** The row of this delivery: an earlier one where exactly this was delivered before. */
  async #ensureDelivery(): Promise<number> {
    if (this.#id !== null) return this.#id
    const op = this.#delivery
    if (op === null) throw new Error('the first step of a delivery must be `delivery`')
    const again = this.#same.find(row => row['channel'] === op.channel && row['name'] === storableText(op.name))
    if (again !== undefined) {
      this.#id = Number(again['id'])
      return this.#id
    }
    const drops = this.#foresight?.dropsBytes === true
    this.#isNew = true
    this.#id = await this.#context.session.insert('delivery', {
      tenant: op.tenant,
      hash: op.hash ?? this.#foresight?.hash ?? unknownHash,
      channel: op.channel,
      name: storableText(op.name),
      received_at: op.receivedAt,
      stored_at: this.#context.now,
      size: this.#foresight?.size ?? 0,
      headers: drops || op.headers === null ? null : storableText(op.headers),
      envelope_from: drops || op.envelopeFrom === null ? null : storableText(op.envelopeFrom),
      authentication: 'not checked',
      authenticated_by: null,
      bytes_of: homeOf(this.#same),
      has_bytes: drops ? 0 : 1,
    })
    return this.#id
  }

  async #closeAggregate(op: Op<'aggregate-end'>): Promise<void> {
    const open = this.#open
    this.#open = null
    if (open === null) throw new Error('`aggregate-end` without `aggregate-head`')
    await this.#document(open.path, await open.finish(op, this.#arrival().receivedAt))
  }

  /** Joins the report to this delivery. What expired is not joined: nothing of it is kept. */
  async #document(path: string, verdict: DocumentVerdict): Promise<void> {
    this.#documents.push({ ...verdict, path })
    if (verdict.reportId === null) return
    const delivery = await this.#ensureDelivery()
    await this.#context.session.run(
      'INSERT INTO delivery_report (tenant, report, delivery, path) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      [this.#tenant(), verdict.reportId, delivery, storableText(path)],
    )
  }

  async #end(op: Op<'end'>): Promise<void> {
    if (this.#open !== null) throw new Error('`end` inside an aggregate report')
    if (this.#delivery?.hash == null && this.#foresight === null) await this.#learnHash(op)
    await this.#settleQuarantine()
    const isNeeded = this.#documents.some(document => document.reportId !== null || document.verdict === 'quarantine')
    if (isNeeded) {
      await this.#dropPersonalBytes()
      if (this.#isNew && this.#foresight === null) await this.#setSize(op)
    } else await this.#dropDelivery()
  }

  /** The bytes of a stream are known only now: they may have been here before. */
  async #learnHash(op: Op<'end'>): Promise<void> {
    const { session } = this.#context
    this.#same = await this.#deliveriesOf(op.hash)
    if (this.#id === null || !this.#isNew) return
    if (this.#same.length === 0) {
      await session.run('UPDATE delivery SET hash = ? WHERE tenant = ? AND id = ?', [op.hash, this.#tenant(), this.#id])
      return
    }
    const provisional = this.#id
    this.#id = null
    this.#isNew = false
    await this.#removePieces(provisional)
    await session.run('DELETE FROM delivery WHERE tenant = ? AND id = ?', [this.#tenant(), provisional])
    const joined = await session.all('SELECT report, path FROM delivery_report WHERE tenant = ? AND delivery = ?', [
      this.#tenant(),
      provisional,
    ])
    await session.run('DELETE FROM delivery_report WHERE tenant = ? AND delivery = ?', [this.#tenant(), provisional])
    this.#delivery = this.#delivery === null ? null : { ...this.#delivery, hash: op.hash }
    if (joined.length === 0) return
    const delivery = await this.#ensureDelivery()
    for (const row of joined)
      await session.run(
        'INSERT INTO delivery_report (tenant, report, delivery, path) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        [this.#tenant(), Number(row['report']), delivery, String(row['path'])],
      )
  }

  async #setSize(op: Op<'end'>): Promise<void> {
    await this.#context.session.run('UPDATE delivery SET size = ? WHERE tenant = ? AND id = ?', [
      op.size,
      this.#tenant(),
      this.#id,
    ])
  }

  /** One entry for each thing that cannot be read in these bytes, however often they come. What can be read now goes. */
  async #settleQuarantine(): Promise<void> {
    const { session, now } = this.#context
    const tenant = this.#tenant()
    if (this.#quarantined.length === 0 && this.#same.length === 0) return
    if (this.#quarantined.length > 0) await this.#ensureDelivery()
    const home = homeOf(this.#same) ?? this.#id
    const wanted = new Map(this.#quarantined.map(op => [`${op.path}\n${op.code}`, op]))
    for (const row of await session.all('SELECT id, path, code FROM quarantine WHERE tenant = ? AND delivery = ?', [
      tenant,
      home,
    ]))
      if (!wanted.delete(`${row['path']}\n${row['code']}`))
        await session.run('DELETE FROM quarantine WHERE tenant = ? AND id = ?', [tenant, Number(row['id'])])
    for (const op of wanted.values())
      await session.insert('quarantine', {
        tenant,
        delivery: home,
        path: storableText(op.path),
        code: op.code,
        reason: storableText(op.reason),
        quarantined_at: now,
      })
  }

  /** FAIL-014: while failure reports are off, what came with one is not kept. */
  async #dropPersonalBytes(): Promise<void> {
    if (this.#context.keepsFailureReports || this.#id === null) return
    if (!this.#documents.some(document => document.kind === 'failure') || this.#foresight?.dropsBytes === true) return
    await this.#removePieces(this.#id)
    await this.#context.session.run(
      'UPDATE delivery SET has_bytes = 0, headers = NULL, envelope_from = NULL WHERE tenant = ? AND id = ?',
      [this.#tenant(), this.#id],
    )
  }

  async #dropDelivery(): Promise<void> {
    if (this.#id === null) return
    if (this.#isNew) {
      await this.#removePieces(this.#id)
      await this.#context.session.run('DELETE FROM delivery WHERE tenant = ? AND id = ?', [this.#tenant(), this.#id])
    }
    this.#id = null
  }

  async #removePieces(delivery: number): Promise<void> {
    if (!this.#hasPieces) return
    this.#hasPieces = false
    await this.#context.session.run('DELETE FROM delivery_piece WHERE tenant = ? AND delivery = ?', [
      this.#tenant(),
      delivery,
    ])
  }
}

/** The delivery that holds the bytes which all of these have. */
function homeOf(same: readonly SqlRow[]): number | null {
  const home = same.find(row => row['bytes_of'] === null)
  return home === undefined ? null : Number(home['id'])
}

function withoutReport(path: string): Omit<DocumentVerdict, 'verdict' | 'code' | 'reason'> {
  return { path, kind: 'none', reportId: null, rows: 0, messages: 0, deviations: {} }
}
