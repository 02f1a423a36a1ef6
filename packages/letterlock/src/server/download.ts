import { ProblemError } from './problem.ts'

/** Bytes as received, always as a download: nothing from outside is shown by a type of its own. */
export function downloadResponse(
  found: { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } | null,
  name: string,
): Response {
  if (found === null) throw new ProblemError('not-kept', 'The bytes of this delivery are not kept.')
  const iterator = found.chunks[Symbol.asyncIterator]()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
  return new Response(stream, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(found.size),
      'content-disposition': `attachment; filename="${fileName(name)}"`,
    },
  })
}

/** A label from outside as a file name: its last part, of harmless characters. */
function fileName(label: string): string {
  const last = label.split(/[/\\]/).at(-1) ?? ''
  return (
    last
      .replace(/[^\w.-]+/g, '_')
      .replace(/^\.+/, '')
      .slice(-120) || 'report'
  )
}
