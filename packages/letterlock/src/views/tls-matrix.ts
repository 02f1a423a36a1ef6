import type { Claim, TlsAnswer } from '@letterlock/contract'
import { tlsResultTypes } from '@letterlock/protocols'
import { sql } from 'kysely'
import { type Contribution, namedReportersLimit, reportedBy, said } from './claim.ts'
import { domainNames, type ReporterName, rowNames } from './dictionary.ts'
import type { ViewContext } from './envelope.ts'
import { inScope } from './scope.ts'
import { dayText } from './time.ts'
import { resultWords } from './tls-words.ts'

type MatrixRow = TlsAnswer['data']['matrix']['rows'][number]

/** Days without a failure, at the newest end of the reports, after which a host is called in order again. */
export const tlsQuietDays = 3

/** Failed sessions of one host by result type, from failure details. */
export interface HostFailures {
  readonly domainId: number
  readonly domain: string
  /** Null: the reports name no MX. */
  readonly mx: string | null
  readonly cells: readonly HostCell[]
  readonly sessions: number
  readonly first: number
  readonly last: number
}

interface HostCell {
  readonly type: string
  readonly sessions: number
  readonly rows: number
  /** Failed sessions by reporter. */
  readonly by: readonly Contribution[]
  readonly last: number
}

/** Failures by domain and host, most sessions first. */
export async function hostFailures({ db, scope }: ViewContext): Promise<readonly HostFailures[]> {
  const rows = await db
    .selectFrom('tls_failure as r')
    .select(['r.domain', 'r.receiving_mx', 'r.result_type', 'r.reporter'])
    .select([
      sql<number>`sum(r.sessions)`.as('sessions'),
      sql<number>`count(*)`.as('rows'),
      sql<number>`min(r.day)`.as('first'),
      sql<number>`max(r.day)`.as('last'),
    ])
    .where(inScope(scope, 'r'))
    .groupBy(['r.domain', 'r.receiving_mx', 'r.result_type', 'r.reporter'])
    .execute()
  const [domains, names] = await Promise.all([
    domainNames(db, new Set(rows.map(row => row.domain))),
    rowNames(db, new Set(rows.map(row => row.receiving_mx))),
  ])
  const hosts = new Map<string, HostFailures>()
  for (const row of rows) {
    const key = `${row.domain} ${row.receiving_mx}`
    const before = hosts.get(key)
    const cells = withReporter(before?.cells ?? [], row)
    hosts.set(key, {
      domainId: row.domain,
      domain: domains.get(row.domain) ?? '',
      mx: names.get(row.receiving_mx) ?? null,
      cells,
      sessions: (before?.sessions ?? 0) + row.sessions,
      first: Math.min(before?.first ?? row.first, row.first),
      last: Math.max(before?.last ?? row.last, row.last),
    })
  }
  return [...hosts.values()].sort((a, b) => b.sessions - a.sessions || ((a.mx ?? '') < (b.mx ?? '') ? -1 : 1))
}

/** Cells of a host with what one more reporter says. */
function withReporter(
  cells: readonly HostCell[],
  row: { result_type: string; reporter: number; sessions: number; rows: number; last: number },
): readonly HostCell[] {
  const before = cells.find(cell => cell.type === row.result_type)
  const more: HostCell = {
    type: row.result_type,
    sessions: (before?.sessions ?? 0) + row.sessions,
    rows: (before?.rows ?? 0) + row.rows,
    by: [...(before?.by ?? []), { reporter: row.reporter, count: row.sessions }],
    last: Math.max(before?.last ?? row.last, row.last),
  }
  return [...cells.filter(cell => cell !== before), more]
}

/** Who reported the failed sessions of hosts, of all types or of some. */
export function hostsClaim(
  hosts: readonly HostFailures[],
  names: ReadonlyMap<number, ReporterName>,
  types?: readonly string[],
): Claim {
  const query = {
    domain: [...new Set(hosts.map(host => host.domain))],
    mx: [...new Set(hosts.map(host => host.mx ?? ''))],
    ...(types && { result_type: [...types] }),
  }
  const sums = new Map<number, number>()
  for (const cell of hosts.flatMap(host => host.cells))
    if (types === undefined || types.includes(cell.type))
      for (const { reporter, count } of cell.by) sums.set(reporter, (sums.get(reporter) ?? 0) + count)
  return reportedBy(
    [...sums].map(([reporter, count]) => ({ reporter, count })),
    {
      names,
      unit: ['failed session', 'failed sessions'],
      linkTo: reporter => ({ screen: 'tls-failures', id: null, query: { ...query, reporter: [reporter] } }),
    },
  )
}

