import { z } from '@hono/zod-openapi'

/** A UTC day as it is written in addresses and answers: YYYY-MM-DD. */
export const daySchema = z.iso.date().openapi({ example: '2026-08-19' })

/** A moment in UTC with seconds, such as 2026-08-19T10:14:00Z. */
export const momentSchema = z.string().openapi({ format: 'date-time', example: '2026-08-19T10:14:00Z' })

/** Messages, sessions, rows: whole numbers, exact up to 2^53. */
export const countSchema = z.number().int().nonnegative()

/**
 * A name as a report gave it, for look-ups: reports name domains that are none, and TLS policies may name none (`''`).
 * Nothing is found by a name that nobody reported.
 */
export const reportedNameSchema = z.string().max(1_000)

/** Values that one query parameter may repeat: enough for every filter that a person sets. */
export const repeatedLimit = 200

/** A query parameter that may stand several times; always read as a list. */
export function repeated<T extends z.ZodType<string, string>>(value: T) {
  return z
    .union([value, z.array(value).max(repeatedLimit)])
    .transform((found): z.output<T>[] => (Array.isArray(found) ? found : [found]))
    .optional()
}

/** A whole number in a query, where everything is text. */
export function integerText(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(minimum).max(maximum))
    .openapi({ type: 'integer', minimum, maximum })
}

/** An id in a path: far below 2^53, so that it stays exact. */
export const idText = integerText(1, 999_999_999_999_999)
