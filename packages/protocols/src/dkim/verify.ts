import { createHash, type KeyObject, verify as verifySignature } from 'node:crypto'
import type { Resolver } from '../dns/resolver.ts'
import type { BodyHash } from './body-hash.ts'
import { type CanonicalFields, canonicalField, type RawField, withoutSignature } from './canonical-header.ts'
import { type DkimKeyRecord, KeyCache } from './key-record.ts'
import { type DkimSignature, parseSignature, type SignatureFault } from './signature.ts'
import { SignedMessage } from './signed-message.ts'
import { type KeyAnswer, KeyLookups, keyName, type SigningKeyFault, usableKey } from './signing-key.ts'

/** Signatures of one message that are tried (RFC 6376 s6.1, DKIM-086); the others are named as not tried. */
export const signaturesLimit = 10

/** Key records at one name that are tried (DKIM-084). */
export const keyRecordsLimit = 5

/** Seconds past x= that a signature still counts (DKIM-072). */
export const expiryAllowance = 300

/** Seconds that t= may lie ahead (DKIM-073). */
export const futureAllowance = 3600

/** `dkim=` of Authentication-Results (AR-030 to AR-036). */
export type DkimResultCode = 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror'

/** Why a signature did not pass, and what a pass is worth. */
export type DkimCode =
  | SignatureFault
  | SigningKeyFault
  | 'dkim-pass'
  | 'dkim-not-tried'
  | 'dkim-expired'
  | 'dkim-future'
  | 'dkim-key-temporary'
  | 'dkim-key-bogus'
  | 'dkim-key-none'
  | 'dkim-body-hash'
  | 'dkim-body-uncovered'
  | 'dkim-key-testing'
  | 'dkim-signature'

/** What became of one DKIM-Signature field. */
export interface DkimVerification {
  /** Place of the field among the DKIM-Signature fields, from the top. */
  readonly index: number
  readonly result: DkimResultCode
  readonly code: DkimCode
  readonly text: string
  /** Null where the field could not be read; then `domain` and `selector` are as far as they were found. */
  readonly signature: DkimSignature | null
  readonly domain: string | null
  readonly selector: string | null
  /** Bits of the key; null where none was used. */
  readonly keyBits: number | null
  /** The key carries the testing flag (DKIM-083). */
  readonly isTesting: boolean
  /** The key's answer was proven by DNSSEC. */
  readonly isKeySecure: boolean
}

export interface DkimOptions {
  readonly resolver: Resolver
  /** Seconds since 1970. */
  readonly now: number
  readonly signal?: AbortSignal | undefined
  readonly keys?: KeyCache
  /** Shared with the verifier of ARC. */
  readonly lookups?: KeyLookups
  /** Signatures of this domain are tried first: the Author Domain (DKIM-086). */
  readonly preferredDomain?: string | undefined
  readonly signaturesLimit?: number
  /** Smallest RSA key that may pass, above the standard's; shorter ones get `policy` (AR-033). */
  readonly rsaBitsMinimum?: number
  /** A signature whose key is for testing gets `policy`, as RFC 6376 s3.6.1 has it, in place of a flagged pass (DKIM-083). */
  readonly refusesTestingKeys?: boolean
  /** A signature that leaves octets of the body uncovered passes all the same (DKIM-089). */
  readonly acceptsUncovered?: boolean
}

interface Attempt {
  readonly index: number
  readonly field: RawField
  readonly signature: DkimSignature
  readonly body: BodyHash
  readonly keys: Promise<KeyAnswer>
}

/** Verifies the signatures of one message while its body comes in (RFC 6376 s6). */
export class DkimVerifier {
  private readonly options: DkimOptions
  private readonly message: SignedMessage
  private readonly keyCache: KeyCache
  private readonly lookups: KeyLookups
  private readonly settled: DkimVerification[] = []
  private readonly attempts: Attempt[] = []

