import type { DomainRow, DomainSort, DomainsAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import type { DomainType } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { sortedDomains } from './domain-order.ts'
import { answer, type ViewContext } from './envelope.ts'
import { outcomeCells } from './outcome-cells.ts'
import { addOutcomes, noOutcomes, type OutcomeSums, outcomeAt } from './outcome-counts.ts'
import { effectiveSteps, newestPolicies, noPolicies } from './policy.ts'
import { inIds, inScope } from './scope.ts'
import { dayText } from './time.ts'
import { countedSessions, type Sessions } from './tls-sessions.ts'

/** A domain as a person keeps it. */
export interface KeptDomain {
  readonly id: number
  readonly name: string
  readonly is_tracked: number
  readonly type: DomainType
  readonly tags: string
}

export interface DomainsRequest {
  readonly tag: string | undefined
  readonly type: DomainType | undefined
  readonly isTracked: boolean | undefined
  /** Part of the name or of a tag. */
  readonly text: string | undefined
  readonly sort: DomainSort
  readonly direction: 'up' | 'down' | undefined
  readonly offset: number
  readonly limit: number
}

/** What aggregate reports say of a domain in the scope. */
interface DomainSums {
  messages: number
  readonly outcome: OutcomeSums
  senders: number
  reporters: number
  first: number
  last: number
}

/** Tags of a domain. The JSON is our own. */
export function readTags(tags: string): readonly string[] {
  return JSON.parse(tags)
}

export async function keptDomains({ db, scope }: ViewContext): Promise<readonly KeptDomain[]> {
  let query = db
    .selectFrom('domain')
    .select(['id', 'name', 'is_tracked', 'type', 'tags'])
    .where('tenant', '=', onlyTenant)
  if (scope.domains !== null) query = query.where(inIds('domain.id', scope.domains))
  return await query.execute()
}

/** Rows for some domains, in their order. */
export async function domainRows(context: ViewContext, domains: readonly KeptDomain[]): Promise<readonly DomainRow[]> {
  const ids = domains.map(domain => domain.id)
  const narrowed = { ...context, scope: { ...context.scope, domains: ids } }
  const [sums, policies, sessions] = await Promise.all([
    domainSums(narrowed),
    newestPolicies(context.db, context.scope, ids),
    countedSessions(narrowed),
  ])
  return domains.map(domain =>
    shownDomain(domain, sums.get(domain.id), policies.get(domain.id), sessions.get(domain.id)),
  )
}

function shownDomain(
  domain: KeptDomain,
  sums: DomainSums | undefined,
  policies: Parameters<typeof effectiveSteps>[0] | undefined,
  sessions: Sessions | undefined,
): DomainRow {
  return {
    name: domain.name,
    type: domain.type,
    tags: [...readTags(domain.tags)],
    isTracked: domain.is_tracked === 1,
    policy: {
      rfc9989: effectiveSteps(policies ?? noPolicies, 'rfc9989').domain.policy,
      rfc7489: effectiveSteps(policies ?? noPolicies, 'rfc7489').domain.policy,
    },
    messages: sums?.messages ?? 0,
    outcome: sums?.outcome ?? noOutcomes(),
    senders: sums?.senders ?? 0,
    reporters: sums?.reporters ?? 0,
    firstDay: sums === undefined ? null : dayText(sums.first),
    newestDay: sums === undefined ? null : dayText(sums.last),
    tls: sessions === undefined ? null : { successful: sessions.successful, failed: sessions.failed },
  }
}

async function domainSums({ db, scope }: ViewContext): Promise<ReadonlyMap<number, DomainSums>> {
  const [cells, senders, reports] = await Promise.all([
    outcomeCells({ db, scope }, 'domain'),
    db
      .selectFrom('aggregate_rollup as r')
      .select(['r.domain', sql<number>`count(distinct r.sender)`.as('senders')])
      .where(inScope(scope, 'r'))
      .groupBy('r.domain')
      .execute(),
    // From an index of reports: many times fewer than the cells of the roll-up.
    db
      .selectFrom('report as r')
      .select([
        'r.domain',
        sql<number>`count(distinct r.reporter)`.as('reporters'),
        sql<number>`min(r.day)`.as('first'),
        sql<number>`max(r.day)`.as('last'),
      ])
      .where(inScope(scope, 'r'))
      .where('r.kind', '=', 'aggregate')
      .groupBy('r.domain')
      .execute(),
  ])
  const sendersOf = new Map(senders.map(row => [row.domain, row.senders]))
  const sums = new Map<number, DomainSums>()
  for (const { domain, ...row } of reports)
    sums.set(domain, { messages: 0, outcome: noOutcomes(), senders: sendersOf.get(domain) ?? 0, ...row })
  for (const cell of cells) {
    const entry = sums.get(cell.key)
    if (entry === undefined) continue
    entry.messages += cell.messages
    entry.outcome[outcomeAt(cell.authentication, cell.decision)] += cell.messages
  }
  return sums
}

/** Every domain that fits, in the wanted order: those without reports are there too. */
export async function domainsView(context: ViewContext, request: DomainsRequest): Promise<DomainsAnswer> {
  const all = await keptDomains(context)
  const kept = all.filter(domain => fits(domain, request))
  const rows = sortedDomains(await domainRows(context, kept), request.sort, request.direction)
  const total = {
    domains: rows.length,
    untracked: rows.filter(row => !row.isTracked).length,
    messages: 0,
    outcome: noOutcomes(),
  }
  for (const row of rows) {
    total.messages += row.messages
    addOutcomes(total.outcome, row.outcome)
  }
  const end = request.offset + request.limit
  return await answer(context, {
    kinds: ['aggregate', 'tls'],
    ...(kept.length === all.length
      ? { messages: { messages: total.messages, unknownMessages: total.outcome.unknown } }
      : {}),
    data: {
      domains: rows.slice(request.offset, end),
      total,
      nextCursor: end < rows.length ? String(end) : null,
    },
  })
}

function fits(domain: KeptDomain, request: DomainsRequest): boolean {
  const tags = readTags(domain.tags)
  const text = request.text?.trim().toLowerCase() ?? ''
  return (
    (request.type === undefined || domain.type === request.type) &&
    (request.isTracked === undefined || (domain.is_tracked === 1) === request.isTracked) &&
    (request.tag === undefined || tags.includes(request.tag)) &&
    (text === '' || [domain.name, ...tags].some(value => value.toLowerCase().includes(text)))
  )
}
