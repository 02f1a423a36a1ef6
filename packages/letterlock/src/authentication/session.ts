import type { MessageSession, SessionValue } from '@letterlock/contract'
import { formatIpAddress, type IpAddress } from '@letterlock/protocols'

/** What is known of the SMTP session of one message. */
export interface KnownSession {
  /** Null where it is not known. */
  readonly ip: IpAddress | null
  readonly helo: string | null
  /** `''` is the null path. */
  readonly mailFrom: string | null
  /** Seconds since 1970. */
  readonly arrivedAt: number
  readonly told: MessageSession
}

/** What a person says of the session; members that are null were not given. */
export interface GivenSession {
  readonly ip: IpAddress | null
  readonly helo: string | null
  readonly mailFrom: string | null
  /** Seconds since 1970. */
  readonly arrivedAt: number | null
}

/** What fields of the header say of the session. */
export interface SessionOfHeaders {
  readonly ip: IpAddress | null
  readonly helo: string | null
  readonly mailFrom: string | null
  readonly arrivedAt: number | null
  readonly notes: readonly string[]
}

/** What is given goes before what the header says; the clock is the last resort for the time. */
export function knownSession(given: GivenSession, headers: SessionOfHeaders | null, now: number): KnownSession {
  const ip = given.ip ?? headers?.ip ?? null
  const helo = given.helo ?? headers?.helo ?? null
  const mailFrom = given.mailFrom ?? headers?.mailFrom ?? null
  const arrivedAt = given.arrivedAt ?? headers?.arrivedAt ?? now
  return {
    ip,
    helo,
    mailFrom,
    arrivedAt,
    told: {
      ip: told(ip === null ? null : formatIpAddress(ip), given.ip !== null),
      helo: told(helo, given.helo !== null),
      mailFrom: told(mailFrom, given.mailFrom !== null),
      arrivedAt: {
        value: moment(arrivedAt),
        origin: given.arrivedAt !== null ? 'given' : headers?.arrivedAt != null ? 'headers' : 'absent',
      },
      notes: [...(headers?.notes ?? [])],
    },
  }
}

function told(value: string | null, isGiven: boolean): SessionValue {
  if (value === null) return { value, origin: 'absent' }
  return { value, origin: isGiven ? 'given' : 'headers' }
}

/** Latest second that a four-digit year can write. */
const lastSecond = 253_402_300_799

/** RFC 3339 in UTC. */
export function moment(seconds: number): string {
  return new Date(Math.min(Math.max(seconds, 0), lastSecond) * 1000).toISOString().replace('.000', '')
}
