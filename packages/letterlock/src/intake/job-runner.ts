import { collectGarbage } from '../store/collect-garbage.ts'
import type { DeliveryVerdict, IntakeOp, IntakeStore } from '../store/intake-op.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { DeliveryBatch } from './delivery-batch.ts'
import { AskedTurns } from './large-turns.ts'
import { keepQuarantineCopy } from './quarantine-copy.ts'
import {
  type DeliveryInput,
  type DeliveryOptions,
  type DeliveryOutcome,
  readDelivery,
  type StepTarget,
} from './read-delivery.ts'
import { rereadReport } from './reread-report.ts'
import { RowLines } from './row-lines.ts'
import { openFileInput, openStreamInput, type SplitInput } from './split-input.ts'
import { StepSink, StepStream } from './step-sink.ts'
import { subjectHasher } from './subject-hash.ts'
import type { FromWorker, ReparseJob, ToWorker, WorkerSetup } from './worker-messages.ts'

/** The store as a thread sees it. */
export interface WorkerStore extends IntakeStore {
  reparse(report: number, steps: AsyncIterable<IntakeOp>): Promise<{ readonly rows: number }>
}

export interface JobRunnerOptions {
  readonly setup: WorkerSetup
  readonly store: WorkerStore
  readonly send: (message: FromWorker) => void
}

/** Texts of rows that were sent and not taken yet: the reader of stdout sets the pace. */
const rowTextsInFlight = 4

/** One thing to do: an input with one or, for an mbox, many deliveries. */
interface Job {
  readonly id: number
  readonly open: () => Promise<SplitInput>
  readonly options: DeliveryOptions
}

/** Runs the jobs of one thread, one after the other; writing to the store goes on meanwhile. */
export class JobRunner {
  readonly #options: JobRunnerOptions
  readonly #hashSubject: DeliveryOptions['hashSubject']
  readonly #batch: DeliveryBatch
  readonly #turns: AskedTurns
  readonly #queue: Job[] = []
  readonly #streams = new Map<number, ChunkQueue>()
  /** Deliveries of a job that are not durable yet, and whether the input is read to its end. */
  readonly #open = new Map<number, { waiting: number; isRead: boolean; error: string | null }>()
  readonly #running = new Set<Promise<void>>()
  #isRunning = false
  #idle: Promise<void> = Promise.resolve()
  #rowTexts = 0
  #rowsTaken: (() => void) | null = null

