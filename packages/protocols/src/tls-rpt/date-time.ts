import { secondsOf } from '../message/date.ts'

/** A point in time and whether its writing departs from RFC 3339. */
export interface ReportTime {
  /** Seconds since 1970, UTC; fractions are cut off. */
  readonly seconds: number
  readonly isStrict: boolean
}

/** Epoch numbers above this are milliseconds: as seconds they would be after the year 5100. */
const millisecondsFrom = 100_000_000_000

const dateTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:([Tt ]+)(\d{2}):(\d{2})(?::(\d{2})([.,]\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/

/**
 * Reads a date-time of a report (RFC 3339 s5.6) and what reporters write in its place (TLSRPT-030, report-tolerance
 * 109): no zone (UTC), a blank for T, no seconds, a date alone (its first second), epoch seconds or milliseconds.
 * `24:00:00` is the first second of the next day.
 */
export function parseReportTime(text: string): ReportTime | null {
  const trimmed = text.trim().slice(0, 64)
  if (/^\d{9,14}(?:\.\d+)?$/.test(trimmed)) {
    const number = Number(trimmed)
    return { seconds: Math.floor(number > millisecondsFrom ? number / 1000 : number), isStrict: false }
  }
  const match = dateTime.exec(trimmed)
  if (match === null) return null
  const [, year, month, day, separator, hour, minute, second, fraction, zone] = match
  const isNextDay = hour === '24' && minute === '00' && Number(second ?? 0) === 0
  const seconds = secondsOf({
    year: Number(year),
    month: Number(month) - 1,
    day: Number(day),
    hour: isNextDay ? 0 : Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  })
  if (seconds === null) return null
  const isStrict =
    separator === 'T' && second !== undefined && fraction === undefined && /^(?:Z|[+-]\d{2}:\d{2})$/.test(zone ?? '')
  return { seconds: seconds + (isNextDay ? 86_400 : 0) - offsetSeconds(zone), isStrict: isStrict && !isNextDay }
}

function offsetSeconds(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '')
  if (match === null) return 0
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60
  return match[1] === '-' ? -seconds : seconds
}
