import { secretFileFault } from '../config/secret-file.ts'
import { environmentName, type Setting, settings } from '../config/settings.ts'
import type { Command, CommandContext } from './command.ts'
import { type ExitCode, exitCodes, usageError } from './exit-code.ts'

/** `letterlock config check`: the values that hold, and where each came from. */
export const command: Command = {
  name: 'config',
  summary: 'explain the configuration',
  usage: ['config check'],
  description: ['Says which values hold, where each came from, and whether the files of secrets are kept closed.'],
  formats: ['text', 'json'],
  flags: {},
  exitCodes: { 0: 'the configuration is usable', 3: 'it is not; the message says where' },
  async run(context) {
    const [action, ...rest] = context.arguments
    if (action !== 'check' || rest.length > 0) throw usageError('what shall be done?', 'letterlock config check')
    return await checkConfiguration(context)
  },
}

async function checkConfiguration(context: CommandContext): Promise<ExitCode> {
  const { values, origins, files } = await context.configuration()
  const rows = Object.entries<Setting>(settings).map(([name, setting]) => {
    const value: unknown = Object.entries(values).find(([key]) => key === name)?.[1] ?? null
    const fault = setting.isSecretFile === true && typeof value === 'string' ? secretFileFault(value) : null
    return { name, value, origin: origins.get(name) ?? { from: 'default', where: null }, setting, fault }
  })
  if (context.format === 'json') {
    await context.output.json({
      schema: 'letterlock.config/1',
      files,
      settings: rows.map(row => ({
        name: row.name,
        value: row.value,
        from: row.origin.from,
        where: row.origin.where,
        environment: environmentName(row.name),
        fault: row.fault,
        text: row.setting.text,
      })),
    })
  } else {
    const width = Math.max(...rows.map(row => row.name.length))
    for (const row of rows) {
      const origin = row.origin.where === null ? 'default' : `${row.origin.from} ${row.origin.where}`
      await context.output.line(`${row.name.padEnd(width)}  ${JSON.stringify(row.value)}  (${origin})`)
    }
    if (files.length === 0) context.messages.info('No configuration file was found; none is needed.')
  }
  const faults = rows.filter(row => row.fault !== null)
  for (const row of faults) context.messages.error(`${row.name}: ${row.fault}`)
  return faults.length === 0 ? exitCodes.ok : exitCodes.usage
}
