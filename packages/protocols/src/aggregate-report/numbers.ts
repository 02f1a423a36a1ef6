import type { ReportDeviation } from './tolerances.ts'

/** A number as read, with the departures that it needed. */
export interface ReadNumber {
  readonly value: number
  readonly deviations: readonly ReportDeviation[]
}

const isoDate =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?$/i

/** Seconds that no report can be from: later ones are milliseconds, microseconds or less (report-tolerance 36). */
const secondsLimit = 1e11

/** A time of date_range in seconds since 1970, UTC; null where it cannot be read. White space is already gone. */
export function readTime(text: string): ReadNumber | null {
  const number = /^(\d{1,20})(?:[.,](\d*))?$/.exec(text)
  if (number !== null) {
    const deviations: ReportDeviation[] = number[2] === undefined ? [] : ['time-fraction']
    let value = Number(number[1])
    if (value > secondsLimit) deviations.push('time-milliseconds')
    while (value > secondsLimit) value = Math.floor(value / 1000)
    return { value, deviations }
  }
  const value = readIsoDate(text)
  return value === null ? null : { value, deviations: ['time-iso'] }
}

function readIsoDate(text: string): number | null {
  const found = isoDate.exec(text)
  if (found === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(part => Number(part ?? 0))
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(milliseconds)
  // Date.UTC carries over; 31 February is no date.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 60)
    return null
  const seconds = Math.floor(milliseconds / 1000) - zoneSeconds(found[7] ?? 'Z')
  return seconds < 0 ? null : seconds
}

function zoneSeconds(zone: string): number {
  const found = /^([+-])(\d\d):?(\d\d)?$/.exec(zone)
  if (found === null) return 0
  const seconds = Number(found[2]) * 3600 + Number(found[3] ?? 0) * 60
  return found[1] === '-' ? -seconds : seconds
}

/** A count of messages; null where it is no number. It may be negative or too large: the caller decides. */
export function readCount(text: string): ReadNumber | null {
  const found = /^([+-]?\d{1,400})(?:\.(\d{0,400}))?(?:[eE]\+?\d{1,4})?$/.exec(text)
  if (found === null) return null
  const number = Number(text)
  // What is too large for a number is too large for a count.
  if (!Number.isFinite(number)) return { value: number, deviations: [] }
  // Away from zero below it, so that a negative count stays one.
  const value = Math.floor(number)
  return { value, deviations: found[2] === undefined ? [] : ['count-fraction'] }
}
