/** One lexical unit of a structured field (RFC 5322 s3.2, RFC 2045 s5.1). */
export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly at: number; readonly isQuoted: boolean }
  | { readonly kind: 'special'; readonly text: string; readonly at: number }

/** Nesting of comments that is followed; deeper ones end the reading. */
export const commentDepthLimit = 16

const specials = ';=/.@'

/**
 * Splits a structured field value into words and specials, without comments and folding (CFWS). Null where a comment
 * or a quoted string is not closed. A word is a run of anything else, so that broken values are seen and not split.
 */
export function tokensOf(value: string): readonly Token[] | null {
  const tokens: Token[] = []
  for (let at = 0; at < value.length; ) {
    const character = value.charAt(at)
    if (character === '(') {
      const end = commentEnd(value, at)
      if (end === null) return null
      at = end
    } else if (character === '"') {
      const quoted = readQuoted(value, at)
      if (quoted === null) return null
      tokens.push({ kind: 'word', text: quoted.text, at, isQuoted: true })
      at = quoted.end
    } else if (specials.includes(character)) {
      tokens.push({ kind: 'special', text: character, at })
      at += 1
    } else if (isBlank(character)) at += 1
    else {
      const end = wordEnd(value, at)
      tokens.push({ kind: 'word', text: value.slice(at, end), at, isQuoted: false })
      at = end
    }
  }
  return tokens
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

function wordEnd(value: string, from: number): number {
  let at = from
  while (at < value.length && !isBlank(value.charAt(at)) && !`${specials}("`.includes(value.charAt(at))) at += 1
  return at
}

function commentEnd(value: string, from: number): number | null {
  let depth = 0
  for (let at = from; at < value.length; at += 1) {
    const character = value.charAt(at)
    if (character === '\\') at += 1
    else if (character === '(') {
      depth += 1
      if (depth > commentDepthLimit) return null
    } else if (character === ')') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}

function readQuoted(value: string, from: number): { text: string; end: number } | null {
  let text = ''
  for (let at = from + 1; at < value.length; at += 1) {
    const character = value.charAt(at)
    if (character === '"') return { text, end: at + 1 }
    if (character === '\\') {
      at += 1
      text += value.charAt(at)
    } else if (character !== '\r' && character !== '\n') text += character
  }
  return null
}
