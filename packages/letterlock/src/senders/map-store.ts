import {
  builtInCatalogue,
  type Catalogue,
  type LoadedMap,
  parseSenderKey,
  type SenderLabel,
  type Service,
  senderLabel,
} from '@letterlock/posture'
import type { Kysely } from 'kysely'
import { type ChangeSummary, type Database, onlyTenant, type Settings, type Store } from '../store/store.ts'
import type { SenderMapFile } from './sender-map.ts'

/** Rows of one INSERT: far under the limit of parameters of either database. */
const insertRows = 1000

/** Keys looked up at once. */
const labelKeys = 500

const settingKey = 'senderServices' satisfies keyof Settings

/** Puts a map in the place of the one that was loaded before, and names the senders of rows anew where it changes them. */
export async function storeSenderMap(store: Store, map: SenderMapFile): Promise<ChangeSummary> {
  await store.write.transaction().execute(async transaction => {
    await transaction.deleteFrom('sender_name').where('tenant', '=', onlyTenant).execute()
    for (let at = 0; at < map.entries.length; at += insertRows) {
      const rows = map.entries.slice(at, at + insertRows).map(entry => ({ tenant: onlyTenant, ...entry }))
      await transaction.insertInto('sender_name').values(rows).execute()
    }
    const value = JSON.stringify(map.services.length === 0 ? null : { services: map.services, hash: map.hash })
    await transaction
      .insertInto('setting')
      .values({ tenant: onlyTenant, key: settingKey, value })
      .onConflict(conflict => conflict.columns(['tenant', 'key']).doUpdateSet({ value }))
      .execute()
  })
  return await nameSendersAsLoaded(store)
}

/** Makes the store name senders by the services that were loaded; quick where it does already. To be called after opening. */
export async function nameSendersAsLoaded(store: Store): Promise<ChangeSummary> {
  return await store.reattribute(await loadedServices(store.read))
}

/** The services of the loaded map, in the form that the store takes; null where none were loaded. */
export async function loadedServices(read: Kysely<Database>): Promise<LoadedMap | null> {
  const row = await read
    .selectFrom('setting')
    .select('value')
    .where('tenant', '=', onlyTenant)
    .where('key', '=', settingKey)
    .executeTakeFirst()
  if (row === undefined) return null
  // Written by `storeSenderMap` alone, from what it had checked.
  const value = JSON.parse(row.value) as Settings['senderServices']
  return value === null ? null : { entries: [], services: value.services, hash: value.hash }
}

/** What people read for sender keys: names of services, else those of the loaded map, else the key's own value. */
export async function labelSenders(
  read: Kysely<Database>,
  keys: readonly string[],
  catalogue: Catalogue = builtInCatalogue,
): Promise<ReadonlyMap<string, SenderLabel>> {
  const labels = new Map<string, SenderLabel>()
  const loaded = keys.some(key => key.startsWith('service:local-')) ? await loadedServices(read) : null
  const local = new Map((loaded?.services ?? []).map(service => [service.id, service] as const))
  for (let at = 0; at < keys.length; at += labelKeys) {
    const some = keys.slice(at, at + labelKeys)
    const names = await namesFor(read, some)
    for (const text of some) {
      const key = parseSenderKey(text)
      if (key === null) labels.set(text, { name: text, category: null, from: 'key' })
      else labels.set(text, localLabel(text, local) ?? nameFrom(text, names) ?? senderLabel(key, catalogue))
    }
  }
  return labels
}

function localLabel(key: string, local: ReadonlyMap<string, Service>): SenderLabel | null {
  const service = local.get(key.slice('service:'.length))
  return service === undefined ? null : { name: service.name, category: service.category, from: 'map' }
}

interface NameRow {
  readonly name: string
  readonly type: string | null
}

function nameFrom(key: string, names: ReadonlyMap<string, NameRow>): SenderLabel | null {
  for (const suffix of suffixesOf(key)) {
    const found = names.get(suffix)
    if (found !== undefined) return { name: found.name, category: found.type, from: 'map' }
  }
  return null
}

async function namesFor(read: Kysely<Database>, keys: readonly string[]): Promise<ReadonlyMap<string, NameRow>> {
  const wanted = [...new Set(keys.flatMap(suffixesOf))]
  const names = new Map<string, NameRow>()
  for (let at = 0; at < wanted.length; at += insertRows) {
    const rows = await read
      .selectFrom('sender_name')
      .select(['domain', 'name', 'type'])
      .where('tenant', '=', onlyTenant)
      .where('domain', 'in', wanted.slice(at, at + insertRows))
      .execute()
    for (const { domain, ...row } of rows) names.set(domain, row)
  }
  return names
}

/** The domain of a key and those above it, longest first; none where the key holds no domain. */
function suffixesOf(key: string): string[] {
  const match = /^(?:dkim|envelope|ptr):(.+)$/.exec(key)
  const labels = match?.[1]?.split('.') ?? []
  return labels.map((_, at) => labels.slice(at).join('.')).slice(0, Math.max(0, labels.length - 1))
}
