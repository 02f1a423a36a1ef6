import { z } from 'zod'
import { parseNameServer } from '../probe/name-server.ts'

/** How a value is written in the environment and in a flag, where everything is text. */
export type SettingKind = 'text' | 'path' | 'number' | 'boolean' | 'list'

/** One setting: its key in the file is the dotted name, its variable is derived from it. */
export interface Setting {
  readonly kind: SettingKind
  readonly schema: z.ZodType
  readonly default: unknown
  /** One paragraph for `docs/configuration.md` and `letterlock config check`. */
  readonly text: string
  /** Flag that sets it too, where there is one. */
  readonly flag?: string
  /** Names a file that holds a secret: its mode is checked. */
  readonly isSecretFile?: boolean
}

const optionalText = z.string().min(1).nullable()
const hostAndPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'must be HOST:PORT, such as 127.0.0.1:8480')

/** Every setting, in the order of the documentation. */
export const settings = {
  data: {
    kind: 'path',
    schema: z.string().min(1),
    default: './letterlock-data',
    flag: '--data',
    text: 'Data directory: the SQLite database, the lock and the socket of a running instance. It is made with mode 0700 when it is not there.',
  },
  listen: {
    kind: 'text',
    schema: hostAndPort,
    default: '127.0.0.1:8480',
    flag: '--listen',
    text: 'Address and port of the web server. Until sign-in exists it has to be a loopback address, except with --demo.',
  },
  'allowed-hosts': {
    kind: 'list',
    schema: z.array(z.string().min(1)),
    default: [],
    text: 'Host names by which the web server may be asked, beside the address it listens on and localhost. A request with another Host header is refused.',
  },
  'database.url': {
    kind: 'text',
    schema: optionalText,
    default: null,
    flag: '--db',
    text: 'Address of a PostgreSQL database, such as postgres://letterlock@db.example.org/letterlock. Without it the store is SQLite in the data directory. The password does not belong here: see database.password-file.',
  },
  'database.password-file': {
    kind: 'path',
    schema: optionalText,
    default: null,
    isSecretFile: true,
    text: 'File that holds the password of the PostgreSQL database.',
  },
  'intake.threads': {
    kind: 'number',
    schema: z.number().int().min(1).max(64).nullable(),
    default: null,
    text: 'Threads that read reports. Without it: one for each processor, at most 4.',
  },
  'intake.unpacked-limit': {
    kind: 'number',
    schema: z
      .number()
      .int()
      .min(1_048_576)
      .max(64 * 1_073_741_824),
    default: 1_073_741_824,
    text: 'Bytes that one file given by the operator may unpack to. Mail and uploads have a fixed limit of 100 MiB.',
  },
  'senders.asn-file': {
    kind: 'path',
    schema: optionalText,
    default: null,
    text: 'MMDB file with the network operator (ASN) of an address. Without it senders are not named by network.',
  },
  'senders.reverse-names': {
    kind: 'boolean',
    schema: z.boolean(),
    default: true,
    text: 'Ask the system resolver for the names of public source addresses. Names count only when they are forward-confirmed.',
  },
  'dns.resolvers': {
    kind: 'list',
    schema: z.array(
      z.string().refine(text => parseNameServer(text) !== null, 'must be an address, such as 192.0.2.53'),
    ),
    default: [],
    text: 'Recursive resolvers to ask about messages, as ADDRESS or ADDRESS:PORT. Without any, those of the system are asked. DNSSEC counts only where a resolver answers on loopback.',
  },
  'log.level': {
    kind: 'text',
    schema: z.enum(['error', 'warn', 'info', 'debug']),
    default: 'info',
    text: 'What a running instance writes to stderr: error, warn, info or debug.',
  },
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof settings

/** The values that hold, by the dotted name of the setting. Paths are absolute. */
export type SettingValues = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> }

/** Name of a setting's environment variable: `database.url` is LETTERLOCK_DATABASE_URL. */
export function environmentName(name: string): string {
  return `LETTERLOCK_${name.replace(/[.-]/g, '_').toUpperCase()}`
}

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name)
}
