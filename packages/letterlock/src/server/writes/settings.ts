import { type Settings, settingsSchema } from '@letterlock/contract'
import type { Kysely } from 'kysely'
import type { Database } from '../../store/schema.ts'
import { defaultSettings, onlyTenant } from '../../store/schema.ts'

const names = ['failureReports', 'retentionDays', 'failureRetentionDays'] as const satisfies readonly (keyof Settings)[]

/** The settings of the app; one that nobody changed, or that does not fit, has its default. */
export async function readSettings(db: Kysely<Database>): Promise<Settings> {
  const rows = await db
    .selectFrom('setting')
    .select(['key', 'value'])
    .where('tenant', '=', onlyTenant)
    .where('key', 'in', names)
    .execute()
  const { failureReports, retentionDays, failureRetentionDays } = defaultSettings
  const found: Record<string, unknown> = { failureReports, retentionDays, failureRetentionDays }
  for (const { key, value } of rows) found[key] = JSON.parse(value)
  const parsed = settingsSchema.safeParse(found)
  return parsed.success ? parsed.data : { failureReports, retentionDays, failureRetentionDays }
}

/** Replaces the settings. */
export async function writeSettings(db: Kysely<Database>, settings: Settings): Promise<void> {
  await db.transaction().execute(async transaction => {
    for (const key of names) {
      const value = JSON.stringify(settings[key])
      await transaction
        .insertInto('setting')
        .values({ tenant: onlyTenant, key, value })
        .onConflict(conflict => conflict.columns(['tenant', 'key']).doUpdateSet({ value }))
        .execute()
    }
  })
}
