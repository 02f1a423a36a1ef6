import {
  alignmentPaths,
  authenticationClasses,
  type Decision,
  decisions,
  type Outcome,
  outcomeOf,
  rollupDispositions,
} from '@letterlock/posture'
import { evaluations } from '@letterlock/protocols'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { readDkimMembers, readSpfMembers } from '../store/value-set.ts'
import { inIds } from './scope.ts'

/** Filters of rows as a request gives them; values of one are alternatives. `''` means that nothing was reported. */
export interface RowRequest {
  readonly sender?: readonly string[] | undefined
  readonly source?: readonly string[] | undefined
  readonly header_from?: readonly string[] | undefined
  readonly outcome?: readonly Outcome[] | undefined
  readonly disposition?: readonly string[] | undefined
  readonly alignment?: readonly string[] | undefined
  readonly report?: number | undefined
  readonly dkim_domain?: string | undefined
  readonly dkim_selector?: string | undefined
  readonly dkim_result?: readonly string[] | undefined
  readonly spf_domain?: string | undefined
  readonly spf_result?: readonly string[] | undefined
  readonly spf_scope?: 'mfrom' | 'helo' | 'none' | undefined
  readonly dkim_aligned?: string | undefined
  readonly spf_aligned?: string | undefined
}

/** Conditions on `r`, a row or a cell of the roll-up, with `d`, the decision that stands for it. */
export interface RowConditions {
  /** On what the roll-up keeps: they hold for rows and for cells alike. */
  readonly rollup: readonly RawBuilder<boolean>[]
  /** On what only rows keep. */
  readonly row: readonly RawBuilder<boolean>[]
}

/** Turns filters into conditions; names that nobody reported fit nothing. */
export async function rowConditions(db: Kysely<Database>, request: RowRequest): Promise<RowConditions> {
  const rollup: RawBuilder<boolean>[] = []
  const row: RawBuilder<boolean>[] = []
  if (request.sender !== undefined) rollup.push(inIds('r.sender', await senderIds(db, request.sender)))
  if (request.header_from !== undefined) rollup.push(inIds('r.header_from', await nameIds(db, request.header_from)))
  if (request.alignment !== undefined) rollup.push(inIds('r.alignment', codesOf(alignmentPaths, request.alignment)))
  if (request.outcome !== undefined) rollup.push(outcomeCondition(request.outcome))
  if (request.source !== undefined) row.push(inIds('r.source', await sourceIds(db, request.source)))
  if (request.report !== undefined) row.push(sql<boolean>`r.report = ${request.report}`)
  for (const method of ['dkim', 'spf'] as const) {
    const wanted = request[`${method}_aligned`]
    if (wanted !== undefined) row.push(inIds(`r.${method}`, codesOf(evaluations, [wanted])))
  }
  if (asksFor(request, ['dkim_domain', 'dkim_selector', 'dkim_result']))
    row.push(inIds('r.dkim_set', await dkimSets(db, request)))
  if (asksFor(request, ['spf_domain', 'spf_result', 'spf_scope']))
    row.push(inIds('r.spf_set', await spfSets(db, request)))
  return { rollup, row }
}

/** The disposition has one name in rows and another in the roll-up. */
export function dispositionCondition(request: RowRequest, column: string): readonly RawBuilder<boolean>[] {
  return request.disposition === undefined ? [] : [inIds(column, codesOf(rollupDispositions, request.disposition))]
}

function asksFor(request: RowRequest, names: readonly (keyof RowRequest)[]): boolean {
  return names.some(name => request[name] !== undefined)
}

function codesOf(names: readonly string[], wanted: readonly string[]): readonly number[] {
  return wanted.map(name => names.indexOf(name)).filter(code => code >= 0)
}

/** Which decision lets which class come to a wanted outcome: the rule stays in `outcomeOf` alone. */
export function outcomeCondition(wanted: readonly Outcome[]): RawBuilder<boolean> {
  const parts = decisions.map(decision => {
    const codes = authenticationClasses.flatMap((name, code) =>
      wanted.includes(outcomeOf(name, decision)) ? [code] : [],
    )
    return sql<boolean>`(${decisionIs(decision)} and ${inIds('r.authentication', codes)})`
  })
  return sql<boolean>`(${sql.join(parts, sql` or `)})`
}

export function decisionIs(decision: Decision): RawBuilder<boolean> {
  return sql<boolean>`coalesce(d.decision, 'undecided') = ${sql.lit(decision)}`
}

async function senderIds(db: Kysely<Database>, keys: readonly string[]): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('sender')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where('key', 'in', keys)
    .execute()
  return rows.map(row => row.id)
}

/** 0 stands for an absent name; the empty name is the null path, which no header_from is. */
async function nameIds(db: Kysely<Database>, names: readonly string[]): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('name')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where('name', 'in', names)
    .execute()
  const ids = rows.map(row => row.id)
  return names.includes('') ? [0, ...ids] : ids
}

async function sourceIds(db: Kysely<Database>, addresses: readonly string[]): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('source')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where('ip', 'in', addresses)
    .execute()
  const ids = rows.map(row => row.id)
  return addresses.includes('') ? [0, ...ids] : ids
}

/** A text that every set with such a member holds; JSON of sets is canonical, so quotes cannot be imitated. */
const holds = (text: string) => sql<boolean>`replace(members, ${text}, '') <> members`

const jsonText = (value: string) => (value === '' ? 'null' : JSON.stringify(value))

async function dkimSets(db: Kysely<Database>, request: RowRequest): Promise<readonly number[]> {
  let query = db.selectFrom('dkim_set').select(['id', 'members']).where('tenant', '=', onlyTenant)
  if (request.dkim_domain !== undefined) query = query.where(holds(`"domain":${jsonText(request.dkim_domain)}`))
  if (request.dkim_selector !== undefined) query = query.where(holds(`"selector":${jsonText(request.dkim_selector)}`))
  const fits = (value: string | null, wanted: string | undefined) => wanted === undefined || (value ?? '') === wanted
  return (await query.execute())
    .filter(({ members }) =>
      readDkimMembers(members).some(
        member =>
          fits(member.domain, request.dkim_domain) &&
          fits(member.selector, request.dkim_selector) &&
          (request.dkim_result === undefined || request.dkim_result.includes(member.result)),
      ),
    )
    .map(set => set.id)
}

async function spfSets(db: Kysely<Database>, request: RowRequest): Promise<readonly number[]> {
  let query = db.selectFrom('spf_set').select(['id', 'members']).where('tenant', '=', onlyTenant)
  if (request.spf_domain !== undefined) query = query.where(holds(`"domain":${jsonText(request.spf_domain)}`))
  return (await query.execute())
    .filter(({ members }) =>
      readSpfMembers(members).some(
        member =>
          (request.spf_domain === undefined || (member.domain ?? '') === request.spf_domain) &&
          (request.spf_scope === undefined || (member.scope ?? 'none') === request.spf_scope) &&
          (request.spf_result === undefined || request.spf_result.includes(member.result)),
      ),
    )
    .map(set => set.id)
}
