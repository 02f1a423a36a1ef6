import type { Answer, Resolver } from './resolver.ts'

/**
 * A resolver whose questions end with the signal, whatever the one below does: one that never answers is a timeout.
 * For evaluations that must end in time without trusting the resolver for it.
 */
export function abortableResolver(below: Resolver, signal: AbortSignal): Resolver {
  // One listener however many questions wait, and none when none does: signals outlive messages.
  const waiting = new Set<(answer: Answer) => void>()
  const onAbort = () => {
    for (const end of [...waiting]) end(timedOut)
  }
  return {
    query: question =>
      new Promise<Answer>(resolve => {
        if (signal.aborted) return resolve(timedOut)
        const end = (answer: Answer) => {
          waiting.delete(end)
          if (waiting.size === 0) signal.removeEventListener('abort', onAbort)
          resolve(answer)
        }
        if (waiting.size === 0) signal.addEventListener('abort', onAbort)
        waiting.add(end)
        below.query(question).then(end, () => end(failed))
      }),
  }
}

const nothing = { chain: [], raw: [], server: '', at: 0, authenticData: false, rcode: null, extendedError: null }

const timedOut: Answer = { ...nothing, outcome: { kind: 'temporary', cause: 'timeout' } }

/** A resolver that rejects breaks its contract; nothing is known all the same. */
const failed: Answer = { ...nothing, outcome: { kind: 'temporary', cause: 'servfail' } }