  /**
   * `fields`: the header as received, from the top. Key look-ups begin here. A `message` that is shared with another
   * verifier is fed by who shares it.
   */
  constructor(fields: readonly RawField[], options: DkimOptions, message: SignedMessage = new SignedMessage(fields)) {
    this.options = options
    this.message = message
    this.keyCache = options.keys ?? new KeyCache()
    this.lookups = options.lookups ?? new KeyLookups(options)
    this.begin(fields.filter(field => field.name === 'dkim-signature'))
  }

  private begin(fields: readonly RawField[]): void {
    const limit = this.options.signaturesLimit ?? signaturesLimit
    const read = fields
      .slice(0, limit * 10)
      .map((field, index) => ({ index, field, parsed: parseSignature(fieldValue(field), 'dkim') }))
    const ordered = read.sort((a, b) => this.rank(a.parsed) - this.rank(b.parsed) || a.index - b.index)
    let tried = 0
    for (const { index, field, parsed } of ordered) {
      if (tried === limit) this.settled.push(untried(index, parsed.ok ? parsed.value : null))
      else if (!parsed.ok) this.settled.push(unreadable(index, parsed.fault.code, parsed.fault.text))
      else {
        tried += 1
        this.attempt(index, field, parsed.value)
      }
    }
    for (let index = read.length; index < fields.length; index += 1) this.settled.push(untried(index, null))
  }

  private rank(parsed: ReturnType<typeof parseSignature>): number {
    const wanted = this.options.preferredDomain?.toLowerCase()
    if (wanted === undefined || !parsed.ok) return 1
    const { domain } = parsed.value
    return domain === wanted || wanted.endsWith(`.${domain}`) || domain.endsWith(`.${wanted}`) ? 0 : 1
  }

  private attempt(index: number, field: RawField, signature: DkimSignature): void {
    const body = this.message.bodyHash(signature)
    this.attempts.push({ index, field, signature, body, keys: this.lookups.of(signature) })
  }

  /** Domains of the signatures that are tried. */
  get domains(): readonly string[] {
    return this.attempts.map(({ signature }) => signature.domain)
  }

  /** The next octets of the body as they travel, with CRLF. */
  body(chunk: Uint8Array): void {
    this.message.body(chunk)
  }

  /** Results of every field in the order of the header. */
  async end(): Promise<readonly DkimVerification[]> {
    const results = await Promise.all(this.attempts.map(async attempt => this.judge(attempt, await attempt.keys)))
    return [...this.settled, ...results].sort((a, b) => a.index - b.index)
  }

  private judge(attempt: Attempt, answer: KeyAnswer): DkimVerification {
    const { signature } = attempt
    const { now } = this.options
    const end = (result: DkimResultCode, code: DkimCode, text: string, key?: DkimKeyRecord): DkimVerification => ({
      index: attempt.index,
      result,
      code,
      text,
      signature,
      domain: signature.domain,
      selector: signature.selector,
      keyBits: key?.bits ?? null,
      isTesting: key?.isTesting ?? false,
      isKeySecure: answer.kind === 'records' && answer.isSecure,
    })
    if (signature.expiresAt !== null && now > signature.expiresAt + expiryAllowance)
      return end('neutral', 'dkim-expired', 'the signature has expired')
    if (signature.signedAt !== null && signature.signedAt > now + futureAllowance)
      return end('neutral', 'dkim-future', 'the signature is dated in the future')
    const name = keyName(signature)
    if (answer.kind === 'temporary')
      return end('temperror', 'dkim-key-temporary', `the key at ${name} could not be determined`)
    if (answer.kind === 'bogus') return end('temperror', 'dkim-key-bogus', `DNSSEC proves the answer for ${name} wrong`)
    if (answer.kind === 'none') return end('permerror', 'dkim-key-none', `there is no key at ${name}`)
    let last: DkimVerification | null = null
    for (const text of answer.texts.slice(0, keyRecordsLimit)) {
      const found = this.tryKey(attempt, text, end)
      if (found.result === 'pass') return found
      // A key that fits and a signature that does not says more than a record that does not fit.
      if (last === null || found.result === 'fail' || found.result === 'policy') last = found
    }
    return last ?? end('permerror', 'dkim-key-none', `there is no key at ${name}`)
  }

