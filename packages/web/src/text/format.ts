/**
 * Numbers by the locale of the browser, days and times by UTC, because the days of reports are UTC days.
 * The texts are English, so the order of day and month is English too.
 */
const locale = typeof navigator === 'undefined' ? 'en' : navigator.language

const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
const oneDecimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const localMoment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' })

/** A count with the thousands parted. */
export function formatCount(value: number): string {
  return integer.format(value)
}

/**
 * A part of a whole in per cent with one decimal and no sign; a dash where there is nothing to share. It never rounds
 * to everything while something is missing, nor to nothing while something is there.
 */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '–'
  const share = Math.round((part / whole) * 1000) / 10
  if (share === 100 && part < whole) return `>${oneDecimal.format(99.9)}`
  if (share === 0 && part > 0) return `<${oneDecimal.format(0.1)}`
  return oneDecimal.format(share)
}

/** The year that days are in when nothing else is said. */
const thisYear = new Date().getUTCFullYear()

/** `6 Aug` from `2026-08-06`; with its year where that is not this year: old reports must not look new. */
export function formatDay(day: string, presentYear: number = thisYear): string {
  const date = parseDay(day)
  if (date === null) return day
  return date.getUTCFullYear() === presentYear ? dayMonth(date) : formatDayYear(day)
}

/** A sentence of the API with its ISO days written as the screens write days. */
export function withDays(text: string, presentYear: number = thisYear): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\d\b(?!T)/g, day => formatDay(day, presentYear))
}

/** `6 Aug 2026` from `2026-08-06`. */
export function formatDayYear(day: string): string {
  const date = parseDay(day)
  return date === null ? day : `${dayMonth(date)} ${date.getUTCFullYear()}`
}

/** `Aug 2026` from `2026-08-06`. */
export function formatMonth(day: string): string {
  const date = parseDay(day)
  return date === null ? day : `${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** `21 Jul – 19 Aug`, or `6 Aug` when both are one; with years where `formatDay` says them or they are not the same. */
export function formatDays(first: string, last: string, presentYear: number = thisYear): string {
  if (first === last) return formatDay(first, presentYear)
  return formatRange(first, last, day => formatDay(day, presentYear))
}

/** `21 Jul – 19 Aug 2026`: a period with its year. */
export function formatPeriod(first: string, last: string): string {
  return first === last ? formatDayYear(last) : formatRange(first, last, formatDayYear)
}

function formatRange(first: string, last: string, end: (day: string) => string): string {
  const from = parseDay(first)
  if (from === null || first.slice(0, 4) !== last.slice(0, 4)) return `${formatDayYear(first)} – ${formatDayYear(last)}`
  return `${first.slice(0, 7) === last.slice(0, 7) ? from.getUTCDate() : dayMonth(from)} – ${end(last)}`
}

/** `10:14Z` from an ISO time. */
export function formatTime(time: string): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? time : `${date.toISOString().slice(11, 16)}Z`
}

/** `6 Aug 2026 10:14Z` from an ISO time. */
export function formatMoment(time: string): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return time
  return `${dayMonth(date)} ${date.getUTCFullYear()} ${formatTime(time)}`
}

/** The same moment in the reader's own zone, for the tooltip. */
export function formatLocalMoment(time: string): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? time : localMoment.format(date)
}

/** Bytes in the unit that keeps them readable: `912 B`, `7.1 KB`, `360 MB` (powers of 1000). */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${compact.format(value)} ${units[unit]}`
}

function dayMonth(date: Date): string {
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`
}

/** A UTC day as a date; null where the text is none. */
export function parseDay(day: string): Date | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return null
  const date = new Date(`${day}T00:00:00Z`)
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day ? null : date
}

/** The day that lies `days` after a day. */
export function addDays(day: string, days: number): string {
  const date = parseDay(day)
  return date === null ? day : new Date(date.getTime() + days * 86_400_000).toISOString().slice(0, 10)
}

/** How many days a period has, both ends counted. */
export function countDays(first: string, last: string): number {
  const [from, to] = [parseDay(first), parseDay(last)]
  return from === null || to === null ? 0 : Math.round((to.getTime() - from.getTime()) / 86_400_000) + 1
}
