import {
  addressScope,
  firstAddress,
  formatIpAddress,
  type HeaderBlock,
  type IpAddress,
  parseIpAddress,
  parseMessageDate,
} from '@letterlock/protocols'
import type { SessionOfHeaders } from './session.ts'

/** Received fields that are looked at, from the top: the border server is within the first few. */
export const receivedFieldsLimit = 20

/** One Received field, as far as it tells of the session (RFC 5321 s4.4). */
export interface ReceivedHop {
  /** Place among the Received fields, from the top, from 1 on. */
  readonly number: number
  readonly ip: IpAddress | null
  readonly helo: string | null
  /** Host that wrote the field; null where it does not say. */
  readonly by: string | null
  /** Seconds since 1970. */
  readonly at: number | null
}

/**
 * The session that brought the message in, from the topmost Received field that names an address of another network.
 * Fields above it tell of the way inside; fields below it were there before and may be invented. Where an address is
 * given, the field that names this address counts.
 */
export function sessionOfHeaders(header: HeaderBlock, givenIp: IpAddress | null): SessionOfHeaders {
  const hops = header
    .all('received')
    .slice(0, receivedFieldsLimit)
    .map((value, index) => readReceived(value, index + 1))
  const hop = hops.find(({ ip }) => ip !== null && (givenIp === null ? isOutside(ip) : isSame(ip, givenIp))) ?? null
  const path = header.get('return-path')
  const mailFrom = path === null ? null : mailFromOf(path)
  return {
    ip: hop?.ip ?? null,
    helo: hop?.helo ?? null,
    mailFrom,
    arrivedAt: hop?.at ?? null,
    notes: [...hopNotes(hop, givenIp), ...pathNotes(path, mailFrom)],
  }
}

function hopNotes(hop: ReceivedHop | null, givenIp: IpAddress | null): readonly string[] {
  if (hop === null)
    return [
      givenIp === null
        ? 'No Received field names an address outside of private networks, so the header does not tell who handed the message over.'
        : `No Received field names ${formatIpAddress(givenIp)}, so the header does not tell its HELO name.`,
    ]
  const writer = hop.by ?? 'a server that does not name itself'
  return [
    `Received field ${hop.number} from the top, written by ${writer}, tells who handed the message over. Only fields of your own servers can be trusted: make sure that this one is.`,
  ]
}

function pathNotes(path: string | null, mailFrom: string | null): readonly string[] {
  if (path === null) return ['There is no Return-Path field, so the header does not tell the bounce address.']
  if (mailFrom === null) return ['The Return-Path field holds no address, so the bounce address is not known.']
  return ['The bounce address is that of the topmost Return-Path field.']
}

/** RFC 5321 s4.4: `<>` is the null path. */
function mailFromOf(path: string): string | null {
  if (/^<\s*>$/.test(path.trim())) return ''
  const address = firstAddress(path)
  return address.includes('@') ? address : null
}

/** Reads one Received field as servers in use write it; what it does not tell is null. */
export function readReceived(value: string, number: number): ReceivedHop {
  const by = /(?:^|[\s)])by\s+([^\s;()]+)/i.exec(value)
  // What stands before "by" is of the client: its HELO name, and in a comment what the server saw.
  const from = /^\s*from\s/i.test(value) ? value.slice(0, by?.index ?? value.length) : ''
  const date = parseMessageDate(value.slice(value.lastIndexOf(';') + 1))
  return { number, ip: addressOf(from), helo: heloOf(from), by: by?.[1] ?? null, at: date?.seconds ?? null }
}

/** The last address in a comment is what the server saw; an address outside of comments is the HELO name at times. */
function addressOf(from: string): IpAddress | null {
  const comments = [...from.matchAll(/\(([^()]*)\)/g)].map(match => match[1] ?? '')
  const outside = from.replace(/\([^()]*\)/g, ' ')
  for (const text of [...comments.reverse(), outside]) {
    const found = [...text.matchAll(/(?:^|[\s[@])(?:IPv6:)?([0-9a-fA-F:.]{3,45})(?=$|[\s\]:;])/gi)]
      .map(match => parseIpAddress(match[1] ?? ''))
      .findLast(ip => ip !== null)
    if (found != null) return found
  }
  return null
}

function heloOf(from: string): string | null {
  const told = /\b(?:helo|ehlo)[=\s]+([^\s()]+)/i.exec(from)?.[1]
  if (told !== undefined) return told
  const first = /^\s*from\s+([^\s()]+)/i.exec(from)?.[1] ?? null
  return first === null || first.toLowerCase() === 'unknown' ? null : first
}

function isOutside(ip: IpAddress): boolean {
  const scope = addressScope(ip)
  return scope === 'public' || scope === 'documentation'
}

function isSame(a: IpAddress, b: IpAddress): boolean {
  return formatIpAddress(a) === formatIpAddress(b)
}
