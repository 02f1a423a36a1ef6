import { resolve } from 'node:path'
import type { Command } from './command.ts'
import { confirm, yesFlag } from './confirm.ts'
import { CommandError, exitCodes, usageError } from './exit-code.ts'
import { storePlace } from './open-store.ts'

/** `letterlock restore`: a copy takes the place of the store. */
export const command: Command = {
  name: 'restore',
  summary: 'put a copy that backup wrote in the place of the store',
  usage: ['restore FILE'],
  description: [
    'The copy is checked first. The store that was there is kept beside it under another name. Nothing may run on the',
    'data meanwhile.',
  ],
  formats: ['text', 'json'],
  flags: { yes: yesFlag },
  async run(context) {
    const [name, ...more] = context.arguments
    if (name === undefined || more.length > 0) throw usageError('restore takes one file', 'letterlock restore FILE')
    const file = resolve(context.workingDirectory, name)
    const place = storePlace(await context.configuration())
    if ('postgresUrl' in place) {
      const next = 'pg_restore --clean --dbname=URL FILE'
      throw new CommandError(exitCodes.failed, 'the store is in PostgreSQL, whose own tool brings it back', next)
    }
    context.messages.info(`${file} will take the place of the store in ${place.dataDir}.`)
    if (!(await confirm(context, 'Go on?'))) return exitCodes.no
    const { restoreSqlite } = await import('../store/restore.ts')
    const result = await restoreSqlite({ file, dataDir: place.dataDir, now: Math.floor(Date.now() / 1000) })
    if (result.type === 'held') {
      throw new CommandError(exitCodes.failed, 'an instance or a command is running on this data', 'stop it first')
    }
    if (result.type === 'failed') throw new CommandError(exitCodes.failed, result.message)
    const { kept } = result
    if (context.format === 'json') await context.output.json({ schema: 'letterlock.restore/1', file, kept })
    else await context.output.line(kept === null ? `restored  ${file}` : `restored  ${file}, before: ${kept}`)
    return exitCodes.ok
  },
}
