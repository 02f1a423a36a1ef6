/**
 * The part of ICU MessageFormat that the catalogues use: `{name}`, `{n, number}`, `{n, plural, one {…} other {…}}` with
 * `#`, `{x, select, a {…} other {…}}`, and `<tag>…</tag>`. A message is parsed once; a fault in one is a mistake of the
 * programmer and throws (catalogue.test.ts parses all of them).
 */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'argument'; readonly name: string }
  | { readonly kind: 'number'; readonly name: string }
  | { readonly kind: 'hash'; readonly name: string }
  | { readonly kind: 'plural'; readonly name: string; readonly cases: ReadonlyMap<string, readonly Node[]> }
  | { readonly kind: 'select'; readonly name: string; readonly cases: ReadonlyMap<string, readonly Node[]> }
  | { readonly kind: 'tag'; readonly name: string; readonly children: readonly Node[] }

interface Cursor {
  readonly source: string
  at: number
}

export function parseMessage(source: string): readonly Node[] {
  const cursor: Cursor = { source, at: 0 }
  const nodes = parseNodes(cursor, null)
  if (cursor.at < source.length) throw new SyntaxError(`unexpected "${source[cursor.at]}" in "${source}"`)
  return nodes
}

function parseNodes(cursor: Cursor, plural: string | null): readonly Node[] {
  const nodes: Node[] = []
  let text = ''
  const flush = () => {
    if (text !== '') nodes.push({ kind: 'text', text })
    text = ''
  }
  for (; cursor.at < cursor.source.length; ) {
    const char = cursor.source.charAt(cursor.at)
    if (char === '}' || cursor.source.startsWith('</', cursor.at)) break
    if (char === '{') {
      flush()
      nodes.push(parseArgument(cursor))
    } else if (char === '#' && plural !== null) {
      flush()
      nodes.push({ kind: 'hash', name: plural })
      cursor.at++
    } else if (char === '<' && /[a-z]/.test(cursor.source.charAt(cursor.at + 1))) {
      flush()
      nodes.push(parseTag(cursor, plural))
    } else {
      text += char
      cursor.at++
    }
  }
  flush()
  return nodes
}

function parseTag(cursor: Cursor, plural: string | null): Node {
  expect(cursor, '<')
  const name = parseWord(cursor)
  expect(cursor, '>')
  const children = parseNodes(cursor, plural)
  expect(cursor, `</${name}>`)
  return { kind: 'tag', name, children }
}

function parseArgument(cursor: Cursor): Node {
  expect(cursor, '{')
  const name = parseWord(cursor)
  if (take(cursor, '}')) return { kind: 'argument', name }
  expect(cursor, ',')
  const type = parseWord(cursor)
  if (type === 'number') {
    expect(cursor, '}')
    return { kind: 'number', name }
  }
  if (type !== 'plural' && type !== 'select') throw new SyntaxError(`type "${type}" in "${cursor.source}"`)
  expect(cursor, ',')
  const cases = parseCases(cursor, type === 'plural' ? name : null)
  return { kind: type, name, cases }
}

function parseCases(cursor: Cursor, plural: string | null): ReadonlyMap<string, readonly Node[]> {
  const cases = new Map<string, readonly Node[]>()
  for (skipSpace(cursor); !take(cursor, '}'); skipSpace(cursor)) {
    const key = parseWord(cursor)
    skipSpace(cursor)
    expect(cursor, '{')
    cases.set(key, parseNodes(cursor, plural))
    expect(cursor, '}')
  }
  if (!cases.has('other')) throw new SyntaxError(`no "other" in "${cursor.source}"`)
  return cases
}

function parseWord(cursor: Cursor): string {
  skipSpace(cursor)
  const word = /^[=\w-]+/.exec(cursor.source.slice(cursor.at))?.[0]
  if (word === undefined) throw new SyntaxError(`a name is missing at ${cursor.at} in "${cursor.source}"`)
  cursor.at += word.length
  skipSpace(cursor)
  return word
}

function skipSpace(cursor: Cursor): void {
  while (cursor.source.charAt(cursor.at) === ' ') cursor.at++
}

function take(cursor: Cursor, text: string): boolean {
  if (!cursor.source.startsWith(text, cursor.at)) return false
  cursor.at += text.length
  return true
}

function expect(cursor: Cursor, text: string): void {
  if (!take(cursor, text)) throw new SyntaxError(`"${text}" is missing at ${cursor.at} in "${cursor.source}"`)
}
