import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Node, parseMessage } from '../text/icu.ts'

const source = fileURLToPath(new URL('..', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name))
const catalogueFiles = files.filter(name => name.startsWith('messages/') && !name.endsWith('.test.ts'))
const codeFiles = files.filter(name => !name.startsWith('messages/') && !/\.test\.tsx?$/.test(name))
const read = (name: string) => readFileSync(join(source, name), 'utf8')
const contract = fileURLToPath(new URL('../../../contract/src', import.meta.url))
const named = [
  ...codeFiles.map(read),
  ...readdirSync(contract).map(name => readFileSync(join(contract, name), 'utf8')),
].join('\n')

/** `export const todayText = translator({ … })` with its texts, as they stand in the file. */
function cataloguesOf(name: string) {
  return [...read(name).matchAll(/export const (\w+) = translator\(\{([\s\S]*?)\n\}\)/g)].map(([, variable, body]) => ({
    variable: variable ?? '',
    texts: [
      ...(body ?? '').matchAll(/^ {2}(?:'([^']+)'|([\w]+)):\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/gm),
    ].map(([, quoted, plain, single, double]) => ({ name: quoted ?? plain ?? '', text: single ?? double ?? '' })),
  }))
}

const catalogues = catalogueFiles.flatMap(cataloguesOf)

describe('message catalogues', () => {
  test('every screen has its texts in a catalogue', () => {
    expect(catalogues.length).toBeGreaterThan(15)
    expect(catalogues.every(catalogue => catalogue.texts.length > 0)).toBe(true)
  })

  test.each(catalogues)('$variable: every text parses', ({ texts }) => {
    for (const { text } of texts) expect(() => parseMessage(text)).not.toThrow()
  })

  test.each(catalogues)('$variable: every text is in use', ({ texts }) => {
    // A name stands in the code as a quoted word, or it is a value of the contract. A dotted name is put together.
    const unused = texts.filter(
      ({ name }) =>
        !name.includes('.') &&
        !new RegExp(`['"\`]${escapeForPattern(name)}['"\`]|\\b${escapeForPattern(name)}:`).test(named),
    )
    expect(unused.map(({ name }) => name)).toEqual([])
  })

  test('no text stands in the code itself', () => {
    const found = codeFiles.flatMap(name =>
      [...read(name).matchAll(/>\s*([A-Z][a-z]+ [a-z][^<>{}\n]*)</g)].map(([, text]) => `${name}: ${text}`),
    )
    expect(found).toEqual([])
  })

  test('no exclamation mark, no praise', () => {
    const texts = catalogues.flatMap(catalogue => catalogue.texts.map(({ text }) => text))
    expect(texts.filter(text => /!|great|awesome|congrat|oops/i.test(text))).toEqual([])
  })

  test('plural cases use the number that they depend on', () => {
    const hasPluralWithoutOther = (nodes: readonly Node[]): boolean =>
      nodes.some(node => node.kind === 'plural' && !node.cases.has('other'))
    for (const { texts } of catalogues)
      for (const { text } of texts) expect(hasPluralWithoutOther(parseMessage(text))).toBe(false)
  })
})

function escapeForPattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
