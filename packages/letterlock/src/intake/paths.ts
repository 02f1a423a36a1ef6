import { type Dirent, type Stats, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { globBase, globToRegExp, isGlob } from './glob.ts'

/** A file that was found under the paths a person named. */
export interface FoundFile {
  readonly kind: 'file'
  readonly path: string
  /** How it is called in verdicts: as named, or relative to the folder that was named. */
  readonly name: string
  /** Milliseconds since 1970, UTC. */
  readonly modifiedAtMs: number
  readonly size: number
  /** It stands in `cur` or `new` of a maildir. */
  readonly isMaildir: boolean
}

/** A path that leads nowhere, or whose folder may not be read. */
export interface MissingPath {
  readonly kind: 'missing'
  readonly path: string
  readonly reason: string
}

/** Folders below a named one that are walked at most: a loop over bind mounts has to end. */
export const folderDepthLimit = 64

/**
 * The files under the named paths: a file itself, everything in a folder, what fits a pattern with `*`, `**`, `?`,
 * `[ ]` or `{ }`. In a maildir only `cur` and `new` count. Hidden files are left out unless they are named. Order is by
 * name, so that two runs do the same.
 */
export async function* findFiles(paths: readonly string[]): AsyncGenerator<FoundFile | MissingPath> {
  for (const path of paths) {
    const state = statSync(path, { throwIfNoEntry: false })
    if (state?.isDirectory() === true) yield* walkFolder(path, path, new Set())
    else if (state !== undefined) yield foundFile(path, path, state)
    else if (isGlob(path)) yield* expandGlob(path)
    else yield { kind: 'missing', path, reason: 'there is no such file or folder' }
  }
}

async function* expandGlob(pattern: string): AsyncGenerator<FoundFile | MissingPath> {
  const base = globBase(pattern)
  const fits = globToRegExp(pattern)
  let count = 0
  if (statSync(base, { throwIfNoEntry: false })?.isDirectory() === true) {
    for await (const found of walkFolder(base, base, new Set())) {
      const path = base === '.' && !pattern.startsWith('./') ? relative('.', found.path) : found.path
      if (!fits.test(path.split(sep).join('/'))) continue
      count++
      yield found.kind === 'file' ? { ...found, name: path } : found
    }
  }
  if (count === 0) yield { kind: 'missing', path: pattern, reason: 'no file fits the pattern' }
}

async function* walkFolder(
  root: string,
  folder: string,
  parents: ReadonlySet<string>,
): AsyncGenerator<FoundFile | MissingPath> {
  const identity = folderIdentity(folder)
  if (parents.has(identity) || parents.size >= folderDepthLimit) return
  const within = new Set([...parents, identity])
  let entries: Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    yield { kind: 'missing', path: folder, reason: readFault(error) }
    return
  }
  const isMaildir = ['cur', 'new', 'tmp'].every(name => entries.some(one => one.name === name && one.isDirectory()))
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    // Files of a maildir itself (dovecot.index and the like) are the mail server's; its subfolders begin with a dot.
    const isWanted = isMaildir
      ? entry.isDirectory() && (entry.name === 'cur' || entry.name === 'new' || entry.name.startsWith('.'))
      : !entry.name.startsWith('.')
    if (!isWanted) continue
    const state = statSync(path, { throwIfNoEntry: false })
    if (state?.isDirectory() === true) yield* walkFolder(root, path, within)
    else if (state?.isFile() === true) yield foundFile(path, relative(dirname(root), path), state)
  }
}

function foundFile(path: string, name: string, state: Stats): FoundFile {
  const folder = basename(dirname(path))
  const isMaildir = (folder === 'cur' || folder === 'new') && isFolder(join(dirname(path), '..', 'tmp'))
  return { kind: 'file', path, name, modifiedAtMs: state.mtimeMs, size: state.size, isMaildir }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function folderIdentity(path: string): string {
  const state = statSync(path, { throwIfNoEntry: false })
  return state === undefined ? path : `${state.dev}:${state.ino}`
}

function readFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read'
  return error instanceof Error ? error.message : String(error)
}
