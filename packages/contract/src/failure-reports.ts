import { createRoute, z } from '@hono/zod-openapi'
import { nextCursorSchema, pageQuery, tableContent } from './pagination.ts'
import { countSchema, daySchema, idText, momentSchema, repeated } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'

/** Only `auth-failure` is about authentication; the others are told apart, not errors. */
export const feedbackTypeSchema = z.enum(['auth-failure', 'abuse', 'fraud', 'virus', 'not-spam', 'other'])

export const failureReportRowSchema = z
  .object({
    report: z.number().int(),
    day: daySchema,
    domain: z.string(),
    reporter: z.object({ key: z.string(), name: z.string() }),
    feedbackType: feedbackTypeSchema,
    authFailure: z.string().nullable(),
    arrivedAt: momentSchema.nullable(),
    source: z.object({ ip: z.string().nullable(), ptr: z.string().nullable() }),
    headerFrom: z.string().nullable(),
    envelopeFrom: z.string().nullable(),
    deliveryResult: z.string().nullable(),
    incidents: countSchema,
    /** True: the message and the addresses were not kept. */
    isRedacted: z.boolean(),
  })
  .openapi('FailureReportRow')
export type FailureReportRow = z.output<typeof failureReportRowSchema>

export const failureReportsAnswerSchema = aggregateAnswer(
  z.object({
    /** False: only redacted fields are kept of new reports. */
    keepsFailureReports: z.boolean(),
    total: z.object({ reports: countSchema, incidents: countSchema }),
    failureReports: z.array(failureReportRowSchema),
    nextCursor: nextCursorSchema,
  }),
).openapi('FailureReportsAnswer')
export type FailureReportsAnswer = z.output<typeof failureReportsAnswerSchema>

export const failureReportsRoute = createRoute({
  method: 'get',
  path: '/failure-reports',
  operationId: 'listFailureReports',
  summary: 'Failure reports, newest day first',
  request: {
    query: z.object({
      ...scopeQuery,
      ...pageQuery,
      feedback_type: repeated(feedbackTypeSchema).openapi({ type: 'array', items: { type: 'string' } }),
    }),
  },
  responses: {
    200: { description: 'Failure reports', content: tableContent(failureReportsAnswerSchema) },
    ...problemResponses,
  },
})

export const failureReportAnswerSchema = z
  .object({
    report: failureReportRowSchema,
    reportingMta: z.string().nullable(),
    /** The failed methods in RFC 9991, the aligned ones in RFC 7489: no verdict by itself. */
    identityAlignment: z.array(z.string()).nullable(),
    methods: z.array(z.object({ method: z.string(), result: z.string(), domain: z.string().nullable() })),
    dkim: z.array(z.object({ domain: z.string().nullable(), selector: z.string().nullable() })),
    spfDns: z.array(z.string()),
    /** Null while redacted: personal data. */
    addresses: z.object({ mailFrom: z.string().nullable(), rcptTo: z.array(z.string()) }).nullable(),
    message: z
      .object({ subject: z.string().nullable(), messageId: z.string().nullable(), headers: z.string() })
      .nullable(),
  })
  .openapi('FailureReportAnswer')
export type FailureReportAnswer = z.output<typeof failureReportAnswerSchema>

export const failureReportRoute = createRoute({
  method: 'get',
  path: '/failure-reports/{id}',
  operationId: 'getFailureReport',
  summary: 'One failure report by the id of its report',
  request: { params: z.object({ id: idText }) },
  responses: {
    200: { description: 'Failure report', content: { 'application/json': { schema: failureReportAnswerSchema } } },
    ...problemResponses,
  },
})
