import { readFailureReport, readTlsReport, redactFailureReport } from '@letterlock/protocols'
import type { IntakeOp } from '../store/intake-op.ts'
import { readAggregateDocument } from './aggregate-document.ts'
import type { DeliveryOptions, StepTarget } from './read-delivery.ts'
import { sha256 } from './sha256.ts'
import { tlsContextOf } from './tls-context.ts'
import { unwrap } from './unwrap.ts'
import type { Document } from './unwrap-document.ts'

/** Which document of a delivery is read again: the place it had, and the hash of its content. */
export interface WantedDocument {
  readonly path: string
  readonly hash: Uint8Array
}

/**
 * Reads one document of kept bytes again and pushes its steps. False where it is not found any more or cannot be read:
 * then what the store has of it stays as it is.
 */
export async function rereadReport(
  stream: AsyncIterable<Buffer>,
  wanted: WantedDocument,
  options: DeliveryOptions,
  target: StepTarget,
): Promise<boolean> {
  let isFound = false
  const { name, unpackedLimit, largeTurns } = options
  const turns = largeTurns === undefined ? {} : { largeTurns }
  for await (const document of unwrap({ stream }, { name, unpackedLimit, ...turns })) {
    if (isFound) continue
    isFound = await rereadDocument(document, wanted, options, target)
  }
  return isFound
}

async function rereadDocument(
  document: Document,
  wanted: WantedDocument,
  options: DeliveryOptions,
  target: StepTarget,
): Promise<boolean> {
  switch (document.kind) {
    case 'aggregate-xml': {
      const only = new WantedSteps(target, wanted)
      await readAggregateDocument(document, only)
      return only.isComplete
    }
    case 'tls-json': {
      const { bytes } = document.content
      const hash = hashOf(bytes)
      if (!hash.equals(wanted.hash)) return false
      const result = readTlsReport(bytes, tlsContextOf(document, hash))
      if (result.ok) target.push({ op: 'tls', path: document.path, hash, size: bytes.length, report: result.value })
      return result.ok
    }
    case 'failure': {
      const { bytes } = document.content
      const hash = hashOf(bytes)
      if (!hash.equals(wanted.hash)) return false
      const result = readFailureReport(document.parts)
      if (!result.ok) return false
      const { keepsFailureReports, hashSubject } = options
      const report = keepsFailureReports ? result.value : redactFailureReport(result.value, hashSubject ?? undefined)
      target.push({ op: 'failure', path: document.path, hash, size: bytes.length, report })
      return true
    }
    case 'none':
    case 'unreadable':
      return false
  }
}

function hashOf(bytes: Uint8Array): Buffer {
  return sha256(bytes)
}

/** Lets pass the steps of the wanted report only: by the hash where it is known at the head, else by the place. */
class WantedSteps implements StepTarget {
  readonly #target: StepTarget
  readonly #wanted: WantedDocument
  #passes = false
  isComplete = false

  constructor(target: StepTarget, wanted: WantedDocument) {
    this.#target = target
    this.#wanted = wanted
  }

  push(step: IntakeOp): void {
    if (step.op === 'aggregate-head') {
      const isWanted =
        step.hash === null ? step.path === this.#wanted.path : Buffer.from(step.hash).equals(this.#wanted.hash)
      this.#passes = isWanted && !this.isComplete
    }
    if (!this.#passes) return
    this.#target.push(step)
    if (step.op === 'aggregate-end') {
      this.isComplete = true
      this.#passes = false
    }
  }

  get drained(): Promise<void> | null {
    return this.#target.drained
  }
}
