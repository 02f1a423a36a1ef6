import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/*
 * A signer of its own for the cases: it writes fields of any form, right or wrong, and its canonicalization is worked
 * out apart from the code under test.
 */

/** Keys of the cases, made once. Which keys they are changes no result. */
export const keys = {
  rsa2048: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  rsa1024: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  rsa512: generateKeyPairSync('rsa', { modulusLength: 512 }),
  ed25519: generateKeyPairSync('ed25519'),
  other: generateKeyPairSync('rsa', { modulusLength: 1024 }),
} as const
export type KeyName = keyof typeof keys

/** Value of p= for a key: SubjectPublicKeyInfo or RSAPublicKey for RSA, the 32 octets for Ed25519. */
export function publicKeyText(name: KeyName, form: 'spki' | 'pkcs1'): string {
  const { publicKey } = keys[name]
  if (name === 'ed25519') return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
  return publicKey.export({ format: 'der', type: form }).toString('base64')
}

export type Form = 'simple' | 'relaxed'

/** RFC 6376 s3.4.3 and s3.4.4. */
export function canonicalBody(body: string, form: Form): string {
  let lines = body.split('\r\n')
  if (form === 'relaxed') lines = lines.map(line => line.replace(/[ \t]+$/, '').replace(/[ \t]+/g, ' '))
  while (lines.at(-1) === '') lines.pop()
  const text = lines.map(line => `${line}\r\n`).join('')
  return text === '' && form === 'simple' ? '\r\n' : text
}

/** RFC 6376 s3.4.1 and s3.4.2; a field comes without its final line end. */
export function canonicalField(field: string, form: Form): string {
  if (form === 'simple') return field
  const [name = '', ...value] = field.split(':')
  const unfolded = value.join(':').replaceAll('\r\n', '')
  return `${name.toLowerCase().trimEnd()}:${unfolded
    .split(/[ \t]+/)
    .filter(word => word !== '')
    .join(' ')}`
}

/** RFC 6376 s3.7: the fields named, from the bottom up, then the signature field without the value of b=. */
export function signedHeader(fields: readonly string[], names: readonly string[], own: string, form: Form): string {
  const left = [...fields].reverse()
  let text = ''
  for (const name of names) {
    const at = left.findIndex(field => field.split(':')[0]?.trimEnd().toLowerCase() === name.trim().toLowerCase())
    if (at === -1) continue
    text += `${canonicalField(left.splice(at, 1)[0] ?? '', form)}\r\n`
  }
  return text + canonicalField(own, form)
}

export function hashOf(text: string): string {
  return createHash('sha256').update(Buffer.from(text, 'latin1')).digest('base64')
}

/** DKIM-041: base64 of the signature over a text. */
export function signatureOf(text: string, key: KeyObject): string {
  const octets = Buffer.from(text, 'latin1')
  if (key.asymmetricKeyType === 'rsa') return sign('sha256', octets, key).toString('base64')
  return sign(null, createHash('sha256').update(octets).digest(), key).toString('base64')
}
