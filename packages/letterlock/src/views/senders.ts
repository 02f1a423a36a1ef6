import type { SenderName, SenderRow, SendersAnswer } from '@letterlock/contract'
import type { Decision } from '@letterlock/posture'
import { type RawBuilder, sql } from 'kysely'
import { type Decisions, loadDecisions } from './decisions.ts'
import { domainNames } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { addOutcomes, failingOf, noOutcomes, type OutcomeSums, outcomeAt } from './outcome-counts.ts'
import { inIds, inScope } from './scope.ts'
import { senderNames, unknownSender } from './sender-name.ts'
import { dayText } from './time.ts'

/** A sender with this share of aligned messages, unknown left out, is aligned. */
export const alignedShare = 0.98

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
  reporters: number
  readonly domains: Map<number, Decision>
}

/** Codes of alignment paths (posture) in which DKIM, or SPF, gave an aligned pass. */
const spfPath = 2
const dkimPath = 3
const bothPath = 4

const sumWhere = (condition: RawBuilder<unknown>) =>
  sql<number>`coalesce(sum(case when ${condition} then r.messages else 0 end), 0)`

const authenticationIs = (code: number) => sumWhere(sql`r.authentication = ${sql.lit(code)}`)

/** Sums of each sender, from the roll-up; only `senders` where they are named. */
export async function senderSums(
  context: ViewContext,
  decisions: Decisions,
  senders: readonly number[] | null = null,
): Promise<readonly SenderSums[]> {
  const chosen = senders === null ? sql<boolean>`1 = 1` : inIds('r.sender', senders)
  const [sums, reporters] = await Promise.all([domainSenderSums(context, chosen), senderReporters(context, chosen)])
  const bySender = new Map<number, SenderSums>()
  for (const row of sums) {
    const entry = bySender.get(row.sender) ?? {
      sender: row.sender,
      messages: 0,
      rows: 0,
      outcome: noOutcomes(),
      dkimAligned: 0,
      spfAligned: 0,
      first: row.first,
      last: row.last,
      reporters: reporters.get(row.sender) ?? 0,
      domains: new Map<number, Decision>(),
    }
    bySender.set(row.sender, entry)
    const decision = decisions.of(row.domain, row.sender)
    entry.domains.set(row.domain, decision)
    entry.messages += row.messages
    entry.rows += row.records
    ;[row.a0, row.a1, row.a2, row.a3, row.a4].forEach((messages, code) => {
      entry.outcome[outcomeAt(code, decision)] += messages
    })
    entry.dkimAligned += row.dkim + row.both
    entry.spfAligned += row.spf + row.both
    entry.first = Math.min(entry.first, row.first)
    entry.last = Math.max(entry.last, row.last)
  }
  return [...bySender.values()]
}

async function domainSenderSums({ db, scope }: ViewContext, chosen: RawBuilder<boolean>) {
  return await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.domain', 'r.sender'])
    .select([
      sql<number>`sum(r.messages)`.as('messages'),
      sql<number>`sum(r.records)`.as('records'),
      authenticationIs(0).as('a0'),
      authenticationIs(1).as('a1'),
      authenticationIs(2).as('a2'),
      authenticationIs(3).as('a3'),
      authenticationIs(4).as('a4'),
      sumWhere(sql`r.alignment = ${sql.lit(spfPath)}`).as('spf'),
      sumWhere(sql`r.alignment = ${sql.lit(dkimPath)}`).as('dkim'),
      sumWhere(sql`r.alignment = ${sql.lit(bothPath)}`).as('both'),
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
    ])
    .where(inScope(scope, 'r'))
    .where(chosen)
    .groupBy(['r.domain', 'r.sender'])
    .execute()
}

async function senderReporters({ db, scope }: ViewContext, chosen: RawBuilder<boolean>) {
  const rows = await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.sender', sql<number>`count(distinct r.reporter)`.as('reporters')])
    .where(inScope(scope, 'r'))
    .where(chosen)
    .groupBy('r.sender')
    .execute()
  return new Map(rows.map(row => [row.sender, row.reporters]))
}

/** Group of the list: by aligned share of the messages whose verdict is known. */
export function groupOf(outcome: OutcomeSums): SenderRow['group'] {
  const known = outcome.aligned + failingOf(outcome)
  if (known === 0 || outcome.aligned === 0) return 'not-aligned'
  return outcome.aligned / known >= alignedShare ? 'aligned' : 'partly'
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
  input: {
    readonly sender: SenderName
    readonly names: ReadonlyMap<number, string>
  },
): SenderRow {
  const nameOf = (domain: number) => input.names.get(domain) ?? ''
  return {
    sender: input.sender,
    group: groupOf(sums.outcome),
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
    reporters: sums.reporters,
    firstDay: dayText(sums.first),
    lastDay: dayText(sums.last),
  }
}

