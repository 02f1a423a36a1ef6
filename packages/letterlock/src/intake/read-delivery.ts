import { readFailureReport, readTlsReport, redactFailureReport } from '@letterlock/protocols'
import type { Channel, DeliveryVerdict, DocumentVerdict, IntakeOp } from '../store/intake-op.ts'
import { readAggregateDocument } from './aggregate-document.ts'
import type { IntakeTrust } from './intake.ts'
import type { LargeTurns } from './large-turns.ts'
import { piecesOf, RawBytes } from './raw-bytes.ts'
import { sha256 } from './sha256.ts'
import { tlsContextOf } from './tls-context.ts'
import { mailBytesLimit, outsideUnpackedLimit, type UnwrapOptions, unwrap } from './unwrap.ts'
import type { Document, MailContext } from './unwrap-document.ts'

/** Bytes of one message of an mbox that are kept in memory: what is longer is no mail we read (AGG-030). */
export const messageLimit = mailBytesLimit

/** One delivery: bytes in memory, or chunks of a large one. */
export type DeliveryInput =
  | {
      readonly kind: 'bytes'
      readonly bytes: Buffer
      /** The file that holds exactly these bytes. */
      readonly path?: string
      /** The message was longer than `messageLimit`; only its beginning is here. */
      readonly isCut?: boolean
    }
  | { readonly kind: 'chunks'; readonly chunks: AsyncIterable<Buffer>; readonly path: string | null }

export interface DeliveryOptions {
  readonly tenant: number
  readonly name: string
  readonly channel: Channel
  /** Seconds since 1970, UTC. */
  readonly receivedAt: number
  readonly trust: IntakeTrust
  /** Bytes that a file given by the operator may unpack to. */
  readonly unpackedLimit: number
  readonly keepsFailureReports: boolean
  /** A keyed hash for subjects of redacted reports; null drops them. */
  readonly hashSubject: ((subject: string) => string) | null
  /** Turns to read large documents; absent where nothing else is read beside. */
  readonly largeTurns?: LargeTurns
}

/** Takes steps; whoever pushes waits for `drained` where it is not null. */
export interface StepTarget {
  push(step: IntakeOp): void
  readonly drained: Promise<void> | null
}

/** `unstored`: there is nothing in it that the store should know, and the verdict says what it is. */
export type DeliveryOutcome =
  | { readonly kind: 'stored'; readonly hash: Uint8Array; readonly isQuarantined: boolean }
  | {
      readonly kind: 'unstored'
      readonly verdict: DeliveryVerdict
      readonly hash: Uint8Array
      readonly isQuarantined: false
    }

/**
 * Reads one delivery: what is in it, and the bytes as received, as steps for the store. Never throws for what the bytes
 * hold; errors of reading them are passed on, and then nothing of the delivery may be stored.
 */
export async function readDelivery(
  input: DeliveryInput,
  options: DeliveryOptions,
  target: StepTarget,
): Promise<DeliveryOutcome> {
  const reading = new DeliveryReading(options, target)
  return input.kind === 'bytes' ? await reading.readBytes(input) : await reading.readChunks(input)
}

class DeliveryReading {
  readonly #options: DeliveryOptions
  readonly #target: StepTarget
  #raw: RawBytes | null = null
  readonly #notes: DocumentVerdict[] = []
  #hash: Uint8Array | null = null
  #isOpen = false
  #hasFailureReport = false
  #hasDocument = false
  #isQuarantined = false

  constructor(options: DeliveryOptions, target: StepTarget) {
    this.#options = options
    this.#target = target
  }

