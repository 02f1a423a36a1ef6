import { authenticationClasses } from '@letterlock/posture'
import { sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import type { ViewContext } from './envelope.ts'
import { inIds, inScope, type ResolvedScope } from './scope.ts'

/*
 * Sums of the roll-up by outcome. An outcome needs the decision for its sender, and joining it to every cell costs more
 * than all the rest. Decisions are few: cells are summed as undecided, and what decided senders sent is moved. So a list
 * of cells has some with negative messages and records; only sums of cells mean something.
 */

/** Messages of one class and decision under a key of the roll-up. */
export interface OutcomeCell {
  readonly key: number
  /** Place in `authenticationClasses`. */
  readonly authentication: number
  readonly decision: string | null
  readonly messages: number
}

/** What cells are summed by. */
export type CellKey = 'domain' | 'reporter' | 'header_from'

const unknownCode = authenticationClasses.indexOf('unknown')

/** Name of the column with the messages of a class. */
const classColumn = (code: number) => `class_${code}`

/** One column for each class that is known, in one pass without sorting by class. */
const classColumns = sql.join(
  authenticationClasses.map(
    (_name, code) =>
      sql`coalesce(sum(r.messages) filter (where r.authentication = ${sql.lit(code)}), 0)
        as ${sql.ref(classColumn(code))}`,
  ),
)

/** Messages by one key, class and decision. */
export async function outcomeCells(context: Pick<ViewContext, 'db' | 'scope'>, by: CellKey): Promise<OutcomeCell[]> {
  const { db, scope } = context
  const key = sql.ref(`r.${by}`)
  const [{ rows }, moved] = await Promise.all([
    sql<{ key: number; messages: number } & Record<string, number>>`
      select ${key} as key, sum(r.messages) as messages, ${classColumns} from aggregate_rollup r
      where ${inScope(scope, 'r')} group by ${groupColumns(scope, by)}`.execute(db),
    decidedCells(context, by),
  ])
  const cells: OutcomeCell[] = []
  for (const row of rows) {
    let rest = row.messages
    for (const code of authenticationClasses.keys()) {
      if (code === unknownCode) continue
      const messages = row[classColumn(code)] ?? 0
      rest -= messages
      if (messages !== 0) cells.push({ key: row.key, authentication: code, decision: null, messages })
    }
    // A class that this version does not know is unknown.
    if (rest !== 0 || row.messages === 0)
      cells.push({ key: row.key, authentication: unknownCode, decision: null, messages: rest })
  }
  for (const { key: at, authentication, decision, messages } of moved) {
    cells.push({ key: at, authentication, decision: null, messages: -messages })
    cells.push({ key: at, authentication, decision, messages })
  }
  return cells
}

/** Cells of one domain lie in the order of day and reporter: grouped by these too, they need no sorting. */
function groupColumns(scope: ResolvedScope, by: CellKey) {
  return by === 'reporter' && scope.domains?.length === 1
    ? sql`r.domain, r.day, r.reporter`
    : sql`${sql.ref(`r.${by}`)}`
}

async function decidedCells({ db, scope }: Pick<ViewContext, 'db' | 'scope'>, by: CellKey) {
  if (!(await hasDecisions({ db, scope }))) return []
  return await db
    .selectFrom('aggregate_rollup as r')
    .innerJoin('decision as d', join =>
      join.onRef('d.tenant', '=', 'r.tenant').onRef('d.domain', '=', 'r.domain').onRef('d.sender', '=', 'r.sender'),
    )
    .select(sql<number>`${sql.ref(`r.${by}`)}`.as('key'))
    .select(['r.authentication', 'd.decision', sql<number>`sum(r.messages)`.as('messages')])
    .where(inScope(scope, 'r'))
    .where(isOfDecidedSender)
    .groupBy([`r.${by}`, 'r.authentication', 'd.decision'])
    .execute()
}

/** Lets most cells go before the decision for them is looked for. */
const isOfDecidedSender = sql<boolean>`r.sender in (select sender from decision where tenant = ${onlyTenant})`

async function hasDecisions({ db, scope }: Pick<ViewContext, 'db' | 'scope'>): Promise<boolean> {
  let query = db.selectFrom('decision').select('sender').where('tenant', '=', onlyTenant)
  if (scope.domains !== null) query = query.where(inIds('decision.domain', scope.domains))
  return (await query.limit(1).executeTakeFirst()) !== undefined
}

/** Messages and rows of a day by all that a chart shows. */
export interface DayCell {
  readonly day: number
  readonly disposition: number
  readonly alignment: number
  readonly authentication: number
  readonly decision: string | null
  readonly messages: number
  readonly records: number
}

/** Messages of every day by disposition, alignment, class and decision. */
export async function dayCells({ db, scope }: Pick<ViewContext, 'db' | 'scope'>): Promise<readonly DayCell[]> {
  const cells = await db
    .selectFrom('aggregate_rollup as r')
    .select(['r.day', 'r.disposition', 'r.alignment', 'r.authentication'])
    .select([sql<number>`sum(r.messages)`.as('messages'), sql<number>`sum(r.records)`.as('records')])
    .where(inScope(scope, 'r'))
    .groupBy(['r.day', 'r.disposition', 'r.alignment', 'r.authentication'])
    .execute()
  const all: DayCell[] = cells.map(cell => ({ ...cell, decision: null }))
  if (!(await hasDecisions({ db, scope }))) return all
  const moved = await db
    .selectFrom('aggregate_rollup as r')
    .innerJoin('decision as d', join =>
      join.onRef('d.tenant', '=', 'r.tenant').onRef('d.domain', '=', 'r.domain').onRef('d.sender', '=', 'r.sender'),
    )
    .select(['r.day', 'r.disposition', 'r.alignment', 'r.authentication', 'd.decision'])
    .select([sql<number>`sum(r.messages)`.as('messages'), sql<number>`sum(r.records)`.as('records')])
    .where(inScope(scope, 'r'))
    .where(isOfDecidedSender)
    .groupBy(['r.day', 'r.disposition', 'r.alignment', 'r.authentication', 'd.decision'])
    .execute()
  for (const cell of moved)
    all.push(cell, { ...cell, decision: null, messages: -cell.messages, records: -cell.records })
  return all
}
