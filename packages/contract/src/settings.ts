import { createRoute, z } from '@hono/zod-openapi'
import { problemResponses } from './problem.ts'

/** Days of the longest retention period that can be asked for: a hundred years. */
export const retentionDaysLimit = 36_500

export const settingsSchema = z
  .strictObject({
    /** Keep failure reports whole, with personal data, instead of their redacted fields only. */
    failureReports: z.boolean(),
    /** Days that aggregate and TLS reports are kept; null keeps them. */
    retentionDays: z.number().int().min(1).max(retentionDaysLimit).nullable(),
    failureRetentionDays: z.number().int().min(1).max(retentionDaysLimit),
  })
  .openapi('Settings')
export type Settings = z.output<typeof settingsSchema>

export const settingsRoute = createRoute({
  method: 'get',
  path: '/settings',
  operationId: 'getSettings',
  summary: 'Settings that the app changes',
  responses: {
    200: { description: 'Settings', content: { 'application/json': { schema: settingsSchema } } },
    ...problemResponses,
  },
})

export const changeSettingsRoute = createRoute({
  method: 'put',
  path: '/settings',
  operationId: 'changeSettings',
  summary: 'Replace the settings',
  request: { body: { required: true, content: { 'application/json': { schema: settingsSchema } } } },
  responses: {
    200: { description: 'Replaced', content: { 'application/json': { schema: settingsSchema } } },
    ...problemResponses,
  },
})
