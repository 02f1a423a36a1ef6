import { parseArgs } from 'node:util'
import type { FlagDescriptions } from './command.ts'
import { usageError } from './exit-code.ts'
import { nearestName } from './suggest.ts'

/** Flags that every command takes. */
export const commonFlags = {
  json: { type: 'boolean', text: 'one JSON document (the same as --format json)' },
  format: { type: 'string', value: 'F', text: 'text, json, ndjson or csv, where it fits' },
  output: { type: 'string', short: 'o', value: 'FILE', text: 'write there instead of stdout; - is stdout' },
  quiet: { type: 'boolean', short: 'q', text: 'less on stderr' },
  verbose: { type: 'boolean', short: 'v', text: 'more on stderr' },
  'no-color': { type: 'boolean', text: 'no colour (also NO_COLOR or TERM=dumb)' },
  'no-progress': { type: 'boolean', text: 'no progress bar' },
  config: { type: 'string', value: 'FILE', text: 'configuration file instead of those that are looked for' },
  data: { type: 'string', value: 'DIR', text: 'data directory (default ./letterlock-data)' },
  timeout: { type: 'string', value: 'DURATION', text: 'for the whole command, such as 90s or 10m' },
  help: { type: 'boolean', short: 'h', text: 'this help' },
} as const satisfies FlagDescriptions

/** Values of the flags of one call. Asking for a flag that is not described is a mistake of the programmer. */
export class Flags {
  readonly #values: ReadonlyMap<string, readonly (string | boolean)[]>
  readonly #known: FlagDescriptions

  constructor(known: FlagDescriptions, values: ReadonlyMap<string, readonly (string | boolean)[]>) {
    this.#known = known
    this.#values = values
  }

  /** True where the command, or every command, has such a flag. */
  describes(name: string): boolean {
    return Object.hasOwn(this.#known, name)
  }

  /** True where the switch was given. */
  has(name: string): boolean {
    return this.#of(name).length > 0
  }

  /** The value given last, or undefined. */
  text(name: string): string | undefined {
    return this.list(name).at(-1)
  }

  /** Every value, in the order given. */
  list(name: string): readonly string[] {
    return this.#of(name).filter(value => typeof value === 'string')
  }

  #of(name: string): readonly (string | boolean)[] {
    if (!(name in this.#known)) throw new Error(`flag --${name} is not described`)
    return this.#values.get(name) ?? []
  }
}

export interface ParsedArguments {
  readonly flags: Flags
  readonly positionals: readonly string[]
}

/** Reads the arguments of one command; throws a usage error that names the flag and, where one is near, its spelling. */
export function parseArguments(args: readonly string[], described: FlagDescriptions): ParsedArguments {
  const known: FlagDescriptions = { ...described, ...commonFlags }
  const options: Record<string, { type: 'boolean' | 'string'; short?: string; multiple: true }> = {}
  for (const [name, flag] of Object.entries(known)) {
    options[name] = { type: flag.type, multiple: true, ...(flag.short === undefined ? {} : { short: flag.short }) }
  }
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  const values = new Map<string, (string | boolean)[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const flag = known[token.name]
    if (flag === undefined) throw unknownFlag(token.rawName, Object.keys(known))
    if (flag.type === 'string' && token.value === undefined) {
      throw usageError(`${token.rawName} needs a value: ${token.rawName} ${flag.value ?? 'VALUE'}`)
    }
    if (flag.type === 'boolean' && token.value !== undefined) throw usageError(`${token.rawName} takes no value`)
    if (flag.multiple !== true && flag.type === 'string' && values.has(token.name)) {
      throw usageError(`${token.rawName} is given twice`)
    }
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? true])
  }
  return { flags: new Flags(known, values), positionals }
}

/**
 * Where in the arguments the name of the command stands: the first that is neither a flag nor the value of a common
 * flag. -1 where there is none.
 */
export function findCommandName(args: readonly string[]): number {
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? ''
    if (argument === '--') return -1
    if (!argument.startsWith('-') || argument === '-') return index
    if (takesNextArgument(argument)) index++
  }
  return -1
}

function takesNextArgument(argument: string): boolean {
  return Object.entries(commonFlags).some(
    ([name, flag]) =>
      flag.type === 'string' && (argument === `--${name}` || ('short' in flag && argument === `-${flag.short}`)),
  )
}

function unknownFlag(rawName: string, known: readonly string[]) {
  const near = nearestName(rawName.replace(/^-+/, ''), known)
  return usageError(`unknown flag ${rawName}`, near === null ? null : `did you mean --${near}?`)
}

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a duration such as `90s`, `10m`, `1h`, `7d`; null where it is none. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text.trim())
  const unit = match?.[2]
  if (match === null || (unit !== 'ms' && unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd')) return null
  return Number(match[1]) * durationUnits[unit]
}