  constructor(options: JobRunnerOptions) {
    this.#options = options
    const { subjectKey } = options.setup
    this.#hashSubject = subjectKey === null ? null : subjectHasher(subjectKey)
    this.#batch = new DeliveryBatch(options.store)
    this.#turns = new AskedTurns(message => {
      // What was read before is not to wait for a turn; a large document is not to wait for small ones.
      this.#batch.flush()
      if (message.type === 'turn-over') collectGarbage()
      options.send(message)
    })
  }

  take(message: Exclude<ToWorker, { type: 'finish' }>): void {
    switch (message.type) {
      case 'files':
        for (const job of message.jobs) {
          const options = this.#deliveryOptions(job, 'operator', message.keepsFailureReports)
          this.#add({ id: job.id, open: () => openFileInput(job.path, job.size), options })
        }
        return
      case 'bytes': {
        const { job } = message
        const options = this.#deliveryOptions(job, job.trust, message.keepsFailureReports)
        const bytes = Buffer.from(job.bytes.buffer, job.bytes.byteOffset, job.bytes.byteLength)
        this.#add({ id: job.id, open: async () => ({ kind: 'one', input: { kind: 'bytes', bytes } }), options })
        return
      }
      case 'open': {
        const { job } = message
        const queue = this.#openQueue(job.id)
        const options = this.#deliveryOptions(job, job.trust, message.keepsFailureReports)
        this.#start(job.id, () => this.#readJob({ id: job.id, open: () => openStreamInput(queue), options }))
        return
      }
      case 'reparse': {
        const { job } = message
        const queue = this.#openQueue(job.id)
        this.#start(job.id, () => this.#reparse(job, queue, message.keepsFailureReports))
        return
      }
      case 'chunk':
        this.#streams.get(message.id)?.push(Buffer.from(message.bytes))
        return
      case 'close':
        this.#streams.get(message.id)?.end(message.error)
        return
      case 'turn':
        this.#turns.begin(message.turn)
        return
      case 'rows-taken':
        this.#rowTexts--
        this.#rowsTaken?.()
        return
    }
  }

  /** Waits until every job that was taken is done. */
  async finish(): Promise<void> {
    await this.#idle
    await Promise.all(this.#running)
    await this.#batch.settled()
  }

  #deliveryOptions(
    job: { readonly name: string; readonly channel: DeliveryOptions['channel']; readonly receivedAt: number },
    trust: DeliveryOptions['trust'],
    keepsFailureReports: boolean,
  ): DeliveryOptions {
    const { tenant, unpackedLimit } = this.#options.setup
    const { name, channel, receivedAt } = job
    const hashSubject = this.#hashSubject
    const largeTurns = this.#turns
    return { tenant, unpackedLimit, name, channel, receivedAt, trust, keepsFailureReports, hashSubject, largeTurns }
  }

  #openQueue(id: number): ChunkQueue {
    const queue = new ChunkQueue(bytes => this.#options.send({ type: 'used', id, bytes }))
    this.#streams.set(id, queue)
    return queue
  }

  /** A stream may come in slowly: it runs beside the queue and holds nobody up. */
  #start(id: number, work: () => Promise<void>): void {
    this.#open.set(id, { waiting: 0, isRead: false, error: null })
    const running = this.#runJob(id, work).then(() => {
      this.#running.delete(running)
      this.#batch.flush()
    })
    this.#running.add(running)
  }

  #add(job: Job): void {
    this.#queue.push(job)
    this.#open.set(job.id, { waiting: 0, isRead: false, error: null })
    if (this.#isRunning) return
    this.#isRunning = true
    this.#idle = this.#run()
  }

  async #run(): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      const next = job
      await this.#runJob(next.id, () => this.#readJob(next))
      // What waits is written at once when there is nothing more to read it with.
      if (this.#queue.length === 0) this.#batch.flush()
    }
    this.#isRunning = false
  }

  async #runJob(id: number, work: () => Promise<void>): Promise<void> {
    const open = this.#open.get(id)
    try {
      await work()
    } catch (error) {
      if (open !== undefined) open.error = error instanceof Error ? error.message : String(error)
    }
    this.#streams.delete(id)
    if (open !== undefined) open.isRead = true
    this.#closeWhenDone(id)
  }

  async #readJob(job: Job): Promise<void> {
    const split = await job.open()
    if (split.kind === 'one') {
      await this.#deliver(job.id, split.input, job.options)
      return
    }
    for await (const message of split.messages) {
      const options = { ...job.options, name: `${job.options.name}#${message.number}`, channel: 'mbox' as const }
      await this.#deliver(job.id, { kind: 'bytes', bytes: message.bytes, isCut: message.isCut }, options)
    }
  }

  async #reparse(job: ReparseJob, queue: ChunkQueue, keepsFailureReports: boolean): Promise<void> {
    const options = this.#deliveryOptions({ ...job, channel: 'file' }, 'operator', keepsFailureReports)
    const steps = new StepStream()
    const written = this.#options.store.reparse(job.report, steps)
    written.catch(error => steps.stop(error instanceof Error ? error : new Error(String(error))))
    const isFound = await rereadReport(queue, job, options, steps)
    if (isFound) steps.end()
    else steps.fail(new Error('the kept bytes cannot be read as this report any more'))
    const { rows } = await written
    this.#options.send({ type: 'reparsed', id: job.id, rows })
  }

  async #deliver(id: number, input: DeliveryInput, options: DeliveryOptions): Promise<void> {
    const sink = new StepSink(this.#options.store)
    const rows = this.#options.setup.sendsRows ? new RowLines(options.name) : null
    const target = rows === null ? sink : new RowSending(sink, rows, text => this.#sendRows(text))
    let outcome: DeliveryOutcome
    try {
      outcome = await readDelivery(input, options, target)
      const drained = target.drained
      if (drained !== null) await drained
    } catch (error) {
      sink.fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
    const state = this.#open.get(id)
    if (state !== undefined) state.waiting++
    const { quarantineFolder } = this.#options.setup
    if (outcome.isQuarantined && quarantineFolder !== null) keepQuarantineCopy(quarantineFolder, input, outcome.hash)
    if (outcome.kind === 'unstored') {
      this.#settle(id, outcome.verdict)
      return
    }
    const finished = sink.finish()
    const settle = (verdict: DeliveryVerdict): void => this.#settle(id, verdict)
    const fail = (error: unknown): void => this.#failOne(id, error)
    if ('verdict' in finished) await finished.verdict.then(settle, fail)
    else await this.#batch.add({ steps: finished.steps, settle, fail })
  }

  async #sendRows(text: string): Promise<void> {
    while (this.#rowTexts >= rowTextsInFlight) {
      await new Promise<void>(resolve => {
        this.#rowsTaken = resolve
      })
    }
    this.#rowTexts++
    this.#options.send({ type: 'rows', text })
  }

  #settle(id: number, verdict: DeliveryVerdict): void {
    this.#options.send({ type: 'verdict', id, verdict })
    this.#oneLess(id)
  }

  #failOne(id: number, error: unknown): void {
    const open = this.#open.get(id)
    if (open !== undefined) open.error ??= error instanceof Error ? error.message : String(error)
    this.#oneLess(id)
  }

  #oneLess(id: number): void {
    const open = this.#open.get(id)
    if (open !== undefined) open.waiting--
    this.#closeWhenDone(id)
  }

  #closeWhenDone(id: number): void {
    const open = this.#open.get(id)
    if (open === undefined || !open.isRead || open.waiting > 0) return
    this.#open.delete(id)
    this.#options.send({ type: 'done', id, error: open.error })
  }
}

/** Passes steps on and shows their rows. */
class RowSending implements StepTarget {
  readonly #sink: StepSink
  readonly #rows: RowLines
  readonly #send: (text: string) => Promise<void>
  #text = ''

  constructor(sink: StepSink, rows: RowLines, send: (text: string) => Promise<void>) {
    this.#sink = sink
    this.#rows = rows
    this.#send = send
  }

  push(step: IntakeOp): void {
    this.#text += this.#rows.take(step)
    this.#sink.push(step)
  }

  get drained(): Promise<void> | null {
    if (this.#text === '') return this.#sink.drained
    const text = this.#text
    this.#text = ''
    return this.#send(text).then(() => this.#sink.drained ?? undefined)
  }
}
