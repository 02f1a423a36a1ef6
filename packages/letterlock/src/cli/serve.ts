import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ResolvedConfiguration } from '../config/resolve.ts'
import { type Instance, startInstance } from '../server/instance.ts'
import { isLoopback, type ListenAddress, parseListen } from '../server/listen.ts'
import type { StorePlace } from '../store/open-store.ts'
import type { Command, CommandContext } from './command.ts'
import { CommandError, type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { storePlace } from './open-store.ts'

/** `letterlock serve`: the whole system, until it is stopped. */
export const command: Command = {
  name: 'serve',
  summary: 'serve the web app and the API, and take reports from the sources',
  usage: ['serve', 'serve --demo'],
  description: [
    'Opens the data, or makes it where there is none, and answers on a loopback address until it is stopped.',
    'There is no sign-in yet: every person on this machine can use it, so no other address is taken.',
    '--demo shows invented reports, kept only while it runs; nothing can be changed there, so it may listen elsewhere.',
  ],
  formats: ['text'],
  flags: {
    listen: {
      type: 'string',
      value: 'ADDR',
      text: 'address and port (default 127.0.0.1:8480); port 0 takes a free one',
    },
    db: { type: 'string', value: 'URL', text: 'PostgreSQL instead of SQLite in the data directory' },
    demo: { type: 'boolean', text: 'show invented reports, read only' },
    check: { type: 'boolean', text: 'check the configuration and end' },
  },
  exitCodes: { 0: 'it was stopped, or the configuration is usable', 3: 'the configuration is not usable' },
  isService: true,
  async run(context) {
    if (context.arguments.length > 0) throw usageError('serve takes no arguments')
    const configuration = await context.configuration()
    const isDemo = context.flags.has('demo')
    const address = listenAddress(configuration, isDemo)
    if (context.flags.has('check')) {
      storePlace(configuration)
      context.messages.info('The configuration is usable.')
      return exitCodes.ok
    }
    return isDemo ? await serveDemo(context, configuration, address) : await serve(context, configuration, address)
  },
}

function listenAddress(configuration: ResolvedConfiguration, isDemo: boolean): ListenAddress {
  const text = configuration.values.listen
  const address = parseListen(text)
  if (address === null) throw usageError(`${text} is no address with a port`)
  if (!isDemo && !isLoopback(address.host))
    throw usageError(
      `there is no sign-in yet, so ${text} would be open to everybody`,
      'listen on 127.0.0.1, and reach it through a tunnel or a proxy that asks who comes',
    )
  return address
}

async function serve(
  context: CommandContext,
  configuration: ResolvedConfiguration,
  address: ListenAddress,
): Promise<ExitCode> {
  const place = storePlace(configuration)
  const started = await startInstance({ place, address, values: configuration.values, isDemo: false })
  if (started.state === 'held')
    throw new CommandError(exitCodes.failed, 'another process is working on this data', 'stop it, or use --data DIR')
  if (started.state === 'failed') throw new CommandError(exitCodes.failed, started.text)
  const where = 'dataDir' in place ? `data in ${place.dataDir}` : 'data in PostgreSQL'
  return await untilStopped(context, started.instance, where)
}

/** The demonstration lives in a folder of its own that goes with it. */
async function serveDemo(
  context: CommandContext,
  configuration: ResolvedConfiguration,
  address: ListenAddress,
): Promise<ExitCode> {
  const dataDir = mkdtempSync(join(tmpdir(), 'letterlock-demo-'))
  const place: StorePlace = { dataDir }
  try {
    context.messages.info('letterlock: making the reports of the demonstration')
    const started = await startInstance({ place, address, values: configuration.values, isDemo: true })
    if (started.state !== 'started')
      throw new CommandError(exitCodes.failed, started.state === 'failed' ? started.text : 'the folder is in use')
    return await untilStopped(context, started.instance, 'demonstration, read only')
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function untilStopped(context: CommandContext, instance: Instance, where: string): Promise<ExitCode> {
  for (const warning of instance.warnings) context.messages.warn(warning)
  context.messages.info(`letterlock: ${where}`)
  context.messages.info(`letterlock: open ${instance.url}`)
  try {
    if (!context.signal.aborted)
      await new Promise<void>(resolve => context.signal.addEventListener('abort', () => resolve(), { once: true }))
  } finally {
    await instance.stop()
  }
  return exitCodes.ok
}
