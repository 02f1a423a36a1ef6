import type { XmlScanner } from '../xml/scanner.ts'
import type { XmlTag } from '../xml/vocabulary.ts'
import { element } from './elements.ts'
import { shapeLessonsLimit, shapeWorthRecords } from './limits.ts'
import { PartMemory } from './part-memory.ts'
import { quickLeaf } from './quick-leaf.ts'
import { type RecordShape, type ShapeItem, ShapeLearner } from './record-shape.ts'
import type { ReportDraft } from './report-draft.ts'
import { otherText, textOutOfSight } from './written-texts.ts'

/** The longest content of a source or a count that is looked at here: an IPv4 address has up to 15 characters. */
const leafLimit = 16
const less = 0x3c

/** How far `ShapedRecords.read` came. */
export type ShapedOutcome =
  /** Nothing of the record was read. */
  | { readonly kind: 'none' }
  /** The whole record, up to `to`. */
  | { readonly kind: 'whole'; readonly to: number }
  /** All before an item, whose start tag is at `to`: the usual way goes on there. */
  | { readonly kind: 'partly'; readonly to: number; readonly item: ShapeItem }

const none: ShapedOutcome = { kind: 'none' }

/** Reads records that are written like one before, and learns how they are written. */
export class ShapedRecords {
  /** Of the last document: the next one is often of the same reporter, and making the tables takes its time. */
  static #spare: ShapedRecords | null = null

  static take(): ShapedRecords {
    const spare = ShapedRecords.#spare
    ShapedRecords.#spare = null
    return spare ?? new ShapedRecords()
  }

  /** The document is over. Large tables are not worth keeping. */
  release(): void {
    if (!this.memory.isSmall) return
    this.memory.forget()
    this.learner.spoil()
    this.#lessons = 0
    ShapedRecords.#spare = this
  }

  readonly learner: ShapeLearner = new ShapeLearner()
  readonly memory: PartMemory = new PartMemory()
  #shape: RecordShape | null = null
  /** Start tag of the records that have the shape. */
  #tag: XmlTag | null = null
  #records = 0
  #lessons = 0
  #outcome = { kind: 'whole' as const, to: 0 }

  /** A record is to be read the usual way: it may show how the next ones are written. */
  learn(scanner: XmlScanner, tag: XmlTag, from: number): void {
    if (this.#shape !== null || this.#lessons >= shapeLessonsLimit) this.learner.spoil()
    else this.learner.begin(scanner, tag, from)
  }

  /** A record without any departure ended at `end`. */
  learned(scanner: XmlScanner, tag: XmlTag, end: number): void {
    const shape = this.learner.finish(scanner, end)
    if (shape === null) return
    this.#shape = shape
    this.#tag = tag
    this.#records = 0
    this.#lessons += 1
  }

  /** Reads one record whose content begins at `from`, as far as it is like the last one. */
  read(report: ReportDraft, scanner: XmlScanner, tag: XmlTag, from: number): ShapedOutcome {
    const shape = this.#shape
    const { octets } = scanner
    if (shape === null || octets === null || tag !== this.#tag) return none
    let at = shape.after(0, octets, from, scanner.buffer.length)
    if (at < 0) {
      this.#failed(at)
      return none
    }
    report.record.begin(scanner.offset(from - tag.open.length))
    for (let index = 0; index < shape.items.length; index += 1) {
      const item = shape.items[index]
      if (item === undefined) break
      const next = this.#readItem(shape, index, item.tag, { report, scanner, octets, from: at })
      if (next < 0) {
        this.#failed(next)
        if (item.isBehindRow) report.record.beginPart(element.row, scanner.offset(at))
        return { kind: 'partly', to: at - item.tag.open.length, item }
      }
      at = next
    }
    this.#records += 1
    if (this.#records === shapeWorthRecords) this.#lessons -= 1
    this.#outcome.to = at
    return this.#outcome
  }

  /** Another text shows that records are written in another way from now on. */
  #failed(code: number): void {
    if (code === otherText) this.#shape = null
  }

  /** Reads one item and the text behind it, in this order to the record: nothing is put where the text is another. */
  #readItem(
    shape: RecordShape,
    index: number,
    tag: XmlTag,
    at: {
      readonly report: ReportDraft
      readonly scanner: XmlScanner
      readonly octets: DataView
      readonly from: number
    },
  ): number {
    const { report, scanner, octets, from } = at
    const limit = scanner.buffer.length
    if (!tag.isBlock) {
      const to = leafEnd(octets, from, limit)
      if (to < 0) return textOutOfSight
      const next = shape.after(index + 1, octets, to, limit)
      return next < 0 || quickLeaf(report, scanner, tag.element, { from, to }) ? next : textOutOfSight
    }
    let to = -1
    let next = otherText
    for (let guess = 0; next < 0; guess += 1) {
      const length = this.memory.length(tag.element, guess)
      if (length === 0) break
      to = from + length
      next = shape.after(index + 1, octets, to, limit)
    }
    if (next < 0) {
      to = this.memory.search(tag, scanner.buffer, from)
      if (to < 0) return textOutOfSight
      next = shape.after(index + 1, octets, to, limit)
    }
    if (next < 0) return next
    if (this.memory.recall(tag.element, octets, from, to, report.record)) return next
    return this.memory.read(tag, scanner, octets, { from, to }, report) ? next : textOutOfSight
  }
}

/** Where the text that begins at `from` ends, if it is short; else -1. */
function leafEnd(octets: DataView, from: number, limit: number): number {
  const last = Math.min(limit, from + leafLimit)
  for (let at = from; at < last; at += 1) if (octets.getUint8(at) === less) return at
  return -1
}
