import { z } from '@hono/zod-openapi'
import { integerText } from './primitive.ts'

/** Entries of a page where a request names no number, and the most that one may name. */
export const pageSizes = { default: 100, most: 1_000 } as const

/** `format` csv and ndjson give the whole table of the same scope and filters, not a page. */
export const pageQuery = {
  cursor: z.string().max(500).optional(),
  limit: integerText(1, pageSizes.most).optional(),
  format: z.enum(['json', 'csv', 'ndjson']).optional(),
} as const

export const nextCursorSchema = z.string().nullable()

/** The three forms in which a table is answered. */
export function tableContent<T extends z.ZodType>(schema: T) {
  return {
    'application/json': { schema },
    'text/csv': { schema: z.string() },
    'application/x-ndjson': { schema: z.string() },
  } as const
}
