import { type RawBuilder, sql } from 'kysely'
import type { ViewContext } from './envelope.ts'
import { inScope } from './scope.ts'

/** Sessions by TLS reports. */
export interface Sessions {
  readonly successful: number
  readonly failed: number
  readonly rows: number
}

/**
 * Rank of a policy type among those that one report gives for one domain; rank 1 is counted. One session may stand
 * under several policies (report-tolerance 121), so their totals are never added up: counted is the type with the most
 * sessions, and of equal ones sts before tlsa before the others. Several policies of one type are different sessions,
 * such as before and after a change of the policy, and do add up.
 */
export const policyTypeRank: RawBuilder<number> = sql<number>`dense_rank() over (partition by r.domain, r.report
  order by t.sessions desc, case r.policy_type when 'sts' then 0 when 'tlsa' then 1 else 2 end, r.policy_type)`

/** Sessions of each policy type in each report, to rank by. */
export const policyTypeSessions = ({ scope }: ViewContext): RawBuilder<unknown> => sql`(
  select r.tenant, r.domain, r.day, r.report, r.policy_type,
    sum(coalesce(r.successful, 0) + coalesce(r.failed, 0)) as sessions
  from tls_policy r where ${inScope(scope, 'r')} group by r.tenant, r.domain, r.day, r.report, r.policy_type)`

/** Policies of TLS reports in the scope, each with the rank of its type. */
export const rankedPolicies = (context: ViewContext): RawBuilder<unknown> => sql`(
  select r.*, ${policyTypeRank} as type_rank from tls_policy r
  join ${policyTypeSessions(context)} t on t.tenant = r.tenant and t.domain = r.domain and t.day = r.day
    and t.report = r.report and t.policy_type = r.policy_type
  where ${inScope(context.scope, 'r')})`

/** Counted sessions by domain id; a domain without TLS reports is not there, which is not 0. */
export async function countedSessions(context: ViewContext): Promise<ReadonlyMap<number, Sessions>> {
  const { rows } = await sql<{ domain: number } & Sessions>`
    select p.domain, coalesce(sum(p.successful), 0) as successful, coalesce(sum(p.failed), 0) as failed,
      count(*) as rows
    from ${rankedPolicies(context)} p where p.type_rank = 1 group by p.domain`.execute(context.db)
  return new Map(rows.map(({ domain, ...sessions }) => [domain, sessions]))
}

/** Counted sessions by reporter id. */
export async function countedReporterSessions(
  context: ViewContext,
): Promise<ReadonlyMap<number, { readonly successful: number; readonly failed: number }>> {
  const { rows } = await sql<{ reporter: number; successful: number; failed: number }>`
    select p.reporter, coalesce(sum(p.successful), 0) as successful, coalesce(sum(p.failed), 0) as failed
    from ${rankedPolicies(context)} p where p.type_rank = 1 group by p.reporter`.execute(context.db)
  return new Map(rows.map(({ reporter, ...sessions }) => [reporter, sessions]))
}
