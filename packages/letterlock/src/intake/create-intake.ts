import type { DeliveryVerdict } from '../store/intake-op.ts'
import type { Store } from '../store/store.ts'
import { createDryStore } from './dry-store.ts'
import type {
  BytesInput,
  Intake,
  IntakeOptions,
  PathResult,
  PathsOptions,
  ReparseInput,
  StreamInput,
} from './intake.ts'
import { type FoundFile, findFiles } from './paths.ts'
import { ResultQueue } from './result-queue.ts'
import { quarantineUnfetched } from './unfetched.ts'
import type { FileJob, ToWorker } from './worker-messages.ts'
import { type JobListener, threadHeapMiB, WorkerPool } from './worker-pool.ts'

/** Files that are given to threads before the first of them are durable. */
const filesInFlight = 512
/** Files sent in one message. */
const filesPerMessage = 32
/** Bytes of a stream on their way to a thread. */
const streamWindowBytes = 2 * 1_048_576

/** Opens the intake of a store; `null` reads without storing (a dry run). */
export function createIntake(store: Pick<Store, 'intakePort' | 'intake'> | null, options: IntakeOptions): Intake {
  const pool = new WorkerPool({
    threads: options.threads,
    setup: {
      tenant: options.tenant,
      unpackedLimit: options.unpackedLimit,
      subjectKey: options.subjectKey ?? null,
      quarantineFolder: options.quarantineFolder ?? null,
      sendsRows: options.onRows !== undefined,
    },
    openStorePort: () => store?.intakePort() ?? null,
    onRows: options.onRows ?? null,
    heapMiB: options.threadHeapMiB ?? threadHeapMiB,
  })
  return {
    ingestPaths: (paths, pathsOptions = {}) => ingestPaths(pool, options, paths, pathsOptions),
    ingestStream: input => ingestStream(pool, options, input),
    ingestBytes: input => ingestBytes(pool, options, input),
    quarantineUnfetched: input => quarantineUnfetched(store?.intake ?? createDryStore(), options.tenant, input),
    reparse: input => reparse(pool, options, input),
    close: () => pool.close(),
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}

async function ingestBytes(pool: WorkerPool, options: IntakeOptions, input: BytesInput): Promise<DeliveryVerdict> {
  return await new Promise((resolve, reject) => {
    let verdict: DeliveryVerdict | null = null
    const id = pool.register({
      onVerdict: given => {
        verdict = given
      },
      onDone: error => {
        if (verdict !== null) resolve(verdict)
        else reject(new Error(error ?? 'the delivery got no verdict'))
      },
    })
    // A copy with a buffer of its own: the caller keeps what it gave.
    const bytes = new Uint8Array(input.bytes)
    const { name, channel, trust } = input
    const job = { id, name, channel, trust, receivedAt: input.receivedAt ?? now(), bytes }
    pool.start([id], { type: 'bytes', job, keepsFailureReports: options.keepsFailureReports() }, [bytes.buffer])
  })
}

async function* ingestStream(
  pool: WorkerPool,
  options: IntakeOptions,
  input: StreamInput,
): AsyncGenerator<DeliveryVerdict> {
  const results = new ResultQueue<DeliveryVerdict>()
  const sending = sendStream(pool, options, input, {
    onVerdict: verdict => results.push(verdict),
    onDone: error => results.end(error),
  })
  try {
    yield* results
  } finally {
    await sending
  }
}

async function sendStream(
  pool: WorkerPool,
  options: IntakeOptions,
  input: StreamInput,
  listener: JobListener,
): Promise<void> {
  const { name, channel, trust } = input
  const keepsFailureReports = options.keepsFailureReports()
  await sendChunks(pool, input.stream, listener, id => {
    return { type: 'open', job: { id, name, channel, trust, receivedAt: now() }, keepsFailureReports }
  })
}

async function reparse(pool: WorkerPool, options: IntakeOptions, input: ReparseInput): Promise<number> {
  const { stream, ...job } = input
  const keepsFailureReports = options.keepsFailureReports()
  let rows: number | null = null
  let fault: string | null = null
  const listener: JobListener = {
    onVerdict: () => undefined,
    onReparsed: given => {
      rows = given
    },
    onDone: error => {
      fault = error
    },
  }
  await sendChunks(pool, stream, listener, id => ({ type: 'reparse', job: { id, ...job }, keepsFailureReports }))
  if (rows === null) throw new Error(fault ?? 'the report could not be read again')
  return rows
}

/** Sends a stream to a thread piece by piece, no faster than it is used; resolves when the job is done. */
async function sendChunks(
  pool: WorkerPool,
  stream: AsyncIterable<Uint8Array>,
  listener: JobListener,
  open: (id: number) => ToWorker,
): Promise<void> {
  let onWay = 0
  let isDone = false
  let wake: (() => void) | null = null
  const change = async (): Promise<void> => {
    await new Promise<void>(resolve => {
      wake = resolve
    })
  }
  const id = pool.register({
    ...listener,
    onDone: (error, isLost) => {
      isDone = true
      listener.onDone(error, isLost)
      wake?.()
    },
    onUsed: bytes => {
      onWay -= bytes
      wake?.()
    },
  })
  const send = pool.start([id], open(id))
  let fault: string | null = null
  try {
    for await (const chunk of stream) {
      if (isDone) return
      onWay += chunk.length
      send({ type: 'chunk', id, bytes: chunk })
      while (onWay > streamWindowBytes && !isDone) await change()
    }
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error)
  }
  send({ type: 'close', id, error: fault })
  while (!isDone) await change()
}

