import { crc32, createInflate, createInflateRaw, type Inflate, type InflateRaw } from 'node:zlib'
import { collectGarbage } from '../store/collect-garbage.ts'
import type { UnwrapFault, UnwrapNote } from './unwrap-document.ts'
import type { Compression, StreamState, UnpackBudget } from './unwrap-inflate.ts'

/** Compressed bytes given to zlib at once: deflate reaches 1,032 to 1, so that no more than 5 MB come out of one. */
const feedBytes = 4_096
/** Bytes of a gzip header with its names and comments; real ones have fewer than 300. */
const gzipHeaderLimit = 65_536
const gzipFixedBytes = 10
const gzipTrailerBytes = 8

const truncated: UnwrapNote = {
  code: 'truncated-compression',
  text: 'The compressed data ends early; what could be unpacked was read.',
}
const trailing: UnwrapNote = {
  code: 'trailing-bytes',
  text: 'Other bytes follow the compressed data; they were ignored.',
}
const brokenHeader: UnwrapNote = {
  code: 'broken-compression-header',
  text: 'The header of the compressed data is broken; the data behind it could be unpacked.',
}
const damaged: UnwrapFault = {
  code: 'bad-compression',
  text: 'The compressed data is damaged, so that nothing of it can be trusted.',
}

/**
 * Unpacks a stream while it is read, gzip with all its members. Data that ends early is given as far as it goes, with a
 * note in `state` (report-tolerance 88); zeros or other bytes behind it are ignored (89). Damaged data ends with a
 * fault in `state`, because what stands before the damage may be wrong too. Throws only what the source throws.
 */
export async function* inflateStream(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  budget: UnpackBudget,
  state: StreamState,
): AsyncGenerator<Uint8Array> {
  const input = new ByteFeed(source)
  try {
    if (compression !== 'gzip') {
      yield* inflateOne(input, compression, budget, state)
      return
    }
    for (let member = 0; ; member += 1) {
      const header = await skipGzipHeader(input)
      if (header === 'none') {
        if (member > 0) return
        await input.skip(gzipFixedBytes)
        state.note(brokenHeader)
        yield* inflateOne(input, 'deflate', budget, state)
        return
      }
      if (header === 'other' && member > 0) {
        state.note(trailing)
        return
      }
      const check = yield* inflateOne(input, 'deflate', budget, state)
      if (check === null || !(await trailerFits(input, check, state))) return
    }
  } finally {
    await input.close()
  }
}

interface Check {
  readonly crc: number
  readonly size: number
}

/** One deflate stream. What follows it stays in the input. Null where it did not end well; `state` says how. */
async function* inflateOne(
  input: ByteFeed,
  format: 'zlib' | 'deflate',
  budget: UnpackBudget,
  state: StreamState,
): AsyncGenerator<Uint8Array, Check | null> {
  const inflater = new StreamInflater(format)
  let crc = 0
  let size = 0
  try {
    for (;;) {
      const piece = await input.next(feedBytes)
      const outputs = piece === null ? await inflater.finish() : await inflater.feed(piece)
      for (const output of outputs) {
        if (!budget.take(output.length)) {
          state.fail(budget.fault())
          return null
        }
        crc = crc32(output, crc)
        size += output.length
        yield output
        if (budget.isTimeToFree(output.length)) collectGarbage()
      }
      if (inflater.errorCode !== null) {
        // zlib calls an end of input before the end of the data a buffer error.
        const isEarlyEnd = piece === null && inflater.errorCode === 'Z_BUF_ERROR'
        if (isEarlyEnd && size > 0) state.note(truncated)
        else state.fail(damaged)
        return null
      }
      if (piece === null) return { crc, size }
      if (inflater.unread > 0) {
        input.putBack(piece.subarray(piece.length - inflater.unread))
        return { crc, size }
      }
    }
  } finally {
    inflater.close()
  }
}

/** RFC 1952 s2.3.1: CRC-32 and size of the member. A trailer that is cut off is no loss of data. */
async function trailerFits(input: ByteFeed, check: Check, state: StreamState): Promise<boolean> {
  const trailer = await input.take(gzipTrailerBytes)
  if (trailer.length < gzipTrailerBytes) {
    state.note(truncated)
    return false
  }
  if (trailer.readUInt32LE(0) === check.crc && trailer.readUInt32LE(4) === check.size % 2 ** 32) return true
  state.fail(damaged)
  return false
}

