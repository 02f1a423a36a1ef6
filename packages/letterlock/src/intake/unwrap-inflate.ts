import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { collectGarbage } from '../store/collect-garbage.ts'
import type { StreamEnd, UnwrapFault, UnwrapNote } from './unwrap-document.ts'

export type Compression = 'gzip' | 'zlib' | 'deflate'

/**
 * Bytes that are handled in one piece: the largest real report has 3.6 MB. What is larger goes through streams, so
 * that memory stays flat.
 */
export const inlineBytesLimit = 4_194_304

/** Bytes unpacked from one input after which memory is freed; a usual mail unpacks to a thousandth of it. */
const unfreedBytes = 33_554_432

/** The bytes that may still be unpacked from one input, at all levels together (AGG-030). */
export class UnpackBudget {
  readonly limit: number
  #left: number
  #unfreed = 0

  constructor(limit: number) {
    this.limit = limit
    this.#left = limit
  }

  get left(): number {
    return this.#left
  }

  /** False where the bytes are more than what is left. */
  take(bytes: number): boolean {
    this.#left -= bytes
    return this.#left >= 0
  }

  /**
   * Whether so much was unpacked that what was read of it should be freed: the engine does not see the memory of
   * unpacked pieces well, and would let 100 MB of them lie.
   */
  isTimeToFree(bytes: number): boolean {
    this.#unfreed += bytes
    if (this.#unfreed < unfreedBytes) return false
    this.#unfreed = 0
    return true
  }

  /** Something does not fit: nothing more is unpacked, not to try each of 10,000 parts. */
  exceed(): void {
    this.#left = Math.min(this.#left, -1)
  }

  fault(): UnwrapFault {
    return {
      code: 'unpacks-too-large',
      text: `It unpacks to more than ${this.limit.toLocaleString('en')} bytes. No report of this kind does.`,
    }
  }
}

/** How a stream of bytes ended; filled while it is read. What befell the stream it is unpacked from counts too. */
export class StreamState {
  readonly #outer: StreamState | null
  readonly #notes: UnwrapNote[] = []
  #fault: UnwrapFault | null = null

  constructor(outer: StreamState | null = null) {
    this.#outer = outer
  }

  get fault(): UnwrapFault | null {
    // The outer one is the cause: to the inner one it looks like an early end.
    return this.#outer?.fault ?? this.#fault
  }

  get notes(): readonly UnwrapNote[] {
    return [...(this.#outer?.notes ?? []), ...this.#notes]
  }

  fail(fault: UnwrapFault): void {
    this.#fault ??= fault
  }

  note(note: UnwrapNote): void {
    this.#notes.push(note)
  }

  end(): StreamEnd {
    return { fault: this.fault, notes: this.notes }
  }
}

/** Deflate makes 1,032 bytes of one at most; with its header a little less. */
const inflateRatio = 1_100

/** Unpacked bytes; or `not-small`: too large, or not sound, so that only the stream tells; or over the budget. */
export function inflateSmall(
  compressed: Buffer,
  compression: Compression,
  budget: UnpackBudget,
): Buffer | 'not-small' | 'over-budget' {
  if (budget.left < 0) return 'over-budget'
  const roomy = Math.min(inlineBytesLimit, budget.left)
  const expected = compression === 'gzip' && compressed.length > 18 ? compressed.readUInt32LE(compressed.length - 4) : 0
  if (expected > inlineBytesLimit && expected < compressed.length * inflateRatio) return 'not-small'
  // As many bytes as there will be, in one piece, so that they need not be put together. What a hostile one only says
  // to have is asked for and not touched.
  const isLikely = expected > 0 && expected <= roomy && expected <= compressed.length * inflateRatio
  try {
    const options = { maxOutputLength: Math.max(1, roomy), chunkSize: isLikely ? expected + 64 : 16_384 }
    const bytes = inflateNow(compressed, compression, options)
    if (!budget.take(bytes.length)) return 'over-budget'
    if (budget.isTimeToFree(bytes.length)) collectGarbage()
    return bytes
  } catch (error) {
    const isTooLarge = error instanceof RangeError
    if (!isTooLarge || budget.left >= inlineBytesLimit) return 'not-small'
    budget.exceed()
    return 'over-budget'
  }
}

function inflateNow(
  bytes: Buffer,
  compression: Compression,
  options: { maxOutputLength: number; chunkSize: number },
): Buffer {
  switch (compression) {
    case 'gzip':
      return gunzipSync(bytes, options)
    case 'zlib':
      return inflateSync(bytes, options)
    case 'deflate':
      return inflateRawSync(bytes, options)
  }
}
