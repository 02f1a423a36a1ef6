import { xmlKeptTagLength, xmlTagsKept } from './limits.ts'

/** One spelling of a tag, such as `<ns:Row>`, with what the scanner knows of it. */
export interface XmlTag {
  /** Number of the element in the vocabulary; 0 for one that it does not have. */
  readonly element: number
  /** Local name in lower case (report-tolerance 8, 25). */
  readonly name: string
  readonly prefix: string
  /** The start tag without attributes, and the end tag, as written. */
  readonly open: string
  readonly close: string
  /** The root, or a child of the root that can stand nowhere else: it ends whatever is open inside the root. */
  readonly isRoot: boolean
  readonly isSection: boolean
  /** The handler may know the content as a whole. */
  readonly isBlock: boolean
  /** Tags that followed this one lately: reports repeat the same order thousands of times. */
  next: XmlTag | null
  nextButOne: XmlTag | null
}

/** The elements that a reader knows, by local name in lower case; numbers are from 1. */
export interface XmlVocabulary {
  readonly elements: ReadonlyMap<string, number>
  readonly root: number
  readonly sections: ReadonlySet<number>
  readonly blocks: ReadonlySet<number>
}

/**
 * Tags without a prefix, as standards write them, by vocabulary: made once, because a small document would spend more
 * on making its tags than on reading. What follows which tag is a guess only, so that documents may share it.
 */
const plainTags = new WeakMap<XmlVocabulary, { readonly start: XmlTag; readonly tags: ReadonlyMap<string, XmlTag> }>()

function plainTagsOf(vocabulary: XmlVocabulary): {
  readonly start: XmlTag
  readonly tags: ReadonlyMap<string, XmlTag>
} {
  const known = plainTags.get(vocabulary)
  if (known !== undefined) return known
  const tags = new Map([...vocabulary.elements.keys()].map(name => [name, makeTag(vocabulary, name, name)]))
  const made = { start: makeTag(vocabulary, '', ''), tags }
  plainTags.set(vocabulary, made)
  return made
}

/** The spellings of tags met in one document. */
export class XmlTags {
  readonly #vocabulary: XmlVocabulary
  readonly #plain: ReadonlyMap<string, XmlTag>
  readonly #tags = new Map<string, XmlTag>()
  /** Stands before the first tag. */
  readonly start: XmlTag

  readonly #decode: (written: string) => string

  /** `decode` makes text of a name as it stands in the window. */
  constructor(vocabulary: XmlVocabulary, decode: (written: string) => string) {
    this.#vocabulary = vocabulary
    this.#decode = decode
    const { start, tags } = plainTagsOf(vocabulary)
    this.start = start
    this.#plain = tags
  }

  /** The tag of a name as written, with or without a prefix. */
  of(written: string): XmlTag {
    return this.#plain.get(written) ?? this.#tags.get(written) ?? this.#make(written)
  }

  #make(written: string): XmlTag {
    // Joined anew, so that it does not keep the window of the document alive that it was cut from.
    const name = written.split('').join('')
    const colon = name.indexOf(':')
    const local = this.#decode(name.slice(colon + 1)).toLowerCase()
    const tag = makeTag(this.#vocabulary, name, local)
    if (this.#tags.size < xmlTagsKept && name.length <= xmlKeptTagLength) this.#tags.set(name, tag)
    return tag
  }
}

/** `name` as written, `local` without its prefix and in lower case. */
function makeTag(vocabulary: XmlVocabulary, name: string, local: string): XmlTag {
  const { elements, root, sections, blocks } = vocabulary
  const colon = name.indexOf(':')
  const element = elements.get(local) ?? 0
  return {
    element,
    name: local,
    prefix: colon === -1 ? '' : name.slice(0, colon),
    open: `<${name}>`,
    close: `</${name}>`,
    isRoot: element !== 0 && element === root,
    isSection: sections.has(element),
    isBlock: blocks.has(element),
    next: null,
    nextButOne: null,
  }
}
