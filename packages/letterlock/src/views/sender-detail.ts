import type { SenderAnswer, SenderSourcesAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { type Decisions, loadDecisions } from './decisions.ts'
import { domainNames, reporterNames, unknownReporter } from './dictionary.ts'
import { type Answer, answer, coverageParts, type ViewContext } from './envelope.ts'
import {
  alignmentAt,
  dispositionAt,
  failingOf,
  noAlignments,
  noDispositions,
  noOutcomes,
  type OutcomeSums,
  outcomeAt,
} from './outcome-counts.ts'
import { inIds, inScope } from './scope.ts'
import { senderEvidence } from './sender-evidence.ts'
import { senderFix } from './sender-fix.ts'
import { namesOf, type StoredSender, unknownSender } from './sender-name.ts'
import { senderRow, senderSums } from './senders.ts'
import { dayText } from './time.ts'

/** Sources shown with a sender; `/sources` of it has all. */
export const shownSourcesLimit = 20

type Source = SenderAnswer['data']['sources'][number]

/** A sender by its key, or null. */
export async function storedSender({ db }: Pick<ViewContext, 'db'>, key: string): Promise<StoredSender | null> {
  const row = await db
    .selectFrom('sender')
    .select(['id', 'key', 'basis', 'basis_value'])
    .where('tenant', '=', onlyTenant)
    .where('key', '=', key)
    .executeTakeFirst()
  return row ?? null
}

/** One sender in the scope; null where it sent nothing in it. */
export async function senderView(context: ViewContext, sender: StoredSender): Promise<SenderAnswer | null> {
  const { db, scope } = context
  const decisions = await loadDecisions(db, scope)
  const [allSums, cells, evidence, sources, reports, parts] = await Promise.all([
    senderSums(context, decisions, [sender.id]),
    senderCells(context, sender.id),
    senderEvidence(context, sender),
    senderSources(context, { sender: sender.id, decisions, offset: 0, limit: shownSourcesLimit }),
    senderReports(context, sender.id),
    coverageParts(context, ['aggregate']),
  ])
  const sums = allSums.get(sender.id)
  if (sums === undefined) return null
  const names = await domainNames(db, sums.domains.keys())
  const named = namesOf(context, [sender])
  const disposition = noDispositions()
  const alignment = noAlignments()
  const byReporter = new Map<number, { messages: number; outcome: OutcomeSums }>()
  const failingDays = new Set<number>()
  for (const cell of cells) {
    const outcome = outcomeAt(cell.authentication, decisions.of(cell.domain, sender.id))
    disposition[dispositionAt(cell.disposition)] += cell.messages
    alignment[alignmentAt(cell.alignment)] += cell.messages
    const entry = byReporter.get(cell.reporter) ?? { messages: 0, outcome: noOutcomes() }
    byReporter.set(cell.reporter, entry)
    entry.messages += cell.messages
    entry.outcome[outcome] += cell.messages
    if (outcome !== 'aligned' && outcome !== 'unknown') failingDays.add(cell.day)
  }
  const reporters = await reporterNames(db, byReporter.keys())
  const row = senderRow(sums, { sender: named.get(sender.id) ?? unknownSender, names })
  return await answer(context, {
    kinds: ['aggregate'],
    ...parts,
    data: {
      sender: row,
      disposition,
      alignment,
      sources: [...sources.sources],
      sourceCount: sources.total.sources,
      evidence: [...evidence.lines],
      evidenceCount: evidence.count,
      reasons: [...evidence.reasons],
      reporters: [...byReporter]
        .sort(([, a], [, b]) => b.messages - a.messages)
        .map(([id, entry]) => {
          const { key, name } = reporters.get(id) ?? unknownReporter
          return { reporter: key, name, ...entry }
        }),
      fix: senderFix(context.catalogue, {
        row,
        failing: failingOf(row.outcome),
        failingDays,
        lastDay: sums.last,
      }),
      reports,
    },
  })
}

async function senderCells({ db, scope }: ViewContext, sender: number) {
  return await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.day', 'r.reporter', 'r.disposition', 'r.alignment', 'r.authentication'])
    .select(sql<number>`sum(r.messages)`.as('messages'))
    .where(inScope(scope, 'r'))
    .where('r.sender', '=', sender)
    .groupBy(['r.domain', 'r.day', 'r.reporter', 'r.disposition', 'r.alignment', 'r.authentication'])
    .execute()
}

async function senderReports({ db, scope }: ViewContext, sender: number): Promise<number> {
  const row = await db
    .selectFrom('aggregate_row as r')
    .select(sql<number>`count(distinct r.report)`.as('reports'))
    .where(inScope(scope, 'r'))
    .where('r.sender', '=', sender)
    .executeTakeFirst()
  return row?.reports ?? 0
}

interface SourceSums {
  readonly source: number
  messages: number
  rows: number
  readonly outcome: OutcomeSums
  first: number
  last: number
}

interface SourcesPage {
  readonly sources: readonly Source[]
  readonly total: SenderSourcesAnswer['data']['total']
}

/** Sources of a sender, most messages first: the total of all, one page of them. */
async function senderSources(
  context: ViewContext,
  input: { readonly sender: number; readonly decisions: Decisions; readonly offset: number; readonly limit: number },
): Promise<SourcesPage> {
  const all = await sourceSums(context, input.sender, input.decisions)
  const total = { sources: all.length, messages: 0, rows: 0 }
  for (const { messages, rows } of all) {
    total.messages += messages
    total.rows += rows
  }
  const shown = all.slice(input.offset, input.offset + input.limit)
  return { sources: await shownSources(context, shown), total }
}

async function sourceSums(
  { db, scope }: ViewContext,
  sender: number,
  decisions: Decisions,
): Promise<readonly SourceSums[]> {
  const cells = await db
    .selectFrom('aggregate_row as r')
    .select(['r.source', 'r.authentication', 'r.domain'])
    .select([
      sql<number>`sum(r.messages)`.as('messages'),
      sql<number>`count(*)`.as('rows'),
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
    ])
    .where(inScope(scope, 'r'))
    .where('r.sender', '=', sender)
    .groupBy(['r.source', 'r.authentication', 'r.domain'])
    .execute()
  const found = new Map<number, SourceSums>()
  for (const { source, first, last, ...cell } of cells) {
    const entry = found.get(source) ?? { source, messages: 0, rows: 0, outcome: noOutcomes(), first, last }
    found.set(source, entry)
    entry.messages += cell.messages
    entry.rows += cell.rows
    entry.outcome[outcomeAt(cell.authentication, decisions.of(cell.domain, sender))] += cell.messages
    entry.first = Math.min(entry.first, first)
    entry.last = Math.max(entry.last, last)
  }
  return [...found.values()].sort((a, b) => b.messages - a.messages || a.source - b.source)
}

async function shownSources({ db }: ViewContext, shown: readonly SourceSums[]): Promise<readonly Source[]> {
  const stored = await db
    .selectFrom('source')
    .select(['id', 'ip', 'confirmed_ptr', 'ptr_looked_up_at', 'asn', 'as_name', 'country'])
    .where('tenant', '=', onlyTenant)
    .where(
      inIds(
        'source.id',
        shown.map(({ source }) => source),
      ),
    )
    .execute()
  const byId = new Map(stored.map(row => [row.id, row]))
  return shown.map(({ source, first, last, ...sums }) => {
    const row = byId.get(source)
    return {
      ip: row?.ip ?? null,
      ptr: row?.confirmed_ptr ?? null,
      isPtrLookedUp: (row?.ptr_looked_up_at ?? null) !== null,
      asn: row?.asn ?? null,
      asName: row?.as_name ?? null,
      country: row?.country ?? null,
      ...sums,
      firstDay: dayText(first),
      lastDay: dayText(last),
    }
  })
}

/** A page of the sources of a sender, with the total of all. */
export async function senderSourcesView(
  context: ViewContext,
  sender: StoredSender,
  page: { readonly offset: number; readonly limit: number },
): Promise<Answer<SenderSourcesAnswer['data']>> {
  const decisions = await loadDecisions(context.db, context.scope)
  const { sources, total } = await senderSources(context, { sender: sender.id, decisions, ...page })
  const end = page.offset + page.limit
  return await answer(context, {
    kinds: ['aggregate'],
    data: { sources: [...sources], total, nextCursor: end < total.sources ? String(end) : null },
  })
}
