import type { XmlScanner } from '../xml/scanner.ts'
import type { XmlTag } from '../xml/vocabulary.ts'
import { BlockMemory } from './block-memory.ts'
import type { ContentShape } from './content-shape.ts'
import type { DeviationLog } from './deviation-log.ts'
import { element } from './elements.ts'
import { blockCharactersLimit, contentShapesKept } from './limits.ts'
import type { RecordDraft } from './record-draft.ts'
import type { EvaluatedPart, IdentifiersPart, ResultsPart } from './record-parts.ts'

/** Lengths of parts that are tried before the end of one is searched. */
const guesses = 4
/** Kinds of parts with room for their lengths: elements have numbers below 64. */
const elements = 64

/** What policy_evaluated, identifiers and auth_results said, by what was written. Places point to values of one report. */
export class PartMemory {
  readonly #evaluated = new BlockMemory<EvaluatedPart>()
  readonly #identifiers = new BlockMemory<IdentifiersPart>()
  readonly #results = new BlockMemory<ResultsPart>()
  readonly #lengths = new Uint32Array(elements * guesses)
  readonly #next = new Uint8Array(elements)
  /** How parts were written lately, by element; the last one first. */
  readonly #shapes = new Map<number, ContentShape[]>()

  /** Whether it takes no more memory than it does for a small report. */
  get isSmall(): boolean {
    return this.#evaluated.isSmall && this.#identifiers.isSmall && this.#results.isSmall
  }

  /** Forgets what parts said: places of values mean nothing any more. How parts are written stays true. */
  forget(): void {
    this.#evaluated.forget()
    this.#identifiers.forget()
    this.#results.forget()
  }

  /** One of the lengths that parts of a kind had lately: `guess` from 0 on; 0 where there are no more. */
  length(found: number, guess: number): number {
    return guess < guesses ? (this.#lengths[found * guesses + guess] ?? 0) : 0
  }

  /** Searches where a part ends, and keeps its length. -1 where that is too far on. */
  search(tag: XmlTag, buffer: string, from: number): number {
    const length = buffer.slice(from, from + blockCharactersLimit).indexOf(tag.close)
    if (length === -1) return -1
    const next = this.#next[tag.element] ?? 0
    this.#lengths[tag.element * guesses + next] = length
    this.#next[tag.element] = (next + 1) % guesses
    return from + length
  }

  /** Puts what is known of a part into the record; false where nothing is. */
  recall(found: number, octets: DataView, from: number, to: number, record: RecordDraft): boolean {
    if (found === element.policyEvaluated) {
      const part = this.#evaluated.find(octets, from, to)
      if (part !== undefined) record.putEvaluated(part)
      return part !== undefined
    }
    if (found === element.identifiers) {
      const part = this.#identifiers.find(octets, from, to)
      if (part !== undefined) record.putIdentifiers(part)
      return part !== undefined
    }
    const part = this.#results.find(octets, from, to)
    if (part !== undefined) record.putResults(part)
    return part !== undefined
  }

  /** Keeps what the record says of the part that `recall` was asked for last. */
  remember(found: number, octets: DataView, from: number, to: number, record: RecordDraft): void {
    if (found === element.policyEvaluated) this.#evaluated.remember(octets, from, to, record.evaluated())
    else if (found === element.identifiers) this.#identifiers.remember(octets, from, to, record.identifiers())
    else this.#results.remember(octets, from, to, record.results())
  }

  /** Keeps how a part was written. */
  learned(found: number, shape: ContentShape): void {
    const shapes = this.#shapes.get(found) ?? []
    this.#shapes.set(found, [shape, ...shapes.slice(0, contentShapesKept - 1)])
  }

  /** Reads a part that `recall` did not know, if it is written like one before. False where nothing was read. */
  read(
    part: XmlTag,
    scanner: XmlScanner,
    octets: DataView,
    span: { readonly from: number; readonly to: number },
    into: { readonly record: RecordDraft; readonly log: DeviationLog },
  ): boolean {
    const metBefore = into.log.met
    const isRead = this.#shapes.get(part.element)?.some(shape => shape.read(part, scanner, octets, span, into)) ?? false
    if (isRead && into.log.met === metBefore) this.remember(part.element, octets, span.from, span.to, into.record)
    return isRead
  }
}
