import type { DomainAnswer, EffectivePolicy } from '@letterlock/contract'
import type { PolicyPublished, RequestedPolicy } from '@letterlock/protocols'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { inIds, type ResolvedScope } from './scope.ts'

/** Which receivers: those of RFC 9989, and those of RFC 7489, which most still are. */
export type Generation = 'rfc9989' | 'rfc7489'

/**
 * A report of RFC 9990 tells `t` and `np`, a report of the older form does not. It still speaks for today where no
 * older-form report is newer by more than this many days.
 */
export const policyFreshDays = 7

/** A published policy as one report shows it. */
export interface SeenPolicy {
  readonly form: string
  readonly day: number
  readonly policy: PolicyPublished
}

/** The newest policy that reports of each form show for a domain. */
export interface NewestPolicies {
  readonly rfc7489: SeenPolicy | null
  readonly rfc9990: SeenPolicy | null
}

export const noPolicies: NewestPolicies = { rfc7489: null, rfc9990: null }

/** What a receiver applies to failing mail of one kind of name, and why. */
export interface PolicyStep {
  readonly policy: EffectivePolicy
  readonly because: string
}

/** The three kinds of name of a domain. */
export interface EffectiveSteps {
  readonly domain: PolicyStep
  readonly subdomains: PolicyStep
  readonly nonexistent: PolicyStep
  /** `derived`: every input is in a report. `inferred`: whether `t=y` is published is in none. `unknown`: no policy. */
  readonly level: 'derived' | 'inferred' | 'unknown'
}

const unknownStep: PolicyStep = { policy: 'unknown', because: 'no report shows a policy' }
const unknownSteps: EffectiveSteps = {
  domain: unknownStep,
  subdomains: unknownStep,
  nonexistent: unknownStep,
  level: 'unknown',
}

/** One step lower (RFC 9989 s4.7, `t=y`). */
const oneLower = { reject: 'quarantine', quarantine: 'none', none: 'none' } as const satisfies Record<
  RequestedPolicy,
  RequestedPolicy
>

/** What receivers of one generation apply, by what reports show. No live look-up is part of it. */
export function effectiveSteps(newest: NewestPolicies, generation: Generation): EffectiveSteps {
  return generation === 'rfc9989' ? stepsOfRfc9989(newest) : stepsOfRfc7489(newest)
}

function stepsOfRfc9989({ rfc7489, rfc9990 }: NewestPolicies): EffectiveSteps {
  const isFresh = rfc9990 !== null && (rfc7489 === null || rfc7489.day - rfc9990.day <= policyFreshDays)
  const seen = isFresh ? rfc9990 : rfc7489
  if (seen === null || seen.policy.p === null) return unknownSteps
  const { p, sp, np } = seen.policy
  const isTesting = isFresh && seen.policy.testing === true
  const end = !isFresh ? '; no report shows whether t=y is published' : isTesting ? ', t=y' : ''
  const step = (requested: RequestedPolicy, why: string): PolicyStep => ({
    // pct is not known to these receivers (RFC 9989 App A.6), so it lowers nothing.
    policy: isTesting ? oneLower[requested] : requested,
    because: `${why}${end}`,
  })
  const below = isDefaulted(seen.policy, 'sp') ? null : sp
  const missing = np ?? below
  return {
    domain: step(p, `p=${p}`),
    subdomains: below === null ? step(p, `no sp, p=${p}`) : step(below, `sp=${below}`),
    nonexistent:
      np !== null
        ? step(np, `np=${np}`)
        : missing === null
          ? step(p, `no np, p=${p}`)
          : step(missing, `no np, sp=${missing}`),
    // Without a report of RFC 9990 the record may hold `t=y` or `np` that nobody told us of.
    level: isFresh ? 'derived' : 'inferred',
  }
}

