import type { TlsAnswer } from '@letterlock/contract'
import { sql } from 'kysely'
import { type ReportDays, reportDays } from './coverage.ts'
import { domainNames, reporterNames, unknownReporter } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { inScope } from './scope.ts'
import { dayText } from './time.ts'
import { hostFailures, matrixOf, type NamedHost } from './tls-matrix.ts'
import { countedSessions } from './tls-sessions.ts'

type PolicyRow = TlsAnswer['data']['policies'][number]

/** Policies with the days on which they were seen, before names. */
export interface SeenPolicy extends PolicyRow {
  readonly domainId: number
  readonly last: number
}

/** Inbound TLS: sessions, the policies that applied, failed sessions by host and result type. */
export async function tlsView(context: ViewContext): Promise<TlsAnswer> {
  const [sessions, policies, hosts, days, missing] = await Promise.all([
    countedSessions(context),
    seenPolicies(context),
    hostFailures(context),
    reportDays(context.db, context.scope, ['tls']),
    withoutSummary(context),
  ])
  const matrix = matrixOf({
    hosts,
    newest: newestByDomain(policies),
    named: namedHosts(policies),
    reporters: await reporterNames(
      context.db,
      days.reporters.map(({ id }) => id),
    ),
    enforced: new Set(policies.filter(isEnforced).map(policy => policy.domainId)),
  })
  let successful = 0
  let failed = 0
  for (const ofDomain of sessions.values()) {
    successful += ofDomain.successful
    failed += ofDomain.failed
  }
  const failing = matrix.rows.filter(row => row.verdict === 'fail')
  return await answer(context, {
    kinds: ['tls'],
    days,
    data: {
      summary: {
        successful: days.reports === 0 ? null : successful,
        failed: days.reports === 0 ? null : failed,
        reports: days.reports,
        reporters: days.reporters.length,
        withoutSummary: missing,
        mx: matrix.rows.filter(row => row.mx !== null).length,
        mxFailing: failing.filter(row => row.mx !== null).length,
        text: summaryText(days, matrix.rows.length, failing.length),
      },
      policies: policies.map(({ domainId: _id, last: _last, ...policy }) => policy),
      matrix,
    },
  })
}

function summaryText(days: ReportDays, rows: number, failing: number): string {
  if (days.reports === 0) return 'No TLS report in the scope: nothing is known of inbound TLS.'
  if (failing === 0) return 'No host fails, by the newest reports.'
  return `${failing} of ${rows} ${rows === 1 ? 'host has' : 'hosts have'} failures by the newest reports.`
}

/** Whether senders refuse a host that fails under this policy: MTA-STS in enforce, or DANE. */
function isEnforced(policy: SeenPolicy): boolean {
  return policy.mode === 'enforce' || policy.type === 'tlsa'
}

function newestByDomain(policies: readonly SeenPolicy[]): ReadonlyMap<number, number> {
  const newest = new Map<number, number>()
  for (const { domainId, last } of policies) newest.set(domainId, Math.max(newest.get(domainId) ?? last, last))
  return newest
}

/** Hosts that policies name in full; a pattern such as *.example.org names none. */
function namedHosts(policies: readonly SeenPolicy[]): readonly NamedHost[] {
  const found = new Map<string, NamedHost>()
  for (const { domainId, domain, mxHosts, reporters } of policies)
    for (const mx of mxHosts) {
      if (mx.includes('*')) continue
      const before = found.get(`${domainId} ${mx}`)?.reporters ?? []
      found.set(`${domainId} ${mx}`, { domainId, domain, mx, reporters: [...new Set([...before, ...reporters])] })
    }
  return [...found.values()]
}

/** Distinct policies that are read for one answer: a policy changes seldom, hostile reports may claim many. */
const policiesLimit = 200

/** Policies as reporters applied them, by domain, the newest first. */
export async function seenPolicies({ db, scope }: ViewContext): Promise<readonly SeenPolicy[]> {
  const rows = await db
    .selectFrom('tls_policy as r')
    .select(['r.domain', 'r.policy_type', 'r.policy_string', 'r.mx_hosts', 'r.reporter'])
    .select([
      sql<number | null>`sum(r.successful)`.as('successful'),
      sql<number | null>`sum(r.failed)`.as('failed'),
      sql<number>`sum(r.detailed)`.as('detailed'),
      sql<number>`count(*)`.as('rows'),
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
    ])
    .where(inScope(scope, 'r'))
    .groupBy(['r.domain', 'r.policy_type', 'r.policy_string', 'r.mx_hosts', 'r.reporter'])
    .execute()
  const [domains, reporters] = await Promise.all([
    domainNames(db, new Set(rows.map(row => row.domain))),
    reporterNames(db, new Set(rows.map(row => row.reporter))),
  ])
  type Entry = Omit<SeenPolicy, 'firstDay' | 'lastDay'> & { first: number; last: number }
  const found = new Map<string, Entry>()
  for (const row of rows) {
    const key = JSON.stringify([row.domain, row.policy_type, row.policy_string, row.mx_hosts])
    const lines = readLines(row.policy_string)
    const before = found.get(key)
    found.set(key, {
      domainId: row.domain,
      domain: domains.get(row.domain) ?? '',
      type: row.policy_type,
      lines: [...lines],
      mode: row.policy_type === 'sts' ? modeOf(lines) : null,
      mxHosts: [...readLines(row.mx_hosts)],
      successful: addKnown(before?.successful ?? null, row.successful),
      failed: addKnown(before?.failed ?? null, row.failed),
      detailed: (before?.detailed ?? 0) + row.detailed,
      rows: (before?.rows ?? 0) + row.rows,
      reporters: [...(before?.reporters ?? []), (reporters.get(row.reporter) ?? unknownReporter).name],
      first: Math.min(before?.first ?? row.first, row.first),
      last: Math.max(before?.last ?? row.last, row.last),
    })
  }
  return [...found.values()]
    .sort((a, b) => (a.domain < b.domain ? -1 : a.domain > b.domain ? 1 : b.last - a.last || b.rows - a.rows))
    .slice(0, policiesLimit)
    .map(({ first, ...policy }) => ({ ...policy, firstDay: dayText(first), lastDay: dayText(policy.last) }))
}

/** Null stays null until a number is known: no summary is not 0. */
function addKnown(before: number | null, more: number | null): number | null {
  return before === null ? more : more === null ? before : before + more
}

/** Lines or host names as stored. The JSON is our own. */
function readLines(stored: string): readonly string[] {
  return JSON.parse(stored)
}

/** `mode:` of a policy file (RFC 8461 s3.2); null where the lines do not say. */
function modeOf(lines: readonly string[]): PolicyRow['mode'] {
  for (const line of lines) {
    const mode = /^\s*mode\s*:\s*(enforce|testing|none)\s*$/i.exec(line)?.[1]?.toLowerCase()
    if (mode === 'enforce' || mode === 'testing' || mode === 'none') return mode
  }
  return null
}

async function withoutSummary({ db, scope }: ViewContext): Promise<number> {
  const row = await db
    .selectFrom('tls_policy as r')
    .select(sql<number>`count(*)`.as('rows'))
    .where(inScope(scope, 'r'))
    .where('r.successful', 'is', null)
    .where('r.failed', 'is', null)
    .executeTakeFirst()
  return row?.rows ?? 0
}
