import { createRoute, z } from '@hono/zod-openapi'
import { countSchema, momentSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'

/** Bytes of one map: ten times the largest public list. It is read whole, as a map is taken whole or not at all. */
export const senderMapBytesLimit = 16_777_216

/** Lines of a map that are described when they are left out; the others are only counted. */
export const leftOutLimit = 20

/** The map of names that is in force. */
export const senderMapAnswerSchema = z
  .object({
    /** Null where none is loaded: the built-in services alone name senders. */
    map: z
      .object({
        /** Name of the file; null where it was loaded by a version that did not note it. */
        name: z.string().nullable(),
        loadedAt: momentSchema.nullable(),
        names: countSchema,
        services: countSchema,
      })
      .nullable(),
    /** `working`: rows are being named anew, so that sums by sender still move. `failed`: it goes on at the next start. */
    naming: z.enum(['done', 'working', 'failed']),
  })
  .openapi('SenderMapAnswer')
export type SenderMapAnswer = z.output<typeof senderMapAnswerSchema>

export const loadedSenderMapSchema = z
  .object({
    /** What was taken. */
    names: countSchema,
    services: countSchema,
    /** Lines and members that were left out. */
    leftOut: countSchema,
    /** Which and why: the first of them. */
    leftOutReasons: z.array(z.string()).max(leftOutLimit),
    naming: senderMapAnswerSchema.shape.naming,
  })
  .openapi('LoadedSenderMap')
export type LoadedSenderMap = z.output<typeof loadedSenderMapSchema>

export const senderMapRoute = createRoute({
  method: 'get',
  path: '/sender-map',
  operationId: 'getSenderMap',
  summary: 'The map of sender names that a person loaded',
  responses: {
    200: { description: 'State', content: { 'application/json': { schema: senderMapAnswerSchema } } },
    ...problemResponses,
  },
})

export const loadSenderMapRoute = createRoute({
  method: 'put',
  path: '/sender-map',
  operationId: 'loadSenderMap',
  summary: 'Load a map of sender names in the place of the one before: CSV, JSON or YAML',
  request: {
    /** The file's name: a label, never a path. Its ending tells the form; without .json, .yaml or .yml it is CSV. */
    query: z.object({ name: z.string().min(1).max(1_000) }),
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.unknown().openapi({ type: 'string', format: 'binary' }) } },
    },
  },
  responses: {
    200: {
      description: 'Loaded; rows are named anew in the background',
      content: { 'application/json': { schema: loadedSenderMapSchema } },
    },
    ...problemResponses,
  },
})

export const removeSenderMapRoute = createRoute({
  method: 'delete',
  path: '/sender-map',
  operationId: 'removeSenderMap',
  summary: 'Remove the loaded map; decisions stay with their keys',
  responses: { 204: { description: 'Removed' }, ...problemResponses },
})
