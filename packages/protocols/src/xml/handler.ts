import type { XmlTag } from './vocabulary.ts'

/** What was wrong in the XML and read all the same. */
export type XmlDeviation =
  | 'byte-order-mark'
  | 'utf-16'
  | 'charset-fallback'
  | 'charset-declared-wrong'
  | 'text-before-root'
  | 'declaration-broken'
  | 'doctype'
  | 'control-characters'
  | 'raw-ampersand'
  | 'raw-angle'
  | 'attributes-broken'
  | 'element-unclosed'
  | 'stray-end-tag'
  | 'document-cut'
  | 'text-after-root'
  | 'text-long'

/** Why a document is given up. */
export type XmlFault = 'entity-used' | 'depth' | 'tag-long' | 'doctype-long'

/** Who takes what the scanner finds. Positions `at` are byte offsets, `from` and `to` are places in `scanner.buffer`. */
export interface XmlHandler {
  /**
   * An element begins. True: take its text as a whole, elements inside it are part of its text, and `text` ends it.
   * False: what it holds is told one by one, and `close` ends it.
   */
  open(tag: XmlTag, attributes: string, at: number): boolean
  close(tag: XmlTag, at: number): void
  text(tag: XmlTag, text: string, at: number): void
  /**
   * An element without attributes that holds characters alone, as written: not decoded, white space kept. It stands
   * for `open` and `text`, or for `open` and `close`.
   */
  leaf(tag: XmlTag, from: number, to: number): void
  /**
   * The content of a block begins at `from`. Gives the place after its end tag where the handler knows the content,
   * else -1. A handler that knows the beginning of it calls `XmlScanner.enter` and gives the place where that ends.
   */
  block(tag: XmlTag, from: number): number
  /** The document ended while elements were open. `close` and `text` of them follow. */
  cut(at: number): void
  deviation(code: XmlDeviation, at: number, raw: string, value?: string): void
}
