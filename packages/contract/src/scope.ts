import { createRoute, z } from '@hono/zod-openapi'
import { claimSchema } from './claim.ts'
import { countSchema, daySchema, repeated, reportedNameSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'

/**
 * The scope of a screen. Absent `domain` and `reporter` mean all. Absent days mean the last 30 that end with the newest
 * report day, so that a first look is never empty because reports are old.
 */
export const scopeQuery = {
  domain: repeated(reportedNameSchema).openapi({ type: 'array', items: { type: 'string' } }),
  from: daySchema.optional(),
  to: daySchema.optional(),
  /** Keys of reporters (`key` in the answer of /scope). */
  reporter: repeated(z.string().max(500)).openapi({ type: 'array', items: { type: 'string' } }),
} as const

/** The scope that was used, with the days filled in. */
export const scopeSchema = z
  .object({
    /** Null: all domains. */
    domains: z.array(z.string()).nullable(),
    from: daySchema,
    to: daySchema,
    /** Null: all reporters. */
    reporters: z.array(z.string()).nullable(),
  })
  .openapi('Scope')
export type Scope = z.output<typeof scopeSchema>

/** How much of the truth the reports of a scope can show: it stands beside every result. */
export const coverageSchema = z
  .object({
    /** Reporters with at least one report in the scope. */
    reporters: countSchema,
    days: countSchema,
    /** Days of the scope on which at least one report begins. */
    daysWithReports: countSchema,
    newestDay: daySchema.nullable(),
    reports: countSchema,
    /** Reporters that used to report and stopped: silence is not zero. `days` counts from their newest day. */
    silent: z.array(z.object({ reporter: z.string(), name: z.string(), newestDay: daySchema, days: countSchema })),
    /** Messages whose verdict is missing or contradicts itself, and all messages. */
    unknownMessages: countSchema,
    messages: countSchema,
    /** Reports in which something was tolerated. */
    reportsWithDeviations: countSchema,
  })
  .openapi('Coverage')
export type Coverage = z.output<typeof coverageSchema>

/** Answer of every aggregate: the scope used, how much it covers, how the numbers are known, the numbers. */
export function aggregateAnswer<T extends z.ZodType>(data: T) {
  return z.object({ scope: scopeSchema, coverage: coverageSchema, claim: claimSchema, data })
}

/** What a person may choose from, whatever the scope; with the counts beside the navigation, within the scope. */
export const scopeChoicesSchema = z.object({
  domains: z.array(
    z.object({
      name: z.string(),
      isTracked: z.boolean(),
      type: z.enum(['sending', 'parked', 'unknown']),
      tags: z.array(z.string()),
      newestDay: daySchema.nullable(),
    }),
  ),
  reporters: z.array(z.object({ key: z.string(), name: z.string(), newestDay: daySchema.nullable() })),
  /** First and newest day with a report of any kind; null while there is none. */
  extent: z.object({ from: daySchema, to: daySchema }).nullable(),
  counts: z.object({
    domains: countSchema,
    senders: countSchema,
    reports: countSchema,
    failureReports: countSchema,
    quarantine: countSchema,
    sources: countSchema,
  }),
  isDemo: z.boolean(),
  keepsFailureReports: z.boolean(),
  version: z.string(),
})
export const scopeAnswerSchema = aggregateAnswer(scopeChoicesSchema).openapi('ScopeAnswer')
export type ScopeAnswer = z.output<typeof scopeAnswerSchema>

export const scopeRoute = createRoute({
  method: 'get',
  path: '/scope',
  operationId: 'getScope',
  summary: 'What can be chosen, and what the chosen scope covers',
  request: { query: z.object(scopeQuery) },
  responses: {
    200: { description: 'Choices and coverage', content: { 'application/json': { schema: scopeAnswerSchema } } },
    ...problemResponses,
  },
})

/** How one reporter covers the scope. */
export const reporterCoverageSchema = z
  .object({
    reporter: z.string(),
    name: z.string(),
    reports: countSchema,
    daysWithReports: countSchema,
    firstDay: daySchema,
    newestDay: daySchema,
    isSilent: z.boolean(),
    messages: countSchema,
    unknownMessages: countSchema,
    /** Failed and successful sessions by TLS reports; null without TLS reports. */
    tls: z.object({ successful: countSchema, failed: countSchema }).nullable(),
    reportsWithDeviations: countSchema,
    /** Codes of what was tolerated, with how often. */
    deviations: z.record(z.string(), countSchema),
    /** Form of its aggregate reports; a reporter may have sent both. */
    forms: z.array(z.string()),
  })
  .openapi('ReporterCoverage')
export const coverageAnswerSchema = aggregateAnswer(z.object({ reporters: z.array(reporterCoverageSchema) })).openapi(
  'CoverageAnswer',
)
export type CoverageAnswer = z.output<typeof coverageAnswerSchema>

export const coverageRoute = createRoute({
  method: 'get',
  path: '/coverage',
  operationId: 'getCoverage',
  summary: 'Who reports, how often, and what was tolerated',
  request: { query: z.object(scopeQuery) },
  responses: {
    200: { description: 'Coverage by reporter', content: { 'application/json': { schema: coverageAnswerSchema } } },
    ...problemResponses,
  },
})
