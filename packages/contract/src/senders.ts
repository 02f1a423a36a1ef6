import { createRoute, z } from '@hono/zod-openapi'
import { claimSchema } from './claim.ts'
import { linkSchema } from './link.ts'
import { nextCursorSchema, pageQuery, tableContent } from './pagination.ts'
import { countSchema, daySchema, momentSchema, repeated, reportedNameSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'
import { aggregateAnswer, scopeQuery } from './scope.ts'
import { alignmentCountsSchema, dispositionCountsSchema, outcomeCountsSchema, outcomeSchema } from './volume.ts'

/** What the owner says of a sender, for one domain. */
export const decisionNames = ['undecided', 'mine', 'forwarding', 'not-mine'] as const
export const decisionSchema = z.enum(decisionNames)
export type DecisionName = z.output<typeof decisionSchema>

/** Not aligned: nothing aligned. Aligned: 98 % and more, unknown left out. Partly: the rest. */
export const senderGroupSchema = z.enum(['not-aligned', 'partly', 'aligned'])
export type SenderGroup = z.output<typeof senderGroupSchema>

/** How a sender is named, and what the name rests on. */
export const senderNameSchema = z
  .object({
    /** Stable, such as `service:google-workspace`, `dkim:example.net`, `as:64511`, `ip:192.0.2.1`. */
    key: z.string(),
    name: z.string(),
    /** What kind of service, or what the name was taken from. */
    kind: z.string(),
    /** False: nothing proven names it, so it cannot be decided to be the owner's. */
    mayBeOwn: z.boolean(),
    claim: claimSchema,
  })
  .openapi('SenderName')
export type SenderName = z.output<typeof senderNameSchema>

const senderCounts = {
  messages: countSchema,
  rows: countSchema,
  outcome: outcomeCountsSchema,
  /** Messages with an aligned DKIM pass and with an aligned SPF pass; one message may be in both. */
  dkimAligned: countSchema,
  spfAligned: countSchema,
} as const

export const senderRowSchema = z
  .object({
    sender: senderNameSchema,
    group: senderGroupSchema,
    /** By domain; a domain that is not named is undecided. */
    decisions: z.array(z.object({ domain: z.string(), decision: decisionSchema })),
    /** The one decision of all domains in scope that it sends for; `mixed` where they differ. */
    decision: z.enum([...decisionNames, 'mixed']),
    ...senderCounts,
    domains: z.array(z.string()),
    reporters: countSchema,
    firstDay: daySchema,
    lastDay: daySchema,
  })
  .openapi('SenderRow')
export type SenderRow = z.output<typeof senderRowSchema>

const senderTotalSchema = z.object({ senders: countSchema, ...senderCounts })
const groupTotalSchema = z.object({ senders: countSchema, messages: countSchema, rows: countSchema })

export const sendersAnswerSchema = aggregateAnswer(
  z.object({
    senders: z.array(senderRowSchema),
    /** Of the whole list, not of the page: the groups add up to `all`. */
    groups: z.object({ 'not-aligned': groupTotalSchema, partly: groupTotalSchema, aligned: groupTotalSchema }),
    all: senderTotalSchema,
    nextCursor: nextCursorSchema,
  }),
).openapi('SendersAnswer')
export type SendersAnswer = z.output<typeof sendersAnswerSchema>

export const sendersRoute = createRoute({
  method: 'get',
  path: '/senders',
  operationId: 'listSenders',
  summary: 'Every sender with its counts and the decision',
  request: {
    query: z.object({
      ...scopeQuery,
      ...pageQuery,
      /** `alignment`: not aligned, partly, aligned; in each by messages. */
      sort: z.enum(['alignment', 'messages', 'name', 'first-seen']).optional(),
      /** Messages of senders and domains with this decision. */
      decision: repeated(decisionSchema).openapi({
        type: 'array',
        items: { type: 'string', enum: [...decisionNames] },
      }),
      group: senderGroupSchema.optional(),
      /** Part of a name or key. */
      text: z.string().max(200).optional(),
    }),
  },
  responses: { 200: { description: 'Senders', content: tableContent(sendersAnswerSchema) }, ...problemResponses },
})

const senderParams = z.object({ key: z.string().max(1_000) })

export const senderSourceSchema = z
  .object({
    /** Null where the reports give no usable address. */
    ip: z.string().nullable(),
    /** Forward-confirmed; null where there is none or it was not looked up. */
    ptr: z.string().nullable(),
    isPtrLookedUp: z.boolean(),
    asn: z.number().int().nullable(),
    asName: z.string().nullable(),
    country: z.string().nullable(),
    messages: countSchema,
    rows: countSchema,
    outcome: outcomeCountsSchema,
    firstDay: daySchema,
    lastDay: daySchema,
  })
  .openapi('SenderSource')

/** One way in which messages authenticated, or failed to. A message with two signatures counts in two lines. */
export const senderEvidenceSchema = z
  .object({
    method: z.enum(['dkim', 'spf']),
    /** d= of the signature, or the domain that SPF looked at. */
    domain: z.string().nullable(),
    selector: z.string().nullable(),
    scope: z.enum(['mfrom', 'helo']).nullable(),
    /** Result as normalised (RFC 8601). */
    result: z.string(),
    /** Whether a pass of this domain counts for DMARC; null where no verdict tells. */
    isAligned: z.boolean().nullable(),
    messages: countSchema,
    rows: countSchema,
    /** Filters of /rows that give these messages. */
    link: linkSchema,
  })
  .openapi('SenderEvidence')

export const failureReasonSchema = z.object({
  /** Stable name of the reason. */
  code: z.enum([
    'signs-own-domain',
    'aligned-signature-fails',
    'no-signature',
    'envelope-own-domain',
    'spf-fails',
    'spf-error',
    'no-spf-result',
    'forwarded',
    'nothing-passes',
    'verdict-missing',
  ]),
  text: z.string(),
  messages: countSchema,
})

/** What to do at this service; it stays open until a later report proves it. */
export const senderFixSchema = z
  .object({
    state: z.enum(['open', 'proven', 'not needed', 'unknown']),
    /** First day with failing messages of the scope, or the first day without after it. */
    since: daySchema.nullable(),
    steps: z.array(z.object({ text: z.string(), literals: z.array(z.string()) })),
    doneWhen: z.string(),
    alignedDkim: z.enum(['yes', 'no', 'unknown']),
    alignedSpf: z.enum(['yes', 'no', 'unknown']),
    /** Where the facts of the service come from. */
    sources: z.array(z.object({ from: z.string(), seen: z.string() })),
  })
  .openapi('SenderFix')

export const senderAnswerSchema = aggregateAnswer(
  z.object({
    sender: senderRowSchema,
    disposition: dispositionCountsSchema,
    alignment: alignmentCountsSchema,
    /** The largest of them; `sourceCount` says how many there are. */
    sources: z.array(senderSourceSchema),
    sourceCount: countSchema,
    evidence: z.array(senderEvidenceSchema),
    evidenceCount: countSchema,
    reasons: z.array(failureReasonSchema),
    reporters: z.array(
      z.object({ reporter: z.string(), name: z.string(), messages: countSchema, outcome: outcomeCountsSchema }),
    ),
    fix: senderFixSchema,
    /** Reports with rows of this sender. */
    reports: countSchema,
  }),
).openapi('SenderAnswer')
export type SenderAnswer = z.output<typeof senderAnswerSchema>

export const senderRoute = createRoute({
  method: 'get',
  path: '/senders/{key}',
  operationId: 'getSender',
  summary: 'One sender: sources, evidence, why it fails, who says so, what to do',
  request: { params: senderParams, query: z.object(scopeQuery) },
  responses: {
    200: { description: 'Sender', content: { 'application/json': { schema: senderAnswerSchema } } },
    ...problemResponses,
  },
})

export const senderSourcesAnswerSchema = aggregateAnswer(
  z.object({
    sources: z.array(senderSourceSchema),
    total: z.object({ sources: countSchema, messages: countSchema, rows: countSchema }),
    nextCursor: nextCursorSchema,
  }),
).openapi('SenderSourcesAnswer')
export type SenderSourcesAnswer = z.output<typeof senderSourcesAnswerSchema>

export const senderSourcesRoute = createRoute({
  method: 'get',
  path: '/senders/{key}/sources',
  operationId: 'listSenderSources',
  summary: 'Every address of a sender',
  request: { params: senderParams, query: z.object({ ...scopeQuery, ...pageQuery }) },
  responses: { 200: { description: 'Sources', content: tableContent(senderSourcesAnswerSchema) }, ...problemResponses },
})

export const decideBodySchema = z
  .strictObject({
    decision: decisionSchema,
    /** The domains that the decision is for. */
    domains: z.array(reportedNameSchema).min(1).max(1_000),
    note: z.string().trim().max(2_000).nullable().optional(),
  })
  .openapi('Decide')
export type DecideBody = z.input<typeof decideBodySchema>

export const decisionEntrySchema = z
  .object({
    id: z.number().int(),
    domain: z.string(),
    sender: z.string(),
    decision: decisionSchema,
    decidedAt: momentSchema,
    note: z.string().nullable(),
  })
  .openapi('DecisionEntry')
export type DecisionEntry = z.output<typeof decisionEntrySchema>

export const decideRoute = createRoute({
  method: 'put',
  path: '/senders/{key}/decision',
  operationId: 'decideSender',
  summary: 'Say whose a sender is, for some domains',
  request: {
    params: senderParams,
    body: { required: true, content: { 'application/json': { schema: decideBodySchema } } },
  },
  responses: {
    200: {
      description: 'Recorded',
      content: { 'application/json': { schema: z.object({ decisions: z.array(decisionEntrySchema) }) } },
    },
    ...problemResponses,
  },
})

export const decisionsAnswerSchema = z
  .object({
    /** How people call the sender; the key itself where it is no key of a sender. */
    name: z.string(),
    decisions: z.array(decisionEntrySchema),
  })
  .openapi('DecisionsAnswer')
export type DecisionsAnswer = z.output<typeof decisionsAnswerSchema>

export const decisionsRoute = createRoute({
  method: 'get',
  path: '/senders/{key}/decisions',
  operationId: 'listDecisions',
  summary: 'Every decision about a sender, newest first',
  request: { params: senderParams, query: z.object({ domain: scopeQuery.domain, format: pageQuery.format }) },
  responses: { 200: { description: 'Decisions', content: tableContent(decisionsAnswerSchema) }, ...problemResponses },
})

export const sendersByReporterAnswerSchema = aggregateAnswer(
  z.object({
    /** Columns, most messages first. */
    reporters: z.array(
      z.object({
        reporter: z.string(),
        name: z.string(),
        messages: countSchema,
        outcome: outcomeCountsSchema,
        newestDay: daySchema,
        isSilent: z.boolean(),
      }),
    ),
    rows: z.array(
      z.object({
        sender: senderNameSchema,
        group: senderGroupSchema,
        decision: z.enum([...decisionNames, 'mixed']),
        messages: countSchema,
        outcome: outcomeCountsSchema,
        /** Only reporters that name this sender: an absent cell is "no reports", not 0. */
        cells: z.array(z.object({ reporter: z.string(), messages: countSchema, outcome: outcomeCountsSchema })),
      }),
    ),
    /** Of every sender that has such messages, not of the page. */
    all: z.object({ senders: countSchema, messages: countSchema, outcome: outcomeCountsSchema }),
    nextCursor: nextCursorSchema,
  }),
).openapi('SendersByReporterAnswer')
export type SendersByReporterAnswer = z.output<typeof sendersByReporterAnswerSchema>

export const sendersByReporterRoute = createRoute({
  method: 'get',
  path: '/senders-by-reporter',
  operationId: 'listSendersByReporter',
  summary: 'Who says so: senders in rows, reporters in columns',
  request: {
    query: z.object({
      ...scopeQuery,
      ...pageQuery,
      /** Only messages of these outcomes. */
      outcome: repeated(outcomeSchema).openapi({ type: 'array', items: { type: 'string' } }),
    }),
  },
  responses: {
    200: { description: 'Senders by reporter', content: tableContent(sendersByReporterAnswerSchema) },
    ...problemResponses,
  },
})
