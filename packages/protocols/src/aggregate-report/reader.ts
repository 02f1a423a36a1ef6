import type { AggregateContext, AggregateOutcome, AggregateReportSink } from './reader-contract.ts'

/**
 * Reads aggregate reports from bytes as they come (RFC 9990, RFC 7489 App C and what reporters really send).
 * Give the bytes of one decompressed document in pieces of any size to `push`, then call `end` once. The sink is
 * called from within both. Memory does not grow with the document. Never throws.
 */
export class AggregateReader {
  constructor(_sink: AggregateReportSink, _context: AggregateContext = {}) {}

  /** False as soon as the document is refused: what follows need not be given. */
  push(_bytes: Uint8Array): boolean {
    return true
  }

  /** Tells how it ended. Call it once, after the last `push`. */
  end(): AggregateOutcome {
    return { reports: 0, fault: null, note: { code: 'empty', text: 'The file is empty.' } }
  }
}
