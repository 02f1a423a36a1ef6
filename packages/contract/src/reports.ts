import { createRoute, z } from '@hono/zod-openapi'
import { publishedPolicySchema } from './domains.ts'
import { nextCursorSchema, pageQuery, tableContent } from './pagination.ts'
import { countSchema, daySchema, idText, momentSchema, repeated } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'

export const reportKinds = ['aggregate', 'tls', 'failure'] as const
export const reportKindSchema = z.enum(reportKinds)

/** `not checked` is its own state: files, and mail whose signature nobody looked at. */
export const reportAuthenticationSchema = z.enum(['authenticated', 'unauthenticated', 'not checked'])

export const reportRowSchema = z
  .object({
    id: z.number().int(),
    kind: reportKindSchema,
    domain: z.string(),
    reporter: z.object({ key: z.string(), name: z.string() }),
    /** As the reporter wrote it; `synthetic-…` where it wrote none. */
    reportId: z.string(),
    day: daySchema,
    begin: momentSchema,
    end: momentSchema,
    receivedAt: momentSchema,
    /** rfc7489, rfc9990, rfc8460, or the feedback type. */
    form: z.string(),
    authentication: reportAuthenticationSchema,
    rows: countSchema,
    /** Messages; for TLS all sessions; for failure the incidents. */
    messages: countSchema,
    /** Failed sessions of a TLS report; null for other kinds. */
    failedSessions: countSchema.nullable(),
    bytes: countSchema,
    isPartial: z.boolean(),
    isOverlapping: z.boolean(),
    /** How many deviations were tolerated. */
    deviations: countSchema,
  })
  .openapi('ReportRow')
export type ReportRow = z.output<typeof reportRowSchema>

export const reportsAnswerSchema = aggregateAnswer(
  z.object({
    total: z.object({ reports: countSchema, rows: countSchema, messages: countSchema, sessions: countSchema }),
    reports: z.array(reportRowSchema),
    nextCursor: nextCursorSchema,
  }),
).openapi('ReportsAnswer')
export type ReportsAnswer = z.output<typeof reportsAnswerSchema>

export const reportsRoute = createRoute({
  method: 'get',
  path: '/reports',
  operationId: 'listReports',
  summary: 'Every report received, newest day first',
  request: {
    query: z.object({
      ...scopeQuery,
      ...pageQuery,
      kind: repeated(reportKindSchema).openapi({ type: 'array', items: { type: 'string', enum: [...reportKinds] } }),
      deviations: z.enum(['yes', 'no']).optional(),
      overlapping: z.enum(['yes', 'no']).optional(),
      partial: z.enum(['yes', 'no']).optional(),
    }),
  },
  responses: { 200: { description: 'Reports', content: tableContent(reportsAnswerSchema) }, ...problemResponses },
})

const reportParams = z.object({ id: idText })

/** Something that departs from the standard and was read all the same. */
export const deviationSchema = z
  .object({
    code: z.string(),
    /** Byte position in the document. */
    at: countSchema,
    /** What stood there. */
    raw: z.string(),
    /** What it was read as; null where the place was left out. */
    value: z.string().nullable(),
  })
  .openapi('Deviation')

export const reportAnswerSchema = z
  .object({
    report: reportRowSchema,
    /** SHA-256 of the document, hexadecimal. */
    hash: z.string(),
    metadata: z.object({
      orgName: z.string(),
      email: z.string().nullable(),
      extraContactInfo: z.array(z.string()),
      errors: z.array(z.string()),
      generator: z.string().nullable(),
      version: z.string().nullable(),
      namespace: z.string().nullable(),
    }),
    /** Published policy of an aggregate report. */
    policy: publishedPolicySchema.nullable(),
    /** The first of them; `deviationCounts` has all. */
    deviations: z.array(deviationSchema),
    deviationCounts: z.record(z.string(), countSchema),
    deliveries: z.array(
      z.object({
        id: z.number().int(),
        name: z.string(),
        channel: z.string(),
        receivedAt: momentSchema,
        /** Where in the delivery the document stands. */
        path: z.string(),
        bytes: countSchema,
        hasBytes: z.boolean(),
        authentication: reportAuthenticationSchema,
      }),
    ),
    /** Other reports of the same reporter, id, domain and period with other content. */
    overlapping: z.array(z.object({ id: z.number().int(), messages: countSchema })),
  })
  .openapi('ReportAnswer')
export type ReportAnswer = z.output<typeof reportAnswerSchema>

export const reportRoute = createRoute({
  method: 'get',
  path: '/reports/{id}',
  operationId: 'getReport',
  summary: 'One report: what it says of itself, what was tolerated, how it came',
  request: { params: reportParams },
  responses: {
    200: { description: 'Report', content: { 'application/json': { schema: reportAnswerSchema } } },
    ...problemResponses,
  },
})

/** Always a download: nothing that came from outside is shown by its own type. */
const download = {
  200: {
    description: 'The bytes, as a download',
    content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
  },
  ...problemResponses,
} as const

export const reportRawRoute = createRoute({
  method: 'get',
  path: '/reports/{id}/raw',
  operationId: 'downloadReport',
  summary: 'The mail or file that carried the report, as received',
  request: {
    params: reportParams,
    /** Which delivery; the first that has bytes where it is absent. */
    query: z.object({ delivery: idText.optional() }),
  },
  responses: download,
})

/** Bytes of a document that are shown at once; `next` of the answer goes on. */
export const documentPageBytes = 262_144

export const documentAnswerSchema = z
  .object({
    /** xml, json or text: for colouring only. */
    language: z.enum(['xml', 'json', 'text']),
    bytes: countSchema,
    offset: countSchema,
    /** The text, with bytes that are no UTF-8 replaced. */
    text: z.string(),
    /** Where the next piece begins; null at the end. */
    next: countSchema.nullable(),
  })
  .openapi('DocumentAnswer')
export type DocumentAnswer = z.output<typeof documentAnswerSchema>

export const reportDocumentRoute = createRoute({
  method: 'get',
  path: '/reports/{id}/document',
  operationId: 'getReportDocument',
  summary: 'The report itself, unpacked, as text in pieces',
  request: {
    params: reportParams,
    query: z.object({ offset: idText.or(z.literal('0').transform(() => 0)).optional() }),
  },
  responses: {
    200: { description: 'A piece of the document', content: { 'application/json': { schema: documentAnswerSchema } } },
    ...problemResponses,
  },
})

export const reparseAnswerSchema = z.object({ reports: countSchema, rows: countSchema }).openapi('ReparseAnswer')
export type ReparseAnswer = z.output<typeof reparseAnswerSchema>

export const reparseRoute = createRoute({
  method: 'post',
  path: '/reports/{id}/reparse',
  operationId: 'reparseReport',
  summary: 'Read the kept bytes again',
  request: { params: reportParams },
  responses: {
    200: { description: 'Read again', content: { 'application/json': { schema: reparseAnswerSchema } } },
    ...problemResponses,
  },
})
