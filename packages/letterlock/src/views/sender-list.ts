import {
  type AlignmentPath,
  type AuthenticationClass,
  alignmentPaths,
  authenticationClasses,
} from '@letterlock/posture'
import { type RawBuilder, sql } from 'kysely'
import type { ViewContext } from './envelope.ts'
import { outcomeCells } from './outcome-cells.ts'
import { alignmentAt, noOutcomes, type OutcomeSums, outcomeAt } from './outcome-counts.ts'
import { inIds, inScope } from './scope.ts'

/** A sender with this share of aligned messages, unknown left out, is aligned. */
export const alignedShare = 0.98

/** Groups of the list in their order; the place is the code in queries. */
export const senderGroups = ['not-aligned', 'partly', 'aligned'] as const
export type SenderGroup = (typeof senderGroups)[number]

/** Group of a sender by the aligned share of its messages whose verdict is known. The same rule as in `groupCode`. */
export function groupOf(sums: {
  readonly messages: number
  readonly aligned: number
  readonly unknown: number
}): SenderGroup {
  if (sums.aligned === 0) return 'not-aligned'
  return sums.aligned < alignedShare * (sums.messages - sums.unknown) ? 'partly' : 'aligned'
}

const groupCode = sql<number>`case when aligned = 0 then 0
  when aligned < ${sql.lit(alignedShare)} * (messages - unknown) then 1 else 2 end`

export type SenderSort = 'alignment' | 'messages' | 'name' | 'first-seen'

export interface SenderListRequest {
  readonly sort: SenderSort
  readonly group: SenderGroup | undefined
  /** Conditions on `r`, a cell of the roll-up, and `d`, its decision. */
  readonly conditions: readonly RawBuilder<boolean>[]
  readonly offset: number
  readonly limit: number
}

/** Senders of one page in order, and how many fit in each group. */
export interface SenderList {
  readonly page: readonly { readonly sender: number; readonly group: SenderGroup; readonly messages: number }[]
  readonly groups: Readonly<Record<SenderGroup, GroupTotal>>
  /** Senders of the whole list. */
  readonly senders: number
}

export interface GroupTotal {
  senders: number
  messages: number
  rows: number
}

const orders = {
  alignment: sql`grp, messages desc, sender`,
  messages: sql`messages desc, sender`,
  name: sql`sender_key, sender`,
  'first-seen': sql`first_day desc, messages desc, sender`,
} as const satisfies Record<SenderSort, RawBuilder<unknown>>

/**
 * Which senders stand on a page: one pass over the roll-up that gives three sums for each sender. A domain may be used
 * by tens of thousands of addresses, so everything else is read for the page alone.
 */
export async function senderList(context: ViewContext, request: SenderListRequest): Promise<SenderList> {
  const key = request.sort === 'name' ? sql`(select s.key from sender s where s.id = r.sender)` : sql`''`
  const first = request.sort === 'first-seen' ? sql`min(r.day)` : sql`0`
  const sums = sql`select r.sender, ${key} as sender_key, ${first} as first_day, sum(r.messages) as messages,
      sum(case when r.authentication = ${codeOf('aligned')} then r.messages else 0 end) as aligned,
      sum(case when r.authentication = ${codeOf('unknown')} then r.messages else 0 end) as unknown, sum(r.records) as records
    from ${senderCells(context, request.conditions)} group by r.sender`
  const chosen = request.group === undefined ? sql`1 = 1` : sql`grp = ${sql.lit(senderGroups.indexOf(request.group))}`
  const { rows } = await sql<{
    part: number
    sender: number
    grp: number
    senders: number
    messages: number
    records: number
  }>`with sums as (${sums}),
      named as (select sums.*, ${groupCode} as grp from sums)
    select 0 as part, sender, grp, 1 as senders, messages, records from
      (select * from named where ${chosen} order by ${orders[request.sort]}
        limit ${request.limit} offset ${request.offset}) page
    union all select 1, 0, grp, count(*), sum(messages), sum(records) from named where ${chosen} group by grp`.execute(
    context.db,
  )
  const groups = { 'not-aligned': noGroup(), partly: noGroup(), aligned: noGroup() }
  let senders = 0
  for (const row of rows.filter(one => one.part === 1)) {
    groups[groupAt(row.grp)] = { senders: row.senders, messages: row.messages, rows: row.records }
    senders += row.senders
  }
  const page = rows
    .filter(row => row.part === 0)
    .map(row => ({ sender: row.sender, group: groupAt(row.grp), messages: row.messages }))
  return { page, groups, senders }
}