/** Whether a host still fails, seen from the newest TLS report day of the scope. */
export function isFailing(host: HostFailures, newest: number): boolean {
  return newest - host.last < tlsQuietDays
}

/** The type with the most failed sessions among those that still occur, else among all. */
export function leadingType(host: HostFailures, newest: number): string {
  const recent = host.cells.filter(cell => newest - cell.last < tlsQuietDays)
  const [leading] = [...(recent.length > 0 ? recent : host.cells)].sort((a, b) => b.sessions - a.sessions)
  return leading?.type ?? 'validation-failure'
}

/** A host that a policy names in full. */
export interface NamedHost {
  readonly domainId: number
  readonly domain: string
  readonly mx: string
  /** Names of the reporters that applied the policy. */
  readonly reporters: readonly string[]
}

/** The matrix: hosts that failed, then hosts that a policy names and of which no failure is reported. */
export function matrixOf(input: {
  readonly hosts: readonly HostFailures[]
  /** Newest day with a TLS report by domain id. */
  readonly newest: ReadonlyMap<number, number>
  /** Host names of policies by domain id and name. */
  readonly named: readonly NamedHost[]
  /** Domains where a policy in enforce, or DANE, made senders skip hosts that fail. */
  readonly enforced: ReadonlySet<number>
  readonly reporters: ReadonlyMap<number, ReporterName>
}): TlsAnswer['data']['matrix'] {
  const rows = input.hosts.map(host =>
    failingRow(host, {
      newest: input.newest.get(host.domainId) ?? host.last,
      isEnforced: input.enforced.has(host.domainId),
      reporters: input.reporters,
    }),
  )
  const failed = new Set(input.hosts.map(host => `${host.domainId} ${host.mx ?? ''}`))
  const quiet = input.named.filter(({ domainId, mx }) => !failed.has(`${domainId} ${mx}`)).map(quietRow)
  const sessions = new Map<string, number>(tlsResultTypes.map(type => [type, 0]))
  for (const { cells } of rows)
    for (const cell of cells) sessions.set(cell.type, (sessions.get(cell.type) ?? 0) + cell.sessions)
  return {
    types: [...sessions.keys()],
    rows: [...rows, ...quiet],
    totals: [...sessions].map(([type, count]) => ({ type, sessions: count })),
    sessions: rows.reduce((sum, row) => sum + row.sessions, 0),
  }
}

function failingRow(
  host: HostFailures,
  input: {
    readonly newest: number
    readonly isEnforced: boolean
    readonly reporters: ReadonlyMap<number, ReporterName>
  },
): MatrixRow {
  const { newest, isEnforced } = input
  const fails = isFailing(host, newest)
  const { what } = resultWords(leadingType(host, newest))
  const name = host.mx ?? (host.domain === '' ? 'The domain' : host.domain)
  return {
    domain: host.domain,
    mx: host.mx,
    cells: host.cells.map(({ last, by, ...cell }) => ({ ...cell, reporters: by.length, lastDay: dayText(last) })),
    sessions: host.sessions,
    verdict: fails ? 'fail' : 'pass',
    severity: fails ? (isEnforced ? 'high' : 'medium') : null,
    text: fails
      ? `${name} ${what}.${isEnforced ? ' Senders that enforce skip it.' : ' Senders that do not enforce still deliver.'}`
      : `No failure since ${dayText(host.last)}.`,
    claim: hostsClaim([host], input.reporters),
    firstDay: dayText(host.first),
    lastDay: dayText(host.last),
  }
}

function quietRow({ domain, mx, reporters }: NamedHost): MatrixRow {
  return {
    domain,
    mx,
    cells: [],
    sessions: 0,
    verdict: 'pass',
    severity: null,
    text: 'No failed session is reported.',
    claim: {
      level: 'reported',
      text: `reported by ${reporters.length}`,
      from: reporters.slice(0, namedReportersLimit).map(said),
      rule: null,
    },
    firstDay: null,
    lastDay: null,
  }
}
