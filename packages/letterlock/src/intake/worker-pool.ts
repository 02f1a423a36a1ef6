import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type MessagePort, Worker } from 'node:worker_threads'
import { intakeThreadsLimit } from './intake.ts'
import { LargeTurnQueue } from './large-turns.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './worker-messages.ts'

/** Jobs waiting for one thread before another thread is started: starting one costs as much as many small reports. */
const jobsPerThread = 64
/**
 * Heap of one parse thread in MiB. The largest well-formed report needs a fraction of it; a thread that would grow
 * further is ended and its delivery is told as failed, while the process lives on.
 */
export const threadHeapMiB = 192
/** Heap for new objects of one parse thread in MiB. The 48 of the engine's own choice would fill before each sweep. */
const threadYoungMiB = 12

/** Without a job for this long the threads end: a mail now and then does not need them all day. */
const restAfterMs = 30_000

export interface WorkerPoolOptions {
  readonly threads: number | null
  readonly setup: Omit<WorkerSetup, 'storePort'>
  /** A new port to the store for each thread; null for a dry run. */
  readonly openStorePort: () => MessagePort | null
  readonly onRows: ((text: string) => Promise<void>) | null
  readonly heapMiB: number
}

/** What a job's owner is told. */
export interface JobListener {
  readonly onVerdict: (verdict: Extract<FromWorker, { type: 'verdict' }>['verdict']) => void
  /** `isLost`: the thread ended before the job did, because of this or of another of its jobs. */
  readonly onDone: (error: string | null, isLost: boolean) => void
  readonly onUsed?: (bytes: number) => void
  readonly onReparsed?: (rows: number) => void
}

interface Thread {
  readonly worker: Worker
  readonly ended: Promise<void>
  readonly jobs: Set<number>
}

/** Threads that read reports, started when there is work for them. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #limit: number
  readonly #threads: Thread[] = []
  /** Threads that were told to end because there was nothing to do. */
  readonly #resting = new Set<Promise<void>>()
  #rest: NodeJS.Timeout | null = null
  readonly #listeners = new Map<number, JobListener>()
  readonly #turns = new LargeTurnQueue<Thread>()
  #lastId = 0
  #isClosed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#limit = options.threads ?? Math.min(intakeThreadsLimit, availableParallelism())
  }

  /** A number for a new job, whose messages then go to `listener`. */
  register(listener: JobListener): number {
    this.#lastId++
    this.#listeners.set(this.#lastId, listener)
    return this.#lastId
  }

  /** Sends jobs to the thread that has the least to do; what follows for the same job is sent by the returned function. */
  start(ids: readonly number[], message: ToWorker, transfer: readonly ArrayBuffer[] = []): (more: ToWorker) => void {
    const thread = this.#leastBusy()
    for (const id of ids) thread.jobs.add(id)
    thread.worker.postMessage(message, [...transfer])
    return more => thread.worker.postMessage(more)
  }

  /** Lets the threads finish, then ends them. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#rest !== null) clearTimeout(this.#rest)
    for (const { worker } of this.#threads) worker.postMessage({ type: 'finish' } satisfies ToWorker)
    await Promise.all([...this.#threads.map(thread => thread.ended), ...this.#resting])
  }

  /** Called after each job: once none came for a while, all threads end. */
  #restSoon(): void {
    if (this.#isClosed || this.#listeners.size > 0) return
    if (this.#rest === null) {
      this.#rest = setTimeout(() => this.#takeRest(), restAfterMs)
      this.#rest.unref()
    } else this.#rest.refresh()
  }

  #takeRest(): void {
    if (this.#isClosed || this.#listeners.size > 0) return
    for (const { worker, ended } of this.#threads.splice(0)) {
      worker.postMessage({ type: 'finish' } satisfies ToWorker)
      this.#resting.add(ended)
      void ended.then(() => this.#resting.delete(ended))
    }
  }

  #leastBusy(): Thread {
    if (this.#isClosed) throw new Error('the intake is closed')
    const idlest = this.#threads.toSorted((a, b) => a.jobs.size - b.jobs.size)[0]
    const isBusy = idlest === undefined || idlest.jobs.size >= jobsPerThread
    if (idlest !== undefined && !(isBusy && this.#threads.length < this.#limit)) return idlest
    return this.#startThread()
  }

  #startThread(): Thread {
    const storePort = this.#options.openStorePort()
    const setup: WorkerSetup = { ...this.#options.setup, storePort }
    const worker = new Worker(workerFile(), {
      workerData: setup,
      transferList: storePort === null ? [] : [storePort],
      // The thread runs the build: flags that make the sources run (loaders, conditions) are not for it.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMiB, maxYoungGenerationSizeMb: threadYoungMiB },
    })
    let fault = 'the reading thread ended'
    worker.on('error', error => {
      fault = `the reading thread ended: ${error instanceof Error ? error.message : String(error)}`
    })
    const ended = new Promise<void>(resolve => {
      worker.once('exit', () => {
        this.#forget(thread, fault)
        resolve()
      })
    })
    const thread: Thread = { worker, ended, jobs: new Set() }
    worker.on('message', (message: FromWorker) => this.#take(thread, message))
    this.#threads.push(thread)
    return thread
  }

  #take(thread: Thread, message: FromWorker): void {
    switch (message.type) {
      case 'verdict':
        this.#listeners.get(message.id)?.onVerdict(message.verdict)
        return
      case 'done': {
        const listener = this.#listeners.get(message.id)
        thread.jobs.delete(message.id)
        this.#listeners.delete(message.id)
        listener?.onDone(message.error, false)
        this.#restSoon()
        return
      }
      case 'used':
        this.#listeners.get(message.id)?.onUsed?.(message.bytes)
        return
      case 'reparsed':
        this.#listeners.get(message.id)?.onReparsed?.(message.rows)
        return
      case 'turn-wanted': {
        const { turn } = message
        this.#turns.ask(thread, turn, () => thread.worker.postMessage({ type: 'turn', turn } satisfies ToWorker))
        return
      }
      case 'turn-over':
        this.#turns.end(thread, message.turn)
        return
      case 'rows':
        void (this.#options.onRows?.(message.text) ?? Promise.resolve()).finally(() =>
          thread.worker.postMessage({ type: 'rows-taken' } satisfies ToWorker),
        )
        return
    }
  }

  #forget(thread: Thread, fault: string): void {
    this.#turns.leave(thread)
    const at = this.#threads.indexOf(thread)
    if (at >= 0 && !this.#isClosed) this.#threads.splice(at, 1)
    for (const id of thread.jobs) {
      const listener = this.#listeners.get(id)
      this.#listeners.delete(id)
      listener?.onDone(fault, true)
    }
    thread.jobs.clear()
  }
}

/** The built file of the thread: Node 20 cannot run TypeScript, so that a run from the sources uses the build beside. */
function workerFile(): string {
  const url = new URL('./intake-worker.js', import.meta.url)
  return fileURLToPath(url).replace(
    /([\\/])packages([\\/])letterlock([\\/])src([\\/])/,
    '$1packages$2letterlock$3dist$4',
  )
}
