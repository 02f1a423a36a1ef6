import { type IpAddress, parseIpAddress } from '@letterlock/protocols'
import type { CommandContext, FlagDescriptions } from './command.ts'
import { usageError } from './exit-code.ts'
import { printable } from './printable.ts'

/** Flags that tell of an SMTP session. */
export const sessionFlags = {
  ip: { type: 'string', value: 'ADDRESS', text: 'address of the server that handed the message over' },
  helo: { type: 'string', value: 'NAME', text: 'name that this server gave (HELO or EHLO)' },
  'mail-from': { type: 'string', value: 'ADDRESS', text: 'bounce address (MAIL FROM); "<>" is the empty one' },
} as const satisfies FlagDescriptions

/** What the flags say of the session; null where one was not given. `mailFrom` of `''` is the null path. */
export function sessionOfFlags({ flags }: CommandContext): {
  readonly ip: IpAddress | null
  readonly helo: string | null
  readonly mailFrom: string | null
} {
  const ipText = flags.text('ip')
  const ip = ipText === undefined ? null : parseIpAddress(ipText.replace(/^\[(?:IPv6:)?(.*)\]$/i, '$1'))
  if (ipText !== undefined && ip === null) throw usageError(`--ip ${printable(ipText)} is no IPv4 or IPv6 address`)
  const helo = flags.text('helo') ?? null
  if (helo !== null && !/^[^\s\0-\x1f\x7f]+$/.test(helo)) throw usageError(`--helo ${printable(helo)} is no name`)
  const path = flags.text('mail-from')
  const mailFrom = path === undefined ? null : path.trim().replace(/^<(.*)>$/, '$1')
  if (mailFrom !== null && /[\s\0-\x1f\x7f<>]/.test(mailFrom))
    throw usageError(`--mail-from ${printable(mailFrom)} is no address`, 'such as bounce@example.org, or "<>"')
  return { ip, helo, mailFrom }
}
