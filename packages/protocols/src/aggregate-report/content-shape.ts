import type { XmlScanner } from '../xml/scanner.ts'
import type { XmlTag } from '../xml/vocabulary.ts'
import type { DeviationLog } from './deviation-log.ts'
import { contentLeavesLimit } from './limits.ts'
import type { RecordDraft } from './record-draft.ts'
import { endEntry, putInRecord, trimmed } from './record-texts.ts'
import { WrittenTexts } from './written-texts.ts'

/** What stands in a part of a record, in the order of the document. */
export interface ContentStep {
  /** An entry begins or ends, or an element holds text. */
  readonly kind: 'open' | 'leaf' | 'close'
  readonly tag: XmlTag
  /** Octets from the end of the text before it, or from the beginning of the part. */
  readonly ahead: number
}

/** Content of the elements that were matched last: from and to, in the window. */
const spans = new Int32Array(contentLeavesLimit * 2)

/** How a part of a record was written: its tags and the white space around them, whatever the texts in them say. */
export class ContentShape {
  readonly #steps: readonly ContentStep[]
  readonly #texts: WrittenTexts
  readonly #leaves: number

  /** `texts`: before each leaf and behind the last one, as octets. */
  constructor(steps: readonly ContentStep[], texts: readonly string[]) {
    this.#steps = steps
    this.#texts = new WrittenTexts(texts)
    this.#leaves = texts.length - 1
  }

  /**
   * Reads the part from `from` to `to` into the record, if it is written like this; false where nothing was read. It
   * does what the handler does for the same elements one by one.
   */
  read(
    part: XmlTag,
    scanner: XmlScanner,
    octets: DataView,
    span: { readonly from: number; readonly to: number },
    into: { readonly record: RecordDraft; readonly log: DeviationLog },
  ): boolean {
    if (!this.#match(scanner, octets, span.from, span.to)) return false
    const { record, log } = into
    record.beginPart(part.element, scanner.offset(span.from - part.open.length))
    let inside = part.element
    let leaf = 0
    let behind = span.from
    for (const { kind, tag, ahead } of this.#steps) {
      if (kind === 'leaf') {
        const from = spans[leaf] ?? 0
        behind = spans[leaf + 1] ?? 0
        leaf += 2
        const at = scanner.offset(from)
        putInRecord(record, inside, tag.element, trimmed(log, scanner.value(from, behind), at), at)
      } else if (kind === 'open') {
        inside = tag.element
        record.beginEntry()
      } else {
        inside = part.element
        endEntry(record, tag.element, scanner.offset(behind + ahead))
      }
    }
    record.endPart(part.element)
    return true
  }

  #match(scanner: XmlScanner, octets: DataView, from: number, to: number): boolean {
    const { buffer } = scanner
    let at = this.#texts.after(0, octets, from, to)
    for (let leaf = 0; leaf < this.#leaves && at >= 0; leaf += 1) {
      const end = buffer.indexOf('<', at)
      spans[leaf * 2] = at
      spans[leaf * 2 + 1] = end
      at = end < 0 ? end : this.#texts.after(leaf + 1, octets, end, to)
    }
    return at === to
  }
}

/** Watches how a part is read the usual way. What it gives is only good for a part without any departure. */
export class ContentLearner {
  #steps: ContentStep[] = []
  #texts: string[] = []
  #serial = -1
  #at = 0

  /** A part begins, whose content begins at `from`. */
  begin(scanner: XmlScanner, from: number): void {
    this.#steps = []
    this.#texts = []
    this.#serial = scanner.serial
    this.#at = from
  }

  /** The part has something that no shape has. */
  spoil(): void {
    this.#serial = -1
  }

  leaf(scanner: XmlScanner, tag: XmlTag, from: number, to: number): void {
    if (this.#serial !== scanner.serial || this.#texts.length === contentLeavesLimit) {
      this.spoil()
      return
    }
    this.#steps.push({ kind: 'leaf', tag, ahead: from - this.#at })
    this.#texts.push(scanner.buffer.slice(this.#at, from))
    this.#at = to
  }

  /** An entry begins or ends, with a tag at the byte offset `at`. */
  entry(scanner: XmlScanner, kind: 'open' | 'close', tag: XmlTag, at: number): void {
    if (this.#serial !== scanner.serial) this.spoil()
    else this.#steps.push({ kind, tag, ahead: at - scanner.offset(this.#at) })
  }

  /** The shape of the part whose content ends at `to`; null where it has none. */
  finish(scanner: XmlScanner, to: number): ContentShape | null {
    const isSound = this.#serial === scanner.serial && this.#texts.length > 0
    this.spoil()
    return isSound ? new ContentShape(this.#steps, [...this.#texts, scanner.buffer.slice(this.#at, to)]) : null
  }
}
