import type { MessagePort } from 'node:worker_threads'
import type { SenderMap } from './attribution.ts'
import type { SqlValue } from './session.ts'
import type { SourceFactsFound } from './store.ts'

/* What the main thread and the threads of SQLite say to each other. */

/** Rows across threads: values one row after the other, which copies faster than objects. */
export interface PackedRows {
  readonly columns: readonly string[]
  readonly values: readonly SqlValue[]
  /** Rows changed, where the statement gives no rows. */
  readonly changes: number
  readonly insertId: number
}

export interface ReaderSetup {
  readonly file: string
}

export interface QueryMessage {
  readonly type: 'query'
  readonly id: number
  readonly sql: string
  readonly parameters: readonly SqlValue[]
  readonly givesRows: boolean
}

export interface WriterSetup {
  readonly dataDir: string
  readonly file: string
  readonly map: SenderMap | null
}

/** How the writer thread started. */
export type WriterStart =
  | { readonly type: 'ready' }
  | { readonly type: 'held' }
  | { readonly type: 'failed'; readonly message: string }

/** Operations of the writer that the main thread may ask for, with their arguments. */
export interface WriterCalls {
  readonly removeBefore: { readonly day: number | null; readonly failureDay: number | null }
  readonly storeSourceFacts: readonly SourceFactsFound[]
  readonly reattribute: SenderMap | null | 'same map'
  readonly removeDomain: number
  readonly removeQuarantine: number
  readonly compact: null
}

export type WriterCall = {
  readonly [Name in keyof WriterCalls]: { readonly name: Name; readonly argument: WriterCalls[Name] }
}[keyof WriterCalls]

export type ToWriter =
  | { readonly type: 'port'; readonly port: MessagePort }
  | { readonly type: 'call'; readonly id: number; readonly call: WriterCall }
  /** A turn for small changes; between `lock` and `unlock` only queries of its holder run. */
  | { readonly type: 'lock'; readonly id: number }
  | QueryMessage
  | { readonly type: 'unlock'; readonly id: number }
  | { readonly type: 'close'; readonly id: number }

export type FromThread =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly message: string }
