import { outsideUnpackedLimit, unwrap } from '../packages/letterlock/src/intake/unwrap.ts'
import type { Document } from '../packages/letterlock/src/intake/unwrap-document.ts'

/** What a document is, and its text; notes by their codes. */
export interface Found {
  readonly kind: Document['kind']
  readonly path: string
  readonly text: string
  readonly notes: readonly string[]
}

/** Everything that is found in bytes, with the text of each document. */
export async function found(
  input: Buffer | string,
  name = 'in',
  unpackedLimit = outsideUnpackedLimit,
): Promise<Found[]> {
  const documents: Found[] = []
  for await (const document of unwrap({ bytes: Buffer.from(input) }, { name, unpackedLimit }))
    documents.push(await told(document))
  return documents
}

export async function told(document: Document): Promise<Found> {
  const notes = document.notes.map(note => note.code)
  const place = { kind: document.kind, path: document.path }
  if (document.kind === 'none') return { ...place, text: '', notes }
  if (document.kind === 'unreadable') return { ...place, text: document.fault.code, notes }
  if (document.content.kind === 'bytes')
    return { ...place, text: Buffer.from(document.content.bytes).toString('latin1'), notes }
  let text = ''
  for await (const chunk of document.content.chunks) text += Buffer.from(chunk).toString('latin1')
  const end = document.content.end()
  return { ...place, text: end.fault?.code ?? text, notes: [...notes, ...end.notes.map(note => note.code)] }
}

/** The kinds and texts of what is found. */
export async function kinds(input: Buffer | string, name = 'in'): Promise<string[]> {
  return (await found(input, name)).map(({ kind, text }) => `${kind} ${text}`)
}
