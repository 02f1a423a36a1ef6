import {
  builtInCatalogue,
  type Catalogue,
  catalogueOf,
  catalogueVersion,
  type LoadedMap,
  services,
} from '@letterlock/posture'
import type { Kysely, Transaction } from 'kysely'
import { namingSetting, type SenderMap, unfinishedNaming } from '../store/attribution.ts'
import { type Database, onlyTenant, type Settings } from '../store/store.ts'
import type { SenderMapFile } from './sender-map.ts'

/** Rows of one INSERT: far under the limit of parameters of either database. */
const insertRows = 1000

type MapSetting = 'senderServices' | 'senderMapOrigin'

/** Where a map came from, for people. `loadedAt` in seconds since 1970. */
export type MapOrigin = NonNullable<Settings['senderMapOrigin']>

/** What is known of the map in force. */
export interface MapState {
  /** Null where it was loaded by a version that did not note it. */
  readonly origin: MapOrigin | null
  readonly names: number
  readonly services: number
}

/**
 * Puts a map in the place of the one that was loaded before. Gives what `Store.reattribute` names rows by, which is
 * called next.
 */
export async function writeSenderMap(
  write: Kysely<Database>,
  map: SenderMapFile,
  origin: MapOrigin,
): Promise<SenderMap | null> {
  const loaded: Settings['senderServices'] =
    map.services.length === 0 ? null : { services: map.services, hash: map.hash }
  await write.transaction().execute(async transaction => {
    await transaction.deleteFrom('sender_name').where('tenant', '=', onlyTenant).execute()
    for (let at = 0; at < map.entries.length; at += insertRows) {
      const rows = map.entries.slice(at, at + insertRows).map(entry => ({ tenant: onlyTenant, ...entry }))
      await transaction.insertInto('sender_name').values(rows).execute()
    }
    await writeSetting(transaction, 'senderServices', loaded)
    await writeSetting(transaction, 'senderMapOrigin', { ...origin, hash: map.hash })
  })
  return loaded === null ? null : { entries: [], ...loaded }
}

/** Removes the loaded map; `Store.reattribute(null)` is called next. */
export async function removeSenderMap(write: Kysely<Database>): Promise<void> {
  await write.transaction().execute(async transaction => {
    await transaction.deleteFrom('sender_name').where('tenant', '=', onlyTenant).execute()
    await writeSetting(transaction, 'senderServices', null)
    await writeSetting(transaction, 'senderMapOrigin', null)
  })
}

/** Tells one load of a map from another: what stands in the store about it, and nothing before the first. */
export async function senderMapMark(read: Kysely<Database>): Promise<string> {
  return JSON.stringify(await readSetting(read, 'senderMapOrigin'))
}

/**
 * The services of the map that another process loaded, for `Store.reattribute`, which is called next and names all rows:
 * those too that this process named by the map before while it did not know of the other.
 */
export async function takeSenderMap(write: Kysely<Database>): Promise<SenderMap | null> {
  await write
    .updateTable('setting')
    .set({ value: unfinishedNaming })
    .where('tenant', '=', onlyTenant)
    .where('key', '=', namingSetting)
    .execute()
  const loaded = await readSetting(write, 'senderServices')
  return loaded === null ? null : { entries: [], ...loaded }
}

/** The map in force; null where none is loaded. */
export async function senderMapState(read: Kysely<Database>): Promise<MapState | null> {
  const { names } = await read
    .selectFrom('sender_name')
    .where('tenant', '=', onlyTenant)
    .select(eb => eb.fn.countAll<number>().as('names'))
    .executeTakeFirstOrThrow()
  const loaded = await readSetting(read, 'senderServices')
  const origin = await readSetting(read, 'senderMapOrigin')
  if (Number(names) === 0 && loaded === null && origin === null) return null
  return { origin, names: Number(names), services: loaded?.services.length ?? 0 }
}

/** The built-in services with what a person loaded: what names senders for people. */
export async function loadedCatalogue(read: Kysely<Database>): Promise<Catalogue> {
  const loaded = await readSetting(read, 'senderServices')
  const entries = await read
    .selectFrom('sender_name')
    .select(['domain', 'name', 'type'])
    .where('tenant', '=', onlyTenant)
    .execute()
  if (loaded === null && entries.length === 0) return builtInCatalogue
  const map: LoadedMap = { entries, services: loaded?.services ?? [], hash: loaded?.hash ?? 'names' }
  return catalogueOf({ services, version: catalogueVersion, map })
}

async function writeSetting<Name extends MapSetting>(
  transaction: Transaction<Database>,
  key: Name,
  content: Settings[Name],
): Promise<void> {
  const value = JSON.stringify(content)
  await transaction
    .insertInto('setting')
    .values({ tenant: onlyTenant, key, value })
    .onConflict(conflict => conflict.columns(['tenant', 'key']).doUpdateSet({ value }))
    .execute()
}

async function readSetting<Name extends MapSetting>(read: Kysely<Database>, key: Name): Promise<Settings[Name] | null> {
  const row = await read
    .selectFrom('setting')
    .select('value')
    .where('tenant', '=', onlyTenant)
    .where('key', '=', key)
    .executeTakeFirst()
  // Written here alone, from what was checked.
  return row === undefined ? null : (JSON.parse(row.value) as Settings[Name])
}
