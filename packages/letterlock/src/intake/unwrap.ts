import type { Document } from './unwrap-document.ts'

/** Bytes of a mail, and of an upload, at most (AGG-030). */
export const mailBytesLimit = 26_214_400
/** Bytes that all parts of a mail or an upload may unpack to (AGG-030). */
export const outsideUnpackedLimit = 104_857_600
/** Bytes that a file given by the operator may unpack to (AGG-030). */
export const operatorUnpackedLimit = 1_073_741_824

/**
 * What to unwrap. A stream is read to its end, also where the answer is known earlier, so that a tap on it sees all
 * bytes; only after a `too-large` it is left. `path` names the same bytes as a file: a large zip is then read there,
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
}

/**
 * Finds the reports in bytes of any kind: mail, gzip, zlib, zip, XML, JSON, nested in each other (report-tolerance
 * 86 to 104). Content decides what a thing is, never its name or media type. Never throws for what the bytes hold;
 * errors of reading the stream itself are passed on.
 */
export async function* unwrap(input: UnwrapInput, options: UnwrapOptions): AsyncGenerator<Document> {
  void input
  yield {
    kind: 'none',
    path: options.name,
    fileName: options.name,
    mail: null,
    delivery: null,
    notes: [{ code: 'empty', text: 'Nothing was read.' }],
  }
}
