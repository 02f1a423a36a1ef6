import { createRoute, z } from '@hono/zod-openapi'
import { countSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'

/** Bytes of one upload: what a mail may have (25 MiB) and what a person exports as an mbox. */
export const uploadBytesLimit = 26_214_400

/** What became of one document of a delivery. */
export const documentVerdictSchema = z
  .object({
    /** Where in the file it stands. */
    path: z.string(),
    kind: z.enum(['aggregate', 'tls', 'failure', 'none']),
    /** `known`: the same content was there. `overlapping`: stored, its report id has other content too. `failed`: try again. */
    verdict: z.enum(['stored', 'known', 'overlapping', 'quarantine', 'note', 'failed']),
    reportId: z.number().int().nullable(),
    rows: countSchema,
    messages: countSchema,
    deviations: z.record(z.string(), countSchema),
    code: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .openapi('DocumentVerdict')

export const deliveryVerdictSchema = z
  .object({ deliveryId: z.number().int().nullable(), name: z.string(), documents: z.array(documentVerdictSchema) })
  .openapi('DeliveryVerdict')
export type DeliveryVerdict = z.output<typeof deliveryVerdictSchema>

export const importAnswerSchema = z
  .object({
    /** One for a file; one for each message of an mbox. Given after they are durable. */
    deliveries: z.array(deliveryVerdictSchema),
  })
  .openapi('ImportAnswer')
export type ImportAnswer = z.output<typeof importAnswerSchema>

export const importRoute = createRoute({
  method: 'post',
  path: '/imports',
  operationId: 'importFile',
  summary: 'Bring in one file: mail, mbox, XML, JSON, gzip or zip',
  request: {
    /** The file's name: a label, never a path. */
    query: z.object({ name: z.string().min(1).max(1_000) }),
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.unknown().openapi({ type: 'string', format: 'binary' }) } },
    },
  },
  responses: {
    200: { description: 'What became of it', content: { 'application/json': { schema: importAnswerSchema } } },
    ...problemResponses,
  },
})
