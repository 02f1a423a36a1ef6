import { BodyHash } from './body-hash.ts'
import { CanonicalFields, type RawField } from './canonical-header.ts'
import type { Canonicalization } from './signature.ts'

/** A message as its signatures see it: each canonical form is made once, however many signatures cover it. */
export class SignedMessage {
  readonly fields: CanonicalFields
  private readonly bodies = new Map<Canonicalization, BodyHash>()

  /** `fields`: the header as received, from the top. */
  constructor(fields: readonly RawField[]) {
    this.fields = new CanonicalFields(fields)
  }

  /** The body hash that a signature is held against. To be asked for before the body comes. */
  bodyHash({ bodyCanonicalization, bodyLength }: BodyForm): BodyHash {
    const known = this.bodies.get(bodyCanonicalization)
    if (known !== undefined) {
      known.want(bodyLength)
      return known
    }
    const hash = new BodyHash(bodyCanonicalization, bodyLength)
    this.bodies.set(bodyCanonicalization, hash)
    return hash
  }

  /** What the hash comes to; the body is complete then. Null where it was not asked for. */
  bodyDigest({ bodyCanonicalization, bodyLength }: BodyForm): Buffer | null {
    return this.bodies.get(bodyCanonicalization)?.digest(bodyLength) ?? null
  }

  /** The next octets of the body as they travel, with CRLF. */
  body(chunk: Uint8Array): void {
    for (const hash of this.bodies.values()) hash.update(chunk)
  }
}

interface BodyForm {
  readonly bodyCanonicalization: Canonicalization
  /** l=; null where the whole body is signed. */
  readonly bodyLength: bigint | null
}
