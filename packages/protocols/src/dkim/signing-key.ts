import type { KeyObject } from 'node:crypto'
import { canonicalName } from '../dns/name.ts'
import { txtText } from '../dns/record.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { Result } from '../fault.ts'
import { type DkimKeyRecord, isKeyRecord, type KeyCache, type KeyRecordFault } from './key-record.ts'
import type { DkimSignature } from './signature.ts'

/** What names the key of a signature, and what the key must fit. */
export type Signer = Pick<DkimSignature, 'algorithm' | 'domain' | 'selector' | 'identityDomain'>

export type SigningKeyFault =
  | KeyRecordFault
  | 'dkim-key-service'
  | 'dkim-key-hash'
  | 'dkim-key-unfit'
  | 'dkim-identity-strict'

/** What DNS says of the keys at a selector. */
export type KeyAnswer =
  | { readonly kind: 'records'; readonly texts: readonly string[]; readonly isSecure: boolean }
  | { readonly kind: 'temporary' }
  | { readonly kind: 'bogus' }
  | { readonly kind: 'none' }

/** Name of the key record (RFC 6376 s3.6.2.1). */
export function keyName({ selector, domain }: Pick<Signer, 'selector' | 'domain'>): string {
  return `${selector}._domainkey.${domain}`
}

/** The key of a record text, where it fits the signature (RFC 6376 s6.1.2). */
export function usableKey(
  signer: Signer,
  text: string,
  cache: KeyCache,
): Result<{ readonly record: DkimKeyRecord; readonly key: KeyObject }, SigningKeyFault> & {
  readonly record?: DkimKeyRecord
} {
  const entry = cache.of(text)
  if (!entry.parsed.ok) return entry.parsed
  const record = entry.parsed.value
  const unfit = unfitness(signer, record)
  if (unfit !== null) return { ok: false, fault: { ...unfit, at: 0 }, record }
  const { key } = entry
  if (key === null) return { ok: false, fault: { code: 'dkim-key-data', at: 0, text: 'the key is not usable' }, record }
  return { ok: true, value: { record, key } }
}

function unfitness(signature: Signer, record: DkimKeyRecord): { code: SigningKeyFault; text: string } | null {
  if (signature.algorithm !== `${record.keyType}-sha256`)
    return { code: 'dkim-key-unfit', text: `a key of type ${record.keyType} does not fit ${signature.algorithm}` }
  if (record.hashes !== null && !record.hashes.includes('sha256'))
    return { code: 'dkim-key-hash', text: 'the key does not allow sha256' }
  if (!record.services.includes('*') && !record.services.includes('email'))
    return { code: 'dkim-key-service', text: 'the key is not for mail' }
  if (record.isStrict && signature.identityDomain !== signature.domain)
    return { code: 'dkim-identity-strict', text: 'the key demands that the domain of i= is d= itself' }
  return null
}

/** Asks for the keys of a signature. */
export async function lookUpKeys(
  signer: Pick<Signer, 'selector' | 'domain'>,
  options: { readonly resolver: Resolver; readonly signal?: AbortSignal | undefined },
): Promise<KeyAnswer> {
  const question = { name: keyName(signer), type: 'TXT' } as const
  const { outcome } = await options.resolver.query(
    options.signal === undefined ? question : { ...question, signal: options.signal },
  )
  switch (outcome.kind) {
    case 'records': {
      const texts = outcome.records.flatMap(record => (record.type === 'TXT' ? [txtText(record)] : []))
      const keys = texts.filter(isKeyRecord)
      // Junk alone is a syntax error of the record, not the absence of one (DKIM-080).
      return { kind: 'records', texts: keys.length > 0 ? keys : texts, isSecure: outcome.security === 'secure' }
    }
    case 'nodata':
    case 'nxdomain':
      return { kind: 'none' }
    case 'temporary':
      return { kind: 'temporary' }
    case 'bogus':
      return { kind: 'bogus' }
  }
}

/** The keys of one message, each name asked once. */
export class KeyLookups {
  private readonly options: { readonly resolver: Resolver; readonly signal?: AbortSignal | undefined }
  private readonly answers = new Map<string, Promise<KeyAnswer>>()

  constructor(options: { readonly resolver: Resolver; readonly signal?: AbortSignal | undefined }) {
    this.options = options
  }

  of(signer: Pick<Signer, 'selector' | 'domain'>): Promise<KeyAnswer> {
    const name = canonicalName(keyName(signer))
    const known = this.answers.get(name)
    if (known !== undefined) return known
    const answer = lookUpKeys(signer, this.options)
    this.answers.set(name, answer)
    return answer
  }
}
