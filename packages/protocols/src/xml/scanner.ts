import { isUtf8Label } from './encoding.ts'
import type { XmlFault, XmlHandler } from './handler.ts'
import { xmlDepthLimit, xmlDoctypeLimit, xmlTagLimit, xmlTextLimit } from './limits.ts'
import { doctypeEnd, hasSoundAttributes, nameEnd, tagEnd } from './markup.ts'
import { TakenText } from './taken-text.ts'
import { XmlTextDecoder } from './text-decoder.ts'
import { type XmlTag, XmlTags, type XmlVocabulary } from './vocabulary.ts'
import { XmlWindow } from './window.ts'

/** The window ends before the matter is decided. */
const undecided = -1
/** Characters up to which V8 copies a part of a string instead of pointing into it. */
const sliceLimit = 12
const slash = 0x2f
const greater = 0x3e

/**
 * Finds elements and their text in a document that comes in pieces (XML 1.0 without DTD processing), and goes on where
 * the document is not well-formed. Time is linear in the bytes, memory is bounded by the limits, nothing is thrown.
 * Elements are told to the handler by the vocabulary's numbers.
 */
export class XmlScanner {
  /** Why the document was given up, with the byte offset. */
  fault: { readonly code: XmlFault; readonly at: number } | null = null
  /** Elements met, known or not. */
  elements = 0
  /** Anything but text was met. */
  hasMarkup = false
  /** Local name of the first element. */
  firstElement: string | null = null
  readonly #handler: XmlHandler
  readonly #tags: XmlTags
  readonly #window = new XmlWindow()
  /** What is open, outermost first. */
  readonly #open: XmlTag[] = []
  #last: XmlTag
  #rootPrefix = ''
  #rootAt = -1
  /** Depth of the element whose text is taken as a whole; -1 where there is none. */
  #takingAt = -1
  readonly #taken: TakenText
  /** What ends the comment, instruction or CDATA section that the window is in. */
  #until: '-->' | '?>' | ']]>' | null = null
  #isAtStart = true
  #hasStray = false
  readonly #decoder: XmlTextDecoder

