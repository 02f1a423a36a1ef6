import { createRoute, z } from '@hono/zod-openapi'
import { claimSchema, severitySchema, verdictSchema } from './claim.ts'
import { nextCursorSchema, pageQuery, tableContent } from './pagination.ts'
import { countSchema, daySchema, reportedNameSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'
import { effectivePolicySchema } from './today.ts'
import { outcomeCountsSchema } from './volume.ts'

export const domainTypeSchema = z.enum(['sending', 'parked', 'unknown'])
export type DomainType = z.output<typeof domainTypeSchema>

const tagsSchema = z.array(z.string().trim().min(1).max(50)).max(20)

/** A policy step for each generation of receivers; they differ where `t=y` or `pct` is published. */
const policyPairSchema = z.object({ rfc9989: effectivePolicySchema, rfc7489: effectivePolicySchema })

export const domainRowSchema = z
  .object({
    name: z.string(),
    type: domainTypeSchema,
    tags: z.array(z.string()),
    /** False: only a report mentioned it. */
    isTracked: z.boolean(),
    /** As the newest reports show it. */
    policy: policyPairSchema,
    messages: countSchema,
    outcome: outcomeCountsSchema,
    senders: countSchema,
    reporters: countSchema,
    firstDay: daySchema.nullable(),
    newestDay: daySchema.nullable(),
    /** Null where no TLS report is in the scope. */
    tls: z.object({ successful: countSchema, failed: countSchema }).nullable(),
  })
  .openapi('DomainRow')
export type DomainRow = z.output<typeof domainRowSchema>

/** What the list of domains may be ordered by. */
export const domainSorts = ['messages', 'name', 'policy', 'aligned', 'senders', 'tls', 'newest'] as const
export type DomainSort = (typeof domainSorts)[number]

export const domainsAnswerSchema = aggregateAnswer(
  z.object({
    domains: z.array(domainRowSchema),
    total: z.object({
      domains: countSchema,
      /** Those that only a report mentioned. */
      untracked: countSchema,
      messages: countSchema,
      outcome: outcomeCountsSchema,
    }),
    nextCursor: nextCursorSchema,
  }),
).openapi('DomainsAnswer')
export type DomainsAnswer = z.output<typeof domainsAnswerSchema>

export const domainsRoute = createRoute({
  method: 'get',
  path: '/domains',
  operationId: 'listDomains',
  summary: 'Every domain with its policy and counts',
  request: {
    query: z.object({
      ...scopeQuery,
      ...pageQuery,
      tag: z.string().max(50).optional(),
      type: domainTypeSchema.optional(),
      tracked: z.enum(['yes', 'no']).optional(),
      /** Part of the name or of a tag. */
      text: z.string().max(253).optional(),
      sort: z.enum(domainSorts).optional(),
      /** Where absent: what needs a look first. */
      direction: z.enum(['up', 'down']).optional(),
    }),
  },
  responses: { 200: { description: 'Domains', content: tableContent(domainsAnswerSchema) }, ...problemResponses },
})

/** What a person says of a domain. */
export const domainEntrySchema = z
  .object({ name: z.string(), type: domainTypeSchema, tags: z.array(z.string()), isTracked: z.boolean() })
  .openapi('DomainEntry')
export type DomainEntry = z.output<typeof domainEntrySchema>

export const addDomainBodySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(253),
    type: domainTypeSchema.optional(),
    tags: tagsSchema.optional(),
  })
  .openapi('AddDomain')
export type AddDomainBody = z.input<typeof addDomainBodySchema>

export const addDomainRoute = createRoute({
  method: 'post',
  path: '/domains',
  operationId: 'addDomain',
  summary: 'Add a domain, or keep one that a report mentioned',
  request: { body: { required: true, content: { 'application/json': { schema: addDomainBodySchema } } } },
  responses: {
    200: { description: 'It was there', content: { 'application/json': { schema: domainEntrySchema } } },
    201: { description: 'Added', content: { 'application/json': { schema: domainEntrySchema } } },
    ...problemResponses,
  },
})

const domainParams = z.object({ domain: reportedNameSchema })

export const changeDomainBodySchema = z
  .strictObject({
    type: domainTypeSchema.optional(),
    tags: tagsSchema.optional(),
    isTracked: z.boolean().optional(),
  })
  .openapi('ChangeDomain')
export type ChangeDomainBody = z.input<typeof changeDomainBodySchema>

export const changeDomainRoute = createRoute({
  method: 'patch',
  path: '/domains/{domain}',
  operationId: 'changeDomain',
  summary: 'Change type, tags or tracking of a domain',
  request: {
    params: domainParams,
    body: { required: true, content: { 'application/json': { schema: changeDomainBodySchema } } },
  },
  responses: {
    200: { description: 'Changed', content: { 'application/json': { schema: domainEntrySchema } } },
    ...problemResponses,
  },
})

