import { createHash, type KeyObject, sign as signOctets } from 'node:crypto'
import { BodyHash } from './body-hash.ts'
import { CanonicalFields, canonicalField, type RawField } from './canonical-header.ts'
import type { Canonicalization, SignatureAlgorithm } from './signature.ts'

/** Fields that are signed where they are present (RFC 6376 s5.4.1, DKIM-053). */
export const fieldsToSign: readonly string[] = [
  'from',
  'to',
  'cc',
  'subject',
  'date',
  'reply-to',
  'message-id',
  'mime-version',
  'content-type',
  'sender',
  'in-reply-to',
  'references',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'auto-submitted',
  'tls-report-domain',
  'tls-report-submitter',
  'tls-required',
]

/** Fields that are listed once more than they are present, so that none can be added (RFC 6376 s8.15, DKIM-054). */
export const fieldsToOversign: ReadonlySet<string> = new Set([
  'from',
  'to',
  'cc',
  'subject',
  'date',
  'reply-to',
  'message-id',
  'mime-version',
  'content-type',
])

export interface SigningOptions {
  readonly domain: string
  readonly selector: string
  /** RSA for rsa-sha256, Ed25519 for ed25519-sha256. */
  readonly key: KeyObject
  /** Seconds since 1970. */
  readonly now: number
  /** Seconds until the signature expires; null leaves x= out. */
  readonly lifetime?: number | null
  readonly headerCanonicalization?: Canonicalization
  readonly bodyCanonicalization?: Canonicalization
  readonly fields?: readonly string[]
}

/** Days a signature lasts by default: longer than any queue keeps a message, and than a list holds one back. */
export const defaultLifetime: number = 14 * 86_400

/** Signs one message while its body comes in (RFC 6376 s5). */
export class DkimSigner {
  private readonly options: SigningOptions
  private readonly fields: readonly RawField[]
  private readonly bodyHash: BodyHash

  /** `fields`: the header as it will travel, from the top. */
  constructor(fields: readonly RawField[], options: SigningOptions) {
    this.fields = fields
    this.options = options
    this.bodyHash = new BodyHash(options.bodyCanonicalization ?? 'relaxed')
  }

  /** The next octets of the body as they will travel, with CRLF. */
  body(chunk: Uint8Array): void {
    this.bodyHash.update(chunk)
  }

  /** The DKIM-Signature field, folded, without the final CRLF; it goes to the top of the header (DKIM-059). */
  end(): string {
    const { options } = this
    const algorithm = algorithmOf(options.key)
    const form = options.headerCanonicalization ?? 'relaxed'
    const names = signedNames(this.fields, options.fields ?? fieldsToSign)
    const lifetime = options.lifetime === undefined ? defaultLifetime : options.lifetime
    const tags = [
      'v=1',
      `a=${algorithm}`,
      `c=${form}/${options.bodyCanonicalization ?? 'relaxed'}`,
      `d=${options.domain}`,
      `s=${options.selector}`,
      `t=${options.now}`,
      ...(lifetime === null ? [] : [`x=${options.now + lifetime}`]),
      `h=${names.join(':')}`,
      `bh=${this.bodyHash.digest(null).toString('base64')}`,
      'b=',
    ]
    const field = `DKIM-Signature: ${foldTags(tags)}`
    const fields = new CanonicalFields(this.fields)
    const octets = Buffer.from(fields.signed(names, form) + canonicalField(field, form), 'latin1')
    return field + foldBase64(signatureOf(octets, algorithm, options.key).toString('base64'))
  }
}

/** The algorithm that a key is for. Throws for a key of another kind: that is a mistake of who configured it. */
export function algorithmOf(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return 'rsa-sha256'
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519-sha256'
  throw new TypeError(`a key of type ${key.asymmetricKeyType ?? 'unknown'} cannot sign mail`)
}

/** DKIM-041. */
export function signatureOf(octets: Buffer, algorithm: SignatureAlgorithm, key: KeyObject): Buffer {
  if (algorithm === 'rsa-sha256') return signOctets('sha256', octets, key)
  return signOctets(null, createHash('sha256').update(octets).digest(), key)
}

function signedNames(fields: readonly RawField[], wanted: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { name } of fields) counts.set(name, (counts.get(name) ?? 0) + 1)
  return wanted.flatMap(name => {
    const count = (counts.get(name) ?? 0) + (fieldsToOversign.has(name) ? 1 : 0)
    return Array.from({ length: count }, () => name)
  })
}

/** Characters of a line that folding aims at (RFC 5322 s2.1.1). */
const lineLength = 76

/** Tags on lines of their own where they do not fit; h= is folded behind its colons. */
function foldTags(tags: readonly string[]): string {
  let out = ''
  let column = 'DKIM-Signature: '.length
  const put = (word: string, isFirst: boolean) => {
    if (column + word.length > lineLength && !isFirst) {
      out = `${out.trimEnd()}\r\n\t`
      column = 1
    }
    out += word
    column += word.length
  }
  for (const [index, tag] of tags.entries()) {
    const isLast = index === tags.length - 1
    const words = tag.startsWith('h=') ? tag.split(/(?<=:)/) : [tag]
    for (const [at, word] of words.entries())
      put(at === words.length - 1 && !isLast ? `${word}; ` : word, index + at === 0)
  }
  return out
}

function foldBase64(text: string): string {
  return (text.match(/.{1,72}/g) ?? []).map(line => `\r\n\t${line}`).join('')
}