  constructor(handler: XmlHandler, vocabulary: XmlVocabulary) {
    this.#handler = handler
    this.#decoder = new XmlTextDecoder(handler, at => {
      this.fault ??= { code: 'entity-used', at }
    })
    this.#taken = new TakenText(handler, this.#decoder)
    this.#tags = new XmlTags(vocabulary, written => this.#decoder.name(written, this.#window.units))
    this.#last = this.#tags.start
  }

  /** What `from` and `to` of the handler's calls point into. Valid until the call returns. */
  get buffer(): string {
    return this.#window.text
  }

  /** Changes when places in `buffer` change their meaning. */
  get serial(): number {
    return this.#window.serial
  }

  offset(at: number): number {
    return this.#window.offset(at)
  }

  /** The octets behind `buffer`, place by place; null in UTF-16. */
  get octets(): DataView | null {
    return this.#window.units === 'octets' ? this.#window.view : null
  }

  /** The open elements inside of the root, outermost first. */
  path(): readonly XmlTag[] {
    return this.#open.slice(this.#rootAt + 1)
  }

  /**
   * For a handler that read the beginning of a block by itself and does not know the rest: these elements are open
   * where the scanner goes on, and `last` is the tag before that place.
   */
  enter(path: readonly XmlTag[], last: XmlTag): void {
    this.#open.push(...path)
    this.#last = last
  }

  /** False as soon as the document is given up. */
  push(bytes: Uint8Array): boolean {
    let from = 0
    while (from < bytes.length && this.fault === null) {
      from += this.#window.fill(bytes, from)
      if (this.#window.isFull) this.#step(false)
    }
    return this.fault === null
  }

  end(): void {
    if (this.fault !== null) return
    if (!this.#window.isEmpty) this.#step(true)
    if (this.fault !== null || this.#open.length === 0) return
    const at = this.#window.offset(0)
    this.#handler.cut(at)
    this.#closeDownTo(0, at)
  }

  /** The document is over, however it ended: what may serve the next one is given back. */
  release(): void {
    this.#window.release()
  }

  /** The text of a leaf: charset, references and control characters are dealt with. It may be kept. */
  value(from: number, to: number): string {
    // So short a part is a string of its own; a longer one would keep the window alive.
    const raw = to - from <= sliceLimit ? this.#window.text.slice(from, to) : this.#window.copy(from, to)
    return this.#decoder.text(raw, this.#window.units, this.#window.offset(from), false)
  }

  #step(isLast: boolean): void {
    this.#window.read()
    if (this.#isAtStart) this.#atStart()
    const pos = this.#scan(this.#window.text, isLast)
    this.#window.drop(pos)
  }

  #atStart(): void {
    this.#isAtStart = false
    const { units, hasMark } = this.#window
    if (units !== 'octets') this.#handler.deviation('utf-16', 0, '', units)
    else if (hasMark) this.#handler.deviation('byte-order-mark', 0, '')
  }

  #scan(buffer: string, isLast: boolean): number {
    let pos = 0
    while (this.fault === null) {
      if (this.#until !== null) {
        const end = this.#finishMarkup(buffer, pos, isLast)
        if (this.#until !== null) return end
        pos = end
      }
      const lt = buffer.indexOf('<', pos)
      if (lt === -1) return this.#textAtEnd(buffer, pos, isLast)
      if (lt > pos) this.#text(buffer, pos, lt)
      const next = this.#markup(buffer, lt, isLast)
      if (next === undecided) return lt
      pos = next
    }
    return buffer.length
  }

  /** Text whose end is not in sight is kept for the next window, unless there is too much of it. */
  #textAtEnd(buffer: string, pos: number, isLast: boolean): number {
    const mustBeWhole = this.#takingAt !== -1 || this.#decoder.hasDoctype
    if (!isLast && mustBeWhole && buffer.length - pos < xmlTextLimit) return pos
    if (buffer.length > pos) this.#text(buffer, pos, buffer.length)
    return buffer.length
  }

  #text(buffer: string, from: number, to: number): void {
    if (this.#takingAt !== -1) {
      this.#take(this.#window.copy(from, to), this.#window.offset(from), false)
      return
    }
    if (this.#decoder.hasDoctype) this.#decoder.checkEntities(buffer.slice(from, to), this.#window.offset(from))
    if (this.#open.length === 0) this.#strayText(buffer, from, to)
  }

  #strayText(buffer: string, from: number, to: number): void {
    const isAfter = this.#rootAt === -2
    if (this.#hasStray) return
    const raw = buffer.slice(from, to).trim()
    if (raw === '') return
    this.#hasStray = true
    this.#handler.deviation(isAfter ? 'text-after-root' : 'text-before-root', this.#window.offset(from), raw)
  }

  #markup(buffer: string, lt: number, isLast: boolean): number {
    const open = this.#open
    const first = buffer.charCodeAt(lt + 1)
    if (first === slash) {
      const top = open[open.length - 1]
      if (top !== undefined && buffer.startsWith(top.close, lt)) {
        this.#closeTop(top, lt)
        return lt + top.close.length
      }
      return this.#endTag(buffer, lt, isLast)
    }
    const last = this.#last
    let tag = last.next
    if (tag === null || !buffer.startsWith(tag.open, lt)) {
      const other = last.nextButOne
      if (other === null || !buffer.startsWith(other.open, lt)) return this.#otherMarkup(buffer, lt, isLast)
      last.nextButOne = tag
      last.next = other
      tag = other
    }
    return this.#plainTag(buffer, tag, lt, isLast)
  }

  /** A start tag without attributes. */
  #plainTag(buffer: string, tag: XmlTag, lt: number, isLast: boolean): number {
    const from = lt + tag.open.length
    if (this.#takingAt === -1 && !this.#decoder.hasDoctype && !tag.isSection && !tag.isRoot) {
      if (tag.isBlock) {
        const end = this.#handler.block(tag, from)
        if (end !== -1) {
          this.#last = tag
          return end
        }
      }
      const to = buffer.indexOf('<', from)
      if (to === -1 || to + tag.close.length > buffer.length) {
        if (!isLast && buffer.length - from < xmlTextLimit) return undecided
      } else if (buffer.startsWith(tag.close, to) && to - from <= xmlTextLimit) {
        this.#last = tag
        this.#seen(tag)
        this.#handler.leaf(tag, from, to)
        return to + tag.close.length
      }
    }
    if (tag.isBlock && this.#isSectionAlone(tag)) {
      const end = this.#handler.block(tag, from)
      if (end !== -1) return end
    }
    this.#startTag(tag, '', lt)
    return from
  }

  /** A section that begins where sections belong: nothing that stands before it is still open. */
  #isSectionAlone(tag: XmlTag): boolean {
    if (!tag.isSection || this.#takingAt !== -1 || this.#decoder.hasDoctype) return false
    return this.#rootAt >= 0 && this.#open.length === this.#rootAt + 1
  }

  #otherMarkup(buffer: string, lt: number, isLast: boolean): number {
    const first = buffer.charCodeAt(lt + 1)
    if (Number.isNaN(first)) return isLast ? this.#literal(buffer, lt) : undecided
    if (first === 0x21 || first === 0x3f) this.hasMarkup = true
    if (first === 0x21) return this.#declaration(buffer, lt, isLast)
    if (first === 0x3f) return this.#instruction(buffer, lt, isLast)
    const end = nameEnd(buffer, lt + 1)
    if (end === lt + 1) return this.#literal(buffer, lt)
    if (end === buffer.length) return this.#unfinishedTag(buffer, lt, isLast)
    if (buffer.charCodeAt(end) === greater) {
      // A name that fills the window would leave no room to see what follows it.
      if (end - lt >= xmlTagLimit) {
        this.#giveUp('tag-long', lt)
        return buffer.length
      }
      const tag = this.#tags.of(buffer.slice(lt + 1, end))
      const last = this.#last
      last.nextButOne = last.next
      last.next = tag
      return this.#plainTag(buffer, tag, lt, isLast)
    }
    return this.#tagWithAttributes(buffer, lt, end, isLast)
  }

  #tagWithAttributes(buffer: string, lt: number, end: number, isLast: boolean): number {
    const found = tagEnd(buffer, end)
    if (found.state === 'open') return this.#unfinishedTag(buffer, lt, isLast)
    if (found.state === 'none' || found.end - lt >= xmlTagLimit) {
      if (found.state === 'none') return this.#literal(buffer, lt)
      this.#giveUp('tag-long', lt)
      return buffer.length
    }
    const tag = this.#tags.of(buffer.slice(lt + 1, end))
    const isEmpty = buffer.charCodeAt(found.end - 1) === slash
    const attributes = buffer.slice(end, isEmpty ? found.end - 1 : found.end)
    if (found.state === 'broken' || !hasSoundAttributes(attributes)) {
      if (tag.element === 0) return this.#literal(buffer, lt)
      this.#handler.deviation('attributes-broken', this.#window.offset(lt), attributes)
    }
    if (this.#decoder.hasDoctype) this.#decoder.checkEntities(attributes, this.#window.offset(end))
    this.#startTag(tag, attributes, lt)
    if (isEmpty) this.#closeTop(tag, lt)
    return found.end + 1
  }

  /** The window ends inside a tag. */
  #unfinishedTag(buffer: string, lt: number, isLast: boolean): number {
    if (buffer.length - lt > xmlTagLimit) {
      this.#giveUp('tag-long', lt)
      return buffer.length
    }
    // The document ends inside it: nobody knows what it would have been.
    return isLast ? buffer.length : undecided
  }

  #startTag(tag: XmlTag, attributes: string, lt: number): void {
    this.#last = tag
    this.#seen(tag)
    const at = this.#window.offset(lt)
    if (this.#takingAt !== -1 && !this.#endsTaking(tag, attributes, at)) {
      this.#taken.openTag(tag.open, this.#open.length)
      this.#push(tag, at)
      return
    }
    if (tag.isRoot && this.#rootAt >= 0) this.#closeDownTo(this.#rootAt, at)
    else if (tag.isSection && this.#rootAt >= 0) this.#closeDownTo(this.#rootAt + 1, at)
    if (!this.#push(tag, at)) return
    if (tag.isRoot) {
      this.#rootAt = this.#open.length - 1
      this.#rootPrefix = tag.prefix
      this.#hasStray = false
    }
    if (!this.#handler.open(tag, attributes, at)) return
    this.#takingAt = this.#open.length - 1
    this.#taken.begin()
  }

  #push(tag: XmlTag, at: number): boolean {
    if (this.#open.length >= xmlDepthLimit) {
      this.fault = { code: 'depth', at }
      return false
    }
    this.#open.push(tag)
    return true
  }

  /**
   * Whether a start tag ends the element whose text is being taken: a known one ends a known one (it was never closed);
   * the sections of a report end an unknown one, unless they stand there by right, in a namespace of their own.
   */
  #endsTaking(tag: XmlTag, attributes: string, at: number): boolean {
    if (tag.element === 0) return false
    const taking = this.#open[this.#takingAt]
    if (taking !== undefined && taking.element === 0) {
      if (!tag.isRoot && !tag.isSection) return false
      if (this.#rootAt >= 0 && (tag.prefix !== this.#rootPrefix || attributes.includes('xmlns'))) return false
    }
    this.#closeDownTo(this.#takingAt, at)
    return true
  }

  #seen(tag: XmlTag): void {
    this.elements += 1
    if (this.firstElement === null) this.firstElement = tag.name
  }

  #endTag(buffer: string, lt: number, isLast: boolean): number {
    const end = nameEnd(buffer, lt + 2)
    if (end === buffer.length && !isLast) return this.#unfinishedTag(buffer, lt, isLast)
    const name = buffer.slice(lt + 2, end)
    const local = end === lt + 2 ? '' : this.#tags.of(name).name
    let depth = this.#open.length - 1
    while (depth >= 0 && this.#open[depth]?.name !== local) depth -= 1
    if (local === '' || (depth === -1 && this.#takingAt !== -1)) return this.#literal(buffer, lt)
    const found = tagEnd(buffer, end)
    if (found.state === 'open' && !isLast) return this.#unfinishedTag(buffer, lt, isLast)
    if (depth === -1) this.#handler.deviation('stray-end-tag', this.#window.offset(lt), name)
    else {
      const tag = this.#open[depth]
      this.#closeDownTo(depth + 1, this.#window.offset(lt))
      if (found.state !== 'closed') this.#handler.deviation('document-cut', this.#window.offset(lt), name)
      if (tag !== undefined) this.#closeTop(tag, lt)
    }
    if (found.state === 'closed' || found.state === 'broken') return found.end + 1
    return found.state === 'open' ? buffer.length : end
  }

  /** Ends the innermost open element, at a place in the window. */
  #closeTop(tag: XmlTag, lt: number): void {
    this.#closeOne(tag, this.#window.offset(lt), true)
  }

  #closeOne(tag: XmlTag, at: number, isProper: boolean): void {
    this.#open.pop()
    const depth = this.#open.length
    if (this.#takingAt === -1) this.#handler.close(tag, at)
    else if (this.#takingAt === depth) this.#endTaking(tag, at)
    else this.#taken.closeTag(depth, isProper)
    if (depth === this.#rootAt) this.#rootAt = -2
  }

  #closeDownTo(depth: number, at: number): void {
    while (this.#open.length > depth) {
      const tag = this.#open[this.#open.length - 1]
      if (tag === undefined) return
      this.#handler.deviation('element-unclosed', at, tag.name)
      this.#closeOne(tag, at, false)
    }
  }

  #take(raw: string, at: number, isPlain: boolean): void {
    this.#taken.add(raw, this.#window.units, at, isPlain)
  }

  #endTaking(tag: XmlTag, at: number): void {
    this.#takingAt = -1
    const { text, at: start } = this.#taken.end(at)
    this.#handler.text(tag, text, start)
  }

  /** The character stands for itself. */
  #literal(buffer: string, lt: number): number {
    if (this.#takingAt !== -1) {
      this.#handler.deviation('raw-angle', this.#window.offset(lt), buffer.slice(lt, lt + 40))
      this.#take('<', this.#window.offset(lt), true)
    } else if (this.#open.length > 0) {
      this.#handler.deviation('raw-angle', this.#window.offset(lt), buffer.slice(lt, lt + 40))
    } else this.#strayText(buffer, lt, lt + 1)
    return lt + 1
  }

  #instruction(buffer: string, lt: number, isLast: boolean): number {
    if (buffer.length < lt + 6 && !isLast) return undecided
    if (!/^<\?xml[\s?>]/i.test(buffer.slice(lt, lt + 6))) {
      this.#until = '?>'
      return lt + 2
    }
    // A declaration ends at the first `>`, with or without its question mark (report-tolerance 6).
    const end = buffer.indexOf('>', lt)
    if (end === -1) return this.#unfinishedTag(buffer, lt, isLast)
    this.#readDeclaration(buffer.slice(lt, end + 1), this.#window.offset(lt))
    return end + 1
  }

  #readDeclaration(raw: string, at: number): void {
    const label = /encoding\s*=\s*["']?\s*([A-Za-z][\w.:-]{0,39})/.exec(raw)?.[1] ?? null
    this.#decoder.charset = label !== null && isUtf8Label(label) ? null : label
    if (!soundDeclaration.test(raw)) this.#handler.deviation('declaration-broken', at, raw)
  }

  #declaration(buffer: string, lt: number, isLast: boolean): number {
    if (buffer.startsWith('<!--', lt)) {
      this.#until = '-->'
      return lt + 4
    }
    if (buffer.startsWith('<![CDATA[', lt)) {
      this.#until = ']]>'
      return lt + 9
    }
    if (buffer.length < lt + 9 && !isLast) return undecided
    if (/^<!doctype$/i.test(buffer.slice(lt, lt + 9))) return this.#doctype(buffer, lt, isLast)
    const found = tagEnd(buffer, lt + 2)
    if (found.state === 'open') return this.#unfinishedTag(buffer, lt, isLast)
    return found.state === 'closed' ? found.end + 1 : this.#literal(buffer, lt)
  }

  #doctype(buffer: string, lt: number, isLast: boolean): number {
    const end = doctypeEnd(buffer, lt)
    const length = (end === -1 ? buffer.length : end) - lt
    if (length > xmlDoctypeLimit || (end === -1 && isLast)) {
      this.#giveUp('doctype-long', lt)
      return buffer.length
    }
    if (end === -1) return undecided
    this.#decoder.hasDoctype = true
    this.#handler.deviation('doctype', this.#window.offset(lt), buffer.slice(lt, end))
    return end
  }

  /** Looks for the end of a comment, an instruction or a CDATA section, of any length. */
  #finishMarkup(buffer: string, pos: number, isLast: boolean): number {
    const until = this.#until ?? '-->'
    const end = buffer.indexOf(until, pos)
    const isText = until === ']]>' && this.#takingAt !== -1
    if (end === -1) {
      if (isText && !isLast && buffer.length - pos < xmlTextLimit) return pos
      if (isText) this.#take(this.#window.copy(pos, buffer.length), this.#window.offset(pos), true)
      return isLast ? buffer.length : Math.max(pos, buffer.length - until.length + 1)
    }
    if (isText) this.#take(this.#window.copy(pos, end), this.#window.offset(pos), true)
    this.#until = null
    return end + until.length
  }

  #giveUp(code: XmlFault, at: number): void {
    this.fault ??= { code, at: this.#window.offset(at) }
  }
}

const soundDeclaration =
  /^<\?xml\s+version\s*=\s*["']1\.\d["'](\s+encoding\s*=\s*["'][A-Za-z][\w.-]*["'])?(\s+standalone\s*=\s*["'](yes|no)["'])?\s*\?>$/
