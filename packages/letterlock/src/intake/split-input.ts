import { createReadStream, readFileSync } from 'node:fs'
import { looksLikeMbox, type MboxMessage, MboxSplitter } from './mbox.ts'
import { type DeliveryInput, messageLimit } from './read-delivery.ts'

/** An input as one delivery, or as the messages of an mbox. */
export type SplitInput =
  | { readonly kind: 'one'; readonly input: DeliveryInput }
  | { readonly kind: 'mbox'; readonly messages: AsyncIterable<MboxMessage> | Iterable<MboxMessage> }

/** Files up to this size are read in one go: one system call is cheaper than a stream. */
export const wholeFileBytes = 1_048_576
/** Bytes read at once from larger files. */
const readBytes = 262_144

/** Opens a file by its content: an mbox is split, anything else is one delivery. */
export async function openFileInput(path: string, size: number): Promise<SplitInput> {
  if (size > 0 && size <= wholeFileBytes) {
    const bytes = readFileSync(path)
    if (looksLikeMbox(bytes)) return ofMessages(splitWhole(bytes))
    return { kind: 'one', input: { kind: 'bytes', bytes, path } }
  }
  return await openChunks(createReadStream(path, { highWaterMark: readBytes }), path)
}

/** Opens bytes that come in; the first of them decide. */
export async function openStreamInput(chunks: AsyncIterable<Buffer>): Promise<SplitInput> {
  return await openChunks(chunks, null)
}

async function openChunks(chunks: AsyncIterable<Buffer>, path: string | null): Promise<SplitInput> {
  const iterator = chunks[Symbol.asyncIterator]()
  const start: Buffer[] = []
  let length = 0
  let isEnded = false
  while (length < startBytes && !isEnded) {
    const next = await iterator.next()
    if (next.done === true) isEnded = true
    else {
      start.push(next.value)
      length += next.value.length
    }
  }
  const first = Buffer.concat(start)
  const all = continueWith(first, iterator, isEnded)
  if (looksLikeMbox(first)) return { kind: 'mbox', messages: splitChunks(all) }
  if (isEnded) return { kind: 'one', input: { kind: 'bytes', bytes: first, ...(path === null ? {} : { path }) } }
  return { kind: 'one', input: { kind: 'chunks', chunks: all, path } }
}

/** Enough to tell an mbox, an archive, XML, JSON and a mail from each other. */
const startBytes = 4096

async function* continueWith(first: Buffer, rest: AsyncIterator<Buffer>, isEnded: boolean): AsyncGenerator<Buffer> {
  try {
    yield first
    if (isEnded) return
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** One mail that was saved with its `From ` line is a mail, not an mbox. */
function ofMessages(messages: readonly MboxMessage[]): SplitInput {
  const [only, ...others] = messages
  if (only === undefined || others.length > 0) return { kind: 'mbox', messages }
  return { kind: 'one', input: { kind: 'bytes', bytes: only.bytes, isCut: only.isCut } }
}

function splitWhole(bytes: Buffer): MboxMessage[] {
  const splitter = new MboxSplitter(messageLimit)
  return [...splitter.push(bytes), ...splitter.end()]
}

async function* splitChunks(chunks: AsyncIterable<Buffer>): AsyncGenerator<MboxMessage> {
  const splitter = new MboxSplitter(messageLimit)
  for await (const chunk of chunks) yield* splitter.push(chunk)
  yield* splitter.end()
}
