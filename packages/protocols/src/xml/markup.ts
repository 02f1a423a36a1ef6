/** Where a name that begins at `from` ends (XML 1.0 s2.3, every octet from 0x80 on counts as a letter). */
export function nameEnd(buffer: string, from: number): number {
  let at = from
  if (!isNameStart(buffer.charCodeAt(at))) return at
  at += 1
  while (at < buffer.length && isNamePart(buffer.charCodeAt(at))) at += 1
  return at
}

function isNameStart(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === 0x3a || code >= 0x80
  )
}

function isNamePart(code: number): boolean {
  return isNameStart(code) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e
}

/**
 * Where a tag ends whose name ended at `from`. `closed`: at the `>` in `end`. `broken`: quotes do not match, the first
 * `>` is in `end`. `none`: it is no tag, another `<` comes first. `open`: the window ends before that is known.
 */
export function tagEnd(
  buffer: string,
  from: number,
): { readonly state: 'closed' | 'broken' | 'none' | 'open'; readonly end: number } {
  let quote = 0
  let firstGreater = -1
  if (from < buffer.length && !isAfterName(buffer.charCodeAt(from))) return { state: 'none', end: -1 }
  for (let at = from; at < buffer.length; at += 1) {
    const code = buffer.charCodeAt(at)
    if (code === 0x3c) return firstGreater === -1 ? { state: 'none', end: -1 } : { state: 'broken', end: firstGreater }
    if (code === 0x3e) {
      if (quote === 0) return { state: 'closed', end: at }
      if (firstGreater === -1) firstGreater = at
    } else if (quote !== 0) {
      if (code === quote) quote = 0
    } else if (code === 0x22 || code === 0x27) quote = code
  }
  return { state: 'open', end: -1 }
}

function isAfterName(code: number): boolean {
  return code === 0x20 || code === 0x3e || code === 0x2f || code === 0x09 || code === 0x0a || code === 0x0d
}

const soundAttributes = /^(?:\s+[^\s=<>"'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*$/

/** Whether what stands between a name and the end of its tag is attributes (XML 1.0 s3.1). */
export function hasSoundAttributes(attributes: string): boolean {
  return soundAttributes.test(attributes)
}

/** A name begins where none goes on: else each place in 30,000 letters without a value would be tried. */
const attribute = /(?<![^\s=<>"'/])([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

/** Names in lower case with their values as written, the first `limit` of them. */
export function readAttributes(attributes: string, limit: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const match of attributes.matchAll(attribute)) {
    if (found.size >= limit) break
    const name = (match[1] ?? '').toLowerCase()
    if (!found.has(name)) found.set(name, match[2] ?? match[3] ?? '')
  }
  return found
}

/** The place after a document type declaration (XML 1.0 s2.8) that begins at `from`; -1 where its end is not in sight. */
export function doctypeEnd(buffer: string, from: number): number {
  let brackets = 0
  let at = from
  while (at < buffer.length) {
    const code = buffer.charCodeAt(at)
    if (code === 0x22 || code === 0x27) {
      at = buffer.indexOf(String.fromCharCode(code), at + 1)
      if (at === -1) return -1
    } else if (code === 0x3c && buffer.startsWith('<!--', at)) {
      at = buffer.indexOf('-->', at)
      if (at === -1) return -1
    } else if (code === 0x5b) brackets += 1
    else if (code === 0x5d) brackets -= 1
    else if (code === 0x3e && brackets <= 0) return at + 1
    at += 1
  }
  return -1
}
