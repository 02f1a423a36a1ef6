import type { ResourceRecord } from './record.ts'
import type { Resolver } from './resolver.ts'
import { questionKey, zoneResolver } from './zone-resolver.ts'

/**
 * A resolver for a state that is not published yet: names at which `records` has something are answered from there
 * alone, all others by `below`. Aliases of the overlay that lead outside of it are followed below.
 */
export function overlayResolver(records: readonly ResourceRecord[], below: Resolver, label = 'overlay'): Resolver {
  const own = zoneResolver({ records, label })
  const names = new Set(records.map(record => questionKey(record.name, 'A')))
  return {
    async query(question) {
      if (!names.has(questionKey(question.name, 'A'))) return below.query(question)
      const answer = await own.query(question)
      const last = answer.chain.at(-1)
      if (last === undefined || names.has(questionKey(last.target, 'A'))) return answer
      const rest = await below.query({ ...question, name: last.target })
      return { ...rest, chain: [...answer.chain, ...rest.chain], raw: [...answer.raw, ...rest.raw] }
    },
  }
}
