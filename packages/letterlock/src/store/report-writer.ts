import type { AggregateHead, AggregateSummary, Deviation } from '@letterlock/protocols'
import { identityDigest } from './digest.ts'
import { equalRowsSql } from './equal-rows.ts'
import type { DeliveryContext } from './intake-context.ts'
import type { DocumentVerdict } from './intake-op.ts'
import type { ReportKind, ReportMetadataJson } from './schema.ts'
import { dictionaryText, type RowPlace, type Session, type SqlValue, storableText } from './session.ts'

export const secondsPerDay = 86_400

/** A report that is being written: where its rows go, and what tells it from others. */
export interface NewReport extends RowPlace {
  readonly kind: ReportKind
  readonly identity: Uint8Array
  readonly head: AggregateHead | null
  /** Reports of the same identity with other content. */
  readonly others: readonly number[]
}

/** Columns of a report that depend on its kind. Texts are storable already (`storableText`, or JSON). */
export type ReportColumns = Readonly<Record<string, SqlValue>>

/** What names a report, whatever its kind. */
export interface ReportName {
  readonly tenant: number
  readonly kind: ReportKind
  readonly domain: string
  readonly reporter: string
  readonly reportId: string
  readonly begin: number
  readonly end: number
}

/** What a document has from the delivery that brought it. */
export interface DocumentArrival {
  readonly tenant: number
  readonly receivedAt: number
}

/** Finds and adds reports of every kind. */
export class ReportWriter {
  readonly context: DeliveryContext
  readonly #session: Session
  /** The id that the next report takes, in place of a new one: a report that is parsed again keeps its own. */
  readonly #keptId: number | null

  constructor(context: DeliveryContext, keptId: number | null = null) {
    this.context = context
    this.#session = context.session
    this.#keptId = keptId
  }

  /** The verdict for content that is known or expired; null for new content. */
  async known(tenant: number, hash: Uint8Array): Promise<DocumentVerdict | null> {
    const [found] = await this.#session.all(
      `SELECT id, kind, records, messages FROM report WHERE tenant = ? AND hash = ?
       UNION ALL SELECT 0, 'expired', 0, 0 FROM tombstone WHERE tenant = ? AND hash = ?`,
      [tenant, hash, tenant, hash],
    )
    if (found === undefined) return null
    if (found['kind'] === 'expired') return expiredVerdict
    return knownVerdict(Number(found['id']), {
      kind: kindOf(found['kind']),
      rows: Number(found['records']),
      messages: Number(found['messages']),
      reason: 'same content',
    })
  }

  /** The place of a new aggregate report. */
  async aggregate(tenant: number, head: AggregateHead): Promise<NewReport> {
    const { metadata, policy } = head
    const place = await this.place({
      tenant,
      kind: 'aggregate',
      domain: policy.domain,
      reporter: metadata.orgName,
      reportId: metadata.reportId,
      begin: metadata.begin,
      end: metadata.end,
    })
    return { ...place, head }
  }

  /** Ids for a new report, and the reports that its reporter would call the same. */
  async place(name: ReportName): Promise<NewReport> {
    const { tenant } = name
    const [domain = 0] = await this.#session.intern('domain', tenant, [this.domainEntry(name.domain)])
    const orgName = dictionaryText(name.reporter.trim())
    const [reporter = 0] = await this.#session.intern('reporter', tenant, [
      { key: dictionaryText(orgName.toLowerCase()), extra: [orgName] },
    ])
    const identity = identityDigest([name.kind, reporter, name.reportId, domain, name.begin, name.end])
    const others = await this.#session.all('SELECT id FROM report WHERE tenant = ? AND identity = ?', [
      tenant,
      identity,
    ])
    return {
      tenant,
      kind: name.kind,
      domain,
      reporter,
      report: this.#keptId ?? (await this.#session.nextReportId()),
      day: Math.floor(name.begin / secondsPerDay),
      identity,
      head: null,
      others: others.map(row => Number(row['id'])),
    }
  }

  /** A domain that only a report mentions is untracked until a person keeps it. */
  domainEntry(name: string): { readonly key: string; readonly extra: readonly SqlValue[] } {
    return { key: dictionaryText(name), extra: [0, 'unknown', '[]', this.context.now] }
  }

  /** The verdict where another report of the same identity has the same rows; the rows of both are stored. */
  async equalOf(report: NewReport): Promise<DocumentVerdict | null> {
    const { tenant, kind, day } = report
    // A report that is parsed again stays a report of its own.
    if (this.#keptId !== null) return null
    for (const other of report.others) {
      const place = [tenant, tenant, day, report.report, tenant, tenant, day, other]
      let isEqual = true
      for (const sql of equalRowsSql[kind]) isEqual &&= (await this.#session.all(sql, place)).length === 0
      if (isEqual) return knownVerdict(other, { kind, rows: 0, messages: 0, reason: 'same report, equal rows' })
    }
    return null
  }

  async addAggregate(
    report: NewReport,
    end: {
      readonly hash: Uint8Array
      readonly size: number
      readonly summary: AggregateSummary
      readonly received: number
      readonly rows: number
    },
  ): Promise<void> {
    const { head, isPartial, deviations, deviationCounts, messages } = end.summary
    const { metadata, policy } = head
    await this.add(report, {
      hash: end.hash,
      size: end.size,
      report_id: storableText(metadata.reportId),
      begin_at: metadata.begin,
      end_at: metadata.end,
      received_at: end.received,
      form: head.form,
      records: end.rows,
      messages,
      failed: 0,
      is_partial: isPartial ? 1 : 0,
      deviations: deviations.length === 0 ? '[]' : JSON.stringify(deviations),
      deviation_counts: JSON.stringify(deviationCounts),
      policy_p: policy.p,
      policy_sp: policy.sp,
      policy_np: policy.np,
      policy_testing: policy.testing === null ? null : Number(policy.testing),
      policy: JSON.stringify(policy),
      metadata: JSON.stringify({
        orgName: metadata.orgName,
        email: metadata.email,
        extraContactInfo: metadata.extraContactInfo,
        errors: metadata.errors,
        generator: metadata.generator,
        version: head.version,
        namespace: head.namespace,
      } satisfies ReportMetadataJson),
    })
  }

  async add(report: NewReport, columns: ReportColumns): Promise<void> {
    const { tenant, kind, domain, reporter, day, identity, others } = report
    const isOverlapping = others.length > 0
    await this.#session.insert('report', {
      id: report.report,
      tenant,
      kind,
      identity,
      domain,
      reporter,
      day,
      is_overlapping: isOverlapping ? 1 : 0,
      authentication: 'not checked',
      ...columns,
    })
    if (isOverlapping)
      await this.#session.run('UPDATE report SET is_overlapping = 1 WHERE tenant = ? AND identity = ?', [
        tenant,
        identity,
      ])
  }
}

function kindOf(value: SqlValue | undefined): DocumentVerdict['kind'] {
  return value === 'aggregate' || value === 'tls' || value === 'failure' ? value : 'none'
}

function knownVerdict(
  reportId: number | null,
  of: Pick<DocumentVerdict, 'kind' | 'rows' | 'messages' | 'reason'>,
): DocumentVerdict {
  return { path: '', verdict: 'known', reportId, deviations: {}, code: null, ...of }
}

export function countByCode(deviations: readonly Deviation[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { code } of deviations) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

const expiredVerdict: DocumentVerdict = {
  ...knownVerdict(null, { kind: 'none', rows: 0, messages: 0, reason: 'removed by retention; it does not come back' }),
  code: 'expired',
}
