import { basename, dirname } from 'node:path'
import { type Checklist, type Entry, readChecklists } from '../standards/checklists.ts'
import { type Citation, readCitations } from '../standards/citations.ts'
import { exceptions } from '../standards/exceptions.ts'

const introduction = `# Standards and the tests that prove them

Each requirement of the standards of mail authentication has an id here. A test carries the ids that it proves in its
name; this table is made from the names by \`npm run docs\`, and a test fails where an entry of level MUST has neither a
test nor a reason.

Levels are those of the standards. INFO is a fact that a standard gives without a keyword, PROJ a rule of this project
where the text is silent or practice differs.
`

/** docs/standards.md: entry, level, source, and the tests that prove it. */
export async function standardsTable(): Promise<string> {
  const citations = readCitations()
  const checklists = readChecklists()
  return [
    introduction,
    summary(checklists, citations),
    ...checklists.map(checklist => section(checklist, citations)),
  ].join('\n')
}

function summary(checklists: readonly Checklist[], citations: ReadonlyMap<string, readonly Citation[]>): string {
  const required = checklists.flatMap(({ entries }) => entries).filter(entry => entry.level === 'MUST')
  const tested = required.filter(({ id }) => citations.has(id))
  const excepted = required.filter(({ id }) => !citations.has(id) && exceptions[id] !== undefined)
  return `Of ${required.length} entries of level MUST ${tested.length} have a test, and ${excepted.length} have a reason why not yet.\n`
}

function section({ title, entries }: Checklist, citations: ReadonlyMap<string, readonly Citation[]>): string {
  const rows = entries.map(entry => row(entry, citations.get(entry.id) ?? []))
  return `## ${title}\n\n| entry | level | source | tests |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

function row({ id, level, source }: Entry, citations: readonly Citation[]): string {
  const reason = citations.length === 0 ? exceptions[id] : undefined
  const proof = reason === undefined ? byFile(citations) : `not yet: ${reason}`
  return `| ${id} | ${level} | ${source} | ${proof} |`
}

/** Each file once, as a link, with the names of its tests. */
function byFile(citations: readonly Citation[]): string {
  const files = new Map<string, string[]>()
  for (const { file, name } of citations) files.set(file, [...(files.get(file) ?? []), cell(name)])
  return [...files]
    .map(([file, names]) => `[${label(file)}](../${file}): ${[...new Set(names)].join('; ')}`)
    .join('<br>')
}

/** The folder and the name of a test file tell them apart. */
function label(file: string): string {
  return `${basename(dirname(file))}/${basename(file).replace(/\.test\.tsx?$/, '')}`
}

/** Text for a cell of a table: nothing of it is markup. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\|<>[\]`*_]/g, '\\$&')
    .slice(0, 160)
}
