import type { XmlUnits } from './encoding.ts'
import type { XmlHandler } from './handler.ts'
import { xmlTextLimit } from './limits.ts'
import type { XmlTextDecoder } from './text-decoder.ts'

const noPlace = -1

/** The text of an element that is taken as a whole, with the text of the elements inside of it. */
export class TakenText {
  readonly #handler: XmlHandler
  readonly #decoder: XmlTextDecoder
  #pieces: string[] = []
  #length = 0
  #from = 0
  /** Start tags in it that are still open: they are text themselves if they are never closed. */
  #tags: { readonly piece: number; readonly depth: number; readonly raw: string }[] = []

  constructor(handler: XmlHandler, decoder: XmlTextDecoder) {
    this.#handler = handler
    this.#decoder = decoder
  }

  begin(): void {
    this.#pieces = []
    this.#length = 0
    this.#tags = []
  }

  /** Adds text that stands at the byte offset `at`; `isPlain` where references in it are none. */
  add(raw: string, units: XmlUnits, at: number, isPlain: boolean): void {
    if (this.#length === 0) this.#from = at
    const room = xmlTextLimit - this.#length
    this.#length += Math.min(raw.length, room)
    if (raw.length <= room) this.#pieces.push(this.#decoder.text(raw, units, at, isPlain))
    else if (room > 0) {
      this.#handler.deviation('text-long', at, raw)
      // Half a character at the cut is left out.
      const cut = raw.slice(0, room).replace(/[\x80-\xff]{1,3}$/, '')
      this.#pieces.push(this.#decoder.text(cut, units, at, isPlain))
      this.#length = xmlTextLimit
    }
  }

  /** An element begins inside of the text, with `depth` others open. */
  openTag(raw: string, depth: number): void {
    // Of millions of elements only so many keep a place for their start tag.
    const hasPlace = this.#pieces.length < xmlTextLimit
    this.#tags.push({ piece: hasPlace ? this.#pieces.length : noPlace, depth, raw })
    if (hasPlace) this.#pieces.push('')
  }

  /** An element inside of the text ends: properly closed it is gone, otherwise its start tag was meant as text. */
  closeTag(depth: number, isProper: boolean): void {
    const inner = this.#tags.pop()
    if (inner === undefined || isProper || inner.depth !== depth || inner.piece === noPlace) return
    this.#pieces[inner.piece] = inner.raw
  }

  /** The text, and where it began; an empty one began at its end, which is `at`. */
  end(at: number): { readonly text: string; readonly at: number } {
    const text = this.#pieces.join('')
    this.#pieces = []
    return { text, at: this.#length === 0 ? at : this.#from }
  }
}
