import type { AggregateRow, RowsAnswer } from '@letterlock/contract'
import {
  type DkimResult,
  dispositions,
  evaluations,
  type Reason,
  recordFlagDerived,
  recordFlagTolerated,
  type SpfResult,
} from '@letterlock/protocols'
import { type RawBuilder, sql } from 'kysely'
import { onlyTenant } from '../store/schema.ts'
import { readDkimMembers, readSpfMembers } from '../store/value-set.ts'
import { domainNames, membersById, reporterNames, rowNames, unknownReporter } from './dictionary.ts'
import { answer, type ViewContext } from './envelope.ts'
import { alignmentAt, dispositionAt, outcomeAt } from './outcome-counts.ts'
import { dispositionCondition, type RowConditions, type RowRequest, rowConditions } from './row-filter.ts'
import { inScope } from './scope.ts'
import { senderNames, unknownSender } from './sender-name.ts'
import { dayText } from './time.ts'

/** Where a page begins: after this row, in the order domain, then newest day, report and place. */
export interface RowPosition {
  readonly domain: number
  readonly day: number
  readonly report: number
  readonly seq: number
}

export interface RowsPage {
  readonly after: RowPosition | null
  readonly limit: number
}

/** A page of rows with the position to go on from; the answer's cursor is written by the server. */
export interface RowsFound {
  readonly total: RowsAnswer['data']['total']
  readonly rows: readonly AggregateRow[]
  readonly next: RowPosition | null
}

/** What the request asks of cells of the roll-up and of rows, resolved once. */
interface Wanted {
  readonly request: RowRequest
  readonly conditions: RowConditions
}

/** The rows that fit, with the total of all of them. */
export async function rowsView(
  context: ViewContext,
  request: RowRequest,
  page: RowsPage,
): Promise<{ readonly answer: Omit<RowsAnswer, 'data'>; readonly found: RowsFound }> {
  const wanted = { request, conditions: await rowConditions(context.db, request) }
  const totals = await rowTotals(context, wanted)
  const { rows, next } = await rowsPage(context, wanted, { domains: [...totals.keys()], page })
  const total = { messages: 0, rows: 0 }
  for (const ofDomain of totals.values()) {
    total.messages += ofDomain.messages
    total.rows += ofDomain.rows
  }
  const { data: _none, ...envelope } = await answer(context, { kinds: ['aggregate'], data: null })
  return { answer: envelope, found: { total, rows, next } }
}

/** Every row that fits, in pieces: for exports. */
export async function* everyRow(context: ViewContext, request: RowRequest): AsyncGenerator<readonly AggregateRow[]> {
  const wanted = { request, conditions: await rowConditions(context.db, request) }
  const domains = [...(await rowTotals(context, wanted)).keys()]
  let after: RowPosition | null = null
  do {
    const piece: { rows: readonly AggregateRow[]; next: RowPosition | null } = await rowsPage(context, wanted, {
      domains,
      page: { after, limit: exportPieceRows },
    })
    yield piece.rows
    after = piece.next
  } while (after !== null)
}

/** Rows read at once for an export. */
const exportPieceRows = 2_000

/** Messages and rows by domain: from the roll-up where it knows all that is asked, else from the rows. */
async function rowTotals(context: ViewContext, { request, conditions }: Wanted) {
  const isRollup = conditions.row.length === 0
  const table = isRollup ? sql.table('aggregate_rollup') : sql.table('aggregate_row')
  const count = isRollup ? sql<number>`sum(r.records)` : sql<number>`count(*)`
  const disposition = dispositionCondition(request, isRollup ? 'r.disposition' : 'r.rollup_disposition')
  const { rows } = await sql<{ domain: number; messages: number; rows: number }>`
    select r.domain, sum(r.messages) as messages, ${count} as rows from ${table} r ${decisionJoin(request)}
    where ${both([inScope(context.scope, 'r'), ...conditions.rollup, ...conditions.row, ...disposition])}
    group by r.domain order by r.domain`.execute(context.db)
  return new Map(rows.map(row => [row.domain, { messages: row.messages, rows: row.rows }]))
}

/** Only outcomes need the decision. */
function decisionJoin(request: RowRequest): RawBuilder<unknown> {
  return request.outcome === undefined
    ? sql``
    : sql`left join decision d on d.tenant = r.tenant and d.domain = r.domain and d.sender = r.sender`
}