function stepsOfRfc7489({ rfc7489, rfc9990 }: NewestPolicies): EffectiveSteps {
  const seen = rfc9990 !== null && (rfc7489 === null || rfc9990.day > rfc7489.day) ? rfc9990 : rfc7489
  if (seen === null || seen.policy.p === null) return unknownSteps
  const { p, sp, pct } = seen.policy
  const isPart = seen.form === 'rfc7489' && pct < 100
  const note = isPart ? `, pct=${pct}` : seen.policy.testing === true ? ', t=y not known' : ''
  const step = (requested: RequestedPolicy, why: string): PolicyStep => ({
    // RFC 7489 s6.6.4: mail outside of the percentage gets the next lower step; pct=0 leaves nothing of the policy.
    policy: isPart && pct === 0 ? oneLower[requested] : requested,
    because: `${why}${note}`,
  })
  const below = isDefaulted(seen.policy, 'sp') ? null : sp
  const subdomains = below === null ? step(p, `no sp, p=${p}`) : step(below, `sp=${below}`)
  const nonexistent = { ...subdomains, because: `np not known, ${subdomains.because}` }
  return { domain: step(p, `p=${p}`), subdomains, nonexistent, level: 'derived' }
}

function isDefaulted(policy: PolicyPublished, tag: 'sp'): boolean {
  return policy.defaulted.includes(tag)
}

/** Newest policies by domain id, from reports of the scope. */
export async function newestPolicies(
  db: Kysely<Database>,
  scope: ResolvedScope,
  domains: readonly number[] | null,
): Promise<ReadonlyMap<number, NewestPolicies>> {
  const reporter = scope.reporters === null ? sql<boolean>`1 = 1` : inIds('r.reporter', scope.reporters)
  const newestOf = (form: string) => sql<number | null>`(select r.id from report r where r.tenant = d.tenant
    and r.domain = d.id and r.form = ${sql.lit(form)} and r.policy_p is not null and r.day between ${scope.from}
    and ${scope.to} and ${reporter} order by r.day desc, r.id desc limit 1)`
  let query = db
    .selectFrom('domain as d')
    .select(['d.id', newestOf('rfc7489').as('older'), newestOf('rfc9990').as('newer')])
    .where('d.tenant', '=', onlyTenant)
  if (domains !== null) query = query.where(inIds('d.id', domains))
  const found = await query.execute()
  const ids = found.flatMap(row => [row.older, row.newer]).filter(id => id !== null)
  const reports = await db
    .selectFrom('report as r')
    .select(['r.id', 'r.form', 'r.day', 'r.policy'])
    .where('r.tenant', '=', onlyTenant)
    .where(inIds('r.id', ids))
    .execute()
  const seen = new Map<number, SeenPolicy>()
  for (const { id, form, day, policy } of reports)
    if (policy !== null) seen.set(id, { form, day, policy: readPolicy(policy) })
  return new Map(
    found.map(row => [
      row.id,
      {
        rfc7489: row.older === null ? null : (seen.get(row.older) ?? null),
        rfc9990: row.newer === null ? null : (seen.get(row.newer) ?? null),
      },
    ]),
  )
}

/** The JSON of a stored policy. It is our own, written with the report. */
export function readPolicy(policy: string): PolicyPublished {
  return JSON.parse(policy)
}

/** A record with the tags that the reports show, in the order of RFC 9989 s4.7. */
export function policyLiteral(policy: PolicyPublished, form: string): string {
  const tags = ['v=DMARC1']
  if (policy.p !== null) tags.push(`p=${policy.p}`)
  if (policy.sp !== null && !policy.defaulted.includes('sp')) tags.push(`sp=${policy.sp}`)
  if (policy.np !== null) tags.push(`np=${policy.np}`)
  if (!policy.defaulted.includes('adkim')) tags.push(`adkim=${policy.adkim}`)
  if (!policy.defaulted.includes('aspf')) tags.push(`aspf=${policy.aspf}`)
  if (policy.testing === true) tags.push('t=y')
  if (form === 'rfc7489' && !policy.defaulted.includes('pct') && policy.pct !== 100) tags.push(`pct=${policy.pct}`)
  return tags.join('; ')
}

/** The steps of both generations as the screen shows them. */
export function shownSteps(steps: EffectiveSteps): DomainAnswer['data']['policy']['generations'][number]['steps'] {
  return [
    { target: 'domain', ...steps.domain },
    { target: 'subdomains', ...steps.subdomains },
    { target: 'nonexistent', ...steps.nonexistent },
  ]
}
