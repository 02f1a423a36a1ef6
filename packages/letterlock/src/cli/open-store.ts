import type { ResolvedConfiguration } from '../config/resolve.ts'
import { readSecretFile } from '../config/secret-file.ts'
import { defaultSettings, onlyTenant, type Store, type StorePlace } from '../store/store.ts'
import { usageError } from './exit-code.ts'

/** A store that a command opened itself, because no instance runs on its data. */
export interface CommandStore {
  readonly store: Store
  keepsFailureReports(): Promise<boolean>
}

/** Opens the store that the configuration names. Whoever calls closes it. */
export async function openCommandStore(configuration: ResolvedConfiguration): Promise<CommandStore> {
  const { openStore } = await import('../store/open-store.ts')
  const store = await openStore(storePlace(configuration))
  return { store, keepsFailureReports: () => keepsFailureReports(store) }
}

/** Where the store lives, with the password from its file. */
export function storePlace(configuration: ResolvedConfiguration): StorePlace {
  const { values } = configuration
  const url = values['database.url']
  if (url === null) return { dataDir: values.data }
  const passwordFile = values['database.password-file']
  if (passwordFile === null) return { postgresUrl: url, dataDir: values.data }
  const secret = readSecretFile(passwordFile)
  if (!secret.ok) throw usageError(`database.password-file: ${secret.text}`)
  const withPassword = new URL(url)
  withPassword.password = encodeURIComponent(secret.value)
  return { postgresUrl: withPassword.href, dataDir: values.data }
}

/** The setting that a person makes in the app. */
export async function keepsFailureReports(store: Store): Promise<boolean> {
  const row = await store.read
    .selectFrom('setting')
    .select('value')
    .where('tenant', '=', onlyTenant)
    .where('key', '=', 'failureReports')
    .executeTakeFirst()
  return row === undefined ? defaultSettings.failureReports : row.value === 'true'
}
