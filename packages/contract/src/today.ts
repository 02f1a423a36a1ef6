import { createRoute, z } from '@hono/zod-openapi'
import { claimSchema } from './claim.ts'
import { linkSchema, sentenceSchema } from './link.ts'
import { countSchema, daySchema } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'

/** What an item is about; a client may word it in its own language by this. */
export const itemKinds = [
  'sender-broken', // a sender that the owner calls theirs fails
  'sender-undecided', // an undecided sender has mail that is not aligned
  'tls-failing', // inbound TLS fails at an MX
  'reporter-silent', // a reporter stopped
  'quarantine', // something could not be read
  'stuck-at-none', // policy none while every sender of the owner is aligned: a hint, no advice
] as const

export const itemSchema = z
  .object({
    /** Stays the same while the matter is the same. */
    id: z.string(),
    kind: z.enum(itemKinds),
    severity: z.enum(['high', 'medium', 'decide', 'hint']),
    /** Null where it is about no single domain. */
    domain: z.string().nullable(),
    title: z.string(),
    /** What is true and who is affected. */
    what: sentenceSchema,
    claim: claimSchema,
    next: z.object({
      text: z.string(),
      /** Literal text to copy: records, addresses. */
      literals: z.array(z.string()),
      link: linkSchema.nullable(),
    }),
    doneWhen: z.string(),
    /** Set where the next step is a decision about a sender. */
    decide: z.object({ sender: z.string(), domain: z.string(), mayBeOwn: z.boolean() }).nullable(),
    /** What the evidence counts: messages, sessions, days or documents. */
    count: countSchema,
  })
  .openapi('Item')
export type Item = z.output<typeof itemSchema>

/** Steps of a policy; `unknown` where no report shows one. */
export const effectivePolicySchema = z.enum(['none', 'quarantine', 'reject', 'unknown'])
export type EffectivePolicy = z.output<typeof effectivePolicySchema>

export const cardsSchema = z.object({
  messages: z.object({ total: countSchema, reports: countSchema, reporters: countSchema }),
  pass: z.object({
    aligned: countSchema,
    total: countSchema,
    /** The same number of days before the scope; null where no report begins in them. */
    before: z.object({ aligned: countSchema, total: countSchema }).nullable(),
  }),
  policies: z.object({
    domains: countSchema,
    /** Domains whose receivers of both generations see quarantine or reject. */
    enforcing: countSchema,
    /** `differs`: quarantine or more for one generation of receivers and another step for the other. */
    by: z.object({
      reject: countSchema,
      quarantine: countSchema,
      none: countSchema,
      differs: countSchema,
      unknown: countSchema,
    }),
    claim: claimSchema,
  }),
  /** Null where no TLS report is in the scope: that is not 0 sessions. */
  tls: z.object({ successful: countSchema, failed: countSchema, domains: countSchema }).nullable(),
})

export const todaySchema = z.object({
  /** Worst harm first; hints last. Empty: nothing needs the owner. */
  items: z.array(itemSchema),
  cards: cardsSchema,
  newestDay: daySchema.nullable(),
})
export const todayAnswerSchema = aggregateAnswer(todaySchema).openapi('TodayAnswer')
export type TodayAnswer = z.output<typeof todayAnswerSchema>

export const todayRoute = createRoute({
  method: 'get',
  path: '/today',
  operationId: 'getToday',
  summary: 'What needs the owner, and the four figures',
  request: { query: z.object(scopeQuery) },
  responses: {
    200: { description: 'Items and figures', content: { 'application/json': { schema: todayAnswerSchema } } },
    ...problemResponses,
  },
})
