import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from './command.ts'
import { CommandError, exitCodes, usageError } from './exit-code.ts'
import { storePlace } from './open-store.ts'

/** `letterlock backup`: a consistent copy of the store, also while an instance uses it. */
export const command: Command = {
  name: 'backup',
  summary: 'write a consistent copy of the store to a file, also while it is in use',
  usage: ['backup FILE'],
  description: [
    'The copy holds everything: reports as received, rows, decisions, settings. Secrets are not in the store and not in',
    'the copy. An existing file is never written over. A store in PostgreSQL is copied with pg_dump.',
  ],
  formats: ['text', 'json'],
  flags: {},
  async run(context) {
    const [name, ...more] = context.arguments
    if (name === undefined || more.length > 0) throw usageError('backup takes one file', 'letterlock backup FILE')
    const file = resolve(context.workingDirectory, name)
    const place = storePlace(await context.configuration())
    if ('postgresUrl' in place) {
      const next = 'pg_dump --format=custom --file=FILE'
      throw new CommandError(exitCodes.failed, 'the store is in PostgreSQL, whose own tool copies it', next)
    }
    const { databaseFile } = await import('../store/database-file.ts')
    const database = join(place.dataDir, databaseFile)
    if (!existsSync(database)) throw new CommandError(exitCodes.failed, `there is no store in ${place.dataDir}`)
    context.messages.info(`A copy of the store in ${place.dataDir} will be written to ${file}; nothing else changes.`)
    const { backupSqlite } = await import('../store/backup.ts')
    try {
      await backupSqlite(database, file)
    } catch (error) {
      throw new CommandError(exitCodes.failed, error instanceof Error ? error.message : String(error))
    }
    const bytes = statSync(file).size
    if (context.format === 'json') await context.output.json({ schema: 'letterlock.backup/1', file, bytes })
    else await context.output.line(`written  ${file}  ${bytes} bytes`)
    return exitCodes.ok
  },
}
