import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const shared = join(process.env['LETTERLOCK_CORPUS'] ?? join(root, '../shared/corpus'), '..')
const sectionsFile = join(shared, 'vectors/schemas/rfc-sections.json')

/** Sections that exist and that the list lacks. */
const unlisted: Readonly<Record<string, readonly string[]>> = { '2308': ['2.2', '5', '7'], '7208': ['6.1', '6.2'] }

/** `RFC 8461 s3.3`, with more sections of the same document after commas: `RFC 9989 s7.4, s8`. */
const citation = /RFC (\d{4}) ((?:s\d+(?:\.\d+)*)(?:,? (?:and )?s\d+(?:\.\d+)*)*)/g

it('every cited section of an RFC exists', context => {
  if (!existsSync(sectionsFile)) return context.skip('needs the list of sections, ../shared/vectors')
  const known = JSON.parse(readFileSync(sectionsFile, 'utf8')) as Record<string, readonly string[]>
  const wrong = textFiles().flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(citation)].flatMap(([, rfc = '', sections = '']) =>
      sections
        .split(/,? (?:and )?s|^s/)
        .filter(section => section !== '')
        .filter(
          section => known[rfc] !== undefined && !known[rfc].includes(section) && !unlisted[rfc]?.includes(section),
        )
        .map(section => `${relative(root, file)}: RFC ${rfc} s${section}`),
    ),
  )
  expect(wrong).toEqual([])
})

function textFiles(): string[] {
  return ['packages', 'test', 'bench', 'docs'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && /\.(tsx?|md)$/.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name))
      .filter(file => !/\/(node_modules|dist)\//.test(file)),
  )
}
