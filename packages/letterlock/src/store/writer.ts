import { setImmediate as messagesTaken } from 'node:timers/promises'
import { type Attributor, namingSetting, unfinishedNaming } from './attribution.ts'
import { type DeliveryForesight, DeliveryWriter } from './delivery-writer.ts'
import type { DeliveryContext } from './intake-context.ts'
import type { DeliveryVerdict, DocumentVerdict, IntakeOp } from './intake-op.ts'
import type { ServedIntake } from './intake-port.ts'
import { reattributeDay, storeFacts } from './reattribution.ts'
import { type ChangeSummary, type RemovedDay, removeDay, removeDomainItself, removeQuarantineEntry } from './removal.ts'
import { ReportNotFound, rewriteReport } from './reparse.ts'
import type { DomainDay } from './rollup.ts'
import { onlyTenant } from './schema.ts'
import { SenderIds } from './sender-ids.ts'
import type { Session, SqlValue, Transactor } from './session.ts'
import type { SourceFactsFound } from './store.ts'

/** Deliveries of one transaction: more would make others wait longer and save little of the cost of syncing. */
export const groupLimit = 256

/**
 * Days, reports, rows and sources changed in one transaction: small enough that intake waits less than a second. Between
 * two of them the event loop has its turn (`messagesTaken`): SQLite answers at once, and without that no other write,
 * and no closing, would be heard before the end.
 */
