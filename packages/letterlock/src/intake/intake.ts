import type { Channel, DeliveryVerdict } from '../store/intake-op.ts'

/**
 * How much one input may unpack to (AGG-030): a file given by the operator may be large, mail and uploads may not.
 * `outside` limits the bytes themselves to 25 MiB and what they unpack to to 100 MiB.
 */
export type IntakeTrust = 'operator' | 'outside'

export interface IntakeOptions {
  readonly tenant: number
  /** Threads that read reports; null: one for each processor, at most `intakeThreadsLimit`. */
  readonly threads: number | null
  /** Bytes that one file given by the operator may unpack to. */
  readonly unpackedLimit: number
  /** While false, only the redacted fields of failure reports are kept, and no raw bytes of them. Asked per delivery. */
  readonly keepsFailureReports: () => boolean
  /** Key of `subjectHashKey`, for the subjects of redacted reports; where it is absent they are dropped. */
  readonly subjectKey?: string
  /** Copies of what goes to quarantine are put there too. */
  readonly quarantineFolder?: string
  /** Heap of one reading thread in MiB; only tests set it. */
  readonly threadHeapMiB?: number
  /** Takes the rows that were read, as lines of NDJSON; reading waits for it. */
  readonly onRows?: (text: string) => Promise<void>
}

export interface StreamInput {
  /** A label for people, such as a file name. Never used as a path. */
  readonly name: string
  readonly channel: Channel
  readonly trust: IntakeTrust
  readonly stream: AsyncIterable<Uint8Array>
}

export interface BytesInput {
  readonly name: string
  readonly channel: Channel
  readonly trust: IntakeTrust
  readonly bytes: Uint8Array
  /** Seconds since 1970, UTC; now where it is absent. */
  readonly receivedAt?: number
}

/** A delivery that is known of and cannot be had. */
export interface UnfetchedInput {
  readonly name: string
  readonly channel: Channel
  /** Seconds since 1970, UTC. */
  readonly receivedAt: number
  /** Bytes that it is said to have; 0 where nobody said. */
  readonly size: number
  /** Of the quarantine entry. */
  readonly code: string
  readonly reason: string
}

export interface ReparseInput {
  /** Id of the report in the store. */
  readonly report: number
  /** Where in the delivery it stood, and the hash of its document. */
  readonly path: string
  readonly hash: Uint8Array
  /** Name and time of the delivery. */
  readonly name: string
  readonly receivedAt: number
  readonly stream: AsyncIterable<Uint8Array>
}

export interface PathsOptions {
  readonly signal?: AbortSignal
  /** How far the reading is; called often. */
  readonly onProgress?: (progress: IntakeProgress) => void
}

export interface IntakeProgress {
  /** Deliveries that were found so far, and of those that are durable. */
  readonly found: number
  readonly done: number
  /** Bytes of the files that were read so far. */
  readonly bytes: number
}

/** What became of one delivery, or why a path could not be read or its delivery not be written. */
export type PathResult =
  | { readonly kind: 'verdict'; readonly verdict: DeliveryVerdict }
  | { readonly kind: 'failed'; readonly name: string; readonly text: string }

/** Brings bytes of any origin into the store. One instance serves all sources of a process. */
export interface Intake {
  /**
   * Files, folders, patterns, mbox files and maildirs; `-` is stdin. One result for each delivery (each message of an
   * mbox is one), given after it is durable, and one for each path or file that could not be read.
   */
  ingestPaths(paths: readonly string[], options?: PathsOptions): AsyncIterable<PathResult>
  /** One input as a stream; an mbox in it gives several verdicts. Throws where the stream or the store breaks off. */
  ingestStream(input: StreamInput): AsyncIterable<DeliveryVerdict>
  /** One delivery that is in memory already, such as a message fetched from a mailbox. */
  ingestBytes(input: BytesInput): Promise<DeliveryVerdict>
  /** An entry in quarantine, without bytes, for a delivery that cannot be fetched; durable when it returns. */
  quarantineUnfetched(input: UnfetchedInput): Promise<DeliveryVerdict>
  /** Reads one report again from kept bytes and rewrites it; gives the rows it has then. Use `reparseReport`. */
  reparse(input: ReparseInput): Promise<number>
  /** Waits for what was begun, then ends the threads. */
  close(): Promise<void>
}

/** Threads that are started at most where the configuration names no number: the single writer is the limit then. */
export const intakeThreadsLimit = 4
