import { createHash, type Hash } from 'node:crypto'
import type { Canonicalization } from './signature.ts'

const carriageReturn = 0x0d
const lineFeed = 0x0a
const space = 0x20
const tab = 0x09

/** Octets that gather before they are hashed: one call for many lines. */
const gatherBytes = 32_768

/** Octets looked at in one go. */
const sliceBytes = 8_192

/** Octets that can come of what waited when a slice began, line ends aside: those make room for themselves. */
const pendingBytes = 64

/**
 * SHA-256 over a body in canonical form, fed in pieces of any size (RFC 6376 s3.4.3, s3.4.4). Linear, and the memory
 * does not grow with the body. A lone CR or LF is an octet like any other.
 */
export class BodyHash {
  /** Octets of the canonical body, those beyond l= included; known after `digest`. */
  length = 0n
  private readonly isRelaxed: boolean
  /** Octets that are hashed; Infinity without l=. */
  private readonly limit: number
  private readonly hash: Hash = createHash('sha256')
  private readonly out = Buffer.allocUnsafe(gatherBytes)
  private filled = 0
  /** Octets that left the gathering. */
  private emitted = 0
  private lineEnds = 0
  private hasBlank = false
  private hasCarriageReturn = false
  /** Nothing waits for what comes next. */
  private isPlain = true

  constructor(canonicalization: Canonicalization, limit: bigint | null) {
    this.isRelaxed = canonicalization === 'relaxed'
    // A length beyond 2^53 is beyond any body.
    this.limit = limit === null || limit > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(limit)
  }

  update(chunk: Uint8Array): void {
    // In slices, so that what one slice can bring always fits behind what is gathered.
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const end = Math.min(at + sliceBytes, chunk.length)
      if (this.filled + (end - at) + pendingBytes > gatherBytes) this.flush()
      if (this.isRelaxed) this.relaxed(chunk, at, end)
      else this.simple(chunk, at, end)
    }
  }

  /** The hash; nothing may come after. */
  digest(): Buffer {
    if (this.hasCarriageReturn) {
      this.pending()
      this.put(carriageReturn)
    }
    // Simple: exactly one line end, for an empty body too. Relaxed: one where anything stands, else nothing.
    if (!this.isRelaxed || this.emitted + this.filled > 0) this.crlf()
    this.flush()
    this.length = BigInt(this.emitted)
    return this.hash.digest()
  }

  private relaxed(chunk: Uint8Array, from: number, to: number): void {
    const { out } = this
    let { filled } = this
    for (let at = from; at < to; at += 1) {
      const octet = chunk[at] ?? 0
      if (this.isPlain) {
        const next = at + 1 < to ? (chunk[at + 1] ?? 0) : 0
        // The common cases need no state: a letter, one blank between letters, a line end before a letter.
        if (octet > space || (octet === space && next > space)) {
          out[filled] = octet
          filled += 1
          continue
        }
        if (octet === carriageReturn && next === lineFeed && at + 2 < to && (chunk[at + 2] ?? 0) > space) {
          out[filled] = carriageReturn
          out[filled + 1] = lineFeed
          filled += 2
          at += 1
          continue
        }
      }
      this.filled = filled
      this.slow(octet, octet === space || octet === tab)
      filled = this.filled
    }
    this.filled = filled
  }

  private simple(chunk: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (!this.isPlain || chunk[at] === carriageReturn) {
        this.slow(chunk[at] ?? 0, false)
        at += 1
        continue
      }
      const found = chunk.indexOf(carriageReturn, at)
      const end = found === -1 || found > to ? to : found
      this.out.set(chunk.subarray(at, end), this.filled)
      this.filled += end - at
      at = end
    }
  }

  /** One octet where something waits for what follows it, or that itself waits. */
  private slow(octet: number, isBlank: boolean): void {
    if (this.hasCarriageReturn) {
      this.hasCarriageReturn = false
      if (octet === lineFeed) {
        this.hasBlank = false
        this.lineEnds += 1
        this.isPlain = false
        return
      }
      this.pending()
      this.put(carriageReturn)
    }
    this.isPlain = false
    if (octet === carriageReturn) this.hasCarriageReturn = true
    else if (isBlank) this.hasBlank = true
    else {
      this.pending()
      this.put(octet)
      this.isPlain = true
    }
  }

  /** Line ends and the one blank that turned out not to stand at an end. */
  private pending(): void {
    for (; this.lineEnds > 0; this.lineEnds -= 1) this.crlf()
    if (this.hasBlank) this.put(space)
    this.hasBlank = false
    // The line ends may be of earlier slices: the rest of this one must fit all the same.
    if (this.filled + sliceBytes + pendingBytes > gatherBytes) this.flush()
  }

  private crlf(): void {
    this.put(carriageReturn)
    this.put(lineFeed)
  }

  private put(octet: number): void {
    if (this.filled === gatherBytes) this.flush()
    this.out[this.filled] = octet
    this.filled += 1
  }

  private flush(): void {
    const wanted = Math.min(this.filled, Math.max(0, this.limit - this.emitted))
    if (wanted > 0) this.hash.update(this.out.subarray(0, wanted))
    this.emitted += this.filled
    this.filled = 0
  }
}
