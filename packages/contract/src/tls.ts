import { createRoute, z } from '@hono/zod-openapi'
import { claimSchema, severitySchema, verdictSchema } from './claim.ts'
import { nextCursorSchema, pageQuery, tableContent } from './pagination.ts'
import { countSchema, daySchema, repeated, reportedNameSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'

/** Result types of RFC 8460 s4.3 in the order of the screen, in their groups; others keep a column of their own. */
export const tlsResultGroups = [
  { group: 'starttls', types: ['starttls-not-supported'] },
  { group: 'certificate', types: ['certificate-host-mismatch', 'certificate-expired', 'certificate-not-trusted'] },
  { group: 'other', types: ['validation-failure'] },
  { group: 'dane', types: ['tlsa-invalid', 'dnssec-invalid', 'dane-required'] },
  { group: 'mta-sts', types: ['sts-policy-fetch-error', 'sts-policy-invalid', 'sts-webpki-invalid'] },
] as const

/** One policy as reporters applied it: same domain, type and text. */
export const tlsPolicyRowSchema = z
  .object({
    domain: z.string(),
    /** tlsa, sts, no-policy-found, or as written. */
    type: z.string(),
    /** Lines as reported; of an MTA-STS policy the file. */
    lines: z.array(z.string()),
    /** Of an MTA-STS policy; null elsewhere or where the text does not say. */
    mode: z.enum(['enforce', 'testing', 'none']).nullable(),
    mxHosts: z.array(z.string()),
    /** Null where no report of it gives a summary: not 0. */
    successful: countSchema.nullable(),
    failed: countSchema.nullable(),
    /** Failed sessions that details name; may differ from `failed`. */
    detailed: countSchema,
    rows: countSchema,
    reporters: z.array(z.string()),
    firstDay: daySchema,
    lastDay: daySchema,
  })
  .openapi('TlsPolicyRow')

export const tlsMatrixRowSchema = z
  .object({
    domain: z.string(),
    /** Null: the reports name no MX, such as when the policy could not be fetched. */
    mx: z.string().nullable(),
    /** Only types with failed sessions; a type that is not named is 0. */
    cells: z.array(
      z.object({
        type: z.string(),
        sessions: countSchema,
        rows: countSchema,
        reporters: countSchema,
        lastDay: daySchema,
      }),
    ),
    sessions: countSchema,
    verdict: verdictSchema,
    severity: severitySchema.nullable(),
    /** One sentence. */
    text: z.string(),
    claim: claimSchema,
    firstDay: daySchema.nullable(),
    lastDay: daySchema.nullable(),
  })
  .openapi('TlsMatrixRow')

export const tlsAnswerSchema = aggregateAnswer(
  z.object({
    summary: z.object({
      /**
       * Sessions by domain are those of its policy type with the most in each report: a session is counted under each
       * policy that applied to it (RFC 8460 s4.4), so types are never added up. Null without any TLS report.
       */
      successful: countSchema.nullable(),
      failed: countSchema.nullable(),
      reports: countSchema,
      reporters: countSchema,
      /** Policies in reports that give no summary. */
      withoutSummary: countSchema,
      mx: countSchema,
      mxFailing: countSchema,
      text: z.string(),
    }),
    policies: z.array(tlsPolicyRowSchema),
    matrix: z.object({
      /** Columns: those of the standard, then others that were met. */
      types: z.array(z.string()),
      rows: z.array(tlsMatrixRowSchema),
      totals: z.array(z.object({ type: z.string(), sessions: countSchema })),
      sessions: countSchema,
    }),
  }),
).openapi('TlsAnswer')
export type TlsAnswer = z.output<typeof tlsAnswerSchema>

export const tlsRoute = createRoute({
  method: 'get',
  path: '/tls',
  operationId: 'getTls',
  summary: 'Inbound TLS: policies that applied, failed sessions by MX and result type',
  request: { query: z.object({ ...scopeQuery, format: pageQuery.format }) },
  responses: { 200: { description: 'Inbound TLS', content: tableContent(tlsAnswerSchema) }, ...problemResponses },
})

/** `''` means that the reports name none. */
export const tlsFilters = {
  mx: repeated(reportedNameSchema).openapi({ type: 'array', items: { type: 'string' } }),
  result_type: repeated(z.string().max(200)).openapi({ type: 'array', items: { type: 'string' } }),
  policy_type: repeated(z.string().max(200)).openapi({ type: 'array', items: { type: 'string' } }),
} as const

export const tlsFailureRowSchema = z
  .object({
    report: z.number().int(),
    day: daySchema,
    domain: z.string(),
    reporter: z.object({ key: z.string(), name: z.string() }),
    policyType: z.string(),
    resultType: z.string(),
    mx: z.string().nullable(),
    helo: z.string().nullable(),
    sendingIp: z.string().nullable(),
    receivingIp: z.string().nullable(),
    sessions: countSchema,
    /** Text from the report: shown as text, links in it never fetched. */
    additionalInformation: z.string().nullable(),
    reasonCode: z.string().nullable(),
  })
  .openapi('TlsFailureRow')

export const tlsFailuresAnswerSchema = aggregateAnswer(
  z.object({
    total: z.object({ sessions: countSchema, rows: countSchema }),
    /** The same failures by reporter and address, most sessions first; at most 100. */
    groups: z.array(
      z.object({
        reporter: z.string(),
        name: z.string(),
        receivingIp: z.string().nullable(),
        sendingMtas: countSchema,
        sessions: countSchema,
        firstDay: daySchema,
        lastDay: daySchema,
      }),
    ),
    failures: z.array(tlsFailureRowSchema),
    nextCursor: nextCursorSchema,
  }),
).openapi('TlsFailuresAnswer')
export type TlsFailuresAnswer = z.output<typeof tlsFailuresAnswerSchema>

export const tlsFailuresRoute = createRoute({
  method: 'get',
  path: '/tls/failures',
  operationId: 'listTlsFailures',
  summary: 'The failure details that make a number, newest day first',
  request: { query: z.object({ ...scopeQuery, ...tlsFilters, ...pageQuery }) },
  responses: { 200: { description: 'Failures', content: tableContent(tlsFailuresAnswerSchema) }, ...problemResponses },
})

export const tlsResultRowSchema = z
  .object({
    report: z.number().int(),
    day: daySchema,
    domain: z.string(),
    reporter: z.object({ key: z.string(), name: z.string() }),
    policyType: z.string(),
    successful: countSchema.nullable(),
    failed: countSchema.nullable(),
    detailed: countSchema,
    /** Whether its sessions are in the summary, or those of another policy type of the same report are. */
    isCounted: z.boolean(),
  })
  .openapi('TlsResultRow')

export const tlsResultsAnswerSchema = aggregateAnswer(
  z.object({
    /** Sums of the rows that count: equal to the summary. */
    total: z.object({ successful: countSchema, failed: countSchema, rows: countSchema }),
    results: z.array(tlsResultRowSchema),
    nextCursor: nextCursorSchema,
  }),
).openapi('TlsResultsAnswer')
export type TlsResultsAnswer = z.output<typeof tlsResultsAnswerSchema>

export const tlsResultsRoute = createRoute({
  method: 'get',
  path: '/tls/results',
  operationId: 'listTlsResults',
  summary: 'Sessions of each policy in each report',
  request: { query: z.object({ ...scopeQuery, policy_type: tlsFilters.policy_type, ...pageQuery }) },
  responses: { 200: { description: 'Results', content: tableContent(tlsResultsAnswerSchema) }, ...problemResponses },
})
