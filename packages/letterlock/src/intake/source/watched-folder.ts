import { statSync } from 'node:fs'
import type { Intake, PathResult } from '../intake.ts'
import { watchPaths } from '../watch.ts'
import type { FolderConfig } from './source-config.ts'
import type { SourceState } from './sources.ts'

export interface WatchedFolderOptions {
  readonly id: number
  readonly config: FolderConfig
  readonly intake: Intake
  /** Called after each look through the folder. */
  readonly onRun: (error: string | null) => Promise<void>
  readonly log: (level: 'info' | 'warn', text: string) => void
}

/** A folder whose files are taken as they appear, until it is stopped. */
export class WatchedFolder {
  readonly #options: WatchedFolderOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #state: SourceState

  constructor(options: WatchedFolderOptions) {
    this.#options = options
    this.#state = { id: options.id, phase: 'history', done: 0, total: 0, error: null }
    this.#running = this.#run()
  }

  get state(): SourceState {
    return this.#state
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.#state = { ...this.#state, phase: 'stopped' }
  }

  async #run(): Promise<void> {
    const { config, intake } = this.#options
    await watchPaths(intake, {
      paths: [config.path],
      signal: this.#stop.signal,
      pollMs: config.pollSeconds * 1000,
      onResult: async result => this.#take(result),
      onPass: taken => this.#passed(taken),
    }).catch(error => this.#passed(0, error instanceof Error ? error.message : String(error)))
  }

  #take(result: PathResult): void {
    this.#state = { ...this.#state, done: this.#state.done + 1, total: this.#state.total + 1 }
    if (result.kind === 'failed') this.#options.log('warn', `a file could not be taken: ${result.text}`)
  }

  async #passed(taken: number, fault: string | null = null): Promise<void> {
    const isThere = statSync(this.#options.config.path, { throwIfNoEntry: false })?.isDirectory() ?? false
    const error = fault ?? (isThere ? null : 'there is no such folder')
    // A look that found nothing changes nothing: no write to the store for every poll.
    const isNews = taken > 0 || error !== this.#state.error || this.#state.phase !== 'watching'
    this.#state = { ...this.#state, phase: error === null ? 'watching' : 'waiting', error }
    if (taken > 0) this.#options.log('info', `${taken} files taken`)
    if (isNews) await this.#options.onRun(error).catch(() => undefined)
  }
}
