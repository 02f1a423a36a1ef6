import {
  type AddSourceBody,
  type ChangeSourceBody,
  folderSettingsSchema,
  mailboxSettingsSchema,
  type SourceEntry,
} from '@letterlock/contract'
import type { Kysely } from 'kysely'
import type { SourceState } from '../../intake/source/sources.ts'
import type { Database } from '../../store/schema.ts'
import { onlyTenant } from '../../store/schema.ts'
import { momentText } from '../../views/time.ts'
import { invalidRequest } from '../problem.ts'

const schemas = { imap: mailboxSettingsSchema, folder: folderSettingsSchema } as const

/** Every source with what it is doing. */
export async function sourceEntries(
  db: Kysely<Database>,
  states: readonly SourceState[],
  id: number | null = null,
): Promise<SourceEntry[]> {
  let query = db.selectFrom('source_config').selectAll().where('tenant', '=', onlyTenant)
  if (id !== null) query = query.where('id', '=', id)
  const rows = await query.orderBy('id').execute()
  return rows.map(row => {
    const state = states.find(one => one.id === row.id)
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      isEnabled: row.is_enabled === 1,
      config: schemas[row.kind].parse(JSON.parse(row.config)),
      createdAt: momentText(row.created_at),
      lastRunAt: row.last_run_at === null ? null : momentText(row.last_run_at),
      lastError: row.last_error,
      state:
        state === undefined ? null : { phase: state.phase, done: state.done, total: state.total, error: state.error },
    }
  })
}

export async function addSource(db: Kysely<Database>, body: AddSourceBody, now: number): Promise<number> {
  const row = await db
    .insertInto('source_config')
    .values({
      tenant: onlyTenant,
      kind: body.kind,
      name: body.name,
      config: JSON.stringify(body.config),
      state: '{}',
      is_enabled: body.isEnabled === false ? 0 : 1,
      created_at: now,
      last_run_at: null,
      last_error: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

/** False where there is no such source. */
export async function changeSource(db: Kysely<Database>, id: number, body: ChangeSourceBody): Promise<boolean> {
  return await db.transaction().execute(async transaction => {
    const row = await transaction
      .selectFrom('source_config')
      .select(['kind', 'name', 'config', 'state', 'is_enabled'])
      .where('tenant', '=', onlyTenant)
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) return false
    const config = body.config === undefined ? null : schemas[row.kind].safeParse(body.config)
    if (config !== null && !config.success) throw invalidRequest(config.error, 'body.config')
    await transaction
      .updateTable('source_config')
      .set({
        name: body.name ?? row.name,
        is_enabled: body.isEnabled === undefined ? row.is_enabled : body.isEnabled ? 1 : 0,
        config: config === null ? row.config : JSON.stringify(config.data),
      })
      .where('tenant', '=', onlyTenant)
      .where('id', '=', id)
      .execute()
    return true
  })
}

/** False where there is no such source. */
export async function removeSource(db: Kysely<Database>, id: number): Promise<boolean> {
  const result = await db
    .deleteFrom('source_config')
    .where('tenant', '=', onlyTenant)
    .where('id', '=', id)
    .executeTakeFirst()
  return Number(result.numDeletedRows) > 0
}
