import { createPublicKey, type KeyObject } from 'node:crypto'
import { excerpt, type Fault, type Result } from '../fault.ts'
import { ParseCache } from '../parse-cache.ts'
import { decodeBase64, parseTagList, withoutBlanks } from './tag-list.ts'

/** Bits of the smallest RSA key that may count (RFC 8301 s3.2, DKIM-076). */
export const rsaBitsMinimum = 1024

/** Bits of the largest RSA key that is tried: a verification costs with the square of them (DKIM-088). */
export const rsaBitsLimit = 8192

/** Bits of the largest RSA exponent that is tried; 65537 needs 17 (DKIM-088). */
export const rsaExponentBitsLimit = 33

/** Octets of a key record that are read; the largest key allowed takes 1,400 in base64. */
export const keyRecordOctetsLimit = 65_535

export type KeyRecordFault =
  | 'dkim-key-long'
  | 'dkim-key-tags'
  | 'dkim-key-version'
  | 'dkim-key-missing'
  | 'dkim-key-revoked'
  | 'dkim-key-type'
  | 'dkim-key-data'
  | 'dkim-key-small'
  | 'dkim-key-large'

/** A key record that can be used (RFC 6376 s3.6.1). */
export interface DkimKeyRecord {
  readonly keyType: 'rsa' | 'ed25519'
  /** Octets of p= as published. */
  readonly data: Buffer
  /** RSA: bits of the modulus. Ed25519: 256. */
  readonly bits: number
  /** RSAPublicKey of RFC 8017 in DER, or the 32 octets of Ed25519. */
  readonly material: Buffer
  /** Hashes allowed; null allows all. */
  readonly hashes: readonly string[] | null
  readonly services: readonly string[]
  /** Flag y: the domain tests DKIM. */
  readonly isTesting: boolean
  /** Flag s: the domain of i= must be d= itself. */
  readonly isStrict: boolean
}

/** Whether a TXT text means to be a key record: it has a p= or says so. Others at the name are junk (DKIM-014, DKIM-084). */
export function isKeyRecord(text: string): boolean {
  return /(?:^|;)[ \t\r\n]*(?:v[ \t\r\n]*=[ \t\r\n]*DKIM1|p[ \t\r\n]*=)/.test(text)
}

/** Reads a key record; one character per octet. */
export function parseKeyRecord(text: string): Result<DkimKeyRecord, KeyRecordFault> {
  if (text.length > keyRecordOctetsLimit)
    return failed('dkim-key-long', keyRecordOctetsLimit, `the record exceeds ${keyRecordOctetsLimit} octets`)
  const list = parseTagList(text)
  if (!list.ok) return failed('dkim-key-tags', list.fault.at, list.fault.text)
  const tags = list.value
  const [first] = tags.keys()
  const version = tags.get('v')
  if (version !== undefined && (first !== 'v' || version.value !== 'DKIM1'))
    return failed('dkim-key-version', version.at, '"v=" is not first or not DKIM1')
  const p = tags.get('p')
  if (p === undefined) return failed('dkim-key-missing', 0, '"p=" is missing')
  if (p.value === '') return failed('dkim-key-revoked', p.at, 'the key is revoked: "p=" is empty')
  const keyType = (tags.get('k')?.value ?? 'rsa').toLowerCase()
  if (keyType !== 'rsa' && keyType !== 'ed25519')
    return failed('dkim-key-type', tags.get('k')?.at ?? 0, `"k=${excerpt(keyType)}" is no known key type`)
  const decoded = decodeBase64(p.value)
  if (decoded === null) return failed('dkim-key-data', p.at, '"p=" is not base64')
  // Memory of its own: keys are kept, and a slice of a pool keeps the whole pool.
  const data = Buffer.alloc(decoded.length)
  decoded.copy(data)
  const material = keyType === 'rsa' ? rsaMaterial(data, p.at) : ed25519Material(data, p.at)
  if (!material.ok) return material
  const flags = listOf(tags.get('t')?.value)
  return {
    ok: true,
    value: {
      keyType,
      data,
      ...material.value,
      hashes: tags.has('h') ? listOf(tags.get('h')?.value) : null,
      services: tags.has('s') ? listOf(tags.get('s')?.value) : ['*'],
      isTesting: flags.includes('y'),
      isStrict: flags.includes('s'),
    },
  }
}

function listOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : withoutBlanks(value).toLowerCase().split(':')
}

function ed25519Material(data: Buffer, at: number): Result<{ bits: number; material: Buffer }, KeyRecordFault> {
  if (data.length !== 32) return failed('dkim-key-data', at, 'an Ed25519 key has 32 octets')
  return { ok: true, value: { bits: 256, material: data } }
}

