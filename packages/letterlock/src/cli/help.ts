import type { Command, FlagDescriptions } from './command.ts'
import { commonFlags } from './flags.ts'
import { configurationHelp } from './help-configuration.ts'
import type { CommandEntry } from './table.ts'

const exitCodesHelp = `Exit codes, the same for every command

    0  the asked-for state holds
    1  the tool failed
    2  ran fine, the answer is "no": findings, quarantined files, changes pending
    3  bad usage or configuration
    4  authentication needed or refused
    5  could not be determined (DNS, network, no evidence); nothing proven
  130  interrupted (SIGINT)

When several apply, the first of these wins: 130, 3, 4, 1, 2, 5, 0.
A failed query is neither a pass nor a finding: 5 is never folded into 0 or 2.
`

const formatsHelp = `Formats

  text    for people; it may change at any time
  json    one document with "schema"; within a major version of the schema fields are added, never changed
  ndjson  one JSON object per line, written as it happens
  csv     the columns of the table on screen; cells that a spreadsheet would run as a formula are defused

Choose with --format F; --json is the same as --format json. -o FILE writes to a file.
Data goes to stdout, everything else (progress, hints, warnings) to stderr.
`

/** Texts of `letterlock help TOPIC`. */
export const helpTopics: Readonly<Record<string, string>> = {
  'exit-codes': exitCodesHelp,
  formats: formatsHelp,
  configuration: configurationHelp,
}

/** The help of the program: commands, common flags, topics. */
export function programHelp(table: Readonly<Record<string, CommandEntry>>): string {
  const commands = Object.entries(table).map(([name, entry]) => [name, entry.summary] as const)
  return [
    'Letterlock takes a mail domain to full enforcement of its mail authentication, and keeps it there.',
    '',
    'letterlock COMMAND [flags]',
    '',
    'Commands',
    ...columns(commands),
    '',
    'Flags for all commands',
    ...columns(flagRows(commonFlags)),
    '',
    `Topics: letterlock help ${Object.keys(helpTopics).join(' | ')}`,
    '',
  ].join('\n')
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const own = flagRows(command.flags)
  const codes = Object.entries(command.exitCodes ?? {}).map(([code, text]) => [code, text] as const)
  return [
    `${command.name}: ${command.summary}`,
    '',
    ...command.usage.map(form => `letterlock ${form}`),
    ...(command.description ?? []).flatMap(paragraph => ['', paragraph]),
    ...(own.length === 0 ? [] : ['', 'Flags', ...columns(own)]),
    '',
    'Flags for all commands',
    ...columns(flagRows(commonFlags)),
    '',
    `Formats: ${command.formats.join(', ')}`,
    ...(codes.length === 0 ? [] : ['', 'Exit codes here', ...columns(codes)]),
    '',
  ].join('\n')
}

function flagRows(flags: FlagDescriptions): (readonly [string, string])[] {
  return Object.entries(flags).map(([name, flag]) => {
    const short = flag.short === undefined ? '' : `-${flag.short}, `
    const value = flag.type === 'string' ? ` ${flag.value ?? 'VALUE'}` : ''
    return [`${short}--${name}${value}`, flag.text]
  })
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
