import { z } from 'zod'

/**
 * What a person configures of an IMAP mailbox: the JSON of `source_config.config` where `kind` is `imap`. The password
 * stands in a file of its own (mode 0600), never here.
 */
export const mailboxConfigSchema = z.strictObject({
  host: z.string().min(1).max(255),
  port: z.number().int().min(1).max(65_535).default(993),
  /** `tls` from the first byte, `starttls` required before the log-in, `none` only to a loopback address. */
  security: z.enum(['tls', 'starttls', 'none']).default('tls'),
  user: z.string().min(1).max(320),
  passwordFile: z.string().min(1),
  /** Folders that are read; new mail in the first is seen at once, in the others by asking again. */
  folders: z.array(z.string().min(1)).min(1).max(100).default(['INBOX']),
  /** What is done with a mail after every report in it is stored. Mail without a report is never touched. */
  afterStoring: z
    .discriminatedUnion('action', [
      z.strictObject({ action: z.literal('keep') }),
      z.strictObject({ action: z.literal('mark-seen') }),
      z.strictObject({ action: z.literal('move'), folder: z.string().min(1) }),
      z.strictObject({ action: z.literal('delete') }),
    ])
    .default({ action: 'keep' }),
  /** Seconds after which a folder is asked again where the server does not tell of new mail. */
  pollSeconds: z.number().int().min(10).max(86_400).default(300),
})

export type MailboxConfig = z.output<typeof mailboxConfigSchema>

/** What intake remembers of a mailbox between runs: the JSON of `source_config.state`. */
export const mailboxStateSchema = z.object({
  folders: z
    .record(
      z.string(),
      z.object({
        /** UIDs mean something only together with this number (RFC 9051 s2.3.1.1); text, as it may be over 2^53. */
        uidValidity: z.string(),
        /** Every message up to this UID is stored or was passed over. */
        lastUid: z.number().int().min(0),
      }),
    )
    .default({}),
})

export type MailboxState = z.output<typeof mailboxStateSchema>

/** A folder of files that is watched: the JSON of `source_config.config` where `kind` is `folder`. */
export const folderConfigSchema = z.strictObject({
  path: z.string().min(1),
  /** Seconds after which the folder is looked through again, also where the system tells of changes. */
  pollSeconds: z.number().int().min(5).max(86_400).default(60),
})

export type FolderConfig = z.output<typeof folderConfigSchema>
