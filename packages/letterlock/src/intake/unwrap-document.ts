import type { FailureParts, MimeDeviationCode } from '@letterlock/protocols'

/** Why something could not be unwrapped. Callers switch on it; the text beside it is for people. */
export type UnwrapFaultCode =
  | 'too-large'
  | 'unpacks-too-large'
  | 'too-deep'
  | 'too-many-members'
  | 'too-many-parts'
  | 'bad-archive'
  | 'encrypted-archive'
  | 'encrypted-mail'
  | 'bad-compression'
  | 'not-a-report'

/** What was seen and tolerated, or needs no storing. */
export type UnwrapNoteCode =
  | 'empty'
  | 'unused'
  | 'mail-without-report'
  | 'truncated-compression'
  | 'trailing-bytes'
  | 'broken-compression-header'
  | MimeDeviationCode

export interface UnwrapFault {
  readonly code: UnwrapFaultCode
  /** A sentence that a person understands. */
  readonly text: string
}

export interface UnwrapNote {
  readonly code: UnwrapNoteCode
  readonly text: string
}

/** Facts of a mail around a document; for fallbacks and display only, never an identity (nothing of it is verified). */
export interface MailContext {
  /** Header block as received, bytes as UTF-8 with Latin-1 as the fallback, cut at `headerTextLimit`. */
  readonly headers: string
  /** Domain of the first From address, lower case A-label. */
  readonly fromDomain: string | null
  /** Domain of the first To address. */
  readonly toDomain: string | null
  /** `TLS-Report-Domain` (RFC 8460 s5.3), lower case A-label. */
  readonly tlsReportDomain: string | null
  /** The domain after `Report Domain:` in the subject, where it is there; never needed (report-tolerance 104). */
  readonly subjectDomain: string | null
  readonly subject: string | null
  /** Return-Path as written by the last hop; `''` is the null path. */
  readonly envelopeFrom: string | null
  /** Seconds since 1970, UTC, of the Date field. */
  readonly date: number | null
}

/** The end of a streamed document; true only after its chunks were read to the end. */
export interface StreamEnd {
  /** Set where the document must not be kept although chunks came: over a limit, or unreadable. */
  readonly fault: UnwrapFault | null
  readonly notes: readonly UnwrapNote[]
}

/** Bytes of a document: whole where they are few, else chunks that have to be read before the next document. */
export type DocumentContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array>; readonly end: () => StreamEnd }

interface DocumentPlace {
  /** Where it stands, such as `mail.eml/report.zip/a.xml`; a label for people, never a path. */
  readonly path: string
  /** The innermost name given to the document: attachment, archive member or file. Without directories. */
  readonly fileName: string | null
  /** The innermost mail around it. */
  readonly mail: MailContext | null
  /** The outermost mail: the delivery itself, where it was a mail. */
  readonly delivery: MailContext | null
  readonly notes: readonly UnwrapNote[]
}

/** One thing found in the input. Every input gives at least one. */
export type Document =
  | (DocumentPlace & { readonly kind: 'aggregate-xml'; readonly content: DocumentContent })
  | (DocumentPlace & {
      readonly kind: 'tls-json'
      readonly content: { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    })
  | (DocumentPlace & {
      readonly kind: 'failure'
      readonly parts: FailureParts
      /** What identifies the report: its machine-readable part and the message it returns, without the mail around. */
      readonly content: { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    })
  /** Nothing to store, and no mistake: the last of `notes` says why. */
  | (DocumentPlace & { readonly kind: 'none' })
  | (DocumentPlace & { readonly kind: 'unreadable'; readonly fault: UnwrapFault })

/** Characters of a mail's header block that are kept as text: real ones have 2 to 20 thousand. */
export const headerTextLimit = 262_144
