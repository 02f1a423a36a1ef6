import { createRoute, z } from '@hono/zod-openapi'
import { linkSchema } from './link.ts'
import { problemResponses } from './problem.ts'

export const searchHitSchema = z
  .object({
    kind: z.enum(['domain', 'sender', 'source', 'reporter', 'report', 'name']),
    label: z.string(),
    detail: z.string().nullable(),
    link: linkSchema,
  })
  .openapi('SearchHit')
export type SearchHit = z.output<typeof searchHitSchema>

export const searchAnswerSchema = z.object({ hits: z.array(searchHitSchema) }).openapi('SearchAnswer')
export type SearchAnswer = z.output<typeof searchAnswerSchema>

export const searchRoute = createRoute({
  method: 'get',
  path: '/search',
  operationId: 'search',
  summary: 'Domains, senders, addresses, reporters and reports by a part of their name; at most 8 of each',
  request: { query: z.object({ q: z.string().trim().min(1).max(200) }) },
  responses: {
    200: { description: 'Hits', content: { 'application/json': { schema: searchAnswerSchema } } },
    ...problemResponses,
  },
})
