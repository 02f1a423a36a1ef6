import type { TodayAnswer } from '@letterlock/contract'
import { authenticationClasses } from '@letterlock/posture'
import { sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { counted, said } from './claim.ts'
import { countedReports, reportDaysOf } from './coverage.ts'
import { reporterNames, unknownReporter } from './dictionary.ts'
import { keptDomains } from './domain-rows.ts'
import { answer, type ViewContext } from './envelope.ts'
import { type OutcomeCell, outcomeCells } from './outcome-cells.ts'
import { outcomeAt } from './outcome-counts.ts'
import { effectiveSteps, newestPolicies, noPolicies } from './policy.ts'
import { inScope, scopeBefore } from './scope.ts'
import { dayText } from './time.ts'
import { hostFailures } from './tls-matrix.ts'
import { countedSessions } from './tls-sessions.ts'
import { isDomainAligned, quarantineItem, senderItems, silenceItems, stuckItems, tlsItems } from './today-items.ts'

type Cards = TodayAnswer['data']['cards']
type Item = TodayAnswer['data']['items'][number]

const severityOrder: readonly Item['severity'][] = ['high', 'medium', 'decide', 'hint']

/** What needs the owner, worst harm first, and the four figures. */
export async function todayView(context: ViewContext): Promise<TodayAnswer> {
  const { db, scope } = context
  const [reports, tlsDays, before, domains, policies, sessions, hosts, cells, quarantine] = await Promise.all([
    countedReports(db, scope),
    tlsNewest(context),
    passBefore(context),
    keptDomains(context),
    newestPolicies(db, scope, scope.domains),
    countedSessions(context),
    hostFailures(context),
    outcomeCells(context, 'domain'),
    quarantineCount(context),
  ])
  const days = reportDaysOf(reports, ['aggregate', 'tls'])
  const aggregateDays = reportDaysOf(reports, ['aggregate'])
  const names = new Map(domains.map(domain => [domain.id, domain.name]))
  const steps = new Map(
    domains.map(({ id }) => [
      id,
      {
        rfc9989: effectiveSteps(policies.get(id) ?? noPolicies, 'rfc9989').domain.policy,
        rfc7489: effectiveSteps(policies.get(id) ?? noPolicies, 'rfc7489').domain.policy,
      },
    ]),
  )
  const sums = domainSums(cells)
  const whole = totalOf(sums)
  const reporters = await reporterNames(db, new Set(days.reporters.map(reporter => reporter.id)))
  const items: Item[] = [
    ...(await senderItems(context, { sums, reporters })),
    ...tlsItems(hosts, tlsDays, reporters),
    ...silenceItems(days, id => reporters.get(id) ?? unknownReporter),
    ...quarantineItem(quarantine),
    ...stuckItems(
      [...sums].flatMap(([id, ofDomain]) =>
        steps.get(id)?.rfc9989 === 'none' && steps.get(id)?.rfc7489 === 'none' && isDomainAligned(ofDomain)
          ? [{ domain: names.get(id) ?? '', messages: ofDomain.messages }]
          : [],
      ),
    ),
  ]
  items.sort((a, b) => severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity) || b.count - a.count)
  return await answer(context, {
    kinds: ['aggregate', 'tls'],
    days,
    messages: { messages: whole.messages, unknownMessages: whole.unknown },
    data: {
      items,
      cards: {
        messages: {
          total: whole.messages,
          reports: aggregateDays.reports,
          reporters: aggregateDays.reporters.length,
        },
        pass: {
          aligned: [...sums.values()].reduce((sum, one) => sum + one.aligned, 0),
          total: whole.messages,
          before,
        },
        policies: policyCard([...steps.values()]),
        tls: tlsCard(sessions),
      },
      newestDay: days.newest === null ? null : dayText(days.newest),
    },
  })
}

function totalOf(sums: ReadonlyMap<number, DomainSums>): DomainSums {
  const whole = { messages: 0, aligned: 0, unknown: 0, openFailing: 0 }
  for (const ofDomain of sums.values()) {
    whole.messages += ofDomain.messages
    whole.aligned += ofDomain.aligned
    whole.unknown += ofDomain.unknown
    whole.openFailing += ofDomain.openFailing
  }
  return whole
}

