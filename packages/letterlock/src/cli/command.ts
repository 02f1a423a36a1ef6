import type { ResolvedConfiguration } from '../config/resolve.ts'
import type { ExitCode } from './exit-code.ts'
import type { Flags } from './flags.ts'
import type { Messages, Output } from './output.ts'

/** How data is written to stdout. Every command has `text`; the JSON schema is the contract, text may change. */
export type OutputFormat = 'text' | 'json' | 'ndjson' | 'csv'

/** One flag, as data: it is parsed, explained in the help and put into the reference from here. */
export interface FlagDescription {
  readonly type: 'boolean' | 'string'
  /** One letter for the short form. */
  readonly short?: string
  /** Name of the value in the help, such as `DIR`. */
  readonly value?: string
  readonly multiple?: boolean
  /** One line for the help. */
  readonly text: string
}

export type FlagDescriptions = Readonly<Record<string, FlagDescription>>

/** What a command gets to work with. */
export interface CommandContext {
  /** Arguments after the name of the command that are no flags. `-` is stdin. */
  readonly arguments: readonly string[]
  readonly flags: Flags
  readonly format: OutputFormat
  /** Data: stdout, or the file of `-o`. */
  readonly output: Output
  /** Everything else: stderr. */
  readonly messages: Messages
  /** Aborts on SIGINT, on SIGTERM and when `--timeout` is over. */
  readonly signal: AbortSignal
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  /** The configuration, read at the first call; a fault in it ends the command with exit code 3. */
  configuration(): Promise<ResolvedConfiguration>
}

/** A command of the program: one file each, loaded when it is called. */
export interface Command {
  readonly name: string
  /** One line that says what it does. */
  readonly summary: string
  /** Forms of the call after `letterlock `, one each. */
  readonly usage: readonly string[]
  /** More for its help: paragraphs. */
  readonly description?: readonly string[]
  /** Formats it writes; the first is the default. */
  readonly formats: readonly OutputFormat[]
  readonly flags: FlagDescriptions
  /** Meaning of exit codes 0, 2 and 5 here, where it is not the general one. */
  readonly exitCodes?: Readonly<Partial<Record<ExitCode, string>>>
  /** Runs until it is stopped: SIGTERM is then the ordinary end and keeps the code that `run` gives. */
  readonly isService?: boolean
  run(context: CommandContext): Promise<ExitCode>
}
