import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One numbered requirement of a standard. */
export interface Entry {
  readonly id: string
  /** `MUST`, `SHOULD`, `MAY`, `INFO`; `PROJ` is a rule of this project where the standard is silent. */
  readonly level: string
  /** Documents and sections in the form `RFC 7208 s4.6.4, s4.1`; empty for rules of the project. */
  readonly source: string
}

/** One checklist: a standard, or a group of them. */
export interface Checklist {
  readonly title: string
  readonly entries: readonly Entry[]
}

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** Where the checklists are; they are not part of this repository. */
export const checklistsFolder: string = join(
  process.env['LETTERLOCK_CORPUS'] ?? join(root, '../shared/corpus'),
  '../requirements',
)

/** The document that this list is kept in, for where the checklists are not at hand. */
export const standardsPath = 'docs/standards.md'

const sources = [
  { file: 'dns.md', title: 'DNS', rfc: null },
  { file: 'spf.md', title: 'SPF', rfc: '7208' },
  { file: 'dkim.md', title: 'DKIM', rfc: '6376' },
  { file: 'arc.md', title: 'ARC', rfc: '8617' },
  { file: 'dmarc.md', title: 'DMARC', rfc: '9989' },
  { file: 'dmarc-changes.md', title: 'DMARC of RFC 7489 and of RFC 9989', rfc: null },
  { file: 'authentication-results.md', title: 'Authentication-Results', rfc: '8601' },
] as const

/** The entries from the checklists where they are at hand, else from the committed document. */
export function readChecklists(): readonly Checklist[] {
  if (!existsSync(checklistsFolder)) return readCommitted(readFileSync(join(root, standardsPath), 'utf8'))
  return sources.map(({ file, title, rfc }) => ({
    title,
    entries: readEntries(readFileSync(join(checklistsFolder, file), 'utf8'), rfc),
  }))
}

/** Rows `| id | role | level | requirement | source |`; some tables have no role, and some no source. */
function readEntries(text: string, rfc: string | null): readonly Entry[] {
  const entries: Entry[] = []
  let base = rfc
  for (const line of text.split('\n')) {
    const cells = line.split(/(?<!\\)\|/).map(cell => cell.trim())
    // A section, or the head of its table, may be about another document than the file.
    if (line.startsWith('## ')) base = /\(RFC (\d{4})\)/.exec(line)?.[1] ?? rfc
    if (cells[1] === 'Id') base = /\((\d{4})\)/.exec(cells.at(-2) ?? '')?.[1] ?? base
    const id = cells[1] ?? ''
    if (!/^[A-Z]+-\d{3}$/.test(id)) continue
    const level = cells.slice(2, 4).find(cell => /^(?:MUST|SHOULD|MAY|INFO|PROJ)$/.test(cell)) ?? 'PROJ'
    const last = cells.at(-2) ?? ''
    entries.push({ id, level, source: cells.length >= 7 ? formatSource(last, base) : '' })
  }
  return entries
}

/** `4.1, 5.4; 8616 s4; erratum 17` as `RFC 7208 s4.1, s5.4; RFC 8616 s4; erratum 17`. */
function formatSource(text: string, base: string | null): string {
  const parts = text.split(';').map(part => {
    const named = /^ *(\d{4})(?: (.*))?$/.exec(part)
    const document = named?.[1] ?? base
    const rest = named === null ? part : (named[2] ?? '')
    // Steps and rules within a section are not sections.
    const places = rest
      .replace(/ (?:steps?|rules?) [\d, ]+/g, '')
      .split(',')
      .flatMap(placeOf)
    const isErratum = places.length > 0 && places.every(place => place.startsWith('erratum'))
    const name = document === null || isErratum || (named === null && places.length === 0) ? '' : `RFC ${document}`
    return [name, places.join(', ')].filter(word => word !== '').join(' ')
  })
  return parts.filter(part => part !== '').join('; ')
}

function placeOf(text: string): string[] {
  const section = /^ *s?(\d+(?:\.\d+)*)(?: note)? *$/.exec(text)?.[1]
  if (section !== undefined) return [`s${section}`]
  const other = /(?:App )?[A-Z](?:\.\d+)* *$|erratum \d+/.exec(text)?.[0]
  return other === undefined ? [] : [other.trim()]
}

/** The rows of the document as it was written last. */
function readCommitted(document: string): readonly Checklist[] {
  return document
    .split(/^## /m)
    .slice(1)
    .map(section => ({
      title: section.split('\n', 1)[0] ?? '',
      entries: [...section.matchAll(/^\| ([A-Z]+-\d{3}) \| ([A-Z]+) \| ([^|]*) \|/gm)].map(
        ([, id = '', level = '', source = '']) => ({ id, level, source: source.trim() }),
      ),
    }))
    .filter(checklist => checklist.entries.length > 0)
}
