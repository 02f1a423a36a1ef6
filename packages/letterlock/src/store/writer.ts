import type { Attributor } from './attribution.ts'
import { type DeliveryForesight, DeliveryWriter } from './delivery-writer.ts'
import type { DeliveryContext } from './intake-context.ts'
import type { DeliveryVerdict, DocumentVerdict, IntakeOp, IntakeStore } from './intake-op.ts'
import { SenderIds } from './sender-ids.ts'
import type { Session, Transactor } from './session.ts'

/** Deliveries of one transaction: more would make others wait longer and save little of the cost of syncing. */
export const groupLimit = 256

type Steps = readonly IntakeOp[]

interface Waiting {
  readonly deliveries: readonly Steps[]
  readonly resolve: (verdicts: readonly DeliveryVerdict[]) => void
}

/** What a writer is made of. */
export interface WriterOptions {
  readonly transactor: Transactor
  readonly attributor: Attributor
  /** Seconds since 1970. */
  readonly now: () => number
}

/** Takes deliveries into the store. One instance writes; every promise is kept after its transaction is durable. */
export class StoreWriter implements IntakeStore {
  readonly #transactor: Transactor
  readonly #now: () => number
  #attributor: Attributor
  #senders = new Map<number, SenderIds>()
  #waiting: Waiting[] = []
  #isPumping = false

  constructor(options: WriterOptions) {
    this.#transactor = options.transactor
    this.#attributor = options.attributor
    this.#now = options.now
  }

  /** Calls that wait at the same time share a transaction. A delivery that fails alone does not fail the others. */
  writeMany(deliveries: readonly Steps[]): Promise<readonly DeliveryVerdict[]> {
    return new Promise(resolve => {
      this.#waiting.push({ deliveries, resolve })
      void this.#pump()
    })
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.#waiting.length > 0) {
      let group: Waiting[] = []
      const verdicts = await this.#inTransaction(session => {
        // Taken only now: what came while the writer was busy goes along.
        group = this.#takeGroup()
        return this.#writeAll(
          session,
          group.flatMap(waiting => waiting.deliveries),
        )
      }).catch(() => null)
      await this.#answer(group, verdicts)
    }
    this.#isPumping = false
  }

  #takeGroup(): Waiting[] {
    let count = 0
    let calls = 0
    for (const { deliveries } of this.#waiting) {
      count += deliveries.length
      if (calls > 0 && count > groupLimit) break
      calls += 1
    }
    return this.#waiting.splice(0, calls)
  }

  async #answer(group: readonly Waiting[], verdicts: readonly DeliveryVerdict[] | null): Promise<void> {
    let at = 0
    for (const { deliveries, resolve } of group) {
      if (verdicts === null) resolve(await this.#writeEach(deliveries))
      else resolve(verdicts.slice(at, at + deliveries.length))
      at += deliveries.length
    }
  }

  async #writeEach(deliveries: readonly Steps[]): Promise<readonly DeliveryVerdict[]> {
    const verdicts: DeliveryVerdict[] = []
    for (const steps of deliveries) {
      const attempt = this.#inTransaction(session => this.#writeAll(session, [steps]))
      verdicts.push(...(await attempt.catch(error => [failed(steps, error)])))
    }
    return verdicts
  }

  async #writeAll(session: Session, deliveries: readonly Steps[]): Promise<readonly DeliveryVerdict[]> {
    const verdicts: DeliveryVerdict[] = []
    for (const steps of deliveries) {
      const context = await this.#context(session, tenantOf(steps))
      const writer = new DeliveryWriter(context, foresightOf(steps, context))
      for (const op of withHashes(steps)) await writer.step(op)
      verdicts.push(writer.verdict())
    }
    return verdicts
  }

  writeStream(steps: AsyncIterable<IntakeOp>): Promise<DeliveryVerdict> {
    return this.#inTransaction(async session => {
      let writer: DeliveryWriter | null = null
      for await (const op of steps) {
        if (op.op === 'delivery') writer = new DeliveryWriter(await this.#context(session, op.tenant), null)
        if (writer === null) throw new Error('the first step of a delivery must be `delivery`')
        await writer.step(op)
        if (op.op === 'end') return writer.verdict()
      }
      throw new Error('the steps of a delivery ended before `end`')
    })
  }

  async #inTransaction<T>(body: (session: Session) => Promise<T>): Promise<T> {
    try {
      const value = await this.#transactor.transaction(body)
      for (const senders of this.#senders.values()) senders.settle()
      return value
    } catch (error) {
      for (const senders of this.#senders.values()) senders.undo()
      throw error
    }
  }

  async #context(session: Session, tenant: number): Promise<DeliveryContext> {
    return {
      session,
      senders: this.#sendersOf(tenant),
      now: this.#now(),
      keepsFailureReports: await keepsFailureReports(session, tenant),
    }
  }

  #sendersOf(tenant: number): SenderIds {
    let senders = this.#senders.get(tenant)
    if (senders === undefined) {
      senders = new SenderIds(this.#attributor, tenant)
      this.#senders.set(tenant, senders)
    }
    return senders
  }
}

async function keepsFailureReports(session: Session, tenant: number): Promise<boolean> {
  const [row] = await session.all("SELECT value FROM setting WHERE tenant = ? AND key = 'failureReports'", [tenant])
  return row?.['value'] === 'true'
}

function tenantOf(steps: Steps): number {
  const [first] = steps
  if (first?.op !== 'delivery') throw new Error('the first step of a delivery must be `delivery`')
  return first.tenant
}

function foresightOf(steps: Steps, context: DeliveryContext): DeliveryForesight {
  const end = steps.at(-1)
  if (end?.op !== 'end') throw new Error('the last step of a delivery must be `end`')
  const isKept = steps.some(op => op.op === 'aggregate-head' || op.op === 'tls' || op.op === 'quarantine')
  const isPersonal = steps.some(op => op.op === 'failure')
  return {
    hash: end.hash,
    size: end.size,
    dropsBytes: isPersonal ? !context.keepsFailureReports : !isKept,
  }
}

/** Gives each head the hash that its end carries, so that known content is passed over at once. */
function withHashes(steps: Steps): Steps {
  return steps.map((op, at) => {
    if (op.op !== 'aggregate-head' || op.hash !== null) return op
    const end = steps.find((later, place) => place > at && later.op === 'aggregate-end')
    return end?.op === 'aggregate-end' ? { ...op, hash: end.hash } : op
  })
}

function failed(steps: Steps, error: unknown): DeliveryVerdict {
  const [first] = steps
  const document: DocumentVerdict = {
    path: '',
    kind: 'none',
    verdict: 'failed',
    reportId: null,
    rows: 0,
    messages: 0,
    deviations: {},
    code: 'not-stored',
    reason: error instanceof Error ? error.message : String(error),
  }
  return { deliveryId: null, name: first?.op === 'delivery' ? first.name : '', documents: [document] }
}
