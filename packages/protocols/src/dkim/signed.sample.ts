import { createHash, type KeyObject, sign as signOctets } from 'node:crypto'
import { resolverFrom } from '../dns/literal-resolver.ts'
import type { RawField } from './canonical-header.ts'
import { type DkimKeyPair, generateDkimKey } from './key-generation.ts'
import { DkimSigner, type SigningOptions } from './sign.ts'
import { type DkimOptions, type DkimVerification, DkimVerifier } from './verify.ts'

export const now = 1_700_000_000
export const rsa: DkimKeyPair = generateDkimKey('rsa')
export const ed25519: DkimKeyPair = generateDkimKey('ed25519')

export function field(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).trim().toLowerCase(), text }
}

/** A signature of ours for `s.example.org`. */
export function sign(fields: readonly RawField[], body: string, over: Partial<SigningOptions> = {}): RawField {
  const signer = new DkimSigner(fields, { domain: 'example.org', selector: 's', key: rsa.privateKey, now, ...over })
  signer.body(Buffer.from(body, 'latin1'))
  return field(signer.end())
}

/** A signature made by hand: `octets` is what it covers before its own field, as the standard writes it. */
export function signByHand(tags: string, octets: string, body: string, key: KeyObject = rsa.privateKey): RawField {
  const hash = createHash('sha256').update(body, 'latin1').digest('base64')
  const value = `DKIM-Signature: v=1; ${tags}; bh=${hash}; b=`
  const own = /c=relaxed/.test(tags) ? value.replace('DKIM-Signature: ', 'dkim-signature:') : value
  const covered = Buffer.from(octets + own, 'latin1')
  const signature =
    key.asymmetricKeyType === 'rsa'
      ? signOctets('sha256', covered, key)
      : signOctets(null, createHash('sha256').update(covered).digest(), key)
  return field(value + signature.toString('base64'))
}

/** `records`: TXT by name; by default the RSA key at `s._domainkey.example.org`. */
export async function verify(
  fields: readonly RawField[],
  body: string,
  over: Partial<DkimOptions> & { readonly records?: Readonly<Record<string, string | readonly string[]>> } = {},
): Promise<readonly DkimVerification[]> {
  const { records = { 's._domainkey.example.org': rsa.record }, ...options } = over
  const verifier = new DkimVerifier(fields, { resolver: resolverFrom({ txt: records }), now, ...options })
  verifier.body(Buffer.from(body, 'latin1'))
  return verifier.end()
}
