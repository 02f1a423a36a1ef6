import { createRoute, z } from '@hono/zod-openapi'
import { countSchema, idText, momentSchema } from './primitive.ts'
import { problemResponses } from './problem.ts'

/** What a person configures of an IMAP mailbox. The password stands in a file of its own on the server. */
export const mailboxSettingsSchema = z
  .strictObject({
    host: z.string().trim().min(1).max(255),
    port: z.number().int().min(1).max(65_535).default(993),
    security: z.enum(['tls', 'starttls', 'none']).default('tls'),
    user: z.string().trim().min(1).max(320),
    /** Path on the server of a file with mode 0600. */
    passwordFile: z.string().min(1).max(4_096),
    folders: z.array(z.string().min(1).max(1_000)).min(1).max(100).default(['INBOX']),
    afterStoring: z
      .discriminatedUnion('action', [
        z.strictObject({ action: z.literal('keep') }),
        z.strictObject({ action: z.literal('mark-seen') }),
        z.strictObject({ action: z.literal('move'), folder: z.string().min(1).max(1_000) }),
        z.strictObject({ action: z.literal('delete') }),
      ])
      .default({ action: 'keep' }),
    pollSeconds: z.number().int().min(10).max(86_400).default(300),
  })
  .openapi('MailboxSettings')

export const folderSettingsSchema = z
  .strictObject({
    path: z.string().min(1).max(4_096),
    pollSeconds: z.number().int().min(5).max(86_400).default(60),
  })
  .openapi('FolderSettings')

const sourceName = z.string().trim().min(1).max(200)

export const addSourceBodySchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('imap'),
      name: sourceName,
      isEnabled: z.boolean().optional(),
      config: mailboxSettingsSchema,
    }),
    z.strictObject({
      kind: z.literal('folder'),
      name: sourceName,
      isEnabled: z.boolean().optional(),
      config: folderSettingsSchema,
    }),
  ])
  .openapi('AddSource')
export type AddSourceBody = z.input<typeof addSourceBodySchema>

export const changeSourceBodySchema = z
  .strictObject({
    name: sourceName.optional(),
    isEnabled: z.boolean().optional(),
    /** The whole of it: members are not merged. */
    config: z.union([mailboxSettingsSchema, folderSettingsSchema]).optional(),
  })
  .openapi('ChangeSource')
export type ChangeSourceBody = z.input<typeof changeSourceBodySchema>

export const sourceEntrySchema = z
  .object({
    id: z.number().int(),
    kind: z.enum(['imap', 'folder']),
    name: z.string(),
    isEnabled: z.boolean(),
    config: z.union([mailboxSettingsSchema, folderSettingsSchema]),
    createdAt: momentSchema,
    lastRunAt: momentSchema.nullable(),
    lastError: z.string().nullable(),
    /** What it is doing now; null where it is not running here. */
    state: z
      .object({
        phase: z.enum(['starting', 'history', 'watching', 'waiting', 'stopped']),
        done: countSchema,
        total: countSchema,
        error: z.string().nullable(),
      })
      .nullable(),
  })
  .openapi('SourceEntry')
export type SourceEntry = z.output<typeof sourceEntrySchema>

/** Looking up what reverse names and networks say of the addresses in reports. */
export const lookUpsSchema = z
  .object({
    /** `idle`: it pauses, five minutes at most. `offline`: nothing answers; it is tried again every ten minutes. */
    state: z.enum(['off', 'idle', 'working', 'offline']),
    /** Why it is off or offline; null otherwise. */
    reason: z.string().nullable(),
    /** Addresses whose reverse name is due; null where names are not looked up. */
    waitingForName: countSchema.nullable(),
    /** Addresses whose network is due; null without a file of networks. */
    waitingForNetwork: countSchema.nullable(),
  })
  .openapi('LookUps')
export type LookUps = z.output<typeof lookUpsSchema>

export const sourcesAnswerSchema = z
  .object({ sources: z.array(sourceEntrySchema), lookUps: lookUpsSchema })
  .openapi('SourcesAnswer')
export type SourcesAnswer = z.output<typeof sourcesAnswerSchema>

export const sourcesRoute = createRoute({
  method: 'get',
  path: '/sources',
  operationId: 'listSources',
  summary: 'Mailboxes and folders that reports are taken from, and the look-ups of addresses',
  responses: {
    200: { description: 'Sources', content: { 'application/json': { schema: sourcesAnswerSchema } } },
    ...problemResponses,
  },
})

export const addSourceRoute = createRoute({
  method: 'post',
  path: '/sources',
  operationId: 'addSource',
  summary: 'Add a mailbox or a folder',
  request: { body: { required: true, content: { 'application/json': { schema: addSourceBodySchema } } } },
  responses: {
    201: { description: 'Added', content: { 'application/json': { schema: sourceEntrySchema } } },
    ...problemResponses,
  },
})

const sourceParams = z.object({ id: idText })

export const changeSourceRoute = createRoute({
  method: 'patch',
  path: '/sources/{id}',
  operationId: 'changeSource',
  summary: 'Change, switch on or off a source',
  request: {
    params: sourceParams,
    body: { required: true, content: { 'application/json': { schema: changeSourceBodySchema } } },
  },
  responses: {
    200: { description: 'Changed', content: { 'application/json': { schema: sourceEntrySchema } } },
    ...problemResponses,
  },
})

export const removeSourceRoute = createRoute({
  method: 'delete',
  path: '/sources/{id}',
  operationId: 'removeSource',
  summary: 'Remove a source; what it brought stays',
  request: { params: sourceParams },
  responses: { 204: { description: 'Removed' }, ...problemResponses },
})

export const testSourceAnswerSchema = z
  .object({ ok: z.boolean(), text: z.string(), messages: countSchema.nullable() })
  .openapi('TestSourceAnswer')
export type TestSourceAnswer = z.output<typeof testSourceAnswerSchema>

export const testSourceRoute = createRoute({
  method: 'post',
  path: '/sources/test',
  operationId: 'testSource',
  summary: 'Try a mailbox or a folder without keeping it',
  request: { body: { required: true, content: { 'application/json': { schema: addSourceBodySchema } } } },
  responses: {
    200: { description: 'What happened', content: { 'application/json': { schema: testSourceAnswerSchema } } },
    ...problemResponses,
  },
})
