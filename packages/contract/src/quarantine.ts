import { createRoute, z } from '@hono/zod-openapi'
import { importAnswerSchema } from './imports.ts'
import { nextCursorSchema, pageQuery, tableContent } from './pagination.ts'
import { countSchema, idText, momentSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'

export const quarantineRowSchema = z
  .object({
    id: z.number().int(),
    /** Label of the delivery, such as a file name. */
    name: z.string(),
    /** Where in it the document stands. */
    path: z.string(),
    channel: z.string(),
    code: z.string(),
    /** Why, in words. */
    reason: z.string(),
    quarantinedAt: momentSchema,
    receivedAt: momentSchema,
    bytes: countSchema,
    hasBytes: z.boolean(),
  })
  .openapi('QuarantineRow')
export type QuarantineRow = z.output<typeof quarantineRowSchema>

/** Quarantine has no scope: what could not be read belongs to no domain and no day. */
export const quarantineAnswerSchema = z
  .object({
    total: z.object({ entries: countSchema, byCode: z.record(z.string(), countSchema) }),
    quarantine: z.array(quarantineRowSchema),
    nextCursor: nextCursorSchema,
  })
  .openapi('QuarantineAnswer')
export type QuarantineAnswer = z.output<typeof quarantineAnswerSchema>

export const quarantineRoute = createRoute({
  method: 'get',
  path: '/quarantine',
  operationId: 'listQuarantine',
  summary: 'What could not be read, newest first',
  request: { query: z.object({ ...pageQuery, code: z.string().max(200).optional() }) },
  responses: { 200: { description: 'Quarantine', content: tableContent(quarantineAnswerSchema) }, ...problemResponses },
})

const quarantineParams = z.object({ id: idText })

export const quarantineRawRoute = createRoute({
  method: 'get',
  path: '/quarantine/{id}/raw',
  operationId: 'downloadQuarantine',
  summary: 'The bytes as received, as a download',
  request: { params: quarantineParams },
  responses: {
    200: {
      description: 'The bytes',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...problemResponses,
  },
})

export const retryQuarantineRoute = createRoute({
  method: 'post',
  path: '/quarantine/{id}/retry',
  operationId: 'retryQuarantine',
  summary: 'Read the bytes again, such as after an upgrade',
  request: { params: quarantineParams },
  responses: {
    200: { description: 'What became of it', content: { 'application/json': { schema: importAnswerSchema } } },
    ...problemResponses,
  },
})

export const removeQuarantineRoute = createRoute({
  method: 'delete',
  path: '/quarantine/{id}',
  operationId: 'removeQuarantine',
  summary: 'Remove an entry and its bytes',
  request: { params: quarantineParams },
  responses: { 204: { description: 'Removed' }, ...problemResponses },
})
