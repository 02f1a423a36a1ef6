import type { SenderName, SenderRow, SendersAnswer } from '@letterlock/contract'
import { type Decision, decisions as decisionNames } from '@letterlock/posture'
import { type RawBuilder, sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { type Decisions, loadDecisions } from './decisions.ts'
import { domainNames } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { alignmentAt, noOutcomes, type OutcomeSums, outcomeAt } from './outcome-counts.ts'
import { decisionIs } from './row-filter.ts'
import { inIds, inScope } from './scope.ts'
import { groupOf, listTotals, type SenderGroup, type SenderSort, senderList } from './sender-list.ts'
import { senderNames, unknownSender } from './sender-name.ts'
import { dayText } from './time.ts'

/** What a sender did in a scope, before names. */
export interface SenderSums {
  readonly sender: number
  messages: number
  rows: number
  readonly outcome: OutcomeSums
  dkimAligned: number
  spfAligned: number
  first: number
  last: number
  readonly reporters: Set<number>
  readonly domains: Map<number, Decision>
}

/** Sums of some senders, from the roll-up; null: of all. */
export async function senderSums(
  { db, scope }: ViewContext,
  decisions: Decisions,
  senders: readonly number[] | null,
): Promise<ReadonlyMap<number, SenderSums>> {
  const cells = await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.sender', 'r.reporter', 'r.alignment', 'r.authentication'])
    .select([
      sql<number>`sum(r.messages)`.as('messages'),
      sql<number>`sum(r.records)`.as('records'),
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
    ])
    .where(inScope(scope, 'r'))
    .where(senders === null ? sql<boolean>`1 = 1` : inIds('r.sender', senders))
    .groupBy(['r.domain', 'r.sender', 'r.reporter', 'r.alignment', 'r.authentication'])
    .execute()
  const bySender = new Map<number, SenderSums>()
  for (const cell of cells) {
    const entry = bySender.get(cell.sender) ?? noSums(cell.sender, cell.first, cell.last)
    bySender.set(cell.sender, entry)
    const decision = decisions.of(cell.domain, cell.sender)
    const path = alignmentAt(cell.alignment)
    entry.domains.set(cell.domain, decision)
    entry.reporters.add(cell.reporter)
    entry.messages += cell.messages
    entry.rows += cell.records
    entry.outcome[outcomeAt(cell.authentication, decision)] += cell.messages
    if (path === 'dkim' || path === 'dkim+spf') entry.dkimAligned += cell.messages
    if (path === 'spf' || path === 'dkim+spf') entry.spfAligned += cell.messages
    entry.first = Math.min(entry.first, cell.first)
    entry.last = Math.max(entry.last, cell.last)
  }
  return bySender
}

function noSums(sender: number, first: number, last: number): SenderSums {
  const domains = new Map<number, Decision>()
  const counts = { messages: 0, rows: 0, outcome: noOutcomes(), dkimAligned: 0, spfAligned: 0 }
  return { sender, ...counts, first, last, reporters: new Set<number>(), domains }
}

/** The group of a sender by its sums. */
export function groupOfSums({ messages, outcome }: Pick<SenderSums, 'messages' | 'outcome'>): SenderGroup {
  return groupOf({ messages, aligned: outcome.aligned, unknown: outcome.unknown })
}

/** The one decision of all domains, or `mixed`. */
export function commonDecision(domains: ReadonlyMap<number, Decision>): SenderRow['decision'] {
  const all = new Set(domains.values())
  const [only] = all
  return all.size === 1 && only !== undefined ? only : 'mixed'
}

/** A row of the list. */
export function senderRow(
  sums: SenderSums,
  input: { readonly sender: SenderName; readonly names: ReadonlyMap<number, string> },
): SenderRow {
  const nameOf = (domain: number) => input.names.get(domain) ?? ''
  return {
    sender: input.sender,
    group: groupOfSums(sums),
    decisions: [...sums.domains]
      .filter(([, decision]) => decision !== 'undecided')
      .map(([domain, decision]) => ({ domain: nameOf(domain), decision })),
    decision: commonDecision(sums.domains),
    messages: sums.messages,
    rows: sums.rows,
    outcome: sums.outcome,
    dkimAligned: sums.dkimAligned,
    spfAligned: sums.spfAligned,
    domains: [...sums.domains.keys()].map(nameOf).sort(),
    reporters: sums.reporters.size,
    firstDay: dayText(sums.first),
    lastDay: dayText(sums.last),
  }
}

/** How a list of senders is filtered and ordered. */
export interface SendersRequest {
  readonly sort: SenderSort
  readonly decision: readonly string[] | undefined
  readonly group: SenderGroup | undefined
  readonly text: string | undefined
  readonly offset: number
  readonly limit: number
}

/** Senders above which a page is read as the whole list: naming each of them would cost more. */
const namedSendersLimit = 2_000

/** Every sender of the scope: totals of all that fit, one page of them. */
export async function sendersView(context: ViewContext, request: SendersRequest): Promise<SendersAnswer> {
  const conditions = await senderConditions(context, request)
  const decisions = await loadDecisions(context.db, context.scope)
  const [list, totals] = await Promise.all([
    senderList(context, { ...request, conditions }),
    listTotals(context, conditions),
  ])
  const ids = list.page.map(entry => entry.sender)
  const sums = await senderSums(context, decisions, ids.length > namedSendersLimit ? null : ids)
  const page = ids.map(id => sums.get(id)).filter(found => found !== undefined)
  const [senders, names] = await Promise.all([
    senderNames(context, ids),
    domainNames(
      context.db,
      page.flatMap(found => [...found.domains.keys()]),
    ),
  ])
  const end = request.offset + page.length
  const isWhole = conditions.length === 0 && request.group === undefined
  return await answer(context, {
    kinds: ['aggregate'],
    ...(isWhole ? { messages: { messages: totals.messages, unknownMessages: totals.outcome.unknown } } : {}),
    data: {
      senders: page.map(found => senderRow(found, { sender: senders.get(found.sender) ?? unknownSender, names })),
      groups: list.groups,
      all: { senders: list.senders, ...totals },
      nextCursor: end < list.senders ? String(end) : null,
    },
  })
}

/** Senders that a text may name; more than a person looks through. */
const textSendersLimit = 5_000

async function senderConditions(
  context: ViewContext,
  { decision, text }: SendersRequest,
): Promise<readonly RawBuilder<boolean>[]> {
  const conditions: RawBuilder<boolean>[] = []
  if (decision !== undefined) {
    const wanted = decisionNames.filter(name => decision.includes(name)).map(decisionIs)
    conditions.push(sql<boolean>`(${sql.join(wanted, sql` or `)})`)
  }
  if (text !== undefined) conditions.push(inIds('r.sender', await sendersNamed(context, text.toLowerCase())))
  return conditions
}

async function sendersNamed({ db, catalogue }: ViewContext, text: string): Promise<readonly number[]> {
  const keys = [...catalogue.services.values()]
    .filter(service => service.name.toLowerCase().includes(text))
    .map(service => `service:${service.id}`)
  const pattern = `%${text.replace(/[\\%_]/g, found => `\\${found}`)}%`
  const rows = await db
    .selectFrom('sender')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where(eb => eb.or([sql<boolean>`lower(key) like ${pattern} escape '\\'`, eb('key', 'in', ['', ...keys])]))
    .limit(textSendersLimit)
    .execute()
  return rows.map(row => row.id)
}
