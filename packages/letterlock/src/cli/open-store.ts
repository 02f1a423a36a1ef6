import type { ResolvedConfiguration } from '../config/resolve.ts'
import { readSecretFile } from '../config/secret-file.ts'
import { createIntake } from '../intake/create-intake.ts'
import type { Intake, IntakeOptions } from '../intake/intake.ts'
import { subjectHashKey } from '../intake/subject-hash.ts'
import type { StorePlace } from '../store/open-store.ts'
import { defaultSettings, onlyTenant, type Store } from '../store/store.ts'
import { CommandError, exitCodes, usageError } from './exit-code.ts'

/** A store and its intake that a command opened itself, because no instance runs on its data. */
export interface CommandIntake {
  readonly store: Store
  readonly intake: Intake
  close(): Promise<void>
}

/** Threads that read from the store of a command: it asks one question at a time. */
const commandReaders = 1

/** `held`: an instance, or another command, owns the data and answers on the socket. */
export type OpenedIntake =
  | { readonly state: 'opened'; readonly opened: CommandIntake }
  | { readonly state: 'held'; readonly socketPath: string }

/** Opens the store that the configuration names, and an intake for it; a store that cannot be opened ends the command. */
export async function openCommandIntake(
  configuration: ResolvedConfiguration,
  more: Pick<IntakeOptions, 'quarantineFolder' | 'onRows'> = {},
): Promise<OpenedIntake> {
  const { openStore } = await import('../store/open-store.ts')
  const result = await openStore(storePlace(configuration), { readers: commandReaders })
  if (result.state === 'held') return result
  if (result.state === 'failed') throw new CommandError(exitCodes.failed, result.text)
  const { store } = result
  const isKept = await keepsFailureReports(store)
  const subjectKey = await subjectHashKey(store)
  const intake = createIntake(store, { ...intakeOptions(configuration, () => isKept), subjectKey, ...more })
  const close = async (): Promise<void> => {
    await intake.close()
    await store.close()
  }
  return { state: 'opened', opened: { store, intake, close } }
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
  if (passwordFile === null) return { postgresUrl: url }
  const secret = readSecretFile(passwordFile)
  if (!secret.ok) throw usageError(`database.password-file: ${secret.text}`)
  const withPassword = new URL(url)
  withPassword.password = encodeURIComponent(secret.value)
  return { postgresUrl: withPassword.href }
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