/** DKIM-092: a bare RSAPublicKey, or one inside a SubjectPublicKeyInfo. */
function rsaMaterial(data: Buffer, at: number): Result<{ bits: number; material: Buffer }, KeyRecordFault> {
  const outer = readDer(data, 0)
  if (outer === null || outer.tag !== 0x30) return failed('dkim-key-data', at, '"p=" holds no RSA key')
  const first = readDer(data, outer.from)
  const material =
    first?.tag === 0x02 ? data.subarray(0, outer.to) : first?.tag === 0x30 ? insideBitString(data, first.to) : null
  const numbers = material === null ? null : rsaNumbers(material)
  if (material === null || numbers === null) return failed('dkim-key-data', at, '"p=" holds no RSA key')
  const { bits, exponentBits } = numbers
  if (bits < rsaBitsMinimum)
    return failed('dkim-key-small', at, `the RSA key has ${bits} bits, under ${rsaBitsMinimum}`)
  if (bits > rsaBitsLimit || exponentBits > rsaExponentBitsLimit)
    return failed('dkim-key-large', at, `the RSA key has ${bits} bits and an exponent of ${exponentBits}`)
  return { ok: true, value: { bits, material } }
}

function insideBitString(data: Buffer, at: number): Buffer | null {
  const bits = readDer(data, at)
  // The first octet counts unused bits: none in a key.
  if (bits === null || bits.tag !== 0x03 || data[bits.from] !== 0) return null
  return data.subarray(bits.from + 1, bits.to)
}

function rsaNumbers(material: Buffer): { bits: number; exponentBits: number } | null {
  const sequence = readDer(material, 0)
  if (sequence === null || sequence.tag !== 0x30 || sequence.to !== material.length) return null
  const modulus = readDer(material, sequence.from)
  if (modulus === null || modulus.tag !== 0x02) return null
  const exponent = readDer(material, modulus.to)
  if (exponent === null || exponent.tag !== 0x02) return null
  const bits = bitsOf(material.subarray(modulus.from, modulus.to))
  const exponentBits = bitsOf(material.subarray(exponent.from, exponent.to))
  return bits === null || exponentBits === null || exponentBits < 2 ? null : { bits, exponentBits }
}

/** Bits of an unsigned DER integer; null for a negative one. */
function bitsOf(octets: Buffer): number | null {
  if ((octets[0] ?? 0) >= 0x80) return null
  let at = 0
  while (at < octets.length && octets[at] === 0) at += 1
  return at === octets.length ? 0 : (octets.length - at) * 8 - Math.clz32(octets[at] ?? 0) + 24
}

/** Head of one DER value (X.690): tag, and where the contents begin and end. Null where it does not fit. */
function readDer(data: Buffer, at: number): { tag: number; from: number; to: number } | null {
  const tag = data[at]
  const short = data[at + 1]
  if (tag === undefined || short === undefined) return null
  let length = short
  let from = at + 2
  if (short >= 0x80) {
    const octets = short & 0x7f
    if (octets === 0 || octets > 3 || from + octets > data.length) return null
    length = data.readUIntBE(from, octets)
    from += octets
  }
  const to = from + length
  return to > data.length ? null : { tag, from, to }
}

/** What a text says of a key, and the key where it is one. */
export class KeyEntry {
  readonly parsed: Result<DkimKeyRecord, KeyRecordFault>
  private imported: KeyObject | null | undefined

  constructor(text: string) {
    this.parsed = parseKeyRecord(text)
  }

  /** The key, imported when it is wanted first; null where the crypto library does not take it. */
  get key(): KeyObject | null {
    if (this.imported === undefined) this.imported = this.parsed.ok ? importKey(this.parsed.value) : null
    return this.imported
  }
}

/** Keys that were read and imported, so that a busy signer's key is imported once. */
export class KeyCache {
  private readonly entries: ParseCache<KeyEntry>

  /** `limit`: keys kept. */
  constructor(limit = 1000) {
    this.entries = new ParseCache(text => new KeyEntry(text), limit)
  }

  /** The key of a record text; one character per octet. */
  of(text: string): KeyEntry {
    return this.entries.of(text)
  }
}

function importKey({ keyType, material }: DkimKeyRecord): KeyObject | null {
  try {
    // PKCS#1 and JWK: SubjectPublicKeyInfo costs eight times a verification to import on Node 20.
    if (keyType === 'rsa') return createPublicKey({ key: material, format: 'der', type: 'pkcs1' })
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: material.toString('base64url') }, format: 'jwk' })
  } catch {
    return null
  }
}

function failed(code: KeyRecordFault, at: number, text: string): { ok: false; fault: Fault<KeyRecordFault> } {
  return { ok: false, fault: { code, at, text } }
}