function both(conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return sql.join(conditions, sql` and `)
}

type StoredRow = {
  readonly domain: number
  readonly day: number
  readonly report: number
  readonly seq: number
  readonly reporter: number
  readonly source: number
  readonly messages: number
  readonly disposition: number
  readonly dkim: number
  readonly spf: number
  readonly header_from: number
  readonly envelope_from: number
  readonly envelope_to: number
  readonly reason_set: number
  readonly dkim_set: number
  readonly spf_set: number
  readonly flags: number
  readonly sender: number
  readonly alignment: number
  readonly authentication: number
  readonly rollup_disposition: number
}

/** One page, domain by domain in the order of their ids, so that each is one walk along the key of the table. */
async function rowsPage(
  context: ViewContext,
  wanted: Wanted,
  { domains, page }: { readonly domains: readonly number[]; readonly page: RowsPage },
): Promise<{ rows: readonly AggregateRow[]; next: RowPosition | null }> {
  const found: StoredRow[] = []
  for (const domain of domains) {
    if (page.after !== null && domain < page.after.domain) continue
    if (found.length > page.limit) break
    const after = page.after !== null && page.after.domain === domain ? page.after : null
    found.push(...(await domainRows(context, wanted, { domain, after, limit: page.limit + 1 - found.length })))
  }
  const shown = found.slice(0, page.limit)
  const last = shown.at(-1)
  const next =
    found.length > page.limit && last !== undefined
      ? { domain: last.domain, day: last.day, report: last.report, seq: last.seq }
      : null
  return { rows: await shownRows(context, shown), next }
}

async function domainRows(
  { db, scope }: ViewContext,
  { request, conditions }: Wanted,
  page: { readonly domain: number; readonly after: RowPosition | null; readonly limit: number },
): Promise<readonly StoredRow[]> {
  const { after } = page
  const rest =
    after === null
      ? sql<boolean>`1 = 1`
      : sql<boolean>`r.day <= ${after.day} and (r.day, r.report, r.seq) < (${after.day}, ${after.report}, ${after.seq})`
  const place = await reportPlace(db, request)
  const { rows } = await sql<StoredRow>`
    select r.domain, r.day, r.report, r.seq, r.reporter, r.source, r.messages, r.disposition, r.dkim, r.spf,
      r.header_from, r.envelope_from, r.envelope_to, r.reason_set, r.dkim_set, r.spf_set, r.flags, r.sender,
      r.alignment, r.authentication, r.rollup_disposition
    from aggregate_row r ${decisionJoin(request)}
    where r.tenant = ${onlyTenant} and r.domain = ${page.domain} and ${both([
      inScope({ ...scope, domains: [page.domain] }, 'r'),
      ...conditions.rollup,
      ...conditions.row,
      ...dispositionCondition(request, 'r.rollup_disposition'),
      ...place,
      rest,
    ])}
    order by r.day desc, r.report desc, r.seq desc limit ${page.limit}`.execute(db)
  return rows
}

/** The day of a report that is asked for: with it the rows are one range of the key. */
async function reportPlace(db: ViewContext['db'], request: RowRequest): Promise<readonly RawBuilder<boolean>[]> {
  if (request.report === undefined) return []
  const report = await db
    .selectFrom('report')
    .select('day')
    .where('tenant', '=', onlyTenant)
    .where('id', '=', request.report)
    .executeTakeFirst()
  return report === undefined ? [] : [sql<boolean>`r.day = ${report.day}`]
}

