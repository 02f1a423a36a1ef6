/** Characters of a date that are looked at: real ones have about 40, with a comment about 60. */
export const dateTextLimit = 256

const months: readonly string[] = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Zone names in minutes east of UTC: those of RFC 5322 s4.3, and others that reporters write. Names that stand for
 * several zones in use (IST, BST as Bangladesh) are read as the one that mail programs write.
 */
const zoneMinutes: ReadonlyMap<string, number> = new Map([
  ['UT', 0],
  ['UTC', 0],
  ['GMT', 0],
  ['Z', 0],
  ['WET', 0],
  ['WEST', 60],
  ['BST', 60],
  ['CET', 60],
  ['MET', 60],
  ['CEST', 120],
  ['MEST', 120],
  ['EET', 120],
  ['SAST', 120],
  ['EEST', 180],
  ['MSK', 180],
  ['IST', 330],
  ['SGT', 480],
  ['HKT', 480],
  ['AWST', 480],
  ['JST', 540],
  ['KST', 540],
  ['AEST', 600],
  ['AEDT', 660],
  ['NZST', 720],
  ['NZDT', 780],
  ['NDT', -150],
  ['NST', -210],
  ['ADT', -180],
  ['AST', -240],
  ['EDT', -240],
  ['EST', -300],
  ['CDT', -300],
  ['CST', -360],
  ['MDT', -360],
  ['MST', -420],
  ['PDT', -420],
  ['PST', -480],
  ['AKDT', -480],
  ['AKST', -540],
  ['HST', -600],
])

/** A date-time and what was unusual about it. */
export interface MessageDate {
  /** Seconds since 1970, UTC. */
  readonly seconds: number
  /** `assumed`: no zone, or one that is not known, so that UTC was taken. */
  readonly zone: 'offset' | 'name' | 'assumed'
}

/**
 * Reads a date-time of a message (RFC 5322 s3.3) and its obsolete forms (s4.3): two-digit years, zone names, comments.
 * Also `May 09 2017` in place of `09 May 2017`. The name of the day is not compared with the date. Null where the text
 * is no date, or the date does not exist.
 */
export function parseMessageDate(text: string): MessageDate | null {
  const words = withoutComments(text.slice(0, dateTextLimit)).replace(/,/g, ' ').trim().split(/\s+/)
  if (/^[A-Za-z]{3,9}$/.test(words[0] ?? '') && monthOf(words[0] ?? '') < 0) words.shift()
  const [first = '', second = '', yearText = '', timeText = '', ...zoneWords] = words
  const isMonthFirst = monthOf(first) >= 0
  const month = monthOf(isMonthFirst ? first : second)
  const day = /^\d{1,2}$/.exec(isMonthFirst ? second : first)
  const time = /^(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d+)?$/.exec(timeText)
  if (month < 0 || day === null || time === null || !/^\d{2,4}$/.test(yearText)) return null
  const zone = zoneOf(zoneWords)
  const seconds = secondsOf({
    year: fullYear(yearText),
    month,
    day: Number(day[0]),
    hour: Number(time[1]),
    minute: Number(time[2]),
    second: Number(time[3] ?? 0),
  })
  return seconds === null ? null : { seconds: seconds - zone.minutes * 60, zone: zone.kind }
}

/** RFC 5322 s4.3: two digits 00 to 49 are of this century, 50 to 99 of the last, three digits count from 1900. */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length === 4) return year
  return text.length === 2 && year < 50 ? year + 2000 : year + 1900
}

function monthOf(word: string): number {
  return word.length < 3 ? -1 : months.indexOf(word.slice(0, 3).toLowerCase())
}

function zoneOf(words: readonly string[]): { minutes: number; kind: MessageDate['zone'] } {
  const text = words.join('').replace(/^(?:GMT|UTC)(?=[+-])/i, '')
  const offset = /^([+-])(\d{2}):?(\d{2})/.exec(text)
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3])
    return { minutes: offset[1] === '-' ? -minutes : minutes, kind: 'offset' }
  }
  const minutes = zoneMinutes.get((words[0] ?? '').toUpperCase())
  return minutes === undefined ? { minutes: 0, kind: 'assumed' } : { minutes, kind: 'name' }
}

interface CalendarTime {
  readonly year: number
  /** 0 is January. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Seconds since 1970 of a time in UTC; null where the calendar has no such time. A leap second is the next second. */
export function secondsOf(time: CalendarTime): number | null {
  if (time.hour > 23 || time.minute > 59 || time.second > 60) return null
  const date = new Date(Date.UTC(time.year, time.month, time.day))
  // Date.UTC reads years below 100 as of the last century.
  if (date.getUTCFullYear() !== time.year || date.getUTCMonth() !== time.month || date.getUTCDate() !== time.day) {
    return null
  }
  return date.getTime() / 1000 + time.hour * 3600 + time.minute * 60 + time.second
}

function withoutComments(text: string): string {
  let depth = 0
  let result = ''
  for (const char of text) {
    if (char === '(') depth += 1
    else if (char === ')') depth = Math.max(0, depth - 1)
    else if (depth === 0) result += char
  }
  return result
}
