import { readFileSync } from 'node:fs'

/** Version of the program, as its package says. */
export function programVersion(): string {
  const described: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const isNamed = typeof described === 'object' && described !== null && 'version' in described
  return isNamed ? String(described.version) : 'unknown'
}
