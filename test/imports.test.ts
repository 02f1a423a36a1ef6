import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What each package may import of the others, and which of Node's modules; `types` is by `import type` only. */
const rooms = {
  // Of Node only what computes: signatures and hashes, and the A-label form of names.
  protocols: { values: [], types: [], node: ['node:buffer', 'node:crypto', 'node:url'], isPure: true },
  posture: { values: ['protocols'], types: [], node: ['node:buffer'], isPure: true },
  contract: { values: [], types: [], node: [], isPure: true },
  web: { values: [], types: ['contract'], node: [], isPure: false },
  letterlock: { values: ['protocols', 'posture', 'contract'], types: [], node: 'all', isPure: false },
} as const satisfies Record<string, Room>

interface Room {
  readonly values: readonly string[]
  readonly types: readonly string[]
  readonly node: readonly string[] | 'all'
  readonly isPure: boolean
}

interface Import {
  readonly from: string
  readonly isType: boolean
}

/** Clock, chance and network by their global names; `new Date(value)` reads no clock. */
const impure =
  /\bDate\.now\(|\bnew Date\(\s*\)|\bMath\.random\(|\bperformance\.now\(|\bsetTimeout\(|\bfetch\(|\bprocess\./g

describe.each(Object.entries(rooms) as [string, Room][])('imports of %s run down only', (name, room) => {
  const source = join(root, 'packages', name, 'src')
  const files = sourcesIn(source)

  it('other packages', () => {
    const wrong = files.flatMap(file =>
      importsOf(file)
        .filter(entry => entry.from.startsWith('@letterlock/') || entry.from === 'letterlock')
        .filter(entry => {
          const other = entry.from.replace('@letterlock/', '').split('/')[0] ?? ''
          // A test may hold the app's lists against those of the contract.
          const mayTake = (entry.isType || isTest(file)) && room.types.includes(other)
          return !room.values.includes(other) && !mayTake
        })
        .map(entry => place(file, entry)),
    )
    expect(wrong).toEqual([])
  })

  it('files of the same package by path, never out of it', () => {
    const wrong = files.flatMap(file =>
      importsOf(file)
        .filter(entry => entry.from.startsWith('.'))
        .filter(entry => !resolve(dirname(file), entry.from).startsWith(`${source}/`))
        .filter(entry => !isTest(file) || !mayServeTests(resolve(dirname(file), entry.from)))
        .map(entry => place(file, entry)),
    )
    expect(wrong).toEqual([])
  })

  it('modules of Node', () => {
    const allowed = room.node
    if (allowed === 'all') return
    const wrong = files
      .filter(file => !isTest(file))
      .flatMap(file =>
        importsOf(file)
          .filter(entry => entry.from.startsWith('node:') && !allowed.includes(entry.from))
          .map(entry => place(file, entry)),
      )
    expect(wrong).toEqual([])
  })

  if (!room.isPure) return
  it('no clock, chance or network', () => {
    const wrong = files
      .filter(file => !isTest(file))
      .flatMap(file => [...code(file).matchAll(impure)].map(match => `${relative(root, file)}: ${match[0]}`))
    expect(wrong).toEqual([])
  })
})

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
}

/** Tests may use what stands in the root for tests and benchmarks. */
function mayServeTests(path: string): boolean {
  return path.startsWith(join(root, 'test/')) || path.startsWith(join(root, 'bench/'))
}

function isTest(file: string): boolean {
  return /\.test\.tsx?$|\/(testing|fuzz)\//.test(file)
}

function importsOf(file: string): Import[] {
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\s+from\s+)?['"]([^'"]+)['"]/gm
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]/g
  const text = code(file)
  return [
    ...[...text.matchAll(statement)].map(match => ({ from: match[2] ?? '', isType: match[1] !== undefined })),
    ...[...text.matchAll(dynamic)].map(match => ({ from: match[1] ?? '', isType: false })),
  ]
}

/** The text without comments, so that prose about a clock is not taken for one. */
function code(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
}

function place(file: string, entry: Import): string {
  return `${relative(root, file)} imports ${entry.from}`
}
