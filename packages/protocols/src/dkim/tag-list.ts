import { excerpt, type Result } from '../fault.ts'

/** Tags of one list; real lists have a dozen. A longer one is refused before its tags cost anything. */
export const tagListTagsLimit = 100

/** One tag of a list (RFC 6376 s3.2). Positions are character offsets into the text given. */
export interface Tag {
  readonly name: string
  /** The value without the white space round it (DKIM-023); white space inside is kept. */
  readonly value: string
  /** Where the name begins. */
  readonly at: number
  /** Behind the equals sign. */
  readonly valueAt: number
  /** At the semicolon that ends the tag, or at the end of the text. */
  readonly end: number
}

export type TagListFault = 'tag-list-syntax' | 'tag-list-repeated' | 'tag-list-limit'

export type TagList = ReadonlyMap<string, Tag>

/**
 * Reads `tag=value` pairs between semicolons (RFC 6376 s3.2): names by exact case, a repeated name makes the whole list
 * invalid, a final semicolon is optional. The text holds one character per octet, folds included.
 */
export function parseTagList(text: string): Result<TagList, TagListFault> {
  const tags = new Map<string, Tag>()
  for (let at = 0; at < text.length; ) {
    const semicolon = text.indexOf(';', at)
    const end = semicolon === -1 ? text.length : semicolon
    const from = skipBlanks(text, at, end)
    if (from === end) {
      // Only white space: allowed as the end of the list, else an empty element.
      if (semicolon === -1 && tags.size > 0) break
      return { ok: false, fault: { code: 'tag-list-syntax', at: from, text: 'a tag is empty' } }
    }
    const equals = text.indexOf('=', from)
    const name = equals === -1 || equals > end ? '' : trimEnd(text, from, equals)
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name))
      return { ok: false, fault: { code: 'tag-list-syntax', at: from, text: 'a tag has no name' } }
    if (tags.has(name))
      return {
        ok: false,
        fault: { code: 'tag-list-repeated', at: from, text: `"${excerpt(name)}=" stands more than once` },
      }
    if (tags.size === tagListTagsLimit)
      return {
        ok: false,
        fault: { code: 'tag-list-limit', at: from, text: `the list has more than ${tagListTagsLimit} tags` },
      }
    const value = trimEnd(text, skipBlanks(text, equals + 1, end), end)
    tags.set(name, { name, value, at: from, valueAt: equals + 1, end })
    at = end + 1
  }
  return { ok: true, value: tags }
}

/** Space, tab, and line ends of folding. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from
  while (at < end && isBlank(text.charCodeAt(at))) at += 1
  return at
}

function trimEnd(text: string, from: number, end: number): string {
  let last = end
  while (last > from && isBlank(text.charCodeAt(last - 1))) last -= 1
  return text.slice(from, last)
}

/** A value with all folding white space taken out, as base64 and names in lists want it. */
export function withoutBlanks(value: string): string {
  return /[ \t\r\n]/.test(value) ? value.replace(/[ \t\r\n]+/g, '') : value
}

/** Octets of base64 (RFC 4648 s4, white space ignored); null where the text is none. */
export function decodeBase64(value: string): Buffer | null {
  const text = withoutBlanks(value)
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  return Buffer.from(text, 'base64')
}
