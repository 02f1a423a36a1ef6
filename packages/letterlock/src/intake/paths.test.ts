import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { globToRegExp } from './glob.ts'
import { findFiles } from './paths.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-paths-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), name)
  }
}

async function find(...paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for await (const one of findFiles(paths.map(path => join(folder, path)))) {
    found.push(one.kind === 'file' ? one.path.slice(folder.length + 1) : `missing: ${one.reason}`)
  }
  return found
}

describe('paths that a person names', () => {
  test('a folder gives its files by name, hidden ones left out', async () => {
    put('reports/b.xml', 'reports/a.xml', 'reports/deep/c.gz', 'reports/.hidden', 'reports/.git/config')
    expect(await find('reports')).toEqual(['reports/a.xml', 'reports/b.xml', 'reports/deep/c.gz'])
  })

  test('a maildir gives cur and new, not tmp and not what the server keeps there', async () => {
    put('box/cur/1:2,S', 'box/new/2', 'box/tmp/3', 'box/dovecot.index', 'box/.Reports/cur/4', 'box/.Reports/tmp/5')
    put('box/.Reports/new/6')
    expect(await find('box')).toEqual(['box/.Reports/cur/4', 'box/.Reports/new/6', 'box/cur/1:2,S', 'box/new/2'])
  })

  test('a pattern', async () => {
    put('r/a.xml', 'r/b.gz', 'r/sub/c.xml')
    expect(await find('r/*.xml')).toEqual(['r/a.xml'])
    expect(await find('r/**/*.xml')).toEqual(['r/a.xml', 'r/sub/c.xml'])
    expect(await find('r/{a,c}.*')).toEqual(['r/a.xml'])
    expect(await find('r/*.zip')).toEqual(['missing: no file fits the pattern'])
  })

  test('a name that is not there is said, the others go on; a file with pattern characters in its name is that file', async () => {
    put('a.xml', 'odd[1].xml')
    expect(await find('nowhere', 'a.xml', 'odd[1].xml')).toEqual([
      'missing: there is no such file or folder',
      'a.xml',
      'odd[1].xml',
    ])
  })

  test('a link that leads back up ends', async () => {
    put('r/a.xml')
    symlinkSync(join(folder, 'r'), join(folder, 'r', 'again'))
    expect(await find('r')).toEqual(['r/a.xml'])
  })

  test('pattern characters', () => {
    expect(globToRegExp('a/[!x]?.xml').test('a/yz.xml')).toBe(true)
    expect(globToRegExp('a/[!x]?.xml').test('a/xz.xml')).toBe(false)
    expect(globToRegExp('a+b(1).xml').test('a+b(1).xml')).toBe(true)
    expect(globToRegExp('a.xml').test('abxml')).toBe(false)
  })
})