/** Messages of a domain by what matters to the items. */
export interface DomainSums {
  messages: number
  aligned: number
  unknown: number
  /** Neither aligned nor unknown, from senders that the owner calls theirs or has not decided. */
  openFailing: number
}

function domainSums(cells: readonly OutcomeCell[]): ReadonlyMap<number, DomainSums> {
  const sums = new Map<number, DomainSums>()
  for (const cell of cells) {
    const entry = sums.get(cell.key) ?? { messages: 0, aligned: 0, unknown: 0, openFailing: 0 }
    sums.set(cell.key, entry)
    const outcome = outcomeAt(cell.authentication, cell.decision)
    entry.messages += cell.messages
    if (outcome === 'aligned') entry.aligned += cell.messages
    else if (outcome === 'unknown') entry.unknown += cell.messages
    else if (cell.decision === null || cell.decision === 'undecided' || cell.decision === 'mine')
      entry.openFailing += cell.messages
  }
  return sums
}

const alignedCode = sql.lit(authenticationClasses.indexOf('aligned'))

/** Aligned and all messages of as many days before; null where no report begins in them. */
async function passBefore({ db, scope }: ViewContext): Promise<Cards['pass']['before']> {
  const row = await db
    .selectFrom('aggregate_rollup as r')
    .select([
      sql<number | null>`sum(r.messages)`.as('total'),
      sql<number>`coalesce(sum(r.messages) filter (where r.authentication = ${alignedCode}), 0)`.as('aligned'),
    ])
    .where(inScope(scopeBefore(scope), 'r'))
    .executeTakeFirst()
  if (row === undefined || row.total === null) return null
  return { aligned: row.aligned, total: row.total }
}

function policyCard(steps: readonly { readonly rfc9989: Step; readonly rfc7489: Step }[]): Cards['policies'] {
  const by = { reject: 0, quarantine: 0, none: 0, differs: 0, unknown: 0 }
  let enforcing = 0
  for (const { rfc9989, rfc7489 } of steps) {
    by[rfc9989 === rfc7489 ? rfc9989 : 'differs'] += 1
    if (enforces(rfc9989) && enforces(rfc7489)) enforcing += 1
  }
  return {
    domains: steps.length,
    enforcing,
    by,
    claim: {
      level: 'derived',
      text: 'derived from the newest record that reports show',
      from: [
        said(`${counted(steps.length - by.unknown, 'domain', 'domains')} with a record that reports show`),
        ...(by.unknown === 0
          ? []
          : [said(`${counted(by.unknown, 'domain', 'domains')} without: not counted as enforcing`)]),
      ],
      rule: 'effective-policy',
    },
  }
}

type Step = keyof Omit<Cards['policies']['by'], 'differs'>

function enforces(step: Step): boolean {
  return step === 'quarantine' || step === 'reject'
}

function tlsCard(sessions: Awaited<ReturnType<typeof countedSessions>>): Cards['tls'] {
  if (sessions.size === 0) return null
  const card = { successful: 0, failed: 0, domains: sessions.size }
  for (const ofDomain of sessions.values()) {
    card.successful += ofDomain.successful
    card.failed += ofDomain.failed
  }
  return card
}

/** Newest day with a TLS report by domain id. */
async function tlsNewest({ db, scope }: ViewContext): Promise<ReadonlyMap<number, number>> {
  const rows = await db
    .selectFrom('tls_policy as r')
    .select(['r.domain', sql<number>`max(r.day)`.as('day')])
    .where(inScope(scope, 'r'))
    .groupBy('r.domain')
    .execute()
  return new Map(rows.map(row => [row.domain, row.day]))
}

async function quarantineCount({ db }: ViewContext): Promise<number> {
  const row = await db
    .selectFrom('quarantine')
    .select(sql<number>`count(*)`.as('entries'))
    .where('tenant', '=', onlyTenant)
    .executeTakeFirst()
  return row?.entries ?? 0
}
