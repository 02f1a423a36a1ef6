import { parseAuthenticationResults } from '../authentication-results/parse.ts'
import { isSameName } from '../dns/name.ts'
import { normaliseDomain } from '../domain-name.ts'
import type { ArcSet } from './set.ts'
import type { ArcVerification } from './verify.ts'

/** What a chain of trusted sealers says for a message whose own authentication failed. */
export interface TrustedChain {
  /** For the reason of an override: status, the sealers from the newest on, client of the first (RFC 8617 s7.2.2). */
  readonly comment: string
}

/**
 * Whether a chain speaks for the Author Domain: it passes, every sealer is trusted, and the first set says that DMARC
 * passed for that domain when the message came in. Null where it does not; without a list no chain does (ARC-016).
 *
 * Every sealer, since a later one seals what it got: the results of the first set are worth what their writer is worth.
 */
export function trustedChain(
  arc: ArcVerification,
  authorDomain: string,
  trustedSealers: readonly string[],
): TrustedChain | null {
  const [first] = arc.sets
  if (arc.result !== 'pass' || first === undefined) return null
  const isTrusted = (domain: string) => trustedSealers.some(sealer => isSameName(sealer, domain))
  if (!arc.sets.every(set => isTrusted(set.seal.seal.domain))) return null
  const results = resultsOf(first)
  const passed = results.some(
    ({ method, result, properties }) =>
      method === 'dmarc' &&
      result === 'pass' &&
      properties.some(
        ({ type, name, value }) => type === 'header' && name === 'from' && normaliseDomain(value) === authorDomain,
      ),
  )
  if (!passed) return null
  const sealers = [...arc.sets]
    .reverse()
    .map(({ instance, seal: { seal } }) => `as[${instance}].d=${seal.domain} as[${instance}].s=${seal.selector}`)
  const client = results
    .flatMap(item => item.properties)
    .find(({ type, name }) => type === 'smtp' && name === 'remote-ip')
  return {
    comment: ['arc=pass', ...sealers, ...(client === undefined ? [] : [`remote-ip[1]=${client.value}`])].join(' '),
  }
}

/** Results that the sealer of a set found; odd ones do not hurt the chain, they say nothing (ARC-018). */
function resultsOf(set: ArcSet) {
  const { text } = set.results
  const read = parseAuthenticationResults(text.slice(text.indexOf(';') + 1))
  return read.ok ? read.value.items : []
}
