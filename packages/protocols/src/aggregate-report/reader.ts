import type { Fault } from '../fault.ts'
import { XmlScanner } from '../xml/scanner.ts'
import { DocumentHandler } from './document-handler.ts'
import { vocabulary } from './elements.ts'
import type { AggregateContext, AggregateNote, AggregateOutcome, AggregateReportSink } from './reader-contract.ts'
import { type AggregateRefusal, aggregateRefusals } from './refusals.ts'

/**
 * Reads aggregate reports from bytes as they come (RFC 9990, RFC 7489 App C and what reporters really send).
 * Give the bytes of one decompressed document in pieces of any size to `push`, then call `end` once. The sink is
 * called from within both. Memory does not grow with the document. Never throws.
 */
export class AggregateReader {
  readonly #handler: DocumentHandler
  readonly #scanner: XmlScanner

  constructor(sink: AggregateReportSink, context: AggregateContext = {}) {
    this.#handler = new DocumentHandler(sink, context)
    this.#scanner = new XmlScanner(this.#handler, vocabulary)
    this.#handler.scanner = this.#scanner
  }

  /** False as soon as the document is refused: what follows need not be given. */
  push(bytes: Uint8Array): boolean {
    if (this.#handler.isStopped) return false
    return this.#scanner.push(bytes) && !this.#handler.isStopped
  }

  /** Tells how it ended. Call it once, after the last `push`. */
  end(): AggregateOutcome {
    if (!this.#handler.isStopped) this.#scanner.end()
    this.#scanner.release()
    this.#handler.release()
    const { reports, hasFeedback } = this.#handler
    const fault = this.#handler.fault ?? this.#xmlFault()
    if (fault !== null || hasFeedback) return { reports, fault, note: null }
    const note = this.#scanner.elements === 0 && !this.#scanner.hasMarkup ? noteOf(this.#handler.stray) : null
    return { reports, fault: note === null ? this.#noReport() : null, note }
  }

  #xmlFault(): Fault<AggregateRefusal> | null {
    if (this.#scanner.fault === null) return null
    const { code, at } = this.#scanner.fault
    const refusal: AggregateRefusal = `aggregate-${code}`
    return { code: refusal, at, text: aggregateRefusals[refusal] }
  }

  #noReport(): Fault<AggregateRefusal> {
    const first = this.#scanner.firstElement
    const code = first === null ? 'aggregate-not-xml' : 'aggregate-no-feedback'
    const text =
      first === null
        ? aggregateRefusals[code]
        : `${aggregateRefusals[code]} Its first element is ${first.slice(0, 80)}.`
    return { code, at: 0, text }
  }
}

/** What a file without any element may say (report-tolerance 20, 21): nothing, or `unused`. */
function noteOf(stray: string): AggregateNote | null {
  const word = stray.replace(/[\s\0]+/g, '').toLowerCase()
  if (word === '') return { code: 'empty', text: 'The file is empty.' }
  if (word === 'unused')
    return { code: 'unused', text: 'The file only says "unused": the reporter had nothing to send.' }
  return null
}
