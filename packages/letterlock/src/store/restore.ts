import { ThreadClient } from './thread-client.ts'
import { threadFile } from './thread-file.ts'

/** What became of bringing a copy back. */
export type RestoreResult =
  /** `kept` is where the store that was there before is now; null where there was none. */
  | { readonly type: 'restored'; readonly kept: string | null }
  | { readonly type: 'held' }
  | { readonly type: 'failed'; readonly message: string }

export interface RestoreSetup {
  readonly file: string
  readonly dataDir: string
  /** Seconds since 1970: part of the name under which the store of before is kept. */
  readonly now: number
}

/**
 * Puts a copy that `backup` wrote in the place of the store in a data directory. The copy is checked first; the store
 * that was there is kept beside it. Refused while a process owns the directory.
 */
export async function restoreSqlite(setup: RestoreSetup): Promise<RestoreResult> {
  const thread = new ThreadClient(threadFile('restore-thread', import.meta.url), setup)
  const result = new Promise<RestoreResult>(resolve => {
    thread.worker.once('message', resolve)
    thread.worker.once('error', error => resolve({ type: 'failed', message: String(error) }))
  })
  const answer = await result
  await thread.ended()
  return answer
}