/** How a list of senders is filtered and ordered. */
export interface SendersRequest {
  readonly sort: 'alignment' | 'messages' | 'name' | 'first-seen'
  readonly decision: readonly string[] | undefined
  readonly group: SenderRow['group'] | undefined
  readonly text: string | undefined
  readonly offset: number
  readonly limit: number
}

type Totals = SendersAnswer['data']['all']

function noTotals(): { -readonly [Key in keyof Totals]: Totals[Key] } & { outcome: OutcomeSums } {
  return { senders: 0, messages: 0, rows: 0, outcome: noOutcomes(), dkimAligned: 0, spfAligned: 0 }
}

/** Sums over a list of senders. */
export function totalsOf(senders: Iterable<SenderSums>): Totals {
  const totals = noTotals()
  for (const sums of senders) {
    totals.senders += 1
    totals.messages += sums.messages
    totals.rows += sums.rows
    totals.dkimAligned += sums.dkimAligned
    totals.spfAligned += sums.spfAligned
    addOutcomes(totals.outcome, sums.outcome)
  }
  return totals
}

const groupOrder = ['not-aligned', 'partly', 'aligned'] as const

/** Every sender of the scope: groups and totals of all that fit, one page of them. */
export async function sendersView(context: ViewContext, request: SendersRequest): Promise<SendersAnswer> {
  const decisions = await loadDecisions(context.db, context.scope)
  const everything = await senderSums(context, decisions)
  const needsNames = request.sort === 'name' || request.text !== undefined
  const named = needsNames ? await senderNames(context, everything.map(senderOf)) : null
  const found = everything.filter(sums => fits(sums, request, named)).sort(order(request, named))
  const page = found.slice(request.offset, request.offset + request.limit)
  const [senders, names] = await Promise.all([
    named ?? senderNames(context, page.map(senderOf)),
    domainNames(
      context.db,
      page.flatMap(sums => [...sums.domains.keys()]),
    ),
  ])
  const inGroup = (group: SenderRow['group']) => totalsOf(found.filter(sums => groupOf(sums.outcome) === group))
  const whole = totalsOf(everything)
  return await answer(context, {
    kinds: ['aggregate'],
    messages: { messages: whole.messages, unknownMessages: whole.outcome.unknown },
    data: {
      senders: page.map(sums => senderRow(sums, { sender: senders.get(sums.sender) ?? unknownSender, names })),
      groups: {
        'not-aligned': inGroup('not-aligned'),
        partly: inGroup('partly'),
        aligned: inGroup('aligned'),
      },
      all: totalsOf(found),
      nextCursor: request.offset + page.length < found.length ? String(request.offset + page.length) : null,
    },
  })
}

const senderOf = (sums: SenderSums) => sums.sender

function fits(sums: SenderSums, request: SendersRequest, named: ReadonlyMap<number, SenderName> | null): boolean {
  if (request.group !== undefined && groupOf(sums.outcome) !== request.group) return false
  if (request.decision !== undefined && ![...sums.domains.values()].some(one => request.decision?.includes(one)))
    return false
  if (request.text === undefined) return true
  const { key, name } = named?.get(sums.sender) ?? unknownSender
  const text = request.text.toLowerCase()
  return key.toLowerCase().includes(text) || name.toLowerCase().includes(text)
}

function order(
  { sort }: SendersRequest,
  named: ReadonlyMap<number, SenderName> | null,
): (a: SenderSums, b: SenderSums) => number {
  const byMessages = (a: SenderSums, b: SenderSums) => b.messages - a.messages || a.sender - b.sender
  if (sort === 'messages') return byMessages
  if (sort === 'first-seen') return (a, b) => b.first - a.first || byMessages(a, b)
  if (sort === 'alignment') {
    const rank = (sums: SenderSums) => groupOrder.indexOf(groupOf(sums.outcome))
    return (a, b) => rank(a) - rank(b) || byMessages(a, b)
  }
  const nameOf = (sums: SenderSums) => (named?.get(sums.sender) ?? unknownSender).name
  return (a, b) => nameOf(a).localeCompare(nameOf(b), 'en') || a.sender - b.sender
}
