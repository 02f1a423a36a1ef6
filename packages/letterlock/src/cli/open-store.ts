import type { ResolvedConfiguration } from '../config/resolve.ts'
import { readSecretFile } from '../config/secret-file.ts'
import { createIntake } from '../intake/create-intake.ts'
import type { Intake, IntakeOptions } from '../intake/intake.ts'
import { defaultSettings, onlyTenant, type Store, type StorePlace } from '../store/store.ts'
import { usageError } from './exit-code.ts'

/** A store and its intake that a command opened itself, because no instance runs on its data. */
export interface CommandIntake {
  readonly store: Store
  readonly intake: Intake
  close(): Promise<void>
}

/** Opens the store that the configuration names, and an intake for it. */
export async function openCommandIntake(
  configuration: ResolvedConfiguration,
  more: Pick<IntakeOptions, 'quarantineFolder' | 'onRows'> = {},
): Promise<CommandIntake> {
  const { openStore } = await import('../store/open-store.ts')
  const store = await openStore(storePlace(configuration))
  const isKept = await keepsFailureReports(store)
  const intake = createIntake(store, { ...intakeOptions(configuration, () => isKept), ...more })
  return {
    store,
    intake,
    async close() {
      await intake.close()
      await store.close()
    },
  }
}

/** An intake that stores nothing. */
export function openDryIntake(
  configuration: ResolvedConfiguration,
  more: Pick<IntakeOptions, 'quarantineFolder' | 'onRows'> = {},
): Intake {
  return createIntake(null, { ...intakeOptions(configuration, () => false), ...more })
}

function intakeOptions(configuration: ResolvedConfiguration, keeps: () => boolean): IntakeOptions {
  return {
    tenant: onlyTenant,
    threads: configuration.values['intake.threads'],
    unpackedLimit: configuration.values['intake.unpacked-limit'],
    keepsFailureReports: keeps,
  }
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
