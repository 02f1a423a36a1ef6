import { createHash, type Hash } from 'node:crypto'
import { asBuffer } from '../message/header.ts'
import type { Canonicalization } from './signature.ts'

const carriageReturn = 0x0d
const lineFeed = 0x0a
const space = 0x20
const tab = 0x09

/** What the relaxed form changes inside of a body besides tabs: a blank before another one, or before a line end. */
const blankRun = / [ \r]/

/** Octets that are searched for it in one go, as text: first few, since the next may be near, then more. */
const firstSearchBytes = 4_096
const searchBytes = 65_536

/** Octets in canonical form from which on they are hashed where they lie; shorter stretches are cheaper to copy. */
const directBytes = 512

/** Octets that are brought into form one by one before the next search. */
const windowBytes = 4_096

/** Octets that gather before they are hashed: one call for many lines. */
const gatherBytes = 32_768

/** Octets that can come of what waited when a window began, line ends aside: those make room for themselves. */
const pendingBytes = 64

/** Where octets gather. Shared, since every call of `update` and `digest` leaves it empty. */
const gathered = Buffer.allocUnsafe(gatherBytes)
const gatheredView = viewOf(gathered)

/**
 * SHA-256 over a body in canonical form, fed in pieces of any size (RFC 6376 s3.4.3, s3.4.4). Linear, and the memory
 * does not grow with the body. A lone CR or LF is an octet like any other.
 */
export class BodyHash {
  /** Octets of the canonical body; known after `digest`. */
  length = 0n
  private readonly isRelaxed: boolean
  private readonly hash: Hash = createHash('sha256')
  /** Lengths at which a hash is wanted, from the smallest on, and the hashes there. */
  private cuts: readonly number[] = []
  private readonly cutDigests = new Map<number, Buffer>()
  private isWholeWanted = false
  private whole: Buffer | null = null
  private filled = 0
  /** Octets that left the gathering. */
  private emitted = 0
  private lineEnds = 0
  private hasBlank = false
  private hasCarriageReturn = false
  /** Nothing waits for what comes next. */
  private isPlain = true

  /** `length`: octets over which `digest` will be asked for; null is the whole body. */
  constructor(canonicalization: Canonicalization, length: bigint | null = null) {
    this.isRelaxed = canonicalization === 'relaxed'
    this.want(length)
  }

  /** Announces, before the body comes, one more length for `digest`. */
  want(length: bigint | null): void {
    const cut = cutOf(length)
    if (cut === null) this.isWholeWanted = true
    else if (!this.cuts.includes(cut)) this.cuts = [...this.cuts, cut].sort((a, b) => a - b)
  }

