import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, test } from 'vitest'
import type { XmlHandler } from './handler.ts'
import { XmlScanner } from './scanner.ts'
import type { XmlVocabulary } from './vocabulary.ts'

/** No name means anything: what is left is XML. */
const noWords: XmlVocabulary = { elements: new Map(), root: -1, sections: new Set(), blocks: new Set() }

/** Start and end tags in order, with the text of those elements that hold no element. */
interface Events {
  readonly tags: readonly string[]
  readonly texts: readonly string[]
}

/** What saxes says, and for each start tag whether the element holds no other. Null where it is not well-formed. */
function bySaxes(document: string): (Events & { readonly leaves: readonly boolean[] }) | null {
  const tags: string[] = []
  const texts: string[] = []
  const leaves: boolean[] = []
  const open: { index: number; text: string }[] = []
  let isWellFormed = true
  const parser = new SaxesParser()
  parser.on('error', () => {
    isWellFormed = false
  })
  parser.on('opentag', tag => {
    const parent = open.at(-1)
    if (parent !== undefined) leaves[parent.index] = false
    open.push({ index: leaves.length, text: '' })
    leaves.push(true)
    tags.push(tag.name.toLowerCase())
  })
  const take = (text: string) => {
    const top = open.at(-1)
    if (top !== undefined) top.text += text
  }
  parser.on('text', take)
  parser.on('cdata', take)
  parser.on('closetag', tag => {
    tags.push(`/${tag.name.toLowerCase()}`)
    const top = open.pop()
    if (top !== undefined && leaves[top.index]) texts.push(top.text)
  })
  parser.write(document).close()
  return isWellFormed ? { tags, texts, leaves } : null
}

function byScanner(bytes: Uint8Array, leaves: readonly boolean[], cut: number): Events & { deviations: string[] } {
  const tags: string[] = []
  const texts: string[] = []
  const deviations: string[] = []
  let index = 0
  const nameOf = (tag: { prefix: string; name: string }) =>
    (tag.prefix ? `${tag.prefix}:${tag.name}` : tag.name).toLowerCase()
  const handler: XmlHandler = {
    open(tag) {
      tags.push(nameOf(tag))
      index += 1
      return leaves[index - 1] ?? false
    },
    close: tag => tags.push(`/${nameOf(tag)}`),
    text(tag, text) {
      texts.push(text)
      tags.push(`/${nameOf(tag)}`)
    },
    leaf(tag, from, to) {
      tags.push(nameOf(tag), `/${nameOf(tag)}`)
      texts.push(scanner.value(from, to))
      index += 1
    },
    block: () => -1,
    cut: () => deviations.push('cut'),
    deviation: code => deviations.push(code),
  }
  const scanner = new XmlScanner(handler, noWords)
  scanner.push(bytes.subarray(0, cut))
  scanner.push(bytes.subarray(cut))
  scanner.end()
  return { tags, texts, deviations }
}

const name = fc.constantFrom('a', 'B', 'record', 'x:y', 'long-name.with_all', 'é', '_1')
const special: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  '\r': '&#xD;',
}
const escaped = (text: string) => text.replace(/[&<>"\r]/g, character => special[character] ?? '')
const letters = fc.string({
  unit: fc.constantFrom('a', ' ', '\n', '\r\n', '\t', 'é', '€', '🦊', '&', '<', '>', ']', '"', '-'),
  maxLength: 20,
})
const clean = (text: string) => text.replaceAll('\r\n', '\n')
const piece = fc.oneof(
  letters.map(escaped),
  letters.map(text => `<![CDATA[${text.replaceAll(']]>', '')}]]>`),
  letters.map(text => `<!--${text.replaceAll('-', '')}-->`),
  letters.map(text => `<?pi ${text.replaceAll('?>', '')}?>`),
)
const attributes = fc
  .uniqueArray(fc.tuple(fc.constantFrom('k', 'lang', 'xmlns', 'x:z'), letters), {
    selector: ([key]) => key,
    maxLength: 3,
  })
  .map(list => list.map(([key, value]) => ` ${key}="${escaped(clean(value))}"`).join(''))

const { tree } = fc.letrec<{ tree: string }>(tie => ({
  tree: fc
    .tuple(name, attributes, fc.array(fc.oneof({ maxDepth: 5 }, piece, tie('tree')), { maxLength: 5 }))
    .map(([tag, written, inner]) =>
      inner.length === 0 ? `<${tag}${written}/>` : `<${tag}${written}>${inner.join('')}</${tag}>`,
    ),
}))

describe('the scanner beside saxes', () => {
  test('both find the same elements and texts in every generated well-formed document, wherever it is cut', () => {
    let compared = 0
    fc.assert(
      fc.property(tree, fc.nat(), (document, at) => {
        const expected = bySaxes(document)
        if (expected === null) return
        compared += 1
        const bytes = Buffer.from(document, 'utf8')
        const found = byScanner(bytes, expected.leaves, at % (bytes.length + 1))
        expect(found.tags).toEqual(expected.tags)
        expect(found.texts).toEqual(expected.texts)
        expect(found.deviations).toEqual([])
        const wide = byScanner(Buffer.from(document, 'utf16le'), expected.leaves, at % (bytes.length + 1))
        // Two characters without a NUL beside them do not show that it is UTF-16.
        if (document.charCodeAt(1) < 0x80) expect(wide.texts).toEqual(expected.texts)
      }),
      { numRuns: 400, seed: 20_261_124 },
    )
    expect(compared).toBeGreaterThan(300)
  })
})
