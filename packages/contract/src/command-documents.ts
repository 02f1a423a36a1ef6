import { z } from '@hono/zod-openapi'
import { dnsLookupSchema, messageExplanationSchema } from './messages.ts'
import { countSchema } from './primitive.ts'

/** The code that the command ends with. */
const exitSchema = z.number().int()

const octetSchema = z.number().int().nonnegative()

/** `letterlock verify --json`. With `--format ndjson` each line is one of `messages`, or `{ "problem": … }`. */
export const verifyDocumentSchema = z.object({
  schema: z.literal('letterlock.verify/1'),
  messages: z.array(messageExplanationSchema),
  /** Input that could not be judged. */
  problems: z.array(
    z.object({
      name: z.string(),
      /** Place in an mbox, from 1 on. */
      number: z.number().int().nullable(),
      /** Octet in the input. */
      at: octetSchema.nullable(),
      text: z.string(),
    }),
  ),
  /** Messages by verdict. */
  summary: z.record(z.string(), countSchema),
  exit: exitSchema,
})
export type VerifyDocument = z.output<typeof verifyDocumentSchema>

const spfQuestionSchema = z.object({
  name: z.string(),
  type: z.string(),
  outcome: z.enum(['records', 'nodata', 'nxdomain', 'undetermined']),
  answers: z.array(z.string()),
})

/** One record of an SPF tree. */
export interface SpfNodeDocument {
  readonly domain: string
  readonly status: 'record' | 'none' | 'several' | 'syntax' | 'undetermined' | 'loop' | 'limit'
  readonly record: string | null
  readonly faultAt: number | null
  readonly lookups: number
  readonly voidLookups: number
  readonly terms: readonly SpfTermDocument[]
}

/** One term of a record, with the record that it leads to. */
export interface SpfTermDocument {
  readonly text: string
  readonly at: number
  readonly kind: 'all' | 'include' | 'exists' | 'a' | 'mx' | 'ptr' | 'ip4' | 'ip6' | 'redirect' | 'exp' | 'unknown'
  readonly qualifier: '+' | '-' | '~' | '?' | null
  readonly lookups: number
  readonly lookupsBelow: number
  readonly voidLookups: number
  readonly target: string | null
  readonly dependsOnMessage: boolean
  readonly isIgnored: boolean
  readonly questions: readonly Readonly<z.output<typeof spfQuestionSchema>>[]
  readonly child: SpfNodeDocument | null
}

const spfNodeSchema: z.ZodType<SpfNodeDocument> = z.lazy(() =>
  z
    .object({
      domain: z.string(),
      status: z.enum(['record', 'none', 'several', 'syntax', 'undetermined', 'loop', 'limit']),
      record: z.string().nullable(),
      /** Octet of the record where it breaks the grammar. */
      faultAt: octetSchema.nullable(),
      /** Terms that ask, here and below, for a server that nothing matches. */
      lookups: countSchema,
      voidLookups: countSchema,
      terms: z.array(
        z.object({
          text: z.string(),
          at: octetSchema,
          kind: z.enum(['all', 'include', 'exists', 'a', 'mx', 'ptr', 'ip4', 'ip6', 'redirect', 'exp', 'unknown']),
          qualifier: z.enum(['+', '-', '~', '?']).nullable(),
          lookups: countSchema,
          lookupsBelow: countSchema,
          voidLookups: countSchema,
          /** Name that it asks for; null where there is none, or where each message makes another. */
          target: z.string().nullable(),
          dependsOnMessage: z.boolean(),
          /** Behind `all`, or a redirect beside it. */
          isIgnored: z.boolean(),
          questions: z.array(spfQuestionSchema),
          child: spfNodeSchema.nullable(),
        }),
      ),
    })
    .meta({ id: 'SpfNode' }),
)

/** `letterlock spf explain --json`. */
export const spfExplainDocumentSchema = z.object({
  schema: z.literal('letterlock.spf-explain/1'),
  domain: z.string(),
  lookups: countSchema,
  voidLookups: countSchema,
  tree: spfNodeSchema,
  problems: z.array(
    z.object({
      code: z.string(),
      level: z.enum(['error', 'warning', 'unknown']),
      domain: z.string(),
      at: octetSchema.nullable(),
      text: z.string(),
    }),
  ),
  /** What it comes to for the address of `--ip`; null without one. */
  check: z
    .object({
      ip: z.string(),
      result: z.enum(['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror']),
      /** From the directive of the domain's own record down to the one that matched. */
      matched: z.array(z.object({ domain: z.string(), term: z.string(), at: octetSchema })),
      problem: z
        .object({ code: z.string(), text: z.string(), domain: z.string(), at: octetSchema.nullable() })
        .nullable(),
      /** Text of the domain; it may be hostile. */
      explanation: z.string().nullable(),
      terms: countSchema,
      voidLookups: countSchema,
    })
    .nullable(),
  dns: z.object({ source: z.string(), lookups: z.array(dnsLookupSchema) }),
  exit: exitSchema,
})
export type SpfExplainDocument = z.output<typeof spfExplainDocumentSchema>

/** `letterlock dkim keygen --json`; the private key is in the file alone. */
export const dkimKeygenDocumentSchema = z.object({
  schema: z.literal('letterlock.dkim-keygen/1'),
  domain: z.string(),
  selector: z.string(),
  keyType: z.enum(['rsa', 'ed25519']),
  keyFile: z.string(),
  name: z.string(),
  record: z.string(),
  /** The record as a line of a zone file. */
  zoneLine: z.string(),
})
export type DkimKeygenDocument = z.output<typeof dkimKeygenDocumentSchema>

/** `letterlock dkim record --json`. */
export const dkimRecordDocumentSchema = z.object({
  schema: z.literal('letterlock.dkim-record/1'),
  domain: z.string().nullable(),
  selector: z.string().nullable(),
  record: z.string(),
  zoneLine: z.string().nullable(),
  /** What DNS has; null without `--check`. */
  published: z
    .object({ state: z.enum(['published', 'none', 'other', 'revoked', 'broken', 'undetermined']), text: z.string() })
    .nullable(),
  exit: exitSchema,
})
export type DkimRecordDocument = z.output<typeof dkimRecordDocumentSchema>

/** The JSON documents of commands as JSON Schema, by the name in their member `schema`. */
export function commandDocumentSchemas(): Readonly<Record<string, object>> {
  return {
    'letterlock.verify/1': z.toJSONSchema(verifyDocumentSchema),
    'letterlock.spf-explain/1': z.toJSONSchema(spfExplainDocumentSchema),
    'letterlock.dkim-keygen/1': z.toJSONSchema(dkimKeygenDocumentSchema),
    'letterlock.dkim-record/1': z.toJSONSchema(dkimRecordDocumentSchema),
  }
}
