import { type RawField, relaxedField, withoutSignature } from '../dkim/canonical-header.ts'
import { KeyCache } from '../dkim/key-record.ts'
import { SignedMessage } from '../dkim/signed-message.ts'
import { KeyLookups, keyName, type Signer, usableKey } from '../dkim/signing-key.ts'
import { expiryAllowance, headerOctets, keyRecordsLimit, verifyHeader } from '../dkim/verify.ts'
import type { Resolver } from '../dns/resolver.ts'
import { type ArcSet, type ArcSetFault, type ChainStatus, readArcSets } from './set.ts'

export type ArcCode =
  | ArcSetFault
  | 'arc-none'
  | 'arc-pass'
  | 'arc-chain-failed'
  | 'arc-body-hash'
  | 'arc-signature'
  | 'arc-seal'
  | 'arc-key'
  | 'arc-expired'

/** The state of a chain on arrival (RFC 8617 s5.2). A failed chain is as no chain (ARC-013). */
export interface ArcVerification {
  readonly result: ChainStatus
  readonly code: ArcCode
  readonly text: string
  /** By instance from 1 on; empty where the fields could not be read. */
  readonly sets: readonly ArcSet[]
  /** ARC-012: lowest instance whose message signature still holds, 0 where all do; null unless the chain passes. */
  readonly oldestPass: number | null
}

export interface ArcOptions {
  readonly resolver: Resolver
  /** Seconds since 1970. */
  readonly now: number
  readonly signal?: AbortSignal | undefined
  readonly keys?: KeyCache
  /** Shared with the verifier of DKIM. */
  readonly lookups?: KeyLookups
}

/** Verifies the chain of one message while its body comes in. */
export class ArcVerifier {
  private readonly options: ArcOptions
  private readonly message: SignedMessage
  private readonly cache: KeyCache
  private readonly read: ReturnType<typeof readArcSets>
  private readonly lookups: KeyLookups
  private readonly relaxedFields = new Map<RawField, string>()

  /** `fields`: the header as received, from the top. A `message` that is shared is fed by who shares it. */
  constructor(fields: readonly RawField[], options: ArcOptions, message: SignedMessage = new SignedMessage(fields)) {
    this.options = options
    this.message = message
    this.cache = options.keys ?? new KeyCache()
    this.lookups = options.lookups ?? new KeyLookups(options)
    this.read = readArcSets(fields)
    if (!this.read.ok) return
    for (const { message: own } of this.read.value) if (own.signature.ok) this.message.bodyHash(own.signature.value)
    // The newest set is needed in any case; older keys wait until the newer ones held (ARC-021).
    const newest = this.read.value.at(-1)
    if (newest === undefined || newest.seal.seal.status === 'fail' || !newest.message.signature.ok) return
    for (const signer of [newest.message.signature.value, newest.seal.seal]) void this.lookups.of(signer)
  }

  /** The next octets of the body as they travel, with CRLF. */
  body(chunk: Uint8Array): void {
    this.message.body(chunk)
  }

  async end(): Promise<ArcVerification> {
    if (!this.read.ok)
      return { result: 'fail', code: this.read.fault.code, text: this.read.fault.text, sets: [], oldestPass: null }
    const sets = this.read.value
    const failed = (code: ArcCode, text: string): ArcVerification => ({
      result: 'fail',
      code,
      text,
      sets,
      oldestPass: null,
    })
    const newest = sets.at(-1)
    if (newest === undefined)
      return { result: 'none', code: 'arc-none', text: 'there is no chain', sets, oldestPass: null }
    if (newest.seal.seal.status === 'fail')
      return failed('arc-chain-failed', `the chain was broken before instance ${newest.instance}`)
    const wrong = sets.find(set => set.seal.seal.status !== (set.instance === 1 ? 'none' : 'pass'))
    if (wrong !== undefined)
      return failed('arc-chain-status', `instance ${wrong.instance} says "cv=${wrong.seal.seal.status}"`)
    const message = await this.messageFault(newest)
    if (message !== null) return failed(message.code, message.text)
    for (const set of [...sets].reverse()) {
      const seal = await this.sealFault(sets, set)
      if (seal !== null) return failed(seal.code, seal.text)
      if (set === newest) this.askOlderKeys(sets)
    }
    return {
      result: 'pass',
      code: 'arc-pass',
      text: `${sets.length} sets hold`,
      sets,
      oldestPass: await this.oldestPass(sets),
    }
  }