export const removeDomainRoute = createRoute({
  method: 'delete',
  path: '/domains/{domain}',
  operationId: 'removeDomain',
  summary: 'Remove a domain with everything that was reported about it',
  request: { params: domainParams },
  responses: {
    200: {
      description: 'Removed',
      content: { 'application/json': { schema: z.object({ reports: countSchema, rows: countSchema }) } },
    },
    ...problemResponses,
  },
})

/** The policy as reporters of one generation published they saw it, newest last. */
export const publishedPolicySchema = z
  .object({
    /** The record as the reports show it: only tags that were reported. */
    literal: z.string(),
    p: z.enum(['none', 'quarantine', 'reject']).nullable(),
    sp: z.enum(['none', 'quarantine', 'reject']).nullable(),
    np: z.enum(['none', 'quarantine', 'reject']).nullable(),
    /** `t=y`; null where the reports do not say. */
    testing: z.boolean().nullable(),
    pct: z.number().int().nullable(),
    adkim: z.enum(['r', 's']),
    aspf: z.enum(['r', 's']),
    firstDay: daySchema,
    lastDay: daySchema,
    reports: countSchema,
    reporters: z.array(z.string()),
  })
  .openapi('PublishedPolicy')

/** What a receiver of one generation does with mail that fails, by what the newest reports show. */
export const effectiveStepSchema = z.object({
  /** The name itself, names below it that exist, names that do not exist. */
  target: z.enum(['domain', 'subdomains', 'nonexistent']),
  policy: effectivePolicySchema,
  /** Why, such as `p=reject, t=y`. */
  because: z.string(),
})

export const generationSchema = z
  .object({
    generation: z.enum(['rfc9989', 'rfc7489']),
    /** Reporters whose report form is of this generation, and messages they reported. */
    reporters: countSchema,
    messages: countSchema,
    steps: z.array(effectiveStepSchema),
    claim: claimSchema,
  })
  .openapi('GenerationPolicy')

export const healthCheckSchema = z
  .object({
    check: z.enum(['dmarc', 'spf', 'dkim', 'mx', 'starttls', 'certificates', 'mta-sts', 'tls-rpt', 'dane']),
    name: z.string(),
    verdict: verdictSchema,
    /** Only of a fail. */
    severity: severitySchema.nullable(),
    text: z.string(),
    details: z.array(z.string()),
    claim: claimSchema,
  })
  .openapi('HealthCheck')

export const domainAnswerSchema = aggregateAnswer(
  z.object({
    domain: domainRowSchema,
    policy: z.object({
      /** Newest record that reports show; null without any. */
      newest: publishedPolicySchema.nullable(),
      generations: z.array(generationSchema),
      /** Every record that reports of the scope show, oldest first. */
      published: z.array(publishedPolicySchema),
    }),
    health: z.array(healthCheckSchema),
    /** Author domains of the messages: the domain and names below it. */
    headerFrom: z.array(z.object({ name: z.string(), messages: countSchema, outcome: outcomeCountsSchema })),
  }),
).openapi('DomainAnswer')
export type DomainAnswer = z.output<typeof domainAnswerSchema>

export const domainRoute = createRoute({
  method: 'get',
  path: '/domains/{domain}',
  operationId: 'getDomain',
  summary: 'One domain: policy by generation of receivers, health, author domains',
  request: {
    params: domainParams,
    query: z.object({ from: scopeQuery.from, to: scopeQuery.to, reporter: scopeQuery.reporter }),
  },
  responses: {
    200: { description: 'Domain', content: { 'application/json': { schema: domainAnswerSchema } } },
    ...problemResponses,
  },
})

/** A DKIM selector as reports name it. Whether a key stands in DNS is not known here. */
export const selectorRowSchema = z
  .object({
    domain: z.string(),
    selector: z.string().nullable(),
    messages: countSchema,
    pass: countSchema,
    fail: countSchema,
    /** Neither pass nor fail: temporary errors, policy, neutral. */
    other: countSchema,
    firstDay: daySchema,
    lastDay: daySchema,
    reporters: countSchema,
  })
  .openapi('SelectorRow')

export const selectorsAnswerSchema = aggregateAnswer(z.object({ selectors: z.array(selectorRowSchema) })).openapi(
  'SelectorsAnswer',
)
export type SelectorsAnswer = z.output<typeof selectorsAnswerSchema>

export const selectorsRoute = createRoute({
  method: 'get',
  path: '/domains/{domain}/selectors',
  operationId: 'listSelectors',
  summary: 'DKIM selectors that reports name for the domain and names below it',
  request: {
    params: domainParams,
    query: z.object({
      from: scopeQuery.from,
      to: scopeQuery.to,
      reporter: scopeQuery.reporter,
      format: pageQuery.format,
    }),
  },
  responses: { 200: { description: 'Selectors', content: tableContent(selectorsAnswerSchema) }, ...problemResponses },
})
