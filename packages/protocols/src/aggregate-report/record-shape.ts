import type { XmlScanner } from '../xml/scanner.ts'
import type { XmlTag } from '../xml/vocabulary.ts'
import { shapeCharactersLimit } from './limits.ts'
import { WrittenTexts } from './written-texts.ts'

/** What differs from record to record: the content of one element. */
export interface ShapeItem {
  readonly tag: XmlTag
  /** The elements around it inside of the record, outermost first. */
  readonly path: readonly XmlTag[]
  /** The tag that comes before it in the document. */
  readonly before: XmlTag
  /** A row was met before it. */
  readonly isBehindRow: boolean
}

/**
 * How the last record was written: tags, white space and comments up to the first item, between the items, and behind
 * the last one. A reporter writes all records of a report alike, so that comparing these bytes reads most of a record.
 */
export class RecordShape {
  readonly items: readonly ShapeItem[]
  readonly #texts: WrittenTexts

  /** `texts`: as octets, one more than `items`. */
  constructor(items: readonly ShapeItem[], texts: readonly string[]) {
    this.items = items
    this.#texts = new WrittenTexts(texts)
  }

  /** Where the text before item `index` ends, or the one behind the last item, if it stands at `at`. */
  after(index: number, octets: DataView, at: number, limit: number): number {
    return this.#texts.after(index, octets, at, limit)
  }
}

/** Watches how a record is read the usual way. What it gives is only good for a record without any departure. */
export class ShapeLearner {
  #items: ShapeItem[] = []
  #texts: string[] = []
  #length = 0
  #serial = -1
  #at = 0
  #before: XmlTag | null = null

  /** A record begins, whose content begins at `from`. */
  begin(scanner: XmlScanner, tag: XmlTag, from: number): void {
    this.#items = []
    this.#texts = []
    this.#length = 0
    this.#serial = scanner.serial
    this.#at = from
    this.#before = tag
  }

  /** The record has something that no shape has. */
  spoil(): void {
    this.#before = null
  }

  /** An item was read: the content of `tag`, which is open no more. */
  item(scanner: XmlScanner, tag: XmlTag, content: { from: number; to: number; isBehindRow: boolean }): void {
    const { from, to, isBehindRow } = content
    if (!this.#takes(scanner, from) || !scanner.buffer.startsWith(tag.open, from - tag.open.length)) {
      this.spoil()
      return
    }
    const path = scanner.path()
    const before = this.#items.length === 0 ? path.at(-1) : this.#before
    if (before === undefined || before === null) return
    this.#items.push({ tag, path, before, isBehindRow })
    this.#before = tag
    this.#at = to
  }

  /** The shape of the record that ends at `end`; null where it has none. */
  finish(scanner: XmlScanner, end: number): RecordShape | null {
    if (!this.#takes(scanner, end) || this.#items.length === 0) return null
    this.#before = null
    return new RecordShape(this.#items, this.#texts)
  }

  #takes(scanner: XmlScanner, to: number): boolean {
    if (this.#before === null || this.#serial !== scanner.serial || to < this.#at) return false
    this.#length += to - this.#at
    if (this.#length > shapeCharactersLimit) return false
    this.#texts.push(scanner.buffer.slice(this.#at, to))
    return true
  }
}
