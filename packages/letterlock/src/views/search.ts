import type { SearchHit } from '@letterlock/contract'
import { type Catalogue, services } from '@letterlock/posture'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../store/schema.ts'
import { onlyTenant } from '../store/schema.ts'
import { namesOf, unknownSender } from './sender-name.ts'

/** Hits of one kind. */
export const searchHitsLimit = 8

/** Domains, senders, addresses, reporters and reports by a part of their name. */
export async function searchView(db: Kysely<Database>, catalogue: Catalogue, text: string): Promise<SearchHit[]> {
  const wanted = text.toLowerCase()
  const groups = await Promise.all([
    domainHits(db, wanted),
    senderHits(db, catalogue, wanted),
    sourceHits(db, wanted),
    reporterHits(db, wanted),
    reportHits(db, wanted),
  ])
  return groups.flat()
}

/** `%` and `_` of a person are themselves. */
function contains(column: string, text: string): RawBuilder<boolean> {
  const escaped = text.replace(/[\\%_]/g, found => `\\${found}`)
  return sql<boolean>`lower(${sql.ref(column)}) like ${`%${escaped}%`} escape '\\'`
}

async function domainHits(db: Kysely<Database>, text: string): Promise<SearchHit[]> {
  const rows = await db
    .selectFrom('domain')
    .select(['name', 'is_tracked'])
    .where('tenant', '=', onlyTenant)
    .where('name', '<>', '')
    .where(contains('domain.name', text))
    .orderBy('is_tracked', 'desc')
    .orderBy('name')
    .limit(searchHitsLimit)
    .execute()
  return rows.map(row => ({
    kind: 'domain',
    label: row.name,
    detail: row.is_tracked === 1 ? null : 'named in reports only',
    link: { screen: 'domain', id: row.name, query: {} },
  }))
}

async function senderHits(db: Kysely<Database>, catalogue: Catalogue, text: string): Promise<SearchHit[]> {
  const named = services
    .filter(service => service.name.toLowerCase().includes(text))
    .map(service => `service:${service.id}`)
  const rows = await db
    .selectFrom('sender')
    .select(['id', 'key', 'basis', 'basis_value'])
    .where('tenant', '=', onlyTenant)
    .where(eb => eb.or([contains('sender.key', text), eb('key', 'in', ['', ...named])]))
    .orderBy('key', 'desc')
    .limit(searchHitsLimit)
    .execute()
  const names = namesOf({ catalogue }, rows)
  return rows.map(row => {
    const { key, name, kind } = names.get(row.id) ?? unknownSender
    return { kind: 'sender', label: name, detail: kind, link: { screen: 'sender', id: key, query: {} } }
  })
}

/** Addresses by their beginning: the index serves that. */
async function sourceHits(db: Kysely<Database>, text: string): Promise<SearchHit[]> {
  if (!/^[0-9a-f]*[.:][0-9a-f.:]*$/.test(text)) return []
  const rows = await db
    .selectFrom('source')
    .select(['ip', 'confirmed_ptr'])
    .where('tenant', '=', onlyTenant)
    .where('ip', '>=', text)
    .where('ip', '<', `${text}~`)
    .orderBy('ip')
    .limit(searchHitsLimit)
    .execute()
  return rows.map(row => ({
    kind: 'source',
    label: row.ip,
    detail: row.confirmed_ptr,
    link: { screen: 'rows', id: null, query: { source: [row.ip] } },
  }))
}

async function reporterHits(db: Kysely<Database>, text: string): Promise<SearchHit[]> {
  const rows = await db
    .selectFrom('reporter')
    .select(['key', 'name'])
    .where('tenant', '=', onlyTenant)
    .where(contains('reporter.key', text))
    .orderBy('key')
    .limit(searchHitsLimit)
    .execute()
  return rows.map(row => ({
    kind: 'reporter',
    label: row.name,
    detail: null,
    link: { screen: 'reports', id: null, query: { reporter: [row.key] } },
  }))
}

/** A report by its number here, or by the hash of its content. */
async function reportHits(db: Kysely<Database>, text: string): Promise<SearchHit[]> {
  const isHash = /^[0-9a-f]{64}$/.test(text)
  const isNumber = /^\d{1,15}$/.test(text)
  if (!isHash && !isNumber) return []
  const query = db.selectFrom('report').select(['id', 'report_id']).where('tenant', '=', onlyTenant)
  const rows = await (isHash
    ? query.where('hash', '=', new Uint8Array(Buffer.from(text, 'hex')))
    : query.where('id', '=', Number(text))
  ).execute()
  return rows.map(row => ({
    kind: 'report',
    label: `Report ${row.id}`,
    detail: row.report_id,
    link: { screen: 'report', id: String(row.id), query: {} },
  }))
}