  /** All at once, now that the newest set vouches for the others: one more round of DNS, not one for each set. */
  private askOlderKeys(sets: readonly ArcSet[]): void {
    for (const { message, seal } of sets) {
      void this.lookups.of(seal.seal)
      if (message.signature.ok) void this.lookups.of(message.signature.value)
    }
  }

  private async oldestPass(sets: readonly ArcSet[]): Promise<number> {
    for (const set of [...sets].reverse().slice(1)) if ((await this.messageFault(set)) !== null) return set.instance + 1
    return 0
  }

  private async messageFault(set: ArcSet): Promise<{ code: ArcCode; text: string } | null> {
    const { field, signature: read } = set.message
    const name = `ARC-Message-Signature of instance ${set.instance}`
    if (!read.ok) return { code: 'arc-message-signature', text: `${name}: ${read.fault.text}` }
    const signature = read.value
    if (signature.expiresAt !== null && this.options.now > signature.expiresAt + expiryAllowance)
      return { code: 'arc-expired', text: `${name} has expired` }
    if (this.message.bodyDigest(signature)?.equals(signature.bodyHash) !== true)
      return { code: 'arc-body-hash', text: `${name}: the body was changed` }
    return this.signatureFault(signature, headerOctets(this.message.fields, field, signature), 'arc-signature', name)
  }

  /** RFC 8617 s5.1.1: all sets up to this one, relaxed, the seal itself last without the value of b=. */
  private async sealFault(sets: readonly ArcSet[], set: ArcSet): Promise<{ code: ArcCode; text: string } | null> {
    const { field, seal } = set.seal
    const own = relaxedField(withoutSignature(field.text, seal.signatureAt, seal.signatureEnd))
    const octets = Buffer.from(
      sealedText(sets.slice(0, set.instance), own, covered => this.relaxed(covered)),
      'latin1',
    )
    return this.signatureFault(seal, octets, 'arc-seal', `ARC-Seal of instance ${set.instance}`)
  }

  /** Each seal covers all fields below it: they are brought into relaxed form once. */
  private relaxed(field: RawField): string {
    const known = this.relaxedFields.get(field)
    if (known !== undefined) return known
    const form = relaxedField(field.text)
    this.relaxedFields.set(field, form)
    return form
  }

  private async signatureFault(
    signer: Signer & { readonly signature: Buffer },
    octets: Buffer,
    code: 'arc-signature' | 'arc-seal',
    name: string,
  ): Promise<{ code: ArcCode; text: string } | null> {
    const answer = await this.lookups.of(signer)
    if (answer.kind !== 'records')
      return { code: 'arc-key', text: `${name}: no key could be had at ${keyName(signer)}` }
    let text = `${name}: there is no usable key`
    for (const record of answer.texts.slice(0, keyRecordsLimit)) {
      const usable = usableKey(signer, record, this.cache)
      if (!usable.ok) text = `${name}: ${usable.fault.text}`
      else if (verifyHeader(octets, signer, usable.value.key)) return null
      else text = `${name} does not fit what it covers`
    }
    return { code, text }
  }
}

/** What a seal covers; `own` is the seal in relaxed form without the value of b=. */
export function sealedText(
  sets: readonly {
    readonly results: RawField
    readonly message: { readonly field: RawField }
    readonly seal: { readonly field: RawField } | null
  }[],
  own: string,
  relaxed: (field: RawField) => string = field => relaxedField(field.text),
): string {
  let out = ''
  for (const [index, set] of sets.entries()) {
    out += `${relaxed(set.results)}\r\n${relaxed(set.message.field)}\r\n`
    if (index < sets.length - 1 && set.seal !== null) out += `${relaxed(set.seal.field)}\r\n`
  }
  return out + own
}