async function* ingestPaths(
  pool: WorkerPool,
  options: IntakeOptions,
  paths: readonly string[],
  pathsOptions: PathsOptions,
): AsyncGenerator<PathResult> {
  const results = new ResultQueue<PathResult>()
  const sending = new PathSender(pool, options, pathsOptions, results).send(paths).then(
    () => results.end(null),
    error => results.end(error instanceof Error ? error.message : String(error)),
  )
  yield* results
  await sending
}

/** Finds files and keeps the threads busy with them, a bounded number at a time. */
class PathSender {
  readonly #pool: WorkerPool
  readonly #options: IntakeOptions
  readonly #pathsOptions: PathsOptions
  readonly #results: ResultQueue<PathResult>
  readonly #lost: FoundFile[] = []
  #isAlone = false
  #inFlight = 0
  #wake: (() => void) | null = null
  #found = 0
  #done = 0
  #bytes = 0

  constructor(pool: WorkerPool, options: IntakeOptions, pathsOptions: PathsOptions, results: ResultQueue<PathResult>) {
    this.#pool = pool
    this.#options = options
    this.#pathsOptions = pathsOptions
    this.#results = results
  }

  async send(paths: readonly string[]): Promise<void> {
    let waiting: FoundFile[] = []
    for (const path of paths) {
      if (path === '-') {
        await this.#sendStdin()
        continue
      }
      for await (const found of findFiles([path])) {
        if (this.#isStopped) break
        if (found.kind === 'missing') {
          this.#results.push({ kind: 'failed', name: found.path, text: found.reason })
          continue
        }
        this.#found++
        waiting.push(found)
        if (waiting.length < filesPerMessage) continue
        await this.#sendFiles(waiting)
        waiting = []
      }
    }
    if (waiting.length > 0 && !this.#isStopped) await this.#sendFiles(waiting)
    while (this.#inFlight > 0) await this.#oneDone()
    await this.#sendLostAlone()
  }

  /** A thread that ended took other files along: each is read once more by itself, so that only the culprit fails. */
  async #sendLostAlone(): Promise<void> {
    this.#isAlone = true
    for (const file of this.#lost) {
      if (this.#isStopped) return
      await this.#sendFiles([file])
      while (this.#inFlight > 0) await this.#oneDone()
    }
  }

  get #isStopped(): boolean {
    return this.#pathsOptions.signal?.aborted ?? false
  }

  async #sendFiles(files: readonly FoundFile[]): Promise<void> {
    while (this.#inFlight >= filesInFlight) await this.#oneDone()
    const jobs = files.map(file => this.#fileJob(file))
    this.#inFlight += jobs.length
    this.#pool.start(
      jobs.map(job => job.id),
      { type: 'files', jobs, keepsFailureReports: this.#options.keepsFailureReports() },
    )
  }

  #fileJob(file: FoundFile): FileJob {
    const id = this.#pool.register({
      onVerdict: verdict => this.#results.push({ kind: 'verdict', verdict }),
      onDone: (error, isLost) => this.#fileDone(file, error, isLost),
    })
    const channel = file.isMaildir ? 'maildir' : 'file'
    return {
      id,
      path: file.path,
      name: file.name,
      channel,
      receivedAt: Math.floor(file.modifiedAtMs / 1000),
      size: file.size,
    }
  }

  #fileDone(file: FoundFile, error: string | null, isLost: boolean): void {
    if (isLost && !this.#isAlone) {
      this.#lost.push(file)
      this.#inFlight--
      this.#wake?.()
      return
    }
    if (error !== null) this.#results.push({ kind: 'failed', name: file.name, text: error })
    this.#inFlight--
    this.#done++
    this.#bytes += file.size
    this.#pathsOptions.onProgress?.({ found: this.#found, done: this.#done, bytes: this.#bytes })
    this.#wake?.()
  }

  async #oneDone(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
  }

  async #sendStdin(): Promise<void> {
    this.#found++
    this.#inFlight++
    await sendStream(
      this.#pool,
      this.#options,
      { name: 'stdin', channel: 'stdin', trust: 'operator', stream: process.stdin },
      {
        onVerdict: verdict => this.#results.push({ kind: 'verdict', verdict }),
        onDone: error => {
          if (error !== null) this.#results.push({ kind: 'failed', name: 'stdin', text: error })
          this.#inFlight--
          this.#done++
          this.#wake?.()
        },
      },
    )
  }
}
