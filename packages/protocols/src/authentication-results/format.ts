import type { Property, ResultItem } from './parse.ts'

/** Characters of a line that folding aims at (AR-005). */
const lineLength = 77

/** Characters of a reason that are written: it may quote what the sender wrote, and a line ends at 998 (RFC 5322 s2.1.1). */
export const reasonLimit = 300

const token = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/
const domain = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/

/**
 * Writes the value of an Authentication-Results field (RFC 8601 s2.2), folded before `;` items and properties, never
 * within a value. Octets that no value can hold become `?`: what is written is text of ours, not of the sender.
 */
export function formatAuthenticationResults(authservId: string, items: readonly ResultItem[]): string {
  if (items.length === 0) return `${quoteValue(authservId)}; none`
  const words = [`${quoteValue(authservId)};`]
  for (const [index, item] of items.entries()) {
    const parts = [`${item.method}=${item.result}`]
    if (item.reason !== null) parts.push(`reason=${quoteString(item.reason.slice(0, reasonLimit))}`)
    for (const property of item.properties) parts.push(formatProperty(property))
    const isLast = index === items.length - 1
    words.push(...parts.map((part, at) => (at === parts.length - 1 && !isLast ? `${part};` : part)))
  }
  return fold(words)
}

function fold(words: readonly string[]): string {
  let out = ''
  let column = 'Authentication-Results: '.length
  for (const [index, word] of words.entries()) {
    if (index > 0) {
      const isItem = words[index - 1]?.endsWith(';') === true
      if (isItem || column + 1 + word.length > lineLength) {
        out += '\r\n\t'
        column = 8
      } else {
        out += ' '
        column += 1
      }
    }
    out += word
    column += word.length
  }
  return out
}

function formatProperty({ type, name, value }: Property): string {
  return `${type}.${name}=${quoteValue(value)}`
}

/** A value in the plainest form that reads back: an address, a token, else a quoted string (AR-003, AR-005). */
function quoteValue(value: string): string {
  if (token.test(value)) return value
  const at = value.lastIndexOf('@')
  if (at !== -1 && domain.test(value.slice(at + 1))) {
    const local = value.slice(0, at)
    return `${local === '' || dotAtom.test(local) ? local : quoteString(local)}@${value.slice(at + 1)}`
  }
  return quoteString(value)
}

const dotAtom = /^[!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+(?:\.[!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+)*$/

function quoteString(value: string): string {
  return `"${value.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
