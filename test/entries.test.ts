import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Entries of the specification of malformed reports that reading must bear. */
const entryCount = 129

it('each of the 129 entries of report tolerance has a test named after it', () => {
  const named = new Set(testFiles().flatMap(file => entriesNamedIn(readFileSync(file, 'utf8'))))
  const missing = Array.from({ length: entryCount }, (_, index) => index + 1).filter(entry => !named.has(entry))
  expect(missing).toEqual([])
})

/** Names such as `report-tolerance 12: …` and `report-tolerance 12, 13: …`. */
function entriesNamedIn(text: string): number[] {
  return [...text.matchAll(/['"`](?:[^'"`\n]* )?report-tolerance (\d+(?:(?:, | and )\d+)*)/g)].flatMap(match =>
    [...(match[1] ?? '').matchAll(/\d+/g)].map(Number),
  )
}

function testFiles(): string[] {
  return ['packages', 'test'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name))
      .filter(file => !file.includes('/node_modules/')),
  )
}