  /** The next octets as they travel. */
  update(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk)
    const view = viewOf(bytes)
    for (let at = 0; at < bytes.length; ) {
      if (this.isPlain) at = this.window(bytes, view, this.direct(bytes, at))
      else {
        this.slow(bytes[at] ?? 0)
        at += 1
      }
    }
    this.flush()
  }

  /** The hash over a length that was announced, or over the whole where that is shorter; nothing may be fed after. */
  digest(length: bigint | null): Buffer {
    this.whole ??= this.finish()
    const cut = cutOf(length)
    return (cut === null ? undefined : this.cutDigests.get(cut)) ?? this.whole
  }

  private finish(): Buffer {
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

  /** Hashes the octets from `from` on that are canonical as they stand, whatever follows; returns where they end. */
  private direct(bytes: Buffer, from: number): number {
    if (bytes.length - from < directBytes) return from
    const canonicalEnd = this.isRelaxed ? firstChange(bytes, from) : bytes.length
    const end = withoutLineEnds(bytes, from, canonicalEnd, this.isRelaxed)
    if (end - from < directBytes) return from
    this.flush()
    this.emit(bytes.subarray(from, end))
    return end
  }

  /** Brings some octets into form one by one; returns where they end. */
  private window(bytes: Buffer, view: DataView, from: number): number {
    const to = Math.min(from + windowBytes, bytes.length)
    if (this.filled + windowBytes + pendingBytes > gatherBytes) this.flush()
    for (let at = from; at < to; at += 1) {
      if (this.isPlain && this.isRelaxed) at = this.plain(bytes, view, at, to)
      if (at < to) this.slow(bytes[at] ?? 0)
    }
    return to
  }

  /** As far as what an octet comes to can be seen from those behind it; what is left waits in the state of `slow`. */
  private plain(bytes: Buffer, view: DataView, from: number, to: number): number {
    let { filled } = this
    let at = from
    while (at < to) {
      if (at + 4 <= to) {
        const four = view.getInt32(at, true)
        const blanks = spacesIn(four)
        if ((controlsIn(four) | (blanks & (blanks << 8))) === 0) {
          gatheredView.setInt32(filled, four, true)
          // A space at the end of the four is looked at again, with what follows it.
          const step = 4 - (blanks >>> 31)
          at += step
          filled += step
          continue
        }
      }
      const octet = bytes[at] ?? 0
      if (octet > space || (octet === space && at + 1 < to && (bytes[at + 1] ?? 0) > space)) {
        gathered[filled] = octet
        filled += 1
        at += 1
        continue
      }
      const isLineEnd = octet === carriageReturn && bytes[at + 1] === lineFeed
      const textAt = isLineEnd ? at + 2 : at
      let next = textAt
      while (next < to && isBlank(bytes[next])) next += 1
      if (next >= to) break
      const isText = (bytes[next] ?? 0) > space
      if (isText && isLineEnd) {
        gathered[filled] = carriageReturn
        gathered[filled + 1] = lineFeed
        filled += 2
      }
      if (isText && next > textAt) {
        gathered[filled] = space
        filled += 1
      }
      // Blanks before a line end go; all else that is no text is not settled yet.
      if (!isText && (isLineEnd || next === at || bytes[next] !== carriageReturn || bytes[next + 1] !== lineFeed)) break
      at = next
    }
    this.filled = filled
    return at
  }

  /** One octet where something waits for what follows it, or that itself waits. */
  private slow(octet: number): void {
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
    else if (this.isRelaxed && isBlank(octet)) this.hasBlank = true
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
    // The line ends may be of earlier windows: the rest of this one must fit all the same.
    if (this.filled + windowBytes + pendingBytes > gatherBytes) this.flush()
  }

  private crlf(): void {
    this.put(carriageReturn)
    this.put(lineFeed)
  }

  private put(octet: number): void {
    if (this.filled === gatherBytes) this.flush()
    gathered[this.filled] = octet
    this.filled += 1
  }

  private flush(): void {
    const { filled } = this
    if (filled === 0) return
    this.filled = 0
    this.emit(gathered.subarray(0, filled))
  }

  /** Canonical octets into the hash; at a length that is wanted the state is copied, so that one pass serves all. */
  private emit(octets: Buffer): void {
    const [cut] = this.cuts
    if (cut === undefined || cut > this.emitted + octets.length) {
      if (this.isWholeWanted || cut !== undefined) this.hash.update(octets)
      this.emitted += octets.length
      return
    }
    const head = octets.subarray(0, cut - this.emitted)
    this.hash.update(head)
    this.emitted = cut
    this.cutDigests.set(cut, this.hash.copy().digest())
    this.cuts = this.cuts.slice(1)
    if (octets.length > head.length) this.emit(octets.subarray(head.length))
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** The high bit of each of four octets that is a space. One too many is told only behind a space. */
function spacesIn(four: number): number {
  const rest = four ^ 0x20202020
  return (rest - 0x01010101) & ~rest & 0x80808080
}

/** Not 0 where one of four octets is below the space: a tab, a line end, another control character. */
function controlsIn(four: number): number {
  return (four - 0x20202020) & ~four & 0x80808080
}

function isBlank(octet: number | undefined): boolean {
  return octet === space || octet === tab
}

/** Null for the whole; a length beyond 2^53 is beyond any body. */
function cutOf(length: bigint | null): number | null {
  return length === null || length > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(length)
}

/** Where the first octet stands that the relaxed form would change; the end of the bytes if there is none. */
function firstChange(bytes: Buffer, from: number): number {
  let end = bytes.length
  for (let at = from, size = firstSearchBytes; at < end; at += size, size = searchBytes) {
    // One octet more than the step, so that a run across the border is seen.
    const text = bytes.toString('latin1', at, Math.min(at + size + 1, end))
    const [run, firstTab] = [text.search(blankRun), text.indexOf('\t')]
    if (run !== -1) end = at + run
    if (firstTab !== -1) end = Math.min(end, at + firstTab)
  }
  return end
}

/** Takes off the end what may turn out to be the end of the body: line ends, and the blank of the relaxed form. */
function withoutLineEnds(bytes: Buffer, from: number, to: number, isRelaxed: boolean): number {
  let end = to
  while (end > from) {
    const octet = bytes[end - 1]
    if (octet === lineFeed && end - 2 >= from && bytes[end - 2] === carriageReturn) end -= 2
    else if (octet === carriageReturn || (isRelaxed && octet === space)) end -= 1
    else break
  }
  return end
}
