/** The front of a stream, and the way to the rest. */
export interface Peeked {
  readonly head: Buffer
  readonly isAll: boolean
  /** Everything, from the start; may be asked once. */
  readonly chunks: () => AsyncIterable<Uint8Array>
  readonly close: () => Promise<void>
}

/** Reads until more than `limit` bytes are there, or all. */
export async function peek(source: AsyncIterable<Uint8Array>, limit: number): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let size = 0
  let isAll = false
  while (size <= limit && !isAll) {
    const step = await iterator.next()
    if (step.done === true) isAll = true
    else {
      parts.push(step.value)
      size += step.value.length
    }
  }
  const only = parts.length === 1 ? parts[0] : undefined
  const head =
    only === undefined ? Buffer.concat(parts, size) : Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  return {
    head,
    isAll,
    chunks: () => replay(head, iterator),
    close: async () => {
      await iterator.return?.()
    },
  }
}

async function* replay(head: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head
    for (;;) {
      const step = await iterator.next()
      if (step.done === true) return
      yield step.value
    }
  } finally {
    await iterator.return?.()
  }
}

/** A stream of one chunk. */
export async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/**
 * All bytes, or null where they are more than `limit`. They are put in one place as they come, so that they are in
 * memory once: room for the limit is asked for at the start, and what of it stays empty is never touched.
 */
export async function collect(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer | null> {
  const bytes = Buffer.allocUnsafeSlow(limit)
  let size = 0
  for await (const chunk of chunks) {
    if (size + chunk.length > limit) return null
    bytes.set(chunk, size)
    size += chunk.length
  }
  return bytes.subarray(0, size)
}
