/** Seconds of a UTC day. */
export const daySeconds = 86_400

/** `2026-08-19` as UTC days since 1970. */
export function dayNumber(day: string): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / (daySeconds * 1_000))
}

/** UTC days since 1970 as `2026-08-19`. */
export function dayText(day: number): string {
  return momentText(day * daySeconds).slice(0, 10)
}

/** The last moment that a date object can hold; reports may claim any. */
const lastMoment = 8_640_000_000_000

/** Seconds since 1970 as `2026-08-19T10:14:00Z`. */
export function momentText(seconds: number): string {
  const bounded = Math.max(-lastMoment, Math.min(lastMoment, seconds))
  return new Date(bounded * 1_000).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
