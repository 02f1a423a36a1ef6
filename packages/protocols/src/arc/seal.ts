import type { KeyObject } from 'node:crypto'
import { BodyHash } from '../dkim/body-hash.ts'
import { CanonicalFields, type RawField, relaxedField } from '../dkim/canonical-header.ts'
import { algorithmOf, signatureOf } from '../dkim/sign.ts'
import { arcSetsLimit, type ChainStatus, readArcSets } from './set.ts'
import { sealedText } from './verify.ts'

/** Fields that a message signature of ARC covers where present (ARC-003: existing signatures, no ARC fields, no results). */
export const fieldsToSeal: readonly string[] = [
  'from',
  'to',
  'cc',
  'subject',
  'date',
  'reply-to',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'sender',
  'in-reply-to',
  'references',
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-post',
  'dkim-signature',
]

export interface SealingOptions {
  readonly domain: string
  readonly selector: string
  /** RSA for rsa-sha256, Ed25519 for ed25519-sha256. */
  readonly key: KeyObject
  /** Seconds since 1970. */
  readonly now: number
  /** All results of this ADMD in the form of Authentication-Results: authserv-id, then the items (ARC-002). */
  readonly results: string
  /** State of the chain on arrival, by `ArcVerifier`. */
  readonly status: ChainStatus
  readonly fields?: readonly string[]
}

/** The fields of a new set, each without the final CRLF; the seal goes to the top, then the others in this order. */
export interface SealedSet {
  readonly instance: number
  readonly seal: string
  readonly message: string
  readonly results: string
}

/** Adds a set to one message while its body comes in (RFC 8617 s5.1). */
export class ArcSealer {
  private readonly fields: readonly RawField[]
  private readonly options: SealingOptions
  private readonly bodyHash = new BodyHash('relaxed')

  /** `fields`: the header as it will travel, signed and changed already (ARC-005). */
  constructor(fields: readonly RawField[], options: SealingOptions) {
    this.fields = fields
    this.options = options
  }

  body(chunk: Uint8Array): void {
    this.bodyHash.update(chunk)
  }

  /** Null where nothing is to be added: the newest set says cv=fail already (ARC-006), or the chain is full. */
  end(): SealedSet | null {
    const { options, fields } = this
    const read = readArcSets(fields)
    const earlier = read.ok ? read.value : []
    const instance = highestInstance(fields) + 1
    if (instance > arcSetsLimit || saysFailed(fields, instance - 1)) return null
    const results = `ARC-Authentication-Results: i=${instance}; ${options.results}`
    const message = this.messageSignature(instance)
    const own = { results: rawField(results), message: { field: rawField(message) }, seal: null }
    // ARC-006: a broken chain is sealed by its new set alone.
    const covered = options.status === 'fail' ? [own] : [...earlier, own]
    const status = instance === 1 ? 'none' : options.status
    const tags = `a=${algorithmOf(options.key)}; t=${options.now}; cv=${status};\r\n\td=${options.domain}; s=${options.selector}; i=${instance};`
    const unsigned = `ARC-Seal: ${tags}\r\n\tb=`
    const octets = Buffer.from(sealedText(covered, relaxedField(unsigned)), 'latin1')
    return { instance, seal: unsigned + this.signed(octets), message, results }
  }

  private messageSignature(instance: number): string {
    const { options } = this
    const names = (options.fields ?? fieldsToSeal).flatMap(name =>
      this.fields.filter(field => field.name === name).map(() => name),
    )
    const unsigned = [
      `ARC-Message-Signature: i=${instance}; a=${algorithmOf(options.key)}; c=relaxed/relaxed;`,
      `d=${options.domain}; s=${options.selector}; t=${options.now};`,
      `h=${names.join(':\r\n\t')};`,
      `bh=${this.bodyHash.digest(null).toString('base64')};`,
      'b=',
    ].join('\r\n\t')
    const fields = new CanonicalFields(this.fields)
    return unsigned + this.signed(Buffer.from(fields.signed(names, 'relaxed') + relaxedField(unsigned), 'latin1'))
  }

  private signed(octets: Buffer): string {
    const { key } = this.options
    const text = signatureOf(octets, algorithmOf(key), key).toString('base64')
    return (text.match(/.{1,72}/g) ?? [])
      .map(line => `\r\n\t${line}`)
      .join('')
      .trimStart()
  }
}

function rawField(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}

function highestInstance(fields: readonly RawField[]): number {
  let highest = 0
  for (const { name, text } of fields) {
    if (!name.startsWith('arc-')) continue
    const instance = /[:;][ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,2})(?![0-9])/.exec(text)?.[1]
    highest = Math.max(highest, Number(instance ?? 0))
  }
  return highest
}

function saysFailed(fields: readonly RawField[], instance: number): boolean {
  return fields.some(
    ({ name, text }) =>
      name === 'arc-seal' &&
      new RegExp(`[:;][ \\t\\r\\n]*i[ \\t\\r\\n]*=[ \\t\\r\\n]*${instance}(?![0-9])`).test(text) &&
      /[:;][ \t\r\n]*cv[ \t\r\n]*=[ \t\r\n]*fail/i.test(text),
  )
}
