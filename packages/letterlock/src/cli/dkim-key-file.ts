import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { usageError } from './exit-code.ts'
import { printable } from './printable.ts'

/** Bits of an RSA key under which verifiers must not let a signature pass (RFC 8301 s3.2). */
export const rsaBitsMinimum = 1024

/** Bits of an RSA key that signers should have at least (RFC 8301 s3.2). */
export const rsaBitsAdvised = 2048

/** Reads a key in PEM (or DER for none): a private one where `mayBePublic` is false. Throws a usage error. */
export async function readKeyFile(path: string, mayBePublic: boolean): Promise<KeyObject> {
  const pem = await readFile(path, 'utf8').catch((error: Error) => {
    throw usageError(`the key file ${printable(path)} cannot be read: ${error.message}`)
  })
  const key = parseKey(pem, mayBePublic)
  if (key === null)
    throw usageError(
      `${printable(path)} holds no ${mayBePublic ? '' : 'private '}key in PEM form`,
      'letterlock dkim keygen makes one',
    )
  const bits = rsaBits(key)
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ed25519')
    throw usageError(
      `${printable(path)} is a key of type ${key.asymmetricKeyType ?? 'unknown'}; DKIM has rsa and ed25519`,
    )
  if (bits !== null && bits < rsaBitsMinimum)
    throw usageError(
      `the RSA key in ${printable(path)} has ${bits} bits; under ${rsaBitsMinimum} nobody accepts a signature`,
    )
  return key
}

/** Bits of an RSA key; null for another. */
export function rsaBits(key: KeyObject): number | null {
  return key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : null
}

function parseKey(pem: string, mayBePublic: boolean): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    if (!mayBePublic) return null
  }
  try {
    return createPublicKey(pem)
  } catch {
    return null
  }
}
