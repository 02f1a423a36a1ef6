import { type DocumentAnswer, documentPageBytes } from '@letterlock/contract'
import { operatorUnpackedLimit, unwrap } from '../intake/unwrap.ts'
import type { Document } from '../intake/unwrap-document.ts'

/** Which document of which bytes, and from where. */
export interface DocumentRequest {
  readonly name: string
  /** The place that the document had in the delivery. */
  readonly path: string
  readonly bytes: AsyncIterable<Uint8Array>
  readonly offset: number
}

/** A piece of a report as text, unpacked again from the kept bytes; null where it is not found any more. */
export async function documentPiece(request: DocumentRequest): Promise<DocumentAnswer | null> {
  const options = { name: request.name, unpackedLimit: operatorUnpackedLimit }
  for await (const document of unwrap({ stream: buffers(request.bytes) }, options)) {
    if (document.path !== request.path || document.kind === 'none' || document.kind === 'unreadable') continue
    const { piece, bytes } = await pieceOf(contentOf(document), request.offset)
    const text = textOf(piece, request.offset + piece.length < bytes)
    const end = request.offset + text.bytes
    return {
      language: languages[document.kind],
      bytes,
      offset: request.offset,
      text: text.text,
      next: end < bytes ? end : null,
    }
  }
  return null
}

const languages = { 'aggregate-xml': 'xml', 'tls-json': 'json', failure: 'text' } as const

async function* buffers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

async function* contentOf(
  document: Exclude<Document, { readonly kind: 'none' | 'unreadable' }>,
): AsyncGenerator<Uint8Array> {
  const { content } = document
  if (content.kind === 'bytes') yield content.bytes
  else yield* content.chunks
}

/** The bytes of one page; the rest is only counted, so that a large document is never whole in memory. */
async function pieceOf(chunks: AsyncIterable<Uint8Array>, offset: number): Promise<{ piece: Buffer; bytes: number }> {
  const parts: Uint8Array[] = []
  let at = 0
  for await (const chunk of chunks) {
    const from = Math.max(0, offset - at)
    const to = Math.min(chunk.length, offset + documentPageBytes - at)
    if (from < to) parts.push(chunk.slice(from, to))
    at += chunk.length
  }
  return { piece: Buffer.concat(parts), bytes: at }
}

/** UTF-8 with what is none replaced; a character that a page cuts through belongs to the next page. */
function textOf(piece: Buffer, isCut: boolean): { text: string; bytes: number } {
  let end = piece.length
  if (isCut) {
    const start = lastCharacterStart(piece)
    if (start > 0) end = start
  }
  return { text: piece.subarray(0, end).toString('utf8'), bytes: end }
}

function lastCharacterStart(piece: Buffer): number {
  for (let at = piece.length - 1; at >= Math.max(0, piece.length - 4); at -= 1)
    if (((piece[at] ?? 0) & 0xc0) !== 0x80) return at
  return piece.length
}
