import { z } from '@hono/zod-openapi'

/**
 * Every kind of refusal, by a name that does not change. `type` of a problem is `urn:letterlock:problem:` and the name:
 * an address of a page would ask a third party.
 */
export const problemTypes = {
  'invalid-request': 'The request does not fit the description of the API.',
  'invalid-cursor': 'The cursor belongs to another list or another order.',
  'not-found': 'There is nothing by that name.',
  'not-kept': 'The bytes were not kept, or are gone by the retention period.',
  'unknown-host': 'The Host header names no address of this instance.',
  'other-origin': 'Writes are taken only where Origin or Sec-Fetch-Site names this instance.',
  'unsupported-body': 'The body has to be JSON, or a file as application/octet-stream.',
  'too-large': 'The body is over the limit.',
  'read-only': 'This instance shows demonstration data and cannot be changed.',
  conflict: 'The change does not fit the present state.',
  'not-available': 'This part is not running here.',
  'method-not-allowed': 'The address exists, but not for this method.',
  busy: 'The store is busy; the same request may be sent again.',
  internal: 'Letterlock made a mistake. The log has the details.',
} as const satisfies Readonly<Record<string, string>>

export type ProblemName = keyof typeof problemTypes

export const problemPrefix = 'urn:letterlock:problem:'

/** RFC 9457. `errors` names the members of the request that do not fit. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    errors: z.array(z.object({ where: z.string(), text: z.string() })).optional(),
  })
  .openapi('Problem')
export type Problem = z.output<typeof problemSchema>

/** The answers that every route may give beside its own. */
export const problemResponses = {
  default: {
    description: 'A refusal or a failure (RFC 9457)',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
} as const
