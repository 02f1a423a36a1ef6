import type { ResolvedConfiguration } from '../config/resolve.ts'
import type { Setting } from '../config/settings.ts'
import { programVersion } from '../version.ts'
import type { Command, CommandContext, OutputFormat } from './command.ts'
import { CommandError, type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { type Flags, findCommandName, parseArguments, parseDuration } from './flags.ts'
import { commandHelp, helpTopics, programHelp } from './help.ts'
import { Messages, type Output, openOutput, type Verbosity, wantsColor } from './output.ts'
import { nearestName } from './suggest.ts'
import { commandTable } from './table.ts'

/** Stops a running command: `interrupt` for SIGINT, `terminate` for SIGTERM. */
export type StopReason = 'interrupt' | 'terminate' | 'timeout'

/** Runs one call of the program: arguments in, exit code out. Nothing that goes wrong leaves it as an exception. */
export async function runProgram(args: readonly string[], stop: AbortController): Promise<ExitCode> {
  try {
    return await dispatch(args, stop)
  } catch (error) {
    return reportError(error, args)
  }
}

async function dispatch(args: readonly string[], stop: AbortController): Promise<ExitCode> {
  const at = findCommandName(args)
  const name = args[at]
  if (name === undefined) return await withoutCommand(args)
  const rest = args.filter((_, index) => index !== at)
  if (name === 'help') return await showHelp(rest)
  if (name === 'version') return await showVersion()
  const entry = Object.hasOwn(commandTable, name) ? commandTable[name] : undefined
  if (entry === undefined) throw unknownCommand(name)
  const command = await entry.load()
  const { flags, positionals } = parseArguments(rest, command.flags)
  if (flags.has('help')) {
    await openOutput('-').write(commandHelp(command))
    return exitCodes.ok
  }
  return await runCommand(command, flags, positionals, stop)
}

async function withoutCommand(args: readonly string[]): Promise<ExitCode> {
  if (args.includes('--version') || args.includes('-V')) return await showVersion()
  const { flags } = parseArguments(args, {})
  const output = openOutput('-')
  if (flags.has('help')) {
    await output.write(programHelp(commandTable))
    return exitCodes.ok
  }
  process.stderr.write(programHelp(commandTable))
  return exitCodes.usage
}

async function showHelp(args: readonly string[]): Promise<ExitCode> {
  const { positionals } = parseArguments(args, {})
  const output = openOutput('-')
  const topic = positionals[0]
  if (topic === undefined) {
    await output.write(programHelp(commandTable))
    return exitCodes.ok
  }
  const text = Object.hasOwn(helpTopics, topic) ? helpTopics[topic] : undefined
  const entry = Object.hasOwn(commandTable, topic) ? commandTable[topic] : undefined
  if (text !== undefined) await output.write(text)
  else if (entry !== undefined) await output.write(commandHelp(await entry.load()))
  else {
    const near = nearestName(topic, [...Object.keys(helpTopics), ...Object.keys(commandTable)])
    throw usageError(
      `there is no help on ${JSON.stringify(topic)}`,
      near === null ? `topics: ${Object.keys(helpTopics).join(', ')}` : `did you mean: letterlock help ${near}`,
    )
  }
  return exitCodes.ok
}

async function showVersion(): Promise<ExitCode> {
  await openOutput('-').line(`letterlock ${programVersion()}`)
  return exitCodes.ok
}

function unknownCommand(name: string): CommandError {
  const near = nearestName(name, [...Object.keys(commandTable), 'help', 'version'])
  return usageError(
    `unknown command ${JSON.stringify(name)}`,
    near === null ? 'letterlock help lists the commands' : `did you mean: letterlock ${near}`,
  )
}

async function runCommand(
  command: Command,
  flags: Flags,
  positionals: readonly string[],
  stop: AbortController,
): Promise<ExitCode> {
  const format = chooseFormat(command, flags)
  const output = openOutput(flags.text('output'))
  const messages = openMessages(flags)
  const timer = startTimeout(flags, stop)
  try {
    const context = createContext({ flags, positionals, format, output, messages, signal: stop.signal })
    const code = await command.run(context)
    await output.end()
    if (output.failure !== null) {
      throw new CommandError(exitCodes.failed, `cannot write the output: ${output.failure.message}`)
    }
    return codeAfterStop(command, code, stop.signal, messages)
  } finally {
    clearTimeout(timer)
    messages.clearProgress()
  }
}

function codeAfterStop(command: Command, code: ExitCode, signal: AbortSignal, messages: Messages): ExitCode {
  if (!signal.aborted) return code
  if (signal.reason === 'timeout') {
    messages.error('the time limit of --timeout was reached')
    return exitCodes.failed
  }
  return signal.reason === 'terminate' && command.isService === true ? code : exitCodes.interrupted
}

interface ContextParts {
  readonly flags: Flags
  readonly positionals: readonly string[]
  readonly format: OutputFormat
  readonly output: Output
  readonly messages: Messages
  readonly signal: AbortSignal
}

function createContext(parts: ContextParts): CommandContext {
  const { flags } = parts
  const environment = process.env
  const workingDirectory = process.cwd()
  let resolved: ReturnType<CommandContext['configuration']> | null = null
  return {
    arguments: parts.positionals,
    flags,
    format: parts.format,
    output: parts.output,
    messages: parts.messages,
    signal: parts.signal,
    environment,
    workingDirectory,
    configuration() {
      resolved ??= readConfiguration(flags, environment, workingDirectory)
      return resolved
    },
  }
}

async function readConfiguration(
  flags: Flags,
  environment: CommandContext['environment'],
  workingDirectory: string,
): Promise<ResolvedConfiguration> {
  // Loaded here: what checks the configuration is the slow part of a start, and `help` does not need it.
  const { resolveConfiguration } = await import('../config/resolve.ts')
  const { settings } = await import('../config/settings.ts')
  const given = new Map<string, string>()
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const flag = setting.flag?.replace(/^--/, '')
    const value = flag !== undefined && flags.describes(flag) ? flags.text(flag) : undefined
    if (value !== undefined) given.set(name, value)
  }
  const result = resolveConfiguration({
    environment,
    workingDirectory,
    flags: { file: flags.text('config'), settings: given },
  })
  if (!result.ok) throw usageError(result.text, 'letterlock config check')
  return result.value
}

