import type { HeaderBlock } from './header.ts'

/** A line that is no field by its form, up to the colon: `From` with other characters round it. */
const likeFrom = /^[^A-Za-z0-9:]{0,100}from[^A-Za-z0-9:]{0,100}:/i

/**
 * Lines of a message's header that are no fields, and that some mail readers take for From all the same: with a blank, a
 * control character or a byte order mark in front, or before the colon. What they show is not what was evaluated, so
 * whoever evaluates From must know of them. As octets; the header begins with the bytes.
 */
export function strayFromLines(bytes: Uint8Array, block: HeaderBlock): readonly string[] {
  if (block.strayLines === 0) return []
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const lines: string[] = []
  let at = 0
  for (const field of [...block.fields, { at: block.bodyAt, end: block.bodyAt }]) {
    if (field.at > at)
      lines.push(
        ...buffer
          .toString('latin1', at, field.at)
          .split(/\r?\n/)
          .filter(line => likeFrom.test(line)),
      )
    at = field.end
  }
  return lines
}