const codeOf = (name: AuthenticationClass) => sql.lit(authenticationClasses.indexOf(name))

const noGroup = (): GroupTotal => ({ senders: 0, messages: 0, rows: 0 })

function groupAt(code: number): SenderGroup {
  return senderGroups[code] ?? 'not-aligned'
}

/** Cells of the roll-up that fit; the decision is joined only where a condition asks for it. */
function senderCells({ scope }: ViewContext, conditions: readonly RawBuilder<boolean>[]): RawBuilder<unknown> {
  const join =
    conditions.length === 0
      ? sql``
      : sql`left join decision d on d.tenant = r.tenant and d.domain = r.domain and d.sender = r.sender`
  return sql`aggregate_rollup r ${join} where ${sql.join([inScope(scope, 'r'), ...conditions], sql` and `)}`
}

/** Sums of everything that fits, by what outcomes and alignment are made from. */
export interface ListTotals {
  messages: number
  rows: number
  readonly outcome: OutcomeSums
  dkimAligned: number
  spfAligned: number
}

/** Totals of a list of senders. */
export async function listTotals(
  context: ViewContext,
  conditions: readonly RawBuilder<boolean>[],
): Promise<ListTotals> {
  return conditions.length === 0 ? await allTotals(context) : await totalsWhere(context, conditions)
}

const dkimAlignedCodes = codesOfPaths(['dkim', 'dkim+spf'])
const spfAlignedCodes = codesOfPaths(['spf', 'dkim+spf'])

function codesOfPaths(paths: readonly AlignmentPath[]): readonly number[] {
  return paths.map(path => alignmentPaths.indexOf(path))
}

/** Totals of all senders, without sorting. */
async function allTotals(context: ViewContext): Promise<ListTotals> {
  const { db, scope } = context
  const messagesWhere = (codes: readonly number[]) =>
    sql<number>`coalesce(sum(r.messages) filter (where ${inIds('r.alignment', codes)}), 0)`
  const [cells, paths] = await Promise.all([
    outcomeCells(context, 'domain'),
    db
      .selectFrom('aggregate_rollup as r')
      .select([
        sql<number>`coalesce(sum(r.records), 0)`.as('rows'),
        messagesWhere(dkimAlignedCodes).as('dkimAligned'),
        messagesWhere(spfAlignedCodes).as('spfAligned'),
      ])
      .where(inScope(scope, 'r'))
      .executeTakeFirst(),
  ])
  const totals = { messages: 0, outcome: noOutcomes(), ...(paths ?? { rows: 0, dkimAligned: 0, spfAligned: 0 }) }
  for (const { authentication, decision, messages } of cells) {
    totals.messages += messages
    totals.outcome[outcomeAt(authentication, decision)] += messages
  }
  return totals
}

async function totalsWhere(
  { db, scope }: ViewContext,
  conditions: readonly RawBuilder<boolean>[],
): Promise<ListTotals> {
  const { rows } = await sql<{
    authentication: number
    alignment: number
    decision: string | null
    messages: number
    records: number
  }>`select r.authentication, r.alignment, d.decision, sum(r.messages) as messages, sum(r.records) as records
    from aggregate_rollup r left join decision d on d.tenant = r.tenant and d.domain = r.domain and d.sender = r.sender
    where ${sql.join([inScope(scope, 'r'), ...conditions], sql` and `)}
    group by r.authentication, r.alignment, d.decision`.execute(db)
  const totals = { messages: 0, rows: 0, outcome: noOutcomes(), dkimAligned: 0, spfAligned: 0 }
  for (const row of rows) {
    const path = alignmentAt(row.alignment)
    totals.messages += row.messages
    totals.rows += row.records
    totals.outcome[outcomeAt(row.authentication, row.decision)] += row.messages
    if (path === 'dkim' || path === 'dkim+spf') totals.dkimAligned += row.messages
    if (path === 'spf' || path === 'dkim+spf') totals.spfAligned += row.messages
  }
  return totals
}
