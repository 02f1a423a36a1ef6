import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { nearestName } from '../cli/suggest.ts'
import { environmentName, isSettingName, type Setting, type SettingValues, settings } from './settings.ts'

/** Where a value came from, for people. */
export interface SettingOrigin {
  readonly from: 'default' | 'file' | 'environment' | 'flag'
  /** Path of the file, name of the variable or of the flag; null for a default. */
  readonly where: string | null
}

export interface ResolvedConfiguration {
  readonly values: SettingValues
  readonly origins: ReadonlyMap<string, SettingOrigin>
  /** Files that were read, the one that wins first. */
  readonly files: readonly string[]
}

export interface ConfigurationInput {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly flags: {
    /** The file of `--config`. */
    readonly file: string | undefined
    /** Values of flags by the name of their setting, as typed. */
    readonly settings: ReadonlyMap<string, string>
  }
}

export type ConfigurationResult =
  | { readonly ok: true; readonly value: ResolvedConfiguration }
  | { readonly ok: false; readonly text: string }

/** Name of the configuration file, everywhere. */
export const configurationFileName = 'letterlock.yaml'

/** Variables of the environment that begin with LETTERLOCK_ and are no settings. */
const otherVariables: readonly string[] = ['LETTERLOCK_CONFIG', 'LETTERLOCK_CORPUS', 'LETTERLOCK_INSTALL']

class ConfigurationFault extends Error {}

/** Puts flags, environment and files together; the text of a failure says where the fault is. */
export function resolveConfiguration(input: ConfigurationInput): ConfigurationResult {
  try {
    return { ok: true, value: resolveOrThrow(input) }
  } catch (error) {
    if (error instanceof ConfigurationFault) return { ok: false, text: error.message }
    throw error
  }
}

function resolveOrThrow(input: ConfigurationInput): ResolvedConfiguration {
  const files = configurationFiles(input)
  const contents = files.map(path => ({ path, values: readConfigurationFile(path) }))
  refuseUnknownVariables(input.environment)
  const values: Record<string, unknown> = {}
  const origins = new Map<string, SettingOrigin>()
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const found = findValue(name, setting, input, contents)
    values[name] = found.value
    origins.set(name, found.origin)
  }
  // Every value went through the schema of its setting.
  return { values: values as SettingValues, origins, files }
}

interface FoundValue {
  readonly value: unknown
  readonly origin: SettingOrigin
}

function findValue(
  name: string,
  setting: Setting,
  input: ConfigurationInput,
  contents: readonly { readonly path: string; readonly values: ReadonlyMap<string, unknown> }[],
): FoundValue {
  const flag = input.flags.settings.get(name)
  if (flag !== undefined) {
    const origin: SettingOrigin = { from: 'flag', where: setting.flag ?? name }
    return { value: check(setting, fromText(setting, flag, origin), origin, input.workingDirectory), origin }
  }
  const variable = environmentName(name)
  const text = input.environment[variable]
  if (text !== undefined && text !== '') {
    const origin: SettingOrigin = { from: 'environment', where: variable }
    return { value: check(setting, fromText(setting, text, origin), origin, input.workingDirectory), origin }
  }
  for (const { path, values } of contents) {
    if (!values.has(name)) continue
    const origin: SettingOrigin = { from: 'file', where: path }
    return { value: check(setting, values.get(name), origin, dirname(path), name), origin }
  }
  const origin: SettingOrigin = { from: 'default', where: null }
  return { value: check(setting, setting.default, origin, input.workingDirectory, name), origin }
}

function fromText(setting: Setting, text: string, origin: SettingOrigin): unknown {
  switch (setting.kind) {
    case 'number':
      return text.trim() === '' ? text : Number(text)
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true'
      throw new ConfigurationFault(`${origin.where}: must be true or false, not ${JSON.stringify(text)}`)
    case 'list':
      return text
        .split(',')
        .map(item => item.trim())
        .filter(item => item !== '')
    case 'text':
    case 'path':
      return text
  }
}

function check(setting: Setting, value: unknown, origin: SettingOrigin, base: string, name?: string): unknown {
  const parsed = setting.schema.safeParse(value)
  if (!parsed.success) {
    const place = name === undefined ? `${origin.where}` : `${origin.where ?? 'default'}: ${name}`
    throw new ConfigurationFault(`${place}: ${parsed.error.issues.map(issue => issue.message).join('; ')}`)
  }
  if (setting.kind !== 'path' || typeof parsed.data !== 'string') return parsed.data
  return isAbsolute(parsed.data) ? parsed.data : resolve(base, parsed.data)
}

/** The files that exist, the one that wins first (XDG Base Directory Specification). */
function configurationFiles(input: ConfigurationInput): readonly string[] {
  const { environment, workingDirectory } = input
  const named = input.flags.file ?? nonEmpty(environment['LETTERLOCK_CONFIG'])
  if (named !== undefined) {
    const path = resolve(workingDirectory, named)
    if (!isFile(path)) throw new ConfigurationFault(`there is no configuration file ${path}`)
    return [path]
  }
  const home = absolute(environment['XDG_CONFIG_HOME']) ?? join(environment['HOME'] ?? homedir(), '.config')
  const system = (nonEmpty(environment['XDG_CONFIG_DIRS']) ?? '/etc/xdg').split(':').filter(isAbsolute)
  const candidates = [
    join(workingDirectory, configurationFileName),
    ...[home, ...system].map(directory => join(directory, 'letterlock', configurationFileName)),
  ]
  return candidates.filter(isFile)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** XDG: a path that is not absolute is ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function readConfigurationFile(path: string): ReadonlyMap<string, unknown> {
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ConfigurationFault(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const values = new Map<string, unknown>()
  if (content !== null && content !== undefined) flatten(content, '', path, values)
  return values
}

function flatten(content: unknown, prefix: string, path: string, values: Map<string, unknown>): void {
  if (isSettingName(prefix)) {
    values.set(prefix, content)
    return
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    if (prefix === '') throw new ConfigurationFault(`${path}: must be a map of settings`)
    throw unknownSetting(prefix, path)
  }
  for (const [key, value] of Object.entries(content))
    flatten(value, prefix === '' ? key : `${prefix}.${key}`, path, values)
}

function unknownSetting(name: string, path: string): ConfigurationFault {
  const near = nearestName(name, Object.keys(settings))
  return new ConfigurationFault(`${path}: unknown setting ${name}${near === null ? '' : `; did you mean ${near}?`}`)
}

function refuseUnknownVariables(environment: ConfigurationInput['environment']): void {
  const known = [...Object.keys(settings).map(environmentName), ...otherVariables]
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('LETTERLOCK_') || known.includes(name) || value === undefined || value === '') continue
    const near = nearestName(name, known)
    throw new ConfigurationFault(`unknown variable ${name}${near === null ? '' : `; did you mean ${near}?`}`)
  }
}
