import type { SenderAnswer, SenderSourcesAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { loadDecisions } from './decisions.ts'
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
import { inScope } from './scope.ts'
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
    senderSources(context, sender.id),
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
      sources: sources.slice(0, shownSourcesLimit),
      sourceCount: sources.length,
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

/** Every source of a sender, most messages first. */
async function senderSources({ db, scope }: ViewContext, sender: number): Promise<Source[]> {
  const cells = await db
    .selectFrom('aggregate_row as r')
    .leftJoin('decision as d', join =>
      join.onRef('d.tenant', '=', 'r.tenant').onRef('d.domain', '=', 'r.domain').onRef('d.sender', '=', 'r.sender'),
    )
    .leftJoin('source as s', join => join.onRef('s.tenant', '=', 'r.tenant').onRef('s.id', '=', 'r.source'))
    .select(['r.source', 'r.authentication', 'd.decision'])
    .select(['s.ip', 's.confirmed_ptr', 's.ptr_looked_up_at', 's.asn', 's.as_name', 's.country'])
    .select([
      sql<number>`sum(r.messages)`.as('messages'),
      sql<number>`count(*)`.as('rows'),
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
    ])
    .where(inScope(scope, 'r'))
    .where('r.sender', '=', sender)
    .groupBy(['r.source', 'r.authentication', 'd.decision'])
    .groupBy(['s.ip', 's.confirmed_ptr', 's.ptr_looked_up_at', 's.asn', 's.as_name', 's.country'])
    .execute()
  const found = new Map<number, Source & { outcome: OutcomeSums }>()
  for (const cell of cells) {
    const entry = found.get(cell.source) ?? {
      ip: cell.ip,
      ptr: cell.confirmed_ptr,
      isPtrLookedUp: cell.ptr_looked_up_at !== null,
      asn: cell.asn,
      asName: cell.as_name,
      country: cell.country,
      messages: 0,
      rows: 0,
      outcome: noOutcomes(),
      firstDay: dayText(cell.first),
      lastDay: dayText(cell.last),
    }
    found.set(cell.source, entry)
    entry.messages += cell.messages
    entry.rows += cell.rows
    entry.outcome[outcomeAt(cell.authentication, cell.decision)] += cell.messages
    if (dayText(cell.first) < entry.firstDay) entry.firstDay = dayText(cell.first)
    if (dayText(cell.last) > entry.lastDay) entry.lastDay = dayText(cell.last)
  }
  return [...found.values()].sort((a, b) => b.messages - a.messages || ((a.ip ?? '') < (b.ip ?? '') ? -1 : 1))
}

/** A page of the sources of a sender, with the total of all. */
export async function senderSourcesView(
  context: ViewContext,
  sender: StoredSender,
  page: { readonly offset: number; readonly limit: number },
): Promise<Answer<SenderSourcesAnswer['data']>> {
  const sources = await senderSources(context, sender.id)
  const total = { sources: sources.length, messages: 0, rows: 0 }
  for (const source of sources) {
    total.messages += source.messages
    total.rows += source.rows
  }
  const end = page.offset + page.limit
  return await answer(context, {
    kinds: ['aggregate'],
    data: {
      sources: sources.slice(page.offset, end),
      total,
      nextCursor: end < sources.length ? String(end) : null,
    },
  })
}
