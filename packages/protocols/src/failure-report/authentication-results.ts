import { type AuthResult, authResults } from '../aggregate-report/report.ts'
import { normaliseDomain } from '../domain-name.ts'

/** The result of one method in an Authentication-Results field (RFC 8601 s2.2). */
export interface MethodResult {
  readonly method: string
  readonly result: AuthResult
  /** Domain of the first property that names one, such as header.d, header.from or smtp.mailfrom. */
  readonly domain: string | null
}

/** Results of one field that are read: real fields have fewer than ten. */
export const methodResultsLimit = 100

const otherResults: ReadonlyMap<string, AuthResult> = new Map([
  // Names of older documents: RFC 5451 s2.4.2 for SPF and the RFC before it.
  ['hardfail', 'fail'],
  ['error', 'temperror'],
])

/**
 * Method results of a field as a failure report carries it: the name of the server may be missing, and nothing of it is
 * proven (MAIL-018). What is no result is passed over.
 */
export function readMethodResults(field: string): readonly MethodResult[] {
  const results: MethodResult[] = []
  for (const statement of withoutComments(field).split(';')) {
    const match = /^\s*([a-z][a-z0-9-]*)(?:\/\d+)?\s*=\s*([a-z]+)/i.exec(statement)
    if (match === null) continue
    const [whole, method = '', result = ''] = match
    results.push({
      method: method.toLowerCase(),
      result: resultOf(result.toLowerCase()),
      domain: domainOf(statement.slice(whole.length)),
    })
    if (results.length === methodResultsLimit) break
  }
  return results
}

function resultOf(text: string): AuthResult {
  return authResults.find(name => name === text) ?? otherResults.get(text) ?? 'unknown'
}

function domainOf(properties: string): string | null {
  const pattern = /(?:header|smtp)\.(?:d|i|from|mailfrom|mail|helo)\s*=\s*("[^"]*"|[^\s;]+)/gi
  for (const [, value = ''] of properties.matchAll(pattern)) {
    const text = value.replace(/^"|"$/g, '')
    const domain = normaliseDomain(text.slice(text.lastIndexOf('@') + 1))
    if (domain?.includes('.') === true) return domain
  }
  return null
}

/** The field without comments (RFC 5322 s3.2.2); quoted strings stay whole. */
export function withoutComments(text: string): string {
  let result = ''
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === '\\' && (isQuoted || depth > 0)) {
      if (depth === 0) result += text.slice(at, at + 2)
      at += 1
      continue
    }
    if (char === '"' && depth === 0) isQuoted = !isQuoted
    if (char === '(' && !isQuoted) depth += 1
    if (depth === 0) result += char
    if (char === ')' && !isQuoted) depth = Math.max(0, depth - 1)
  }
  return result
}
