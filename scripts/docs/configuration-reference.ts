import { helpTopics } from '../../packages/letterlock/src/cli/help.ts'
import { environmentName, type Setting, settings } from '../../packages/letterlock/src/config/settings.ts'

/** docs/configuration.md, from the table of settings. */
export async function configurationReference(): Promise<string> {
  const entries = Object.entries<Setting>(settings)
  return [
    '# Configuration',
    '',
    'Made from the program by `npm run docs`; a test fails when it is out of date. `letterlock config check` says which',
    'values hold and where each comes from.',
    '',
    '```text',
    (helpTopics['configuration'] ?? '').trimEnd(),
    '```',
    '',
    '## A file with every setting at its default',
    '',
    '```yaml',
    ...exampleFile(entries),
    '```',
    '',
    'Relative paths in a file start at the folder of that file; in flags and variables, at the working directory.',
    '',
    '## Settings',
    '',
    ...entries.flatMap(([name, setting]) => section(name, setting)),
  ].join('\n')
}

function section(name: string, setting: Setting): string[] {
  return [
    `### ${name}`,
    '',
    setting.text,
    '',
    `Default: ${setting.default === null ? 'none' : `\`${JSON.stringify(setting.default)}\``}. Variable: \`${environmentName(name)}\`.`,
    ...(setting.flag === undefined ? [] : [`Flag: \`${setting.flag}\`.`]),
    ...(setting.kind === 'list' ? ['In the variable, values are separated by commas.'] : []),
    ...(setting.isSecretFile === true ? ['Only its owner may read the file (mode 0600).'] : []),
    '',
  ]
}

function exampleFile(entries: readonly (readonly [string, Setting])[]): string[] {
  const lines: string[] = []
  let group = ''
  for (const [name, setting] of entries) {
    const [first = '', second] = name.split('.')
    if (second === undefined) {
      lines.push(`${first}: ${JSON.stringify(setting.default)}`)
      continue
    }
    if (group !== first) lines.push(`${first}:`)
    group = first
    lines.push(`  ${second}: ${JSON.stringify(setting.default)}`)
  }
  return lines
}