  async readBytes(input: Extract<DeliveryInput, { kind: 'bytes' }>): Promise<DeliveryOutcome> {
    const { bytes } = input
    this.#hash = sha256(bytes)
    if (input.isCut === true) {
      this.#quarantine(null, this.#options.name, 'too-large', tooLargeText)
    } else {
      for await (const document of unwrap({ bytes }, this.#unwrapOptions())) {
        await this.#read(document)
      }
    }
    if (!this.#hasDocument) return this.#unstored(this.#hash)
    if (this.#keepsBytes) for (const piece of piecesOf(bytes)) this.#target.push(piece)
    this.#target.push({ op: 'end', hash: this.#hash, size: bytes.length })
    return { kind: 'stored', hash: this.#hash, isQuarantined: this.#isQuarantined }
  }

  async readChunks(input: Extract<DeliveryInput, { kind: 'chunks' }>): Promise<DeliveryOutcome> {
    const raw = new RawBytes()
    this.#raw = raw
    const stream = raw.tap(input.chunks, this.#target)
    const source = input.path === null ? { stream } : { stream, path: input.path }
    for await (const document of unwrap(source, this.#unwrapOptions())) await this.#read(document)
    const { hash, size } = raw.end()
    if (!this.#hasDocument) return this.#unstored(hash)
    if (this.#keepsBytes) await raw.finish(this.#target, input.path)
    this.#target.push({ op: 'end', hash, size })
    return { kind: 'stored', hash, isQuarantined: this.#isQuarantined }
  }

  #unwrapOptions(): UnwrapOptions {
    const { name, trust, unpackedLimit, largeTurns } = this.#options
    return {
      name,
      unpackedLimit: trust === 'outside' ? outsideUnpackedLimit : unpackedLimit,
      ...(trust === 'outside' ? { bytesLimit: mailBytesLimit } : {}),
      ...(largeTurns === undefined ? {} : { largeTurns }),
    }
  }

  /** While failure reports are off, no bytes of a delivery that carries one are kept. */
  get #keepsBytes(): boolean {
    return this.#options.keepsFailureReports || !this.#hasFailureReport
  }

  #unstored(hash: Uint8Array): DeliveryOutcome {
    const verdict = { deliveryId: null, name: this.#options.name, documents: this.#notes }
    return { kind: 'unstored', verdict, hash, isQuarantined: false }
  }

  async #read(document: Document): Promise<void> {
    switch (document.kind) {
      case 'aggregate-xml':
        await this.#readAggregate(document)
        return
      case 'tls-json':
        this.#readTls(document)
        return
      case 'failure':
        this.#readFailure(document)
        return
      case 'none': {
        const note = document.notes.at(-1)
        this.#note(document.path, note?.code ?? 'empty', note?.text ?? '')
        return
      }
      case 'unreadable':
        this.#quarantine(document.delivery, document.path, document.fault.code, document.fault.text)
        return
    }
  }

  async #readAggregate(document: Extract<Document, { kind: 'aggregate-xml' }>): Promise<void> {
    // A document that turns out to be empty must not open the delivery: the first step of the report does.
    const target: StepTarget = new OpeningTarget(this.#target, () => {
      this.#open(document.delivery)
      this.#raw?.release(this.#keepsBytes)
    })
    const end = await readAggregateDocument(document, target)
    if (end === null) return
    if (end.kind === 'note') this.#note(document.path, end.code, end.text)
    else this.#quarantine(document.delivery, document.path, end.code, end.text)
  }

  #readTls(document: Extract<Document, { kind: 'tls-json' }>): void {
    const { bytes } = document.content
    const hash = sha256(bytes)
    const result = readTlsReport(bytes, tlsContextOf(document, hash))
    if (!result.ok) {
      this.#quarantine(document.delivery, document.path, result.fault.code, result.fault.text)
      return
    }
    this.#open(document.delivery)
    this.#target.push({ op: 'tls', path: document.path, hash, size: bytes.length, report: result.value })
  }

  #readFailure(document: Extract<Document, { kind: 'failure' }>): void {
    this.#hasFailureReport = true
    const { bytes } = document.content
    const result = readFailureReport(document.parts)
    if (!result.ok) {
      this.#quarantine(document.delivery, document.path, result.fault.code, result.fault.text)
      return
    }
    this.#open(document.delivery)
    const { keepsFailureReports, hashSubject } = this.#options
    const report = keepsFailureReports ? result.value : redactFailureReport(result.value, hashSubject ?? undefined)
    const hash = sha256(bytes)
    this.#target.push({ op: 'failure', path: document.path, hash, size: bytes.length, report })
  }

  #note(path: string, code: string, text: string): void {
    if (this.#isOpen) this.#target.push({ op: 'note', path, code, text })
    else this.#notes.push({ ...nothingRead, path, verdict: 'note', code, reason: text })
  }

  #quarantine(mail: MailContext | null, path: string, code: string, reason: string): void {
    this.#open(mail)
    this.#isQuarantined = true
    this.#target.push({ op: 'quarantine', path, code, reason })
  }

  /** The first document that the store shall know opens the delivery; notes before it come after the opening. */
  #open(mail: MailContext | null): void {
    this.#hasDocument = true
    if (this.#isOpen) return
    this.#isOpen = true
    const { tenant, channel, name, receivedAt } = this.#options
    this.#target.push({
      op: 'delivery',
      tenant,
      channel,
      name,
      receivedAt,
      hash: this.#hash,
      headers: this.#keepsBytes ? (mail?.headers ?? null) : null,
      envelopeFrom: this.#keepsBytes ? (mail?.envelopeFrom ?? null) : null,
    })
    for (const note of this.#notes) {
      this.#target.push({ op: 'note', path: note.path, code: note.code ?? '', text: note.reason ?? '' })
    }
  }
}

/** Does something before the first step that passes. */
class OpeningTarget implements StepTarget {
  readonly #target: StepTarget
  #open: (() => void) | null

  constructor(target: StepTarget, open: () => void) {
    this.#target = target
    this.#open = open
  }

  push(step: IntakeOp): void {
    this.#open?.()
    this.#open = null
    this.#target.push(step)
  }

  get drained(): Promise<void> | null {
    return this.#target.drained
  }
}

const tooLargeText = `The message is larger than ${mailBytesLimit / 1_048_576} MiB. Only its beginning is kept.`

const nothingRead = { kind: 'none', reportId: null, rows: 0, messages: 0, deviations: {} } as const