/** Rows with their names in place of ids. */
async function shownRows(context: ViewContext, rows: readonly StoredRow[]): Promise<readonly AggregateRow[]> {
  const { db } = context
  const idsOf = (pick: (row: StoredRow) => number) => new Set(rows.map(pick))
  const names = new Set(rows.flatMap(row => [row.header_from, row.envelope_from, row.envelope_to]))
  const [domains, reporters, senders, texts, sources, dkim, spf, reasons, decided] = await Promise.all([
    domainNames(
      db,
      idsOf(row => row.domain),
    ),
    reporterNames(
      db,
      idsOf(row => row.reporter),
    ),
    senderNames(
      context,
      idsOf(row => row.sender),
    ),
    rowNames(db, names),
    sourcesById(
      context,
      idsOf(row => row.source),
    ),
    membersById(
      db,
      'dkim_set',
      idsOf(row => row.dkim_set),
    ),
    membersById(
      db,
      'spf_set',
      idsOf(row => row.spf_set),
    ),
    membersById(
      db,
      'reason_set',
      idsOf(row => row.reason_set),
    ),
    decisionsOf(
      context,
      idsOf(row => row.domain),
      idsOf(row => row.sender),
    ),
  ])
  return rows.map(row => {
    const sender = senders.get(row.sender) ?? unknownSender
    return {
      report: row.report,
      seq: row.seq,
      day: dayText(row.day),
      domain: domains.get(row.domain) ?? '',
      reporter: shownReporter(reporters.get(row.reporter)),
      source: sources.get(row.source) ?? noSource,
      sender: { key: sender.key, name: sender.name },
      messages: row.messages,
      headerFrom: texts.get(row.header_from) ?? null,
      envelopeFrom: texts.get(row.envelope_from) ?? null,
      envelopeTo: texts.get(row.envelope_to) ?? null,
      reported: {
        disposition: dispositions[row.disposition] ?? 'unknown',
        dkim: evaluations[row.dkim] ?? 'unknown',
        spf: evaluations[row.spf] ?? 'unknown',
      },
      disposition: dispositionAt(row.rollup_disposition),
      alignment: alignmentAt(row.alignment),
      outcome: outcomeAt(row.authentication, decided.get(`${row.domain} ${row.sender}`)),
      reasons: readReasons(reasons.get(row.reason_set)),
      dkimResults: readDkim(dkim.get(row.dkim_set)),
      spfResults: readSpf(spf.get(row.spf_set)),
      isDerived: (row.flags & recordFlagDerived) !== 0,
      isTolerated: (row.flags & recordFlagTolerated) !== 0,
    }
  })
}

const noSource: AggregateRow['source'] = { ip: null, ptr: null, asn: null, asName: null, country: null }

/** Only what is shown of a reporter. */
export function shownReporter(reporter: { readonly key: string; readonly name: string } | undefined): {
  key: string
  name: string
} {
  const { key, name } = reporter ?? unknownReporter
  return { key, name }
}

async function sourcesById(
  { db }: ViewContext,
  ids: ReadonlySet<number>,
): Promise<ReadonlyMap<number, AggregateRow['source']>> {
  const rows = await db
    .selectFrom('source')
    .select(['id', 'ip', 'confirmed_ptr', 'asn', 'as_name', 'country'])
    .where('tenant', '=', onlyTenant)
    .where('id', 'in', [0, ...ids])
    .execute()
  return new Map(
    rows.map(({ id, ip, confirmed_ptr, asn, as_name, country }) => [
      id,
      { ip, ptr: confirmed_ptr, asn, asName: as_name, country },
    ]),
  )
}

async function decisionsOf(
  { db }: ViewContext,
  domains: ReadonlySet<number>,
  senders: ReadonlySet<number>,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('decision')
    .select(['domain', 'sender', 'decision'])
    .where('tenant', '=', onlyTenant)
    .where('domain', 'in', [0, ...domains])
    .where('sender', 'in', [0, ...senders])
    .execute()
  return new Map(rows.map(row => [`${row.domain} ${row.sender}`, row.decision]))
}

function readDkim(stored: string | undefined): AggregateRow['dkimResults'] {
  return readDkimMembers(stored ?? '[]').map((result: DkimResult) => ({
    domain: result.domain,
    selector: result.selector,
    result: result.result,
    rawResult: result.rawResult ?? null,
    humanResult: result.humanResult,
  }))
}

function readSpf(stored: string | undefined): AggregateRow['spfResults'] {
  return readSpfMembers(stored ?? '[]').map((result: SpfResult) => ({
    domain: result.domain,
    scope: result.scope,
    result: result.result,
    rawResult: result.rawResult ?? null,
    humanResult: result.humanResult,
  }))
}

function readReasons(stored: string | undefined): AggregateRow['reasons'] {
  const reasons: readonly Reason[] = JSON.parse(stored ?? '[]')
  return reasons.map(({ type, rawType, comment, arc }) => ({ type, rawType: rawType ?? null, comment, arc }))
}
