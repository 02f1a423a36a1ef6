import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { constants, deflateRawSync } from 'node:zlib'
import { type IntakeOp, pieceBytes } from '../store/intake-op.ts'
import type { StepTarget } from './read-delivery.ts'

/**
 * Bytes of a stream, compressed, that are held until it is clear that they are to be kept. A mail fits (AGG-030); of
 * more than that nothing is held: it is read again from its file, or not kept.
 */
export const rawHeldLimit = 28 * 1_048_576

type Piece = Extract<IntakeOp, { readonly op: 'piece' }>

/** Whole bytes as compressed pieces. */
export function* piecesOf(bytes: Buffer): Generator<Piece> {
  for (let at = 0, seq = 0; at < bytes.length; at += pieceBytes, seq++) {
    yield piece(seq, bytes.subarray(at, at + pieceBytes))
  }
}

function piece(seq: number, bytes: Buffer): Piece {
  if (!isWorthPacking(bytes)) return { op: 'piece', seq, size: bytes.length, bytes: storedDeflate(bytes) }
  // An exact copy: the output is a view of a larger buffer, and a view goes to another thread with all of its buffer.
  const packed = new Uint8Array(deflateRawSync(bytes, { level: constants.Z_BEST_SPEED }))
  return { op: 'piece', seq, size: bytes.length, bytes: packed }
}

/** Bytes of a stored block of deflate, and of what stands before them (RFC 1951 s3.2.4). */
const storedBlockBytes = 65_535
const storedHeaderBytes = 5

/** Deflate without compression. zlib makes the same, and takes a quarter of a megabyte and ten times as long. */
export function storedDeflate(bytes: Buffer): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / storedBlockBytes))
  const stored = Buffer.from(new ArrayBuffer(bytes.length + blocks * storedHeaderBytes))
  for (let block = 0, at = 0; block < blocks; block++) {
    const from = block * storedBlockBytes
    const length = Math.min(storedBlockBytes, bytes.length - from)
    stored[at] = block === blocks - 1 ? 1 : 0
    stored.writeUInt16LE(length, at + 1)
    stored.writeUInt16LE(0xffff - length, at + 3)
    bytes.copy(stored, at + storedHeaderBytes, from, from + length)
    at += storedHeaderBytes + length
  }
  return stored
}

/** Bytes from which a mail is packed: a small one is a packed report in base64, and would lose a quarter of its bytes. */
const packedMailBytes = 32_768

/**
 * Archives do not get smaller, and packing a small mail costs as much time as reading it. Plain reports shrink to a
 * tenth at the lowest level already.
 */
function isWorthPacking(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 4).toString('latin1')
  if (start.startsWith('\u001f\u008b') || start === 'PK\u0003\u0004') return false
  return bytes.length >= packedMailBytes || !/^[A-Za-z]/.test(start)
}

/** The bytes of a streamed delivery on their way past: hashed, counted and cut into pieces. */
export class RawBytes {
  readonly #hash = createHash('sha256')
  readonly #held: Piece[] = []
  #heldBytes = 0
  #size = 0
  #seq = 0
  #open: Buffer[] = []
  #openBytes = 0
  /** `holding` until it is clear whether they are kept; `lost` where they were too many to hold. */
  #mode: 'holding' | 'flowing' | 'dropped' | 'lost' = 'holding'

  async *tap(chunks: AsyncIterable<Buffer>, target: StepTarget): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#size += chunk.length
      this.#hash.update(chunk)
      this.#collect(chunk, target)
      yield chunk
      const drained = target.drained
      if (drained !== null) await drained
    }
  }

  /** A document was found: from now on its bytes go to the store, or are dropped. */
  release(keeps: boolean): void {
    if (this.#mode === 'holding') this.#mode = keeps ? 'flowing' : 'dropped'
  }

  end(): { readonly hash: Uint8Array; readonly size: number } {
    return { hash: this.#hash.digest(), size: this.#size }
  }

  /** Sends what is still held; what was too much to hold is read again from its file. */
  async finish(target: StepTarget, path: string | null): Promise<void> {
    if (this.#mode === 'lost') {
      if (path === null) return
      this.#mode = 'flowing'
      this.#seq = 0
      for await (const chunk of createReadStream(path, { highWaterMark: pieceBytes })) {
        this.#collect(Buffer.from(chunk), target)
        const drained = target.drained
        if (drained !== null) await drained
      }
    }
    if (this.#mode === 'holding') this.#mode = 'flowing'
    if (this.#mode !== 'flowing') return
    this.#flush(target)
    this.#cut(target)
  }

  #collect(chunk: Buffer, target: StepTarget): void {
    if (this.#mode === 'dropped' || this.#mode === 'lost') return
    let at = 0
    while (at < chunk.length) {
      const part = chunk.subarray(at, at + pieceBytes - this.#openBytes)
      this.#open.push(part)
      this.#openBytes += part.length
      at += part.length
      if (this.#openBytes === pieceBytes) this.#cut(target)
    }
    if (this.#mode === 'flowing') this.#flush(target)
    else if (this.#heldBytes > rawHeldLimit) this.#lose()
  }

  #cut(target: StepTarget): void {
    if (this.#openBytes === 0) return
    const made = piece(this.#seq, Buffer.concat(this.#open))
    this.#seq++
    this.#open = []
    this.#openBytes = 0
    if (this.#mode === 'flowing') {
      this.#flush(target)
      target.push(made)
      return
    }
    this.#held.push(made)
    this.#heldBytes += made.bytes.length
  }

  #flush(target: StepTarget): void {
    for (const held of this.#held.splice(0)) target.push(held)
    this.#heldBytes = 0
  }

  #lose(): void {
    this.#mode = 'lost'
    this.#held.length = 0
    this.#open = []
    this.#openBytes = 0
  }
}