  private tryKey(
    attempt: Attempt,
    text: string,
    end: (result: DkimResultCode, code: DkimCode, text: string, key?: DkimKeyRecord) => DkimVerification,
  ): DkimVerification {
    const { signature, field, body } = attempt
    const usable = usableKey(signature, text, this.keyCache)
    if (!usable.ok) return end('permerror', usable.fault.code, usable.fault.text, usable.record)
    const { record, key } = usable.value
    const bodyHash = body.digest(signature.bodyLength)
    if (signature.bodyLength !== null && signature.bodyLength > body.length)
      return end('permerror', 'dkim-body-length', '"l=" exceeds the body', record)
    if (!bodyHash.equals(signature.bodyHash)) return end('fail', 'dkim-body-hash', 'the body was changed', record)
    if (!verifyHeader(headerOctets(this.message.fields, field, signature), signature, key))
      return end('fail', 'dkim-signature', 'the signature does not fit the header', record)
    if (signature.bodyLength !== null && signature.bodyLength < body.length && this.options.acceptsUncovered !== true)
      return end(
        'policy',
        'dkim-body-uncovered',
        `"l=" leaves ${body.length - signature.bodyLength} octets of the body unsigned`,
        record,
      )
    if (record.isTesting && this.options.refusesTestingKeys === true)
      return end('policy', 'dkim-key-testing', 'the key is for testing: the message counts as unsigned', record)
    const minimum = this.options.rsaBitsMinimum ?? 0
    if (record.keyType === 'rsa' && record.bits < minimum)
      return end('policy', 'dkim-key-small', `the RSA key has ${record.bits} bits, under ${minimum}`, record)
    return end('pass', 'dkim-pass', 'the signature holds', record)
  }
}

function fieldValue(field: RawField): string {
  return field.text.slice(field.text.indexOf(':') + 1)
}

/** What the signature covers of the header (RFC 6376 s3.7): the fields of h=, then the field itself without CRLF. */
export function headerOctets(fields: CanonicalFields, field: RawField, signature: DkimSignature): Buffer {
  const own = withoutSignature(field.text, signature.signatureAt, signature.signatureEnd)
  const form = signature.headerCanonicalization
  return Buffer.from(fields.signed(signature.signedNames, form) + canonicalField(own, form), 'latin1')
}

/** RSA by PKCS#1 v1.5 over SHA-256; Ed25519 over the SHA-256 of the header (RFC 8463 s3, DKIM-041). */
export function verifyHeader(
  octets: Buffer,
  signature: Pick<DkimSignature, 'algorithm' | 'signature'>,
  key: KeyObject,
): boolean {
  try {
    if (signature.algorithm === 'rsa-sha256') return verifySignature('sha256', octets, key, signature.signature)
    return verifySignature(null, createHash('sha256').update(octets).digest(), key, signature.signature)
  } catch {
    // A key that the library imports and then cannot use, such as one with an even modulus.
    return false
  }
}

function untried(index: number, signature: DkimSignature | null): DkimVerification {
  return {
    ...unreadable(index, 'dkim-not-tried', 'more signatures than are tried'),
    signature,
    domain: signature?.domain ?? null,
    selector: signature?.selector ?? null,
  }
}

/** AR-034 and AR-036: what is unknown or broken in form is neutral; what a signer must not do is permerror. */
const permanentFaults: ReadonlySet<DkimCode> = new Set<DkimCode>([
  'dkim-tag-missing',
  'dkim-from-unsigned',
  'dkim-algorithm-sha1',
])

function unreadable(index: number, code: DkimCode, text: string): DkimVerification {
  return {
    index,
    result: permanentFaults.has(code) ? 'permerror' : 'neutral',
    code,
    text,
    signature: null,
    domain: null,
    selector: null,
    keyBits: null,
    isTesting: false,
    isKeySecure: false,
  }
}
