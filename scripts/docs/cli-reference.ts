import type { Command, FlagDescriptions } from '../../packages/letterlock/src/cli/command.ts'
import { commonFlags } from '../../packages/letterlock/src/cli/flags.ts'
import { helpTopics } from '../../packages/letterlock/src/cli/help.ts'
import { commandTable } from '../../packages/letterlock/src/cli/table.ts'

/** docs/cli.md, from the table of commands and what each command says of itself. */
export async function cliReference(): Promise<string> {
  const commands = await Promise.all(Object.values(commandTable).map(entry => entry.load()))
  const lines = [
    '# Command line',
    '',
    'Made from the program by `npm run docs`; a test fails when it is out of date. `letterlock COMMAND --help` says the same.',
    '',
    'Data goes to stdout, everything else to stderr. Text is for people and may change; JSON is the contract.',
    '',
    '| command | does |',
    '| --- | --- |',
    ...commands.map(command => `| [\`${command.name}\`](#${command.name}) | ${cell(command.summary)} |`),
    '',
    '## Flags for all commands',
    '',
    ...flagTable(commonFlags),
    '',
    ...commands.flatMap(commandSection),
    '## Exit codes',
    '',
    '```text',
    (helpTopics['exit-codes'] ?? '').trimEnd(),
    '```',
    '',
    '## Formats',
    '',
    '```text',
    (helpTopics['formats'] ?? '').trimEnd(),
    '```',
    '',
  ]
  return lines.join('\n')
}

function commandSection(command: Command): string[] {
  const codes = Object.entries(command.exitCodes ?? {})
  return [
    `## ${command.name}`,
    '',
    `${capital(command.summary)}.`,
    '',
    '```text',
    ...command.usage.map(form => `letterlock ${form}`),
    '```',
    '',
    ...(command.description ?? []).flatMap(paragraph => [paragraph, '']),
    ...(Object.keys(command.flags).length === 0 ? [] : [...flagTable(command.flags), '']),
    `Formats: ${command.formats.join(', ')}.`,
    '',
    ...(codes.length === 0
      ? []
      : ['| exit code | here |', '| --- | --- |', ...codes.map(([code, text]) => `| ${code} | ${cell(text)} |`), '']),
  ]
}

function flagTable(flags: FlagDescriptions): string[] {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const short = flag.short === undefined ? '' : `-${flag.short}, `
    const value = flag.type === 'string' ? ` ${flag.value ?? 'VALUE'}` : ''
    return `| \`${short}--${name}${value}\` | ${cell(flag.text)} |`
  })
  return ['| flag | meaning |', '| --- | --- |', ...rows]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