function chooseFormat(command: Command, flags: Flags): OutputFormat {
  const asked = flags.text('format')
  if (flags.has('json') && asked !== undefined && asked !== 'json') {
    throw usageError(`--json and --format ${asked} contradict each other`)
  }
  const wanted = flags.has('json') ? 'json' : asked
  if (wanted === undefined) return command.formats[0] ?? 'text'
  const format = command.formats.find(one => one === wanted)
  if (format === undefined) {
    throw usageError(
      `${command.name} has no format ${JSON.stringify(wanted)}`,
      `formats: ${command.formats.join(', ')}`,
    )
  }
  return format
}

function openMessages(flags: Flags): Messages {
  const isTerminal = process.stderr.isTTY === true
  let verbosity: Verbosity = 'normal'
  if (flags.has('quiet')) verbosity = 'quiet'
  if (flags.has('verbose')) verbosity = 'verbose'
  const isDumb = process.env['TERM'] === 'dumb'
  return new Messages({
    verbosity,
    hasColor: wantsColor(isTerminal, flags.has('no-color'), process.env),
    hasProgress: isTerminal && !isDumb && verbosity !== 'quiet' && !flags.has('no-progress'),
  })
}

function startTimeout(flags: Flags, stop: AbortController): NodeJS.Timeout | undefined {
  const text = flags.text('timeout')
  if (text === undefined) return undefined
  const milliseconds = parseDuration(text)
  if (milliseconds === null) throw usageError(`--timeout ${text} is no duration`, 'such as 90s, 10m or 1h')
  return setTimeout(() => stop.abort('timeout' satisfies StopReason), milliseconds).unref()
}

function reportError(error: unknown, args: readonly string[]): ExitCode {
  const messages = new Messages({
    verbosity: 'normal',
    hasColor: wantsColor(process.stderr.isTTY === true, args.includes('--no-color'), process.env),
    hasProgress: false,
  })
  if (error instanceof CommandError) {
    messages.error(error.message)
    if (error.next !== null) process.stderr.write(`       ${error.next}\n`)
    return error.exitCode
  }
  messages.error(error instanceof Error ? error.message : String(error))
  if (args.includes('-v') || args.includes('--verbose')) {
    process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
  }
  return exitCodes.failed
}
