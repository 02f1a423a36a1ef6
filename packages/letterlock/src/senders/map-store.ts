import {
  builtInCatalogue,
  type Catalogue,
  catalogueOf,
  catalogueVersion,
  type LoadedMap,
  services,
} from '@letterlock/posture'
import type { Kysely } from 'kysely'
import { type ChangeSummary, type Database, onlyTenant, type Settings, type Store } from '../store/store.ts'
import type { SenderMapFile } from './sender-map.ts'

/** Rows of one INSERT: far under the limit of parameters of either database. */
const insertRows = 1000

const settingKey = 'senderServices' satisfies keyof Settings

/** Puts a map in the place of the one that was loaded before, and names the senders of rows anew where it changes them. */
export async function storeSenderMap(store: Store, map: SenderMapFile): Promise<ChangeSummary> {
  const loaded: Settings['senderServices'] =
    map.services.length === 0 ? null : { services: map.services, hash: map.hash }
  await store.write.transaction().execute(async transaction => {
    await transaction.deleteFrom('sender_name').where('tenant', '=', onlyTenant).execute()
    for (let at = 0; at < map.entries.length; at += insertRows) {
      const rows = map.entries.slice(at, at + insertRows).map(entry => ({ tenant: onlyTenant, ...entry }))
      await transaction.insertInto('sender_name').values(rows).execute()
    }
    const value = JSON.stringify(loaded)
    await transaction
      .insertInto('setting')
      .values({ tenant: onlyTenant, key: settingKey, value })
      .onConflict(conflict => conflict.columns(['tenant', 'key']).doUpdateSet({ value }))
      .execute()
  })
  return await store.reattribute(loaded === null ? null : { entries: [], ...loaded })
}

/** The built-in services with what a person loaded: what names senders for people. */
export async function loadedCatalogue(read: Kysely<Database>): Promise<Catalogue> {
  const loaded = await loadedServices(read)
  const entries = await read
    .selectFrom('sender_name')
    .select(['domain', 'name', 'type'])
    .where('tenant', '=', onlyTenant)
    .execute()
  if (loaded === null && entries.length === 0) return builtInCatalogue
  const map: LoadedMap = { entries, services: loaded?.services ?? [], hash: loaded?.hash ?? 'names' }
  return catalogueOf({ services, version: catalogueVersion, map })
}

async function loadedServices(read: Kysely<Database>): Promise<Settings['senderServices']> {
  const row = await read
    .selectFrom('setting')
    .select('value')
    .where('tenant', '=', onlyTenant)
    .where('key', '=', settingKey)
    .executeTakeFirst()
  // Written by `storeSenderMap` alone, from what it had checked.
  return row === undefined ? null : (JSON.parse(row.value) as Settings['senderServices'])
}
