import { decodeOctets, wellFormed, type XmlUnits } from './encoding.ts'
import type { XmlHandler } from './handler.ts'
import { plainText, replaceReferences, type TextFindings } from './text.ts'

const unusual = /[&\0-\x08\x0b-\x1f\x80-\uffff]/

/** Makes text of what stands in a document: charset, references and control characters are dealt with. */
export class XmlTextDecoder {
  /** As the XML declaration says; null where it says UTF-8 or nothing. */
  charset: string | null = null
  /** The document may define entities: none of them is replaced, and one that is used makes the text unknown. */
  hasDoctype = false
  readonly #handler: XmlHandler
  readonly #onEntity: (at: number) => void

  /** `onEntity` is told of an entity that the document would have to define. */
  constructor(handler: XmlHandler, onEntity: (at: number) => void) {
    this.#handler = handler
    this.#onEntity = onEntity
  }

  /** A name as it stands in the window. */
  name(written: string, units: XmlUnits): string {
    if (units !== 'octets' || !/[\x80-\xff]/.test(written)) return written
    return decodeOctets(written, this.charset).text
  }

  /** Text that stands at the byte offset `at`; `isPlain` where references in it are none (CDATA). */
  text(raw: string, units: XmlUnits, at: number, isPlain: boolean): string {
    if (!unusual.test(raw)) return raw
    let text = raw
    if (units !== 'octets') text = wellFormed(text)
    else if (/[\x80-\xff]/.test(raw)) text = this.#decodeOctets(raw, at)
    if (!/[&\0-\x08\x0b-\x1f]/.test(text)) return text
    const findings: TextFindings = { hasControls: false, hasRawAmpersand: false, entity: null }
    text = isPlain ? plainText(text, findings) : replaceReferences(text, findings)
    if (findings.hasControls) this.#handler.deviation('control-characters', at, raw, text)
    if (findings.entity !== null && this.hasDoctype) this.#onEntity(at)
    else if (findings.hasRawAmpersand) this.#handler.deviation('raw-ampersand', at, raw, text)
    return text
  }

  /** Tells of entities in what is not text of its own: attributes, and text that nobody takes. */
  checkEntities(raw: string, at: number): void {
    const findings: TextFindings = { hasControls: false, hasRawAmpersand: false, entity: null }
    replaceReferences(raw, findings)
    if (findings.entity !== null) this.#onEntity(at)
  }

  #decodeOctets(raw: string, at: number): string {
    const { text, by } = decodeOctets(raw, this.charset)
    if (by === 'fallback') this.#handler.deviation('charset-fallback', at, raw, text)
    else if (by === 'utf-8' && this.charset !== null)
      this.#handler.deviation('charset-declared-wrong', at, this.charset, 'utf-8')
    return text
  }
}