const daysLimit = 200
const reportsLimit = 500
const rowsLimit = 10_000
const factsLimit = 100

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
export class StoreWriter implements ServedIntake {
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
    const contexts = new Map<number, DeliveryContext>()
    for (const steps of deliveries) {
      const tenant = tenantOf(steps)
      const context = contexts.get(tenant) ?? (await this.#context(session, tenant))
      contexts.set(tenant, context)
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

  /** Puts a report that was parsed again in the place of what is stored; 0 reports where the steps do not hold it. */
  async reparse(report: number, steps: AsyncIterable<IntakeOp>): Promise<ChangeSummary> {
    try {
      const rows = await this.#inTransaction(async session =>
        rewriteReport(await this.#context(session, onlyTenant), { tenant: onlyTenant, report, steps }),
      )
      return { reports: 1, rows }
    } catch (error) {
      if (error instanceof ReportNotFound) return { reports: 0, rows: 0 }
      throw error
    }
  }

  /** Removes reports of days before the limits, a bounded number of them in each transaction. */
  async removeBefore(limit: {
    readonly day: number | null
    readonly failureDay: number | null
  }): Promise<ChangeSummary> {
    const whole = await this.#removeDays('aggregate and tls', limit.day)
    const failures = await this.#removeDays('failure', limit.failureDay)
    return { reports: whole.reports + failures.reports, rows: whole.rows + failures.rows }
  }

  async #removeDays(kinds: 'aggregate and tls' | 'failure', before: number | null): Promise<ChangeSummary> {
    if (before === null) return { reports: 0, rows: 0 }
    const condition = kinds === 'failure' ? "kind = 'failure'" : "kind <> 'failure'"
    return this.#removeWhere({
      condition: `${condition} AND day < ?`,
      parameters: [before],
      kinds,
      leavesTombstones: true,
    })
  }

  async #removeWhere(of: {
    readonly condition: string
    readonly parameters: readonly SqlValue[]
    readonly kinds: RemovedDay['kinds']
    readonly leavesTombstones: boolean
  }): Promise<ChangeSummary> {
    const { condition, parameters, kinds, leavesTombstones } = of
    let reports = 0
    let rows = 0
    for (;;) {
      const days = await this.#inTransaction(async session => {
        const found = await session.all(
          `SELECT domain, day, count(*) AS reports FROM report WHERE tenant = ? AND ${condition}
           GROUP BY domain, day ORDER BY day, domain LIMIT ${daysLimit}`,
          [onlyTenant, ...parameters],
        )
        let taken = 0
        for (const row of found) {
          if (taken > 0 && taken + Number(row['reports']) > reportsLimit) break
          taken += Number(row['reports'])
          const day = { tenant: onlyTenant, domain: Number(row['domain']), day: Number(row['day']) }
          const removed = await removeDay(session, { ...day, kinds, leavesTombstones, now: this.#now() })
          reports += removed.reports
          rows += removed.rows
        }
        return found.length
      })
      if (days === 0) return { reports, rows }
      await messagesTaken()
    }
  }

  /** Removes a domain with everything that was reported about it. Its reports may come back. */
  async removeDomain(domain: number): Promise<ChangeSummary> {
    const removed = await this.#removeWhere({
      condition: 'domain = ?',
      parameters: [domain],
      kinds: 'all',
      leavesTombstones: false,
    })
    await this.#inTransaction(session => removeDomainItself(session, onlyTenant, domain))
    return removed
  }

  removeQuarantine(id: number): Promise<boolean> {
    return this.#inTransaction(session => removeQuarantineEntry(session, onlyTenant, id))
  }

  /** Stores facts about sources; senders that rest on them are named again. */
  async storeSourceFacts(facts: readonly SourceFactsFound[]): Promise<ChangeSummary> {
    let rows = 0
    for (let at = 0; at < facts.length; at += factsLimit) {
      rows += await this.#inTransaction(session =>
        storeFacts(session, this.#sendersOf(onlyTenant), {
          tenant: onlyTenant,
          facts: facts.slice(at, at + factsLimit),
        }),
      )
      await messagesTaken()
    }
    return { reports: 0, rows }
  }

  /**
   * Names the senders of all rows again where another version of the catalogue named them: after an upgrade, or after
   * a person loaded another map. Costs nothing when the store was brought up to this version before.
   */
  async reattribute(attributor: Attributor = this.#attributor): Promise<ChangeSummary> {
    this.#attributor = attributor
    this.#senders = new Map()
    const isDone = await this.#inTransaction(async session => {
      if ((await appliedCatalogue(session)) === attributor.version) return true
      // From here to the end rows have names of several catalogues: wherever it stops, the next call begins again.
      await noteCatalogue(session, unfinishedNaming)
      return false
    })
    if (isDone) return { reports: 0, rows: 0 }
    let rows = 0
    for (let after: DomainDay | null = { tenant: onlyTenant, domain: 0, day: 0 }; after !== null; ) {
      ;[rows, after] = await this.#reattributeSome(rows, after)
      await messagesTaken()
      // A later call names every row, these too.
      if (this.#attributor !== attributor) return { reports: 0, rows }
    }
    await this.#inTransaction(async session => {
      if (this.#attributor === attributor) await noteCatalogue(session, attributor.version)
    })
    return { reports: 0, rows }
  }

  /** The days after a place, about `rowsLimit` rows of them. */
  async #reattributeSome(rows: number, after: DomainDay): Promise<[number, DomainDay | null]> {
    return this.#inTransaction(async session => {
      const days = await session.all(
        `SELECT domain, day, sum(records) AS records FROM aggregate_rollup
         WHERE tenant = ? AND (domain > ? OR (domain = ? AND day > ?)) GROUP BY domain, day ORDER BY domain, day
         LIMIT ${daysLimit}`,
        [onlyTenant, after.domain, after.domain, after.day],
      )
      let seen = 0
      let changed = rows
      let last: DomainDay | null = null
      for (const row of days) {
        if (seen > rowsLimit) break
        last = { tenant: onlyTenant, domain: Number(row['domain']), day: Number(row['day']) }
        changed += await reattributeDay(session, this.#sendersOf(onlyTenant), last)
        seen += Number(row['records'])
      }
      return [changed, last]
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

async function appliedCatalogue(session: Session): Promise<string | null> {
  const [row] = await session.all('SELECT value FROM setting WHERE tenant = ? AND key = ?', [onlyTenant, namingSetting])
  return row === undefined ? null : String(row['value'])
}

async function noteCatalogue(session: Session, version: string): Promise<void> {
  await session.run(
    `INSERT INTO setting (tenant, key, value) VALUES (?, ?, ?)
     ON CONFLICT (tenant, key) DO UPDATE SET value = excluded.value`,
    [onlyTenant, namingSetting, version],
  )
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
  const isWorthKeeping = steps.some(op => op.op === 'aggregate-head' || op.op === 'tls' || op.op === 'quarantine')
  // Without a piece there are no bytes: a mail that could not be fetched.
  const isKept = isWorthKeeping && steps.some(op => op.op === 'piece')
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