/** Passes over the header of a gzip member (RFC 1952 s2.3); `other`: something else stands there; `none`: nothing. */
async function skipGzipHeader(input: ByteFeed): Promise<'gzip' | 'other' | 'none'> {
  const head = await input.peek(gzipFixedBytes)
  if (head.length < gzipFixedBytes || !head.some(byte => byte !== 0)) return 'none'
  // The three upper flags are reserved and zero; method 8 is the only one there is.
  const flags = head[3] ?? 0
  if (head[0] !== 0x1f || head[1] !== 0x8b) return 'other'
  if (head[2] !== 8 || (flags & 0xe0) !== 0) return 'none'
  const block = await input.peek(gzipHeaderLimit)
  let at = gzipFixedBytes
  if ((flags & 4) !== 0) at += 2 + (at + 1 < block.length ? block.readUInt16LE(at) : 0)
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue
    const zero = block.indexOf(0, at)
    at = zero < 0 ? block.length : zero + 1
  }
  if ((flags & 2) !== 0) at += 2
  await input.skip(at)
  return 'gzip'
}

/** Bytes of a stream, taken as they are needed. */
class ByteFeed {
  readonly #iterator: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)
  #isDone = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** Some bytes, at most `limit`; null at the end. */
  async next(limit: number): Promise<Buffer | null> {
    await this.#fill(1)
    if (this.#held.length === 0) return null
    const piece = this.#held.subarray(0, limit)
    this.#held = this.#held.subarray(piece.length)
    return piece
  }

  /** Bytes from the front that stay; fewer than asked only at the end. */
  async peek(length: number): Promise<Buffer> {
    await this.#fill(length)
    return this.#held.subarray(0, length)
  }

  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length)
    this.#held = this.#held.subarray(bytes.length)
    return bytes
  }

  async skip(length: number): Promise<void> {
    await this.take(length)
  }

  putBack(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([bytes, this.#held])
  }

  async close(): Promise<void> {
    if (!this.#isDone) await this.#iterator.return?.()
  }

  async #fill(length: number): Promise<void> {
    const parts = [this.#held]
    let size = this.#held.length
    while (size < length && !this.#isDone) {
      const step = await this.#iterator.next()
      if (step.done === true) {
        this.#isDone = true
        break
      }
      parts.push(Buffer.from(step.value.buffer, step.value.byteOffset, step.value.byteLength))
      size += step.value.length
    }
    if (parts.length > 1) this.#held = Buffer.concat(parts)
  }
}

/** zlib fed by hand: each call gives what came out of the bytes, so nothing is lost when a later piece is missing. */
class StreamInflater {
  readonly #zlib: Inflate | InflateRaw
  #outputs: Uint8Array[] = []
  #errorCode: string | null = null
  #unread = 0
  #wake: () => void = () => undefined

  constructor(format: 'zlib' | 'deflate') {
    const options = { chunkSize: 65_536 }
    this.#zlib = format === 'zlib' ? createInflate(options) : createInflateRaw(options)
    this.#zlib.on('data', (output: Uint8Array) => this.#outputs.push(output))
    this.#zlib.on('end', () => this.#wake())
    this.#zlib.on('error', (error: Error & { code?: string }) => {
      this.#errorCode ??= error.code ?? 'Z_DATA_ERROR'
      this.#wake()
    })
  }

  get errorCode(): string | null {
    return this.#errorCode
  }

  /** Bytes of the last piece that zlib did not want, because its data was at an end. */
  get unread(): number {
    return this.#unread
  }

  async feed(bytes: Buffer): Promise<readonly Uint8Array[]> {
    const before = this.#zlib.bytesWritten
    await new Promise<void>(resolve => {
      this.#wake = resolve
      this.#zlib.write(bytes, () => resolve())
    })
    this.#unread = this.#errorCode === null ? bytes.length - (this.#zlib.bytesWritten - before) : 0
    return this.#take()
  }

  async finish(): Promise<readonly Uint8Array[]> {
    await new Promise<void>(resolve => {
      this.#wake = resolve
      this.#zlib.end()
    })
    return this.#take()
  }

  close(): void {
    this.#zlib.destroy()
  }

  #take(): readonly Uint8Array[] {
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }
}
