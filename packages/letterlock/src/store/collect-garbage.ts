import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Frees the memory of this thread that nothing refers to any more. The engine looks for it only while more is asked
 * for: a process at rest asks for none, and would keep what its last answers left behind for days.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') return
  collect()
  // The first round empties pages, the second gives them back.
  collect()
}
