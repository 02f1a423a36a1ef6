import { type AuthResult, authResults } from '../aggregate-report/report.ts'
import { parseAuthenticationResults, type ResultItem, resultsItemsLimit } from '../authentication-results/parse.ts'
import { normaliseDomain } from '../domain-name.ts'

/** The result of one method in an Authentication-Results field (RFC 8601 s2.2). */
export interface MethodResult {
  readonly method: string
  readonly result: AuthResult
  /** Domain of the first property that names one, such as header.d, header.from or smtp.mailfrom. */
  readonly domain: string | null
}

const otherResults: ReadonlyMap<string, AuthResult> = new Map([
  // Names of older documents: RFC 5451 s2.4.2 for SPF and the RFC before it.
  ['hardfail', 'fail'],
  ['error', 'temperror'],
])

/**
 * Method results of a field as a failure report carries it, read as RFC 8601 has it; nothing of it is proven (MAIL-018).
 * FAIL-012 takes the result from here before anything else: where the name of the server is missing, or one statement
 * is broken, each statement is read by itself. Another version and a field that is too long give nothing.
 */
export function readMethodResults(field: string): readonly MethodResult[] {
  const read = parseAuthenticationResults(field)
  // `dkim=fail; …`: a first result in the place of the name.
  if (read.ok && !read.value.authservId.includes('=')) return read.value.items.map(methodResult)
  if (!read.ok && read.fault.code !== 'results-syntax' && read.fault.code !== 'results-items-limit') return []
  return statementsOf(field).slice(0, resultsItemsLimit).flatMap(readStatement)
}

/** One statement; where what stands behind the result is broken, the result alone. */
function readStatement(statement: string): readonly MethodResult[] {
  const [head = ''] = statement.trim().split(/\s/, 1)
  for (const text of [statement, head]) {
    const read = parseAuthenticationResults(`name;${text}`)
    if (read.ok) return read.value.items.map(methodResult)
  }
  return []
}

function methodResult({ method, result, properties }: ResultItem): MethodResult {
  const known = authResults.find(name => name === result) ?? otherResults.get(result) ?? 'unknown'
  return { method, result: known, domain: domainOf(properties) }
}

const domainProperties = /^(?:header|smtp)\.(?:d|i|from|mailfrom|mail|helo)$/

function domainOf(properties: ResultItem['properties']): string | null {
  for (const { type, name, value } of properties) {
    if (!domainProperties.test(`${type}.${name}`)) continue
    const domain = normaliseDomain(value.slice(value.lastIndexOf('@') + 1))
    if (domain?.includes('.') === true) return domain
  }
  return null
}

/** The field without comments (RFC 5322 s3.2.2); quoted strings stay whole. */
export function withoutComments(text: string): string {
  return statementsOf(text).join(';')
}

/** What semicolons outside of quoted strings part, without comments. */
function statementsOf(text: string): readonly string[] {
  const statements: string[] = []
  let statement = ''
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === '\\' && (isQuoted || depth > 0)) {
      if (depth === 0) statement += text.slice(at, at + 2)
      at += 1
      continue
    }
    if (char === '"' && depth === 0) isQuoted = !isQuoted
    if (char === '(' && !isQuoted) depth += 1
    if (char === ';' && !isQuoted && depth === 0) {
      statements.push(statement)
      statement = ''
    } else if (depth === 0) statement += char
    if (char === ')' && !isQuoted) depth = Math.max(0, depth - 1)
  }
  return [...statements, statement]
}
