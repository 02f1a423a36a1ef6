import type { DomainDay } from './rollup.ts'
import type { Session, SqlValue } from './session.ts'

/** What a change operation did. */
export interface ChangeSummary {
  readonly reports: number
  readonly rows: number
}

/** Reports of one day of one domain that go together. */
export interface RemovedDay extends DomainDay {
  /** Failure reports have a shorter life of their own; `all` is for a domain that a person removes. */
  readonly kinds: 'aggregate and tls' | 'failure' | 'all'
  /** Remember the content, so that it does not come back. */
  readonly leavesTombstones: boolean
  readonly now: number
}

const kindCondition = {
  'aggregate and tls': "kind <> 'failure'",
  failure: "kind = 'failure'",
  all: '1 = 1',
} as const satisfies Record<RemovedDay['kinds'], string>

/** Removes rows, roll-ups, reports and bytes of a day together. */
export async function removeDay(session: Session, of: RemovedDay): Promise<ChangeSummary> {
  const { tenant, domain, day } = of
  const place = [tenant, domain, day]
  const reports = await session.all(
    `SELECT id, kind, hash FROM report WHERE tenant = ? AND domain = ? AND day = ? AND ${kindCondition[of.kinds]}`,
    place,
  )
  let rows = 0
  if (of.kinds !== 'failure') {
    rows = await session.run('DELETE FROM aggregate_row WHERE tenant = ? AND domain = ? AND day = ?', place)
    await session.run('DELETE FROM aggregate_rollup WHERE tenant = ? AND domain = ? AND day = ?', place)
    rows += await session.run('DELETE FROM tls_policy WHERE tenant = ? AND domain = ? AND day = ?', place)
    await session.run('DELETE FROM tls_failure WHERE tenant = ? AND domain = ? AND day = ?', place)
  }
  for (const report of reports) {
    const id = Number(report['id'])
    if (report['kind'] === 'tls') await removeTlsRows(session, { tenant, day, report: id })
    if (report['kind'] === 'failure')
      rows += await session.run('DELETE FROM failure_report WHERE tenant = ? AND report = ?', [tenant, id])
    if (of.leavesTombstones) await leaveTombstone(session, tenant, report['hash'] ?? null, of.now)
    await removeReport(session, tenant, id)
  }
  return { reports: reports.length, rows }
}

async function leaveTombstone(session: Session, tenant: number, hash: SqlValue, now: number): Promise<void> {
  await session.run('INSERT INTO tombstone (tenant, hash, removed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
    tenant,
    hash,
    now,
  ])
}

/** Policies of a TLS report may stand under several domains; the index is entered by each of them. */
export async function removeTlsRows(
  session: Session,
  { tenant, day, report }: { readonly tenant: number; readonly day: number; readonly report: number },
): Promise<void> {
  for (const table of ['tls_policy', 'tls_failure'])
    await session.run(
      `DELETE FROM ${table} WHERE tenant = ? AND domain IN (SELECT id FROM domain WHERE tenant = ?) AND day = ?
       AND report = ?`,
      [tenant, tenant, day, report],
    )
}

/** Removes a report whose rows are gone, and the deliveries that brought nothing else. */
async function removeReport(session: Session, tenant: number, report: number): Promise<void> {
  const joined = await session.all('SELECT delivery FROM delivery_report WHERE tenant = ? AND report = ?', [
    tenant,
    report,
  ])
  await session.run('DELETE FROM delivery_report WHERE tenant = ? AND report = ?', [tenant, report])
  await session.run('DELETE FROM report WHERE tenant = ? AND id = ?', [tenant, report])
  for (const row of joined) await dropDelivery(session, tenant, Number(row['delivery']))
}

/** Removes a delivery and its bytes unless a report, a quarantine entry or the same bytes elsewhere need it. */
export async function dropDelivery(session: Session, tenant: number, delivery: number): Promise<void> {
  const [needed] = await session.all(
    `SELECT 1 AS found FROM delivery_report WHERE tenant = ? AND delivery = ?
     UNION ALL SELECT 1 FROM quarantine WHERE tenant = ? AND delivery = ?
     UNION ALL SELECT 1 FROM delivery AS other JOIN delivery AS this ON this.tenant = other.tenant AND this.hash = other.hash
       WHERE this.tenant = ? AND this.id = ? AND other.bytes_of = this.id LIMIT 1`,
    [tenant, delivery, tenant, delivery, tenant, delivery],
  )
  if (needed !== undefined) return
  const [row] = await session.all('SELECT bytes_of FROM delivery WHERE tenant = ? AND id = ?', [tenant, delivery])
  await session.run('DELETE FROM delivery_piece WHERE tenant = ? AND delivery = ?', [tenant, delivery])
  await session.run('DELETE FROM delivery WHERE tenant = ? AND id = ?', [tenant, delivery])
  const home = row?.['bytes_of'] ?? null
  if (home !== null) await dropDelivery(session, tenant, Number(home))
}

/** What is left of a domain when its reports are gone. */
export async function removeDomainItself(session: Session, tenant: number, domain: number): Promise<void> {
  for (const table of [
    'aggregate_row',
    'aggregate_rollup',
    'tls_policy',
    'tls_failure',
    'decision',
    'decision_history',
  ])
    await session.run(`DELETE FROM ${table} WHERE tenant = ? AND domain = ?`, [tenant, domain])
  await session.run('DELETE FROM domain WHERE tenant = ? AND id = ?', [tenant, domain])
  session.forget('domain', tenant)
}

/** Removes a quarantine entry; false where there is none. */
export async function removeQuarantineEntry(session: Session, tenant: number, id: number): Promise<boolean> {
  const [row] = await session.all('SELECT delivery FROM quarantine WHERE tenant = ? AND id = ?', [tenant, id])
  if (row === undefined) return false
  await session.run('DELETE FROM quarantine WHERE tenant = ? AND id = ?', [tenant, id])
  const home = Number(row['delivery'])
  const same = await session.all(
    'SELECT id FROM delivery WHERE tenant = ? AND bytes_of = ? AND hash = (SELECT hash FROM delivery WHERE tenant = ? AND id = ?)',
    [tenant, home, tenant, home],
  )
  for (const other of same) await dropDelivery(session, tenant, Number(other['id']))
  await dropDelivery(session, tenant, home)
  return true
}
