import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { stringOctetsLimit } from '../dns/presentation.ts'

/** Bits of a new RSA key: what RFC 8301 s3.2 asks for, and what still fits a UDP answer. */
export const newRsaBits = 2048

export interface DkimKeyPair {
  readonly keyType: 'rsa' | 'ed25519'
  readonly privateKey: KeyObject
  /** Text of the TXT record at `selector._domainkey.domain`. */
  readonly record: string
}

/** Makes a key pair and its record. Takes randomness from the crypto library. */
export function generateDkimKey(keyType: 'rsa' | 'ed25519'): DkimKeyPair {
  const { privateKey } =
    keyType === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: newRsaBits }) : generateKeyPairSync('ed25519')
  return { keyType, privateKey, record: keyRecordOf(privateKey) }
}

/** The record of a key: RSA as SubjectPublicKeyInfo (DKIM-009), Ed25519 as its 32 octets (RFC 8463 s4.2). */
export function keyRecordOf(key: KeyObject, services: readonly string[] = []): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const service = services.length === 0 ? '' : ` s=${services.join(':')};`
  if (publicKey.asymmetricKeyType === 'rsa')
    return `v=DKIM1; k=rsa;${service} p=${publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}`
  // A SubjectPublicKeyInfo of Ed25519 ends with the key itself (RFC 8410 s4).
  const octets = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return `v=DKIM1; k=ed25519;${service} p=${octets.toString('base64')}`
}

/** The record as a line of a zone file, its text in strings of at most 255 octets. */
export function keyRecordZoneLine(selector: string, domain: string, record: string): string {
  const strings = record.match(new RegExp(`.{1,${stringOctetsLimit}}`, 'g')) ?? []
  return `${selector}._domainkey.${domain}. IN TXT ${strings.map(text => `"${text}"`).join(' ')}`
}
