import type { MessagePort } from 'node:worker_threads'
import type { Channel, DeliveryVerdict } from '../store/intake-op.ts'
import type { IntakeTrust } from './intake.ts'

/** What a parse worker is started with. */
export interface WorkerSetup {
  readonly tenant: number
  readonly unpackedLimit: number
  /** Key for hashes of subjects; null drops subjects. */
  readonly subjectKey: string | null
  /** The port to the store's writer; null for a dry run. */
  readonly storePort: MessagePort | null
  /** Copies of what goes to quarantine are put there. */
  readonly quarantineFolder: string | null
  /** Sends the rows that were read as lines of NDJSON. */
  readonly sendsRows: boolean
}

/** A file that the worker reads itself. */
export interface FileJob {
  readonly id: number
  readonly path: string
  readonly name: string
  readonly channel: Channel
  /** Seconds since 1970, UTC. */
  readonly receivedAt: number
  readonly size: number
}

/** A delivery that is in memory; its buffer is transferred. */
export interface BytesJob {
  readonly id: number
  readonly name: string
  readonly channel: Channel
  readonly trust: IntakeTrust
  readonly receivedAt: number
  readonly bytes: Uint8Array
}

export interface StreamJob {
  readonly id: number
  readonly name: string
  readonly channel: Channel
  readonly trust: IntakeTrust
  readonly receivedAt: number
}

/** A report that is read again: its delivery comes as a stream. */
export interface ReparseJob {
  readonly id: number
  readonly report: number
  readonly path: string
  readonly hash: Uint8Array
  readonly name: string
  readonly receivedAt: number
}

/** From the main thread to a parse worker. `keepsFailureReports` holds for the jobs of the message. */
export type ToWorker =
  | { readonly type: 'files'; readonly jobs: readonly FileJob[]; readonly keepsFailureReports: boolean }
  | { readonly type: 'bytes'; readonly job: BytesJob; readonly keepsFailureReports: boolean }
  | { readonly type: 'open'; readonly job: StreamJob; readonly keepsFailureReports: boolean }
  | { readonly type: 'reparse'; readonly job: ReparseJob; readonly keepsFailureReports: boolean }
  | { readonly type: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  /** The end of a stream; `error` where its origin broke off. */
  | { readonly type: 'close'; readonly id: number; readonly error: string | null }
  | { readonly type: 'rows-taken' }
  /** A large document that the worker wants to read may be read now. */
  | { readonly type: 'turn'; readonly turn: number }
  /** Finish everything, then end. */
  | { readonly type: 'finish' }

/** From a parse worker to the main thread. */
export type FromWorker =
  | { readonly type: 'verdict'; readonly id: number; readonly verdict: DeliveryVerdict }
  | { readonly type: 'reparsed'; readonly id: number; readonly rows: number }
  /** Every delivery of the job is durable, or `error` says why it is not. */
  | { readonly type: 'done'; readonly id: number; readonly error: string | null }
  /** Bytes of a stream that were used up: as many more may be sent. */
  | { readonly type: 'used'; readonly id: number; readonly bytes: number }
  | { readonly type: 'rows'; readonly text: string }
  /** A large document is to be read, and was read. */
  | { readonly type: 'turn-wanted'; readonly turn: number }
  | { readonly type: 'turn-over'; readonly turn: number }
