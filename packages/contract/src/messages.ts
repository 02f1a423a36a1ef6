import { createRoute, z } from '@hono/zod-openapi'
import { claimLevelSchema, verdictSchema } from './claim.ts'
import { countSchema, momentSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'

/** Bytes of one message that a page or a program may send to be explained: what a mail may have (25 MiB). */
export const messageBytesLimit = 26_214_400

/** A named value of a step, such as the record that was read. */
export const factSchema = z.object({ name: z.string(), value: z.string() }).openapi('Fact')
export type Fact = z.output<typeof factSchema>

/** One of several things that a step looked at: a signature, a kind of receiver. */
export const stepPartSchema = z
  .object({
    title: z.string(),
    verdict: verdictSchema,
    /** The word of the standard, such as `permerror`. */
    result: z.string(),
    sentences: z.array(z.string()),
    facts: z.array(factSchema),
  })
  .openapi('StepPart')
export type StepPart = z.output<typeof stepPartSchema>

export const explanationSteps = ['from', 'sender', 'spf', 'helo', 'dkim', 'arc', 'dmarc'] as const

/** One step of the explanation, in the order in which a person asks. */
export const explanationStepSchema = z
  .object({
    id: z.enum(explanationSteps),
    title: z.string(),
    /** Null where the step states facts and judges nothing. */
    verdict: verdictSchema.nullable(),
    /** The word of the standard, such as `softfail`; null where the step is no check of a standard. */
    result: z.string().nullable(),
    claim: z.object({ level: claimLevelSchema, text: z.string() }),
    sentences: z.array(z.string()),
    parts: z.array(stepPartSchema),
    facts: z.array(factSchema),
  })
  .openapi('ExplanationStep')
export type ExplanationStep = z.output<typeof explanationStepSchema>

export const nextStepSchema = z
  .object({
    text: z.string(),
    /** What to publish or to run, letter by letter; null where there is nothing to copy. */
    literal: z.string().nullable(),
  })
  .openapi('NextStep')
export type NextStep = z.output<typeof nextStepSchema>

export const sessionOrigins = [
  'given', // by the person who asks
  'headers', // taken from fields of the message, because that was asked for
  'absent', // not known
] as const

/** A value of the SMTP session and where it comes from. */
export const sessionValueSchema = z
  .object({ value: z.string().nullable(), origin: z.enum(sessionOrigins) })
  .openapi('SessionValue')
export type SessionValue = z.output<typeof sessionValueSchema>

export const messageSessionSchema = z
  .object({
    ip: sessionValueSchema,
    helo: sessionValueSchema,
    /** An empty value is the null path of reports of non-delivery. */
    mailFrom: sessionValueSchema,
    /** When the message came: what expiry is judged by. `absent`: the clock. */
    arrivedAt: z.object({ value: momentSchema, origin: z.enum(sessionOrigins) }),
    /** Why nothing was taken from the header, or from which fields. */
    notes: z.array(z.string()),
  })
  .openapi('MessageSession')
export type MessageSession = z.output<typeof messageSessionSchema>

const spfMatchSchema = z.object({
  domain: z.string(),
  term: z.string(),
  at: z.number().int(),
})

export const spfCheckSchema = z
  .object({
    identity: z.enum(['mailfrom', 'helo']),
    domain: z.string().nullable(),
    result: z.enum(['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror']),
    /** From the directive of the domain's own record down to the one that matched. */
    matched: z.array(spfMatchSchema),
    problem: z
      .object({ code: z.string(), text: z.string(), domain: z.string(), at: z.number().int().nullable() })
      .nullable(),
    /** Text of the other domain; it may be hostile. */
    explanation: z.string().nullable(),
    terms: countSchema,
    voidLookups: countSchema,
  })
  .openapi('SpfCheck')
export type SpfCheckResult = z.output<typeof spfCheckSchema>

export const signatureResultSchema = z
  .object({
    /** Place among the DKIM-Signature fields, from the top, from 1 on. */
    index: z.number().int(),
    result: z.enum(['pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror']),
    code: z.string(),
    text: z.string(),
    domain: z.string().nullable(),
    selector: z.string().nullable(),
    algorithm: z.string().nullable(),
    keyBits: z.number().int().nullable(),
    isTesting: z.boolean(),
    isKeySecure: z.boolean(),
    signedAt: momentSchema.nullable(),
    expiresAt: momentSchema.nullable(),
    signedFields: z.array(z.string()),
  })
  .openapi('SignatureResult')
export type SignatureResult = z.output<typeof signatureResultSchema>

const policySchema = z.enum(['none', 'quarantine', 'reject'])

/** `undetermined`: SPF was not tested and could still have made it pass; nothing is proven. */
export const dmarcResults = ['none', 'pass', 'fail', 'temperror', 'permerror', 'undetermined'] as const

export const dmarcReadingSchema = z
  .object({
    result: z.enum(dmarcResults),
    policyDomain: z.string().nullable(),
    record: z.string().nullable(),
    /** Tag that decided; null where none did. */
    tag: z.enum(['p', 'sp', 'np']).nullable(),
    policy: policySchema.nullable(),
    /** After the test mode: what a receiver is asked to do with mail that fails. */
    applied: policySchema.nullable(),
    organizationalDomain: z.string().nullable(),
    alignments: z.array(
      z.object({
        method: z.enum(['dkim', 'spf']),
        domain: z.string(),
        result: z.enum(['pass', 'fail', 'temperror', 'permerror']),
        isAligned: z.boolean().nullable(),
        mode: z.enum(['relaxed', 'strict']),
        organizationalDomain: z.string().nullable(),
      }),
    ),
    problem: z.string().nullable(),
  })
  .openapi('DmarcReading')
export type DmarcReadingResult = z.output<typeof dmarcReadingSchema>

export const messageResultsSchema = z
  .object({
    author: z.object({
      kind: z.enum(['domains', 'none', 'malformed']),
      addresses: z.array(z.string()),
      domains: z.array(z.string()),
      code: z.string().nullable(),
      text: z.string().nullable(),
    }),
    /** Null where SPF was not tested. */
    spf: spfCheckSchema.nullable(),
    helo: spfCheckSchema.nullable(),
    dkim: z.array(signatureResultSchema),
    arc: z.object({
      result: z.enum(['none', 'pass', 'fail']),
      code: z.string(),
      text: z.string(),
      sealers: z.array(z.object({ instance: z.number().int(), domain: z.string(), selector: z.string() })),
      oldestPass: z.number().int().nullable(),
    }),
    dmarc: z.object({
      result: z.enum(dmarcResults),
      applied: policySchema.nullable(),
      problem: z.string().nullable(),
      evaluations: z.array(
        z.object({
          authorDomain: z.string(),
          rfc9989: dmarcReadingSchema,
          rfc7489: dmarcReadingSchema.nullable(),
          differences: z.array(z.string()),
          asked: z.array(z.string()),
        }),
      ),
    }),
  })
  .openapi('MessageResults')
export type MessageResults = z.output<typeof messageResultsSchema>

export const dnsLookupSchema = z
  .object({
    name: z.string(),
    type: z.string(),
    /** `undetermined` is a time-out, a failure of a server or an answer that DNSSEC proves wrong: never an absence. */
    outcome: z.enum(['records', 'nodata', 'nxdomain', 'undetermined']),
    cause: z.string().nullable(),
    answers: z.array(z.string()),
    ttl: z.number().int().nullable(),
    isSecure: z.boolean(),
    server: z.string(),
  })
  .openapi('DnsLookup')
export type DnsLookup = z.output<typeof dnsLookupSchema>

/** What became of one message, in words for a person and in results for a program. */
export const messageExplanationSchema = z
  .object({
    /** Name of the file, or what stands for one. */
    name: z.string(),
    /** Place in an mbox, from 1 on; null for a single message. */
    number: z.number().int().nullable(),
    bytes: countSchema,
    verdict: verdictSchema,
    /** One sentence that answers: is it proven to come from the domain it names? */
    headline: z.string(),
    /** Why, in a few short sentences. */
    summary: z.array(z.string()),
    session: messageSessionSchema,
    steps: z.array(explanationStepSchema),
    next: z.array(nextStepSchema),
    results: messageResultsSchema,
    /** The value of an Authentication-Results field that says the same (RFC 8601); null where nothing was tested. */
    authenticationResults: z.string().nullable(),
    dns: z.object({
      /** Who answered: resolvers, or files. */
      source: z.string(),
      lookups: z.array(dnsLookupSchema),
      /** Names that were asked for and that no given zone file speaks of; they count as not existing. */
      outsideZones: z.array(z.string()),
    }),
  })
  .openapi('MessageExplanation')
export type MessageExplanation = z.output<typeof messageExplanationSchema>

export const messageExampleSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    message: z.string(),
    ip: z.string(),
    helo: z.string(),
    mailFrom: z.string(),
  })
  .openapi('MessageExample')
