import { watch } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Intake, PathResult } from './intake.ts'
import { type FoundFile, findFiles } from './paths.ts'

/** A file is taken when it did not change for so long, in milliseconds: whoever writes it is done then. */
export const settleMs = 1000
/** Notices of the system are gathered for so long before the folders are looked through. */
const debounceMs = 300
/** Files of one look that are given to the intake together. */
const filesPerPass = 500

export interface WatchOptions {
  readonly paths: readonly string[]
  readonly signal: AbortSignal
  /** Pause between two looks where the system tells of no change (network file systems never do), in milliseconds. */
  readonly pollMs: number
  readonly onResult: (result: PathResult) => Promise<void>
  /** Called after each look: how many files were taken. */
  readonly onPass?: (taken: number) => Promise<void> | void
}

/**
 * Takes files from folders as they appear, until the signal stops it. What was taken is remembered by path, size and
 * time of change; after a restart everything is looked at again, and the store knows what it has by its content.
 */
export async function watchPaths(intake: Intake, options: WatchOptions): Promise<void> {
  const taken = new Map<string, string>()
  const notices = new Notices(options.paths, options.signal)
  try {
    while (!options.signal.aborted) {
      const look = await lookForFiles(options.paths, taken)
      for (let at = 0; at < look.ready.length && !options.signal.aborted; at += filesPerPass) {
        await takeFiles(intake, look.ready.slice(at, at + filesPerPass), taken, options)
      }
      await options.onPass?.(look.ready.length)
      if (look.unsettled > 0) await pause(settleMs, options.signal)
      else await notices.next(options.pollMs)
    }
  } finally {
    notices.close()
  }
}

async function takeFiles(
  intake: Intake,
  files: readonly FoundFile[],
  taken: Map<string, string>,
  options: WatchOptions,
): Promise<void> {
  const paths = files.map(file => file.path)
  for await (const result of intake.ingestPaths(paths, { signal: options.signal })) await options.onResult(result)
  if (options.signal.aborted) return
  for (const file of files) taken.set(file.path, fingerprint(file))
}

async function lookForFiles(
  paths: readonly string[],
  taken: Map<string, string>,
): Promise<{ readonly ready: readonly FoundFile[]; readonly unsettled: number }> {
  const ready: FoundFile[] = []
  const present = new Set<string>()
  let unsettled = 0
  for await (const found of findFiles(paths)) {
    if (found.kind === 'missing') continue
    present.add(found.path)
    if (taken.get(found.path) === fingerprint(found)) continue
    if (Date.now() - found.modifiedAtMs < settleMs) unsettled++
    else ready.push(found)
  }
  for (const path of taken.keys()) if (!present.has(path)) taken.delete(path)
  return { ready, unsettled }
}

function fingerprint(file: FoundFile): string {
  return `${file.modifiedAtMs}:${file.size}`
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}

/** Wakes the watcher when the system tells of a change below one of the paths. */
class Notices {
  readonly #signal: AbortSignal
  readonly #stop = new AbortController()
  #isChanged = false
  #wake: (() => void) | null = null

  constructor(paths: readonly string[], signal: AbortSignal) {
    this.#signal = signal
    for (const path of paths) {
      try {
        const watcher = watch(path, { recursive: true, signal: this.#stop.signal }, () => this.#changed())
        // A folder that goes away, or more folders than the system watches: looking again at times goes on.
        watcher.on('error', () => undefined)
      } catch {
        // The path is not there yet, or the system cannot watch it.
      }
    }
  }

  async next(pollMs: number): Promise<void> {
    if (!this.#isChanged) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      await pause(pollMs, AbortSignal.any([this.#signal, woken.signal]))
    }
    if (this.#isChanged) await pause(debounceMs, this.#signal)
    this.#isChanged = false
  }

  close(): void {
    this.#stop.abort()
  }

  #changed(): void {
    this.#isChanged = true
    this.#wake?.()
  }
}
