import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { generatedDocuments } from '../scripts/docs/generated.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

it('docs/dependencies.md has a line for each package that is used, and for no other', () => {
  const listed = [...read('docs/dependencies.md').matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1]),
  )
  expect(listed.sort()).toEqual(usedPackages())
})

it.each(Object.entries(generatedDocuments))(
  '%s is what the program says; npm run docs makes it',
  async (path, make) => {
    expect(read(path)).toBe(await make())
  },
)

it('links between documents lead somewhere', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)]
  const broken = documents
    .filter(path => path.endsWith('.md'))
    .flatMap(path =>
      [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(match => match[1] ?? '')
        .filter(target => !/^[a-z]+:/.test(target))
        .filter(target => !existsSync(resolve(root, dirname(path), target)))
        .map(target => `${relative(root, path)}: ${target}`),
    )
  expect(broken).toEqual([])
})

function usedPackages(): string[] {
  const manifests = [
    'package.json',
    ...readdirSync(join(root, 'packages')).map(name => `packages/${name}/package.json`),
  ]
  const names = manifests.flatMap(path => {
    const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>
    return [manifest['dependencies'], manifest['devDependencies']].flatMap(entry => Object.keys(entry ?? {}))
  })
  return [...new Set(names)]
    .filter(name => !name.startsWith('@types/') && !name.startsWith('@letterlock/') && name !== 'letterlock')
    .sort()
}
