import { z } from '@hono/zod-openapi'

/** Screens that a number or a sentence leads to. */
export const screenSchema = z.enum([
  'rows',
  'domain',
  'senders',
  'sender',
  'tls',
  'tls-failures',
  'tls-results',
  'reports',
  'report',
  'failure-reports',
  'quarantine',
  'sources',
])

/**
 * Where to go on: a screen, what it shows (domain name, sender key or report id) and the filters that are added to the
 * present scope, by the names of the query parameters of the API. A `domain` here replaces the scope's.
 */
export const linkSchema = z
  .object({
    screen: screenSchema,
    id: z.string().nullable(),
    query: z.record(z.string(), z.array(z.string())),
  })
  .openapi('Link')
export type Link = z.output<typeof linkSchema>

/** A sentence in pieces; a piece with a link is a number that leads to its rows. */
export const sentenceSchema = z.array(z.object({ text: z.string(), link: linkSchema.nullable() })).openapi('Sentence')
export type Sentence = z.output<typeof sentenceSchema>
