import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './checklists.ts'

/** A test, or a group of tests, whose name carries the id of an entry. */
export interface Citation {
  /** From the root of the repository. */
  readonly file: string
  readonly name: string
}

/** Names of tests: behind `test(` and its like, or first in a row of a table of cases. */
const testName = /(?:\b(?:test|it|describe)(?:\.\w+)*(?:\([^()\n]*\))?\(\s*|\[\s*)(['"`])((?:\\.|(?!\1)[^\\])*)\1/gs

const entryId = /\b[A-Z]+-\d{3}\b/g

/** By entry id, in the order of files. */
export function readCitations(): ReadonlyMap<string, readonly Citation[]> {
  const found = new Map<string, Citation[]>()
  for (const path of testFiles()) {
    const file = relative(root, path)
    const text = readFileSync(path, 'utf8')
    for (const [whole, , written = ''] of text.matchAll(testName)) {
      // Of a table, only names that begin with their ids: other words there are data.
      if (whole.startsWith('[') && !/^[A-Z]+-\d{3}\b/.test(written)) continue
      const name = written.replace(/\$\{[^}]*\}/g, '…').replace(/\\(.)/g, '$1')
      for (const id of new Set(name.match(entryId))) found.set(id, [...(found.get(id) ?? []), { file, name }])
    }
  }
  return found
}

function testFiles(): string[] {
  return ['packages', 'test']
    .flatMap(folder => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => !/\/(node_modules|dist)\//.test(file))
    .sort()
}
