import type { LargeTurns } from './large-turns.ts'
import type { Document } from './unwrap-document.ts'
import { StreamState, UnpackBudget } from './unwrap-inflate.ts'
import { label, lastName } from './unwrap-place.ts'
import { UnwrapWalk } from './unwrap-walk.ts'

export { mailBytesLimit } from './unwrap-place.ts'

/** Bytes that all parts of a mail or an upload may unpack to (AGG-030). */
export const outsideUnpackedLimit = 104_857_600
/** Bytes that a file given by the operator may unpack to (AGG-030). */
export const operatorUnpackedLimit = 1_073_741_824

/**
 * What to unwrap. A stream is read to its end, also where the answer is known earlier, so that a tap on it sees all
 * bytes; only over `bytesLimit` it is left. `path` names the same bytes as a file: a large zip is then read there,
 * because its directory stands at its end. Without it a zip is held in memory and may have `zipInMemoryLimit` bytes.
 */
export type UnwrapInput =
  | { readonly bytes: Uint8Array }
  | { readonly stream: AsyncIterable<Uint8Array>; readonly path?: string }

export interface UnwrapOptions {
  /** A label for people, such as a file name; also the last resort for names that the content lacks. */
  readonly name: string
  /** Bytes that the input itself may have; absent: no limit (files given by the operator). */
  readonly bytesLimit?: number
  /** One budget of bytes for everything that is unpacked from the input, at all levels together. */
  readonly unpackedLimit: number
  /** Taken before a document that is large is read, and ended when the last one was given; absent: nobody waits. */
  readonly largeTurns?: LargeTurns
}

/**
 * Finds the reports in bytes of any kind: mail, gzip, zlib, zip, XML, JSON, nested in each other (report-tolerance
 * 86 to 104). Content decides what a thing is, never its name or media type. Gives at least one document. Never throws
 * for what the bytes hold; errors of reading the stream itself are passed on.
 */
export async function* unwrap(input: UnwrapInput, options: UnwrapOptions): AsyncGenerator<Document> {
  const walk = new UnwrapWalk(new UnpackBudget(options.unpackedLimit), options.largeTurns ?? null)
  try {
    yield* unwrapBy(walk, input, options)
  } finally {
    walk.end()
  }
}

async function* unwrapBy(walk: UnwrapWalk, input: UnwrapInput, options: UnwrapOptions): AsyncGenerator<Document> {
  if ('bytes' in input) {
    const { buffer, byteOffset, byteLength } = input.bytes
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    if (byteLength > (options.bytesLimit ?? Number.POSITIVE_INFINITY)) {
      yield tooLarge(options)
      return
    }
    yield* walk.start({ kind: 'bytes', bytes }, options.name, null)
    return
  }
  const state = new StreamState()
  const iterator = input.stream[Symbol.asyncIterator]()
  try {
    const chunks = limited(iterator, options, state)
    yield* walk.start({ kind: 'stream', chunks, state }, options.name, input.path ?? null)
    if (state.fault === null) await drain(iterator)
  } finally {
    await iterator.return?.()
  }
}

/** The bytes up to the limit; over it, the fault in `state` says so. Does not close the stream: the rest is drained. */
async function* limited(
  iterator: AsyncIterator<Uint8Array>,
  options: UnwrapOptions,
  state: StreamState,
): AsyncGenerator<Uint8Array> {
  let left = options.bytesLimit ?? Number.POSITIVE_INFINITY
  for (;;) {
    const step = await iterator.next()
    if (step.done === true) return
    left -= step.value.length
    if (left < 0) {
      state.fail(inputTooLarge(options))
      return
    }
    yield step.value
  }
}

async function drain(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  for (;;) {
    const step = await iterator.next()
    if (step.done === true) return
  }
}

function tooLarge(options: UnwrapOptions): Document {
  return {
    kind: 'unreadable',
    path: label(options.name),
    fileName: lastName(options.name),
    mail: null,
    delivery: null,
    notes: [],
    fault: inputTooLarge(options),
  }
}

function inputTooLarge(options: UnwrapOptions): { readonly code: 'too-large'; readonly text: string } {
  const mebibytes = Math.floor((options.bytesLimit ?? 0) / 1_048_576)
  return { code: 'too-large', text: `It is larger than ${mebibytes} MiB, the limit for mails and uploads.` }
}
