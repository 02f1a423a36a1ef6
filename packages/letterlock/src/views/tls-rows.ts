import type { TlsFailuresAnswer, TlsResultsAnswer } from '@letterlock/contract'
import { type RawBuilder, sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { domainNames, reporterNames, rowNames, unknownReporter } from './dictionary.ts'
import { type Answer, answer, type ViewContext } from './envelope.ts'
import { shownReporter } from './rows.ts'
import { inIds, inScope } from './scope.ts'
import { dayText } from './time.ts'
import { rankedPolicies } from './tls-sessions.ts'

export interface TlsRequest {
  /** `''`: the reports name none. */
  readonly mx?: readonly string[] | undefined
  readonly result_type?: readonly string[] | undefined
  readonly policy_type?: readonly string[] | undefined
}

export interface OffsetPage {
  readonly offset: number
  readonly limit: number
}

/** Groups shown beside the rows. */
const failureGroupsLimit = 100

type Failure = TlsFailuresAnswer['data']['failures'][number]

/** Failure details that fit, newest day first, with their total and the same by reporter and address. */
export async function tlsFailuresView(
  context: ViewContext,
  request: TlsRequest,
  page: OffsetPage,
): Promise<Answer<TlsFailuresAnswer['data']>> {
  const fits = await failureConditions(context, request)
  const [total, groups, failures] = await Promise.all([
    failureTotal(context, fits),
    failureGroups(context, fits),
    failureRows(context, fits, page),
  ])
  const end = page.offset + page.limit
  return await answer(context, {
    kinds: ['tls'],
    data: { total, groups, failures, nextCursor: end < total.rows ? String(end) : null },
  })
}

async function failureConditions(context: ViewContext, request: TlsRequest): Promise<RawBuilder<boolean>> {
  const conditions = [inScope(context.scope, 'r')]
  if (request.mx !== undefined) conditions.push(inIds('r.receiving_mx', await nameIds(context, request.mx)))
  if (request.result_type !== undefined) conditions.push(oneOf('r.result_type', request.result_type))
  if (request.policy_type !== undefined) conditions.push(oneOf('p.policy_type', request.policy_type))
  return sql.join(conditions, sql` and `)
}

function oneOf(column: string, values: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} in (${sql.join(values)})`
}

async function nameIds({ db }: ViewContext, names: readonly string[]): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('name')
    .select('id')
    .where('tenant', '=', onlyTenant)
    .where('name', 'in', names)
    .execute()
  const ids = rows.map(row => row.id)
  return names.includes('') ? [0, ...ids] : ids
}

const failureTables = sql`tls_failure r join tls_policy p on p.tenant = r.tenant and p.domain = r.domain
  and p.day = r.day and p.report = r.report and p.seq = r.policy`

async function failureTotal({ db }: ViewContext, fits: RawBuilder<boolean>) {
  const { rows } = await sql<{ sessions: number; rows: number }>`
    select coalesce(sum(r.sessions), 0) as sessions, count(*) as rows from ${failureTables} where ${fits}`.execute(db)
  return { sessions: rows[0]?.sessions ?? 0, rows: rows[0]?.rows ?? 0 }
}

async function failureGroups({ db }: ViewContext, fits: RawBuilder<boolean>) {
  const { rows } = await sql<{
    reporter: number
    ip: string | null
    mtas: number
    sessions: number
    first: number
    last: number
  }>`select r.reporter, s.ip, count(distinct r.sending_ip) as mtas, sum(r.sessions) as sessions,
      min(r.day) as first, max(r.day) as last
    from ${failureTables} left join source s on s.tenant = r.tenant and s.id = r.receiving_ip
    where ${fits} group by r.reporter, s.ip order by sum(r.sessions) desc, r.reporter limit ${failureGroupsLimit}`.execute(
    db,
  )
  const names = await reporterNames(db, new Set(rows.map(row => row.reporter)))
  return rows.map(row => {
    const { key, name } = names.get(row.reporter) ?? unknownReporter
    return {
      reporter: key,
      name,
      receivingIp: row.ip,
      sendingMtas: row.mtas,
      sessions: row.sessions,
      firstDay: dayText(row.first),
      lastDay: dayText(row.last),
    }
  })
}

async function failureRows({ db }: ViewContext, fits: RawBuilder<boolean>, page: OffsetPage): Promise<Failure[]> {
  const { rows } = await sql<{
    report: number
    day: number
    domain: number
    reporter: number
    policy_type: string
    result_type: string
    receiving_mx: number
    receiving_helo: number
    sending: string | null
    receiving: string | null
    sessions: number
    additional_information: string | null
    reason_code: string | null
  }>`select r.report, r.day, r.domain, r.reporter, p.policy_type, r.result_type, r.receiving_mx, r.receiving_helo,
      f.ip as sending, t.ip as receiving, r.sessions, r.additional_information, r.reason_code
    from ${failureTables} left join source f on f.tenant = r.tenant and f.id = r.sending_ip
      left join source t on t.tenant = r.tenant and t.id = r.receiving_ip
    where ${fits} order by r.day desc, r.report desc, r.policy, r.seq limit ${page.limit} offset ${page.offset}`.execute(
    db,
  )
  const [domains, reporters, names] = await Promise.all([
    domainNames(db, new Set(rows.map(row => row.domain))),
    reporterNames(db, new Set(rows.map(row => row.reporter))),
    rowNames(db, new Set(rows.flatMap(row => [row.receiving_mx, row.receiving_helo]))),
  ])
  return rows.map(row => ({
    report: row.report,
    day: dayText(row.day),
    domain: domains.get(row.domain) ?? '',
    reporter: shownReporter(reporters.get(row.reporter)),
    policyType: row.policy_type,
    resultType: row.result_type,
    mx: names.get(row.receiving_mx) ?? null,
    helo: names.get(row.receiving_helo) ?? null,
    sendingIp: row.sending,
    receivingIp: row.receiving,
    sessions: row.sessions,
    additionalInformation: row.additional_information,
    reasonCode: row.reason_code,
  }))
}

/** Sessions of each policy in each report, newest day first; the total is of those that count in the summary. */
export async function tlsResultsView(
  context: ViewContext,
  request: Pick<TlsRequest, 'policy_type'>,
  page: OffsetPage,
): Promise<Answer<TlsResultsAnswer['data']>> {
  const { db } = context
  const fits = request.policy_type === undefined ? sql<boolean>`1 = 1` : oneOf('p.policy_type', request.policy_type)
  const [totals, found] = await Promise.all([
    sql<{ successful: number; failed: number; rows: number }>`
      select coalesce(sum(case when p.type_rank = 1 then p.successful end), 0) as successful,
        coalesce(sum(case when p.type_rank = 1 then p.failed end), 0) as failed, count(*) as rows
      from ${rankedPolicies(context)} p where ${fits}`.execute(db),
    sql<{
      report: number
      day: number
      domain: number
      reporter: number
      policy_type: string
      successful: number | null
      failed: number | null
      detailed: number
      type_rank: number
    }>`select p.report, p.day, p.domain, p.reporter, p.policy_type, p.successful, p.failed, p.detailed, p.type_rank
      from ${rankedPolicies(context)} p where ${fits}
      order by p.day desc, p.report desc, p.seq limit ${page.limit} offset ${page.offset}`.execute(db),
  ])
  const [domains, reporters] = await Promise.all([
    domainNames(db, new Set(found.rows.map(row => row.domain))),
    reporterNames(db, new Set(found.rows.map(row => row.reporter))),
  ])
  const total = totals.rows[0] ?? { successful: 0, failed: 0, rows: 0 }
  const end = page.offset + page.limit
  return await answer(context, {
    kinds: ['tls'],
    data: {
      total,
      results: found.rows.map(row => ({
        report: row.report,
        day: dayText(row.day),
        domain: domains.get(row.domain) ?? '',
        reporter: shownReporter(reporters.get(row.reporter)),
        policyType: row.policy_type,
        successful: row.successful,
        failed: row.failed,
        detailed: row.detailed,
        isCounted: row.type_rank === 1,
      })),
      nextCursor: end < total.rows ? String(end) : null,
    },
  })
}
