import type { DomainAnswer, VolumeAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import { domainNames, reporterNames, unknownReporter } from './dictionary.ts'
import type { ViewContext } from './envelope.ts'
import { policyLiteral, readPolicy } from './policy.ts'
import { inScope } from './scope.ts'
import { dayText } from './time.ts'

type Published = DomainAnswer['data']['policy']['published'][number]
type Mark = VolumeAnswer['data']['marks'][number]

/** Every record that reports of the scope show, oldest first. Reports that show the same tags are one. */
export async function publishedPolicies({ db, scope }: ViewContext): Promise<readonly Published[]> {
  const rows = await db
    .selectFrom('report as r')
    .select(['r.form', 'r.policy', 'r.reporter'])
    .select([
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
      sql<number>`count(*)`.as('reports'),
    ])
    .where(inScope(scope, 'r'))
    .where('r.kind', '=', 'aggregate')
    .where('r.policy', 'is not', null)
    .groupBy(['r.form', 'r.policy', 'r.reporter'])
    .execute()
  const names = await reporterNames(
    db,
    rows.map(row => row.reporter),
  )
  const found = new Map<string, { first: number; last: number; reports: number; reporters: Set<string>; of: Of }>()
  for (const row of rows) {
    if (row.policy === null) continue
    const of = { form: row.form, policy: readPolicy(row.policy) }
    const literal = policyLiteral(of.policy, of.form)
    const key = `${row.form === 'rfc9990'} ${literal}`
    const entry = found.get(key) ?? { first: row.first, last: row.last, reports: 0, reporters: new Set<string>(), of }
    found.set(key, entry)
    entry.first = Math.min(entry.first, row.first)
    entry.last = Math.max(entry.last, row.last)
    entry.reports += row.reports
    entry.reporters.add((names.get(row.reporter) ?? unknownReporter).name)
  }
  return [...found.values()]
    .sort((a, b) => a.last - b.last || a.first - b.first)
    .map(({ first, last, reports, reporters, of }) => ({
      ...shownPolicy(of),
      firstDay: dayText(first),
      lastDay: dayText(last),
      reports,
      reporters: [...reporters].sort(),
    }))
}

type Of = { readonly form: string; readonly policy: ReturnType<typeof readPolicy> }

/** The tags of one published policy; `pct` is told only by the older form. */
export function shownPolicy({ form, policy }: Of): Omit<Published, 'firstDay' | 'lastDay' | 'reports' | 'reporters'> {
  return {
    literal: policyLiteral(policy, form),
    p: policy.p,
    sp: policy.sp,
    np: policy.np,
    testing: policy.testing,
    pct: form === 'rfc7489' ? policy.pct : null,
    adkim: policy.adkim,
    aspf: policy.aspf,
  }
}

/**
 * Days on which the policy changed, by what most reports of the day show. Both forms tell p and sp; only those are
 * compared, so that two forms that alternate are no change. `t`, `np` and `pct` are in the list of records.
 */
export async function policyMarks({ db, scope }: ViewContext): Promise<Mark[]> {
  const rows = await db
    .selectFrom('report as r')
    .select(['r.domain', 'r.day', 'r.policy_p', 'r.policy_sp', sql<number>`count(*)`.as('reports')])
    .where(inScope(scope, 'r'))
    .where('r.kind', '=', 'aggregate')
    .where('r.policy_p', 'is not', null)
    .groupBy(['r.domain', 'r.day', 'r.policy_p', 'r.policy_sp'])
    .orderBy('r.day')
    .orderBy('reports', 'desc')
    .execute()
  const names = await domainNames(
    db,
    rows.map(row => row.domain),
  )
  const marks: Mark[] = []
  const before = new Map<number, { day: number; text: string }>()
  for (const row of rows) {
    const last = before.get(row.domain)
    // Sorted by how many reports show it: the first of a day is what most show.
    if (last !== undefined && last.day === row.day) continue
    const sp = row.policy_sp === null || row.policy_sp === row.policy_p ? '' : `; sp=${row.policy_sp}`
    const text = `p=${row.policy_p}${sp}`
    if (last !== undefined && last.text !== text)
      marks.push({ day: dayText(row.day), domain: names.get(row.domain) ?? '', before: last.text, after: text })
    before.set(row.domain, { day: row.day, text })
  }
  return marks
}
