import type { SelectorsAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import { readDkimMembers } from '../store/value-set.ts'
import { membersById } from './dictionary.ts'
import { answer, coverageParts, type ViewContext } from './envelope.ts'
import { inScope } from './scope.ts'
import { dayText } from './time.ts'

type Selector = SelectorsAnswer['data']['selectors'][number]

/** DKIM selectors that reports name for the domain of the scope and names of its organization. Reads rows. */
export async function selectorsView(context: ViewContext, domain: string): Promise<SelectorsAnswer> {
  const { db, organizationalDomain } = context
  const parts = coverageParts(context, ['aggregate'])
  const rows = await setSums(context)
  const own = organizationalDomain(domain)
  const sets = await membersById(db, 'dkim_set', new Set(rows.map(row => row.dkim_set)))
  const found = new Map<string, { row: Selector; first: number; last: number; reporters: Set<number> }>()
  for (const row of rows) {
    for (const { key, ...line } of linesOf(
      readDkimMembers(sets.get(row.dkim_set) ?? '[]'),
      name => organizationalDomain(name) === own,
    )) {
      const entry = found.get(key) ?? {
        row: { domain: line.domain, selector: line.selector, ...noSelector },
        first: row.first,
        last: row.last,
        reporters: new Set<number>(),
      }
      found.set(key, entry)
      entry.row.messages += row.messages
      entry.row[line.kind] += row.messages
      entry.first = Math.min(entry.first, row.first)
      entry.last = Math.max(entry.last, row.last)
      entry.reporters.add(row.reporter)
    }
  }
  const selectors = [...found.values()]
    .map(({ row, first, last, reporters }) => ({
      ...row,
      firstDay: dayText(first),
      lastDay: dayText(last),
      reporters: reporters.size,
    }))
    .sort((a, b) => b.messages - a.messages)
  return await answer(context, { kinds: ['aggregate'], ...(await parts), data: { selectors } })
}

interface SetSums {
  readonly dkim_set: number
  readonly reporter: number
  messages: number
  first: number
  last: number
}

/**
 * Messages of every set of DKIM results. The rows of a report lie together, so each report gives one text of all its
 * sets without any sorting; adding them up here takes a fraction of what grouping hundreds of thousands of rows takes.
 */
async function setSums({ db, scope }: ViewContext): Promise<readonly SetSums[]> {
  const reports = await db
    .selectFrom('aggregate_row as r')
    .select(['r.day', sql<number>`min(r.reporter)`.as('reporter')])
    .select(sql<string>`string_agg(cast(r.dkim_set as text) || ' ' || cast(r.messages as text), ' ')`.as('sets'))
    .where(inScope(scope, 'r'))
    .groupBy(['r.domain', 'r.day', 'r.report'])
    .execute()
  const sums = new Map<number, Map<number, SetSums>>()
  for (const { reporter, day, sets } of reports) {
    const numbers = sets.split(' ')
    for (let at = 0; at < numbers.length; at += 2) {
      const dkim_set = Number(numbers[at])
      const bySet = sums.get(reporter) ?? new Map<number, SetSums>()
      sums.set(reporter, bySet)
      const entry = bySet.get(dkim_set) ?? { dkim_set, reporter, messages: 0, first: day, last: day }
      bySet.set(dkim_set, entry)
      entry.messages += Number(numbers[at + 1])
      entry.first = Math.min(entry.first, day)
      entry.last = Math.max(entry.last, day)
    }
  }
  return [...sums.values()].flatMap(bySet => [...bySet.values()])
}

const noSelector = { messages: 0, pass: 0, fail: 0, other: 0, firstDay: '', lastDay: '', reporters: 0 }

/** One line for each selector of a set: a message with two signatures by one key counts once, as pass if one passes. */
function linesOf(members: ReturnType<typeof readDkimMembers>, isOwn: (name: string) => boolean) {
  const lines = new Map<string, { key: string; domain: string; selector: string | null; kind: Kind }>()
  for (const { domain, selector, result } of members) {
    if (domain === null || !isOwn(domain)) continue
    const key = JSON.stringify([domain, selector])
    const kind: Kind = result === 'pass' ? 'pass' : result === 'fail' ? 'fail' : 'other'
    const before = lines.get(key)
    if (before === undefined || kind === 'pass' || (kind === 'fail' && before.kind === 'other'))
      lines.set(key, { key, domain, selector, kind })
  }
  return lines.values()
}

type Kind = 'pass' | 'fail' | 'other'
