import { type DomainDay, rebuildRollup } from './rollup.ts'
import type { SenderIds, SenderQuestion } from './sender-ids.ts'
import type { Session, SqlRow, SqlValue } from './session.ts'
import type { SourceFactsFound } from './store.ts'
import { readDkimMembers, readSpfMembers } from './value-set.ts'

/** What of a row may name its sender, beside its place and the sender it has. */
const questionSql = `SELECT r.domain, r.day, r.report, r.seq, r.source, r.header_from, r.dkim_set, r.spf_set, r.sender,
    r.is_proven, source.ip, name.name AS header_from_name, dkim_set.members AS dkim, spf_set.members AS spf
  FROM aggregate_row AS r
    LEFT JOIN source ON source.tenant = r.tenant AND source.id = r.source
    LEFT JOIN name ON name.tenant = r.tenant AND name.id = r.header_from
    LEFT JOIN dkim_set ON dkim_set.tenant = r.tenant AND dkim_set.id = r.dkim_set
    LEFT JOIN spf_set ON spf_set.tenant = r.tenant AND spf_set.id = r.spf_set`

function questionOf(row: SqlRow): SenderQuestion {
  return {
    source: Number(row['source']),
    sourceIp: textOf(row['ip']),
    headerFrom: Number(row['header_from']),
    headerFromName: textOf(row['header_from_name']) ?? '',
    dkimSet: Number(row['dkim_set']),
    dkimResults: readDkimMembers(textOf(row['dkim']) ?? '[]'),
    spfSet: Number(row['spf_set']),
    spfResults: readSpfMembers(textOf(row['spf']) ?? '[]'),
  }
}

function textOf(value: SqlValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** Names the senders of all rows of a day again by the catalogue of `senders`. Returns how many changed. */
export async function reattributeDay(session: Session, senders: SenderIds, of: DomainDay): Promise<number> {
  const place = [of.tenant, of.domain, of.day]
  const rows = await session.all(`${questionSql} WHERE r.tenant = ? AND r.domain = ? AND r.day = ?`, place)
  const changed = await renameSenders(session, senders, of.tenant, rows)
  const catalogue = await senders.catalogue(session)
  await session.run(
    'UPDATE aggregate_row SET catalogue = ? WHERE tenant = ? AND domain = ? AND day = ? AND catalogue <> ?',
    [catalogue, ...place, catalogue],
  )
  if (changed.length > 0) await rebuildRollup(session, of)
  return changed.length
}

/** Stores facts about sources and names the senders of their unproven rows again. Returns how many changed. */
export async function storeFacts(
  session: Session,
  senders: SenderIds,
  of: { readonly tenant: number; readonly facts: readonly SourceFactsFound[] },
): Promise<number> {
  const { tenant, facts } = of
  for (const found of facts) await storeFactsOfSource(session, tenant, found)
  senders.forgetSources(facts.map(({ source }) => source))
  const days = new Map<string, DomainDay>()
  let count = 0
  for (const { source } of facts) {
    const rows = await session.all(`${questionSql} WHERE r.tenant = ? AND r.source = ? AND r.is_proven = 0`, [
      tenant,
      source,
    ])
    const changed = await renameSenders(session, senders, tenant, rows)
    count += changed.length
    for (const row of changed) {
      const domain = Number(row['domain'])
      const day = Number(row['day'])
      days.set(`${domain} ${day}`, { tenant, domain, day })
    }
  }
  for (const day of days.values()) await rebuildRollup(session, day)
  return count
}

async function storeFactsOfSource(session: Session, tenant: number, found: SourceFactsFound): Promise<void> {
  const { source, ptr, network, lookedUpAt } = found
  if (ptr !== undefined)
    await session.run('UPDATE source SET confirmed_ptr = ?, ptr_looked_up_at = ? WHERE tenant = ? AND id = ?', [
      ptr,
      lookedUpAt,
      tenant,
      source,
    ])
  if (network !== undefined)
    await session.run(
      'UPDATE source SET asn = ?, as_name = ?, country = ?, asn_looked_up_at = ? WHERE tenant = ? AND id = ?',
      [network?.asn ?? null, network?.asName ?? null, network?.country ?? null, lookedUpAt, tenant, source],
    )
}

/** Writes the senders that differ, and returns their rows. */
async function renameSenders(
  session: Session,
  senders: SenderIds,
  tenant: number,
  rows: readonly SqlRow[],
): Promise<readonly SqlRow[]> {
  const answers = await senders.of(session, rows.map(questionOf))
  const catalogue = await senders.catalogue(session)
  const changed: SqlRow[] = []
  for (const [at, row] of rows.entries()) {
    const answer = answers[at]
    if (answer === undefined) continue
    const isProven = answer.isProven ? 1 : 0
    if (answer.sender === Number(row['sender']) && isProven === Number(row['is_proven'])) continue
    changed.push(row)
    await session.run(
      `UPDATE aggregate_row SET sender = ?, is_proven = ?, catalogue = ?
       WHERE tenant = ? AND domain = ? AND day = ? AND report = ? AND seq = ?`,
      [
        answer.sender,
        isProven,
        catalogue,
        tenant,
        Number(row['domain']),
        Number(row['day']),
        Number(row['report']),
        Number(row['seq']),
      ],
    )
  }
  return changed
}
