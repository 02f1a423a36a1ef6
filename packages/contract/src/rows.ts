import { createRoute, z } from '@hono/zod-openapi'
import { nextCursorSchema, pageQuery, tableContent } from './pagination.ts'
import { countSchema, daySchema, idText, repeated, reportedNameSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'
import {
  alignmentNames,
  alignmentSchema,
  dispositionNames,
  dispositionSchema,
  outcomeNames,
  outcomeSchema,
} from './volume.ts'

/** Authentication results after normalising. */
export const authResultNames = [
  'unknown',
  'none',
  'pass',
  'fail',
  'softfail',
  'policy',
  'neutral',
  'temperror',
  'permerror',
] as const
export const authResultSchema = z.enum(authResultNames)

/**
 * Filters that lead from a number to its rows. Values of one filter are alternatives, different filters all hold. The
 * values of outcome, disposition and alignment cover everything: a value and all others together give the whole.
 * `''` for a name, a source or a selector means that the reports name none.
 */
export const rowFilters = {
  sender: repeated(z.string().max(1_000)).openapi({ type: 'array', items: { type: 'string' } }),
  source: repeated(z.string().max(100)).openapi({ type: 'array', items: { type: 'string' } }),
  header_from: repeated(reportedNameSchema).openapi({ type: 'array', items: { type: 'string' } }),
  outcome: repeated(outcomeSchema).openapi({ type: 'array', items: { type: 'string', enum: [...outcomeNames] } }),
  disposition: repeated(dispositionSchema).openapi({
    type: 'array',
    items: { type: 'string', enum: [...dispositionNames] },
  }),
  alignment: repeated(alignmentSchema).openapi({ type: 'array', items: { type: 'string', enum: [...alignmentNames] } }),
  report: idText.optional(),
  /** The four of one DKIM result hold for one and the same signature. */
  dkim_domain: reportedNameSchema.optional(),
  dkim_selector: reportedNameSchema.optional(),
  dkim_result: repeated(authResultSchema).openapi({ type: 'array', items: { type: 'string' } }),
  /** Those of one SPF result hold for one and the same check. `spf_scope` none: not stated. */
  spf_domain: reportedNameSchema.optional(),
  spf_result: repeated(authResultSchema).openapi({ type: 'array', items: { type: 'string' } }),
  spf_scope: z.enum(['mfrom', 'helo', 'none']).optional(),
  /** Whether DKIM, or SPF, gave an aligned pass by the reporter's word. */
  dkim_aligned: z.enum(['pass', 'fail', 'unknown']).optional(),
  spf_aligned: z.enum(['pass', 'fail', 'unknown']).optional(),
} as const

export const reasonSchema = z.object({
  type: z.string(),
  /** As written where it is none of the list. */
  rawType: z.string().nullable(),
  comment: z.string().nullable(),
  arc: z.boolean(),
})

export const dkimResultSchema = z.object({
  domain: z.string().nullable(),
  selector: z.string().nullable(),
  result: authResultSchema,
  rawResult: z.string().nullable(),
  humanResult: z.string().nullable(),
})

export const spfResultSchema = z.object({
  domain: z.string().nullable(),
  scope: z.enum(['mfrom', 'helo']).nullable(),
  result: authResultSchema,
  rawResult: z.string().nullable(),
  humanResult: z.string().nullable(),
})

/** One record of an aggregate report: what the reporter said, and what was made of it. */
export const aggregateRowSchema = z
  .object({
    report: z.number().int(),
    /** Place in the report, from 0. */
    seq: countSchema,
    day: daySchema,
    domain: z.string(),
    reporter: z.object({ key: z.string(), name: z.string() }),
    source: z.object({
      ip: z.string().nullable(),
      ptr: z.string().nullable(),
      asn: z.number().int().nullable(),
      asName: z.string().nullable(),
      country: z.string().nullable(),
    }),
    sender: z.object({ key: z.string(), name: z.string() }),
    messages: countSchema,
    headerFrom: z.string().nullable(),
    /** Null: not reported. `''`: the null path. */
    envelopeFrom: z.string().nullable(),
    envelopeTo: z.string().nullable(),
    /** As reported. */
    reported: z.object({
      disposition: z.enum(['unknown', 'none', 'pass', 'quarantine', 'reject']),
      dkim: z.enum(['unknown', 'fail', 'pass']),
      spf: z.enum(['unknown', 'fail', 'pass']),
    }),
    /** As counted. */
    disposition: dispositionSchema,
    alignment: alignmentSchema,
    outcome: outcomeSchema,
    reasons: z.array(reasonSchema),
    dkimResults: z.array(dkimResultSchema),
    spfResults: z.array(spfResultSchema),
    /** A verdict was missing and was derived, towards fail only. */
    isDerived: z.boolean(),
    /** Something in the record was tolerated. */
    isTolerated: z.boolean(),
  })
  .openapi('AggregateRow')
export type AggregateRow = z.output<typeof aggregateRowSchema>

export const rowsAnswerSchema = aggregateAnswer(
  z.object({
    /** Of all rows that fit, not of the page: equal to the number that led here. */
    total: z.object({ messages: countSchema, rows: countSchema }),
    rows: z.array(aggregateRowSchema),
    nextCursor: nextCursorSchema,
  }),
).openapi('RowsAnswer')
export type RowsAnswer = z.output<typeof rowsAnswerSchema>

export const rowsRoute = createRoute({
  method: 'get',
  path: '/rows',
  operationId: 'listRows',
  summary: 'The rows that make a number, newest day first',
  request: { query: z.object({ ...scopeQuery, ...rowFilters, ...pageQuery }) },
  responses: { 200: { description: 'Rows', content: tableContent(rowsAnswerSchema) }, ...problemResponses },
})