export type MessageExample = z.output<typeof messageExampleSchema>

export const messageExamplesSchema = z
  .object({
    /** False where only examples can be explained: a demonstration asks nobody. */
    asksDns: z.boolean(),
    examples: z.array(messageExampleSchema),
  })
  .openapi('MessageExamples')
export type MessageExamples = z.output<typeof messageExamplesSchema>

export const messageExamplesRoute = createRoute({
  method: 'get',
  path: '/messages/examples',
  operationId: 'messageExamples',
  summary: 'Messages to try an explanation on; their DNS is invented',
  responses: {
    200: { description: 'Examples', content: { 'application/json': { schema: messageExamplesSchema } } },
    ...problemResponses,
  },
})

/** Longest address, name or path that is taken: RFC 5321 s4.5.3.1 allows 256 octets. */
const sessionText = z.string().max(320)

export const explainMessageRoute = createRoute({
  method: 'post',
  path: '/messages/explain',
  operationId: 'explainMessage',
  summary: 'Explain SPF, DKIM, ARC and DMARC of one message; nothing is kept',
  request: {
    query: z.object({
      /** Address of the server that handed the message over. */
      ip: sessionText.optional(),
      helo: sessionText.optional(),
      /** Bounce address; `<>` is the null path. */
      mailFrom: sessionText.optional(),
      /** `headers` takes what is not given from the topmost usable Received and Return-Path. */
      session: z.enum(['given', 'headers']).optional(),
      /** `examples` answers from the invented DNS of the examples and asks nobody. */
      dns: z.enum(['live', 'examples']).optional(),
    }),
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.unknown().openapi({ type: 'string', format: 'binary' }) } },
    },
  },
  responses: {
    200: { description: 'The explanation', content: { 'application/json': { schema: messageExplanationSchema } } },
    ...problemResponses,
  },
})
