import { createRoute, z } from '@hono/zod-openapi'
import { countSchema, daySchema } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'

/** Outcomes in the order of the stack, from the axis up. */
export const outcomeNames = ['broken', 'unauthenticated', 'third-party', 'forwarded', 'unknown', 'aligned'] as const
export const outcomeSchema = z.enum(outcomeNames)
export type OutcomeName = z.output<typeof outcomeSchema>

/** Dispositions; `override` is mail that failed and was let through with a reason: not a pass. */
export const dispositionNames = ['unknown', 'none', 'pass', 'quarantine', 'reject', 'override'] as const
export const dispositionSchema = z.enum(dispositionNames)
export type DispositionName = z.output<typeof dispositionSchema>

/** Which aligned identifiers passed. */
export const alignmentNames = ['unknown', 'none', 'spf', 'dkim', 'dkim+spf'] as const
export const alignmentSchema = z.enum(alignmentNames)
export type AlignmentName = z.output<typeof alignmentSchema>

/** Messages by outcome: every key is there, 0 where there are none. */
export const outcomeCountsSchema = z
  .object({
    broken: countSchema,
    unauthenticated: countSchema,
    'third-party': countSchema,
    forwarded: countSchema,
    unknown: countSchema,
    aligned: countSchema,
  })
  .openapi('OutcomeCounts')
export type OutcomeCounts = z.output<typeof outcomeCountsSchema>

export const dispositionCountsSchema = z
  .object({
    unknown: countSchema,
    none: countSchema,
    pass: countSchema,
    quarantine: countSchema,
    reject: countSchema,
    override: countSchema,
  })
  .openapi('DispositionCounts')
export type DispositionCounts = z.output<typeof dispositionCountsSchema>

export const alignmentCountsSchema = z
  .object({ unknown: countSchema, none: countSchema, spf: countSchema, dkim: countSchema, 'dkim+spf': countSchema })
  .openapi('AlignmentCounts')
export type AlignmentCounts = z.output<typeof alignmentCountsSchema>

/** The same messages counted by three keys: each adds up to `messages`. */
export const volumeCountsSchema = z.object({
  messages: countSchema,
  rows: countSchema,
  outcome: outcomeCountsSchema,
  disposition: dispositionCountsSchema,
  alignment: alignmentCountsSchema,
})

export const volumeDaySchema = volumeCountsSchema
  .extend({
    day: daySchema,
    /** False: no report begins on this day, so that 0 means nothing. */
    hasReports: z.boolean(),
  })
  .openapi('VolumeDay')
export type VolumeDay = z.output<typeof volumeDaySchema>

/** A change of the published policy that reports show, for the marks of the chart. */
export const volumeMarkSchema = z.object({ day: daySchema, domain: z.string(), before: z.string(), after: z.string() })

export const volumeSchema = z.object({
  /** Every day of the scope, also those without reports. */
  days: z.array(volumeDaySchema),
  totals: volumeCountsSchema,
  marks: z.array(volumeMarkSchema),
})
export const volumeAnswerSchema = aggregateAnswer(volumeSchema).openapi('VolumeAnswer')
export type VolumeAnswer = z.output<typeof volumeAnswerSchema>

export const volumeRoute = createRoute({
  method: 'get',
  path: '/volume',
  operationId: 'getVolume',
  summary: 'Messages by day, by outcome, disposition and alignment path at once',
  request: { query: z.object({ ...scopeQuery, format: z.enum(['json', 'csv', 'ndjson']).optional() }) },
  responses: {
    200: {
      description: 'Daily volume',
      content: {
        'application/json': { schema: volumeAnswerSchema },
        'text/csv': { schema: z.string() },
        'application/x-ndjson': { schema: z.string() },
      },
    },
    ...problemResponses,
  },
})
