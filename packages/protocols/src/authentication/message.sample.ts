import { ArcSealer } from '../arc/seal.ts'
import type { RawField } from '../dkim/canonical-header.ts'
import { type DkimKeyPair, generateDkimKey } from '../dkim/key-generation.ts'
import { DkimSigner } from '../dkim/sign.ts'

/** Seconds since 1970 of every signature here. */
export const signedAt = 1_700_000_000

export const sampleBody = 'Hello\r\n'

/** Keys of the signers here; each stands at `s._domainkey.` of its domain. */
const pairs = new Map<string, DkimKeyPair>()

function pairOf(domain: string): DkimKeyPair {
  const pair = pairs.get(domain) ?? generateDkimKey('ed25519')
  pairs.set(domain, pair)
  return pair
}

/** Key records of the domains, as in a literal of DNS. */
export function keyRecords(domains: readonly string[]): Record<string, string> {
  return Object.fromEntries(domains.map(domain => [`s._domainkey.${domain}`, pairOf(domain).record]))
}

/** A header with one more signature on top. */
export function signedFields(fields: readonly string[], domain: string): readonly string[] {
  const signer = new DkimSigner(fields.map(rawField), {
    domain,
    selector: 's',
    key: pairOf(domain).privateKey,
    now: signedAt,
  })
  signer.body(Buffer.from(sampleBody))
  return [signer.end(), ...fields]
}

/** A header with one more set of a chain on top, the chain before it being whole. */
export function sealedFields(fields: readonly string[], domain: string): readonly string[] {
  const hasChain = fields.some(field => field.startsWith('ARC-Seal:'))
  const sealer = new ArcSealer(fields.map(rawField), {
    domain,
    selector: 's',
    key: pairOf(domain).privateKey,
    now: signedAt,
    results: `${domain}; none`,
    status: hasChain ? 'pass' : 'none',
  })
  sealer.body(Buffer.from(sampleBody))
  const added = sealer.end()
  if (added === null) throw new Error('nothing can be added to the chain')
  return [added.seal, added.message, added.results, ...fields]
}

export function messageOf(fields: readonly string[], body: string = sampleBody): Buffer {
  return Buffer.from([...fields, '', body].join('\r\n'), 'latin1')
}

function rawField(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}
