import type {
  AddedValues,
  AggregateHead,
  AggregateSummary,
  FailureReport,
  RecordColumns,
  TlsReport,
} from '@letterlock/protocols'

/** How bytes reached us. */
export type Channel = 'file' | 'stdin' | 'mbox' | 'maildir' | 'upload' | 'imap' | 'demo'

/** Bytes of one piece of a delivery before compression: small enough to stream, large enough to compress well. */
export const pieceBytes = 1_048_576

/**
 * One step of bringing a delivery into the store. The order is: `delivery`, then per document either `aggregate-head`,
 * `records` any number, `aggregate-end`; or `tls`; or `failure`; or `quarantine`; or `note`; last `end`. A `piece` may
 * stand anywhere between `delivery` and `end`, also between the steps of a document: large files are read once.
 * `quarantine` after `aggregate-head` without its `aggregate-end` takes that document back: nothing of it is stored.
 * Everything crosses threads: plain data and typed arrays only.
 */
export type IntakeOp =
  | {
      readonly op: 'delivery'
      readonly tenant: number
      readonly channel: Channel
      /** A label for people: file name, member path, mailbox and UID. Never used as a path. */
      readonly name: string
      /** Seconds since 1970, UTC. */
      readonly receivedAt: number
      /** SHA-256 of the bytes as received, where they are known before the pieces; else it comes with `end`. */
      readonly hash: Uint8Array | null
      /** Header block of the mail that carried it, when it was a mail. */
      readonly headers: string | null
      readonly envelopeFrom: string | null
    }
  /** Up to `pieceBytes` of the bytes as received, compressed with raw deflate. */
  | { readonly op: 'piece'; readonly seq: number; readonly size: number; readonly bytes: Uint8Array }
  | {
      readonly op: 'aggregate-head'
      /** Where in the delivery the document stands, such as `report.zip/a.xml`. */
      readonly path: string
      readonly head: AggregateHead
      /** SHA-256 of the decompressed document where it is known already, so that a known report costs nothing. */
      readonly hash: Uint8Array | null
    }
  | { readonly op: 'records'; readonly columns: RecordColumns; readonly added: AddedValues }
  | {
      readonly op: 'aggregate-end'
      readonly hash: Uint8Array
      readonly size: number
      readonly summary: AggregateSummary
    }
  | {
      readonly op: 'tls'
      readonly path: string
      readonly hash: Uint8Array
      readonly size: number
      readonly report: TlsReport
    }
  | {
      readonly op: 'failure'
      readonly path: string
      readonly hash: Uint8Array
      readonly size: number
      readonly report: FailureReport
    }
  /** A document, or a whole delivery, that could not be read. It is kept, with a reason a person understands. */
  | { readonly op: 'quarantine'; readonly path: string; readonly code: string; readonly reason: string }
  /** Something that was seen and needs no storing: mail without a report, an empty file, the word `unused`. */
  | { readonly op: 'note'; readonly path: string; readonly code: string; readonly text: string }
  | { readonly op: 'end'; readonly hash: Uint8Array; readonly size: number }

/** What became of one document of a delivery. */
export interface DocumentVerdict {
  readonly path: string
  readonly kind: 'aggregate' | 'tls' | 'failure' | 'none'
  /**
   * `stored` new; `known` same content was there; `overlapping` stored, but the same report id has other content;
   * `failed` the store could not take the delivery: nothing of it was kept, and it may be given again.
   */
  readonly verdict: 'stored' | 'known' | 'overlapping' | 'quarantine' | 'note' | 'failed'
  readonly reportId: number | null
  readonly rows: number
  readonly messages: number
  /** Codes of deviations tolerated, with how often. */
  readonly deviations: Readonly<Record<string, number>>
  /** Of quarantine and note. */
  readonly code: string | null
  readonly reason: string | null
}

/** What became of a delivery; it is given only after the transaction that holds it is durable. */
export interface DeliveryVerdict {
  readonly deliveryId: number | null
  readonly name: string
  readonly documents: readonly DocumentVerdict[]
}

/** The side of the store that takes deliveries. */
export interface IntakeStore {
  /** Several small deliveries, each a complete run of steps, in one transaction. */
  writeMany(deliveries: readonly (readonly IntakeOp[])[]): Promise<readonly DeliveryVerdict[]>
  /** One large delivery as a stream, in one transaction of its own. */
  writeStream(steps: AsyncIterable<IntakeOp>): Promise<DeliveryVerdict>
}
