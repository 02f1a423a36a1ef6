import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { type MessageOptions, MessageReader, type ReadMessage } from '../authentication/read-message.ts'
import { looksLikeMbox, MboxSplitter } from '../intake/mbox.ts'

/** Octets of one message of an mbox that are held; a message in a file of its own is never held whole. */
export const mboxMessageLimit = 67_108_864

/** Octets that tell an mbox from a message. */
const peekOctets = 4096

/** One message of the input, or why there is none. */
export type FoundMessage = ReadMessage & { readonly name: string; readonly number: number | null }

/** How each message is read, but for its name and place. */
export type ReadingOptions = Omit<MessageOptions, 'name' | 'number'>

/**
 * Opens a file, or stdin for `-`; null where the path is a folder. Rejects where it cannot be read. The signal ends it:
 * a terminal may never send anything.
 */
export async function openInput(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | null> {
  if (path === '-') return addAbortSignal(signal, process.stdin)
  if ((await stat(path)).isDirectory()) return null
  return addAbortSignal(signal, createReadStream(path))
}

/** The messages of one input: the one of a mail file, or all of an mbox, one after the other. */
export async function* messagesOf(
  input: AsyncIterable<Buffer>,
  name: string,
  options: ReadingOptions,
): AsyncGenerator<FoundMessage> {
  const pieces = input[Symbol.asyncIterator]()
  const start: Buffer[] = []
  let size = 0
  let isEnd = false
  while (size < peekOctets && !isEnd) {
    const { value, done } = await pieces.next()
    if (done === true) isEnd = true
    else {
      start.push(value)
      size += value.length
    }
  }
  const first = Buffer.concat(start)
  const rest = isEnd ? [] : { [Symbol.asyncIterator]: () => pieces }
  if (looksLikeMbox(first)) yield* messagesOfMbox(first, rest, name, options)
  else yield await onlyMessage(first, rest, name, options)
}

async function onlyMessage(
  first: Buffer,
  rest: AsyncIterable<Buffer> | Iterable<Buffer>,
  name: string,
  options: ReadingOptions,
): Promise<FoundMessage> {
  const reader = new MessageReader({ ...options, name })
  reader.push(first)
  for await (const chunk of rest) reader.push(chunk)
  return { ...(await reader.end()), name, number: null }
}

async function* messagesOfMbox(
  first: Buffer,
  rest: AsyncIterable<Buffer> | Iterable<Buffer>,
  name: string,
  options: ReadingOptions,
): AsyncGenerator<FoundMessage> {
  const splitter = new MboxSplitter(mboxMessageLimit)
  const found = async ({ number, bytes, isCut }: ReturnType<MboxSplitter['push']>[number]): Promise<FoundMessage> => {
    if (isCut)
      return {
        ok: false,
        fault: {
          code: 'message-long',
          at: mboxMessageLimit,
          text: `it has more than ${mboxMessageLimit} octets; put it into a file of its own`,
        },
        name,
        number,
      }
    const reader = new MessageReader({ ...options, name, number })
    reader.push(bytes)
    return { ...(await reader.end()), name, number }
  }
  for (const message of splitter.push(first)) yield await found(message)
  for await (const chunk of rest) for (const message of splitter.push(chunk)) yield await found(message)
  for (const message of splitter.end()) yield await found(message)
}
