import { isIP } from 'node:net'
import { ImapFlow } from 'imapflow'
import { readSecretFile } from '../../config/secret-file.ts'
import { programVersion } from '../../version.ts'
import type { MailboxConfig } from './source-config.ts'

/** Bytes of one mail that are taken: AGG-030. */
export const mailboxMessageLimit = 25 * 1_048_576
/** Above the limit of a message: a server that sends more than it announced is cut off, not believed. */
const literalLimit = mailboxMessageLimit + 1_048_576
/** A line without a literal; the longest are lists of UIDs of a mailbox with millions of messages. */
const lineLimit = 64 * 1_048_576
const connectTimeoutMs = 30_000
const greetingTimeoutMs = 30_000
/** Longer than the longest IDLE, which is broken and begun again every `idleMs`. */
const socketTimeoutMs = 10 * 60_000
/** RFC 9051 s6.3.13: a server may end an idle connection after 30 minutes; many networks do so earlier. */
const idleMs = 4 * 60_000

/** A fault of a mailbox in words for people, and whether trying again soon can help. */
export class MailboxFault extends Error {
  readonly isLasting: boolean

  constructor(text: string, isLasting: boolean) {
    super(text)
    this.name = 'MailboxFault'
    this.isLasting = isLasting
  }
}

/** Connects and logs in; throws a MailboxFault. Whoever calls closes the connection. */
export async function openImapConnection(config: MailboxConfig): Promise<ImapFlow> {
  if (config.security === 'none' && !isLoopbackHost(config.host)) {
    throw new MailboxFault('without TLS only a loopback address is spoken to', true)
  }
  const secret = readSecretFile(config.passwordFile)
  if (!secret.ok) throw new MailboxFault(secret.text, true)
  const client = new ImapFlow({
    host: config.host,
    port: config.port,
    secure: config.security === 'tls',
    // STARTTLS is asked for by the setting and then required: RFC 8314 s3.2 warns of falling back.
    ...(config.security === 'tls' ? {} : { doSTARTTLS: config.security === 'starttls' }),
    auth: { user: config.user, pass: secret.value },
    clientInfo: { name: 'letterlock', version: programVersion() },
    logger: false,
    disableAutoIdle: true,
    maxIdleTime: idleMs,
    maxLiteralSize: literalLimit,
    maxLineLength: lineLimit,
    maxResponseSize: literalLimit + lineLimit,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: greetingTimeoutMs,
    socketTimeout: socketTimeoutMs,
  })
  // An error outside of a command ends the connection; the next command says so.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    client.close()
    throw describeFault(error)
  }
  return client
}

/** Any error of the library as a fault for people. */
export function describeFault(error: unknown): MailboxFault {
  if (error instanceof MailboxFault) return error
  if (!(error instanceof Error)) return new MailboxFault(String(error), false)
  if ('authenticationFailed' in error && error.authenticationFailed === true) {
    return new MailboxFault('the server refused user name or password', true)
  }
  const answer = 'responseText' in error && typeof error.responseText === 'string' ? error.responseText : null
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  if (code !== null && code in connectFaults) {
    return new MailboxFault(connectFaults[code] ?? code, false)
  }
  if (answer !== null) return new MailboxFault(`the server said: ${answer.slice(0, 200)}`, false)
  return new MailboxFault(error.message, false)
}

const connectFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at that address and port',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ETIMEDOUT: 'the server did not answer in time',
  CONNECT_TIMEOUT: 'the server did not answer in time',
  GREETING_TIMEOUT: 'the server did not greet in time',
  ECONNRESET: 'the connection was broken off',
  EConnectionClosed: 'the connection was broken off',
  NoConnection: 'the connection was broken off',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is signed by an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is signed by an unknown authority",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host",
}

function isLoopbackHost(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

/** What a test of a mailbox shows. */
export type MailboxTest =
  | { readonly ok: true; readonly folders: readonly { readonly name: string; readonly messages: number | null }[] }
  | { readonly ok: false; readonly text: string }

/** Folders whose messages are counted in a test. */
const testedFoldersLimit = 200

/** Logs in and lists the folders; changes nothing. */
export async function testMailbox(config: MailboxConfig): Promise<MailboxTest> {
  try {
    const client = await openImapConnection(config)
    try {
      const listed = await client.list({ statusQuery: { messages: true } })
      const folders = listed
        .slice(0, testedFoldersLimit)
        .map(folder => ({ name: folder.path, messages: folder.status?.messages ?? null }))
      for (const wanted of config.folders) {
        const isThere = listed.some(folder => isSameFolder(folder.path, wanted))
        if (!isThere) return { ok: false, text: `there is no folder ${JSON.stringify(wanted)}` }
      }
      return { ok: true, folders }
    } finally {
      await client.logout().catch(() => undefined)
      client.close()
    }
  } catch (error) {
    return { ok: false, text: describeFault(error).message }
  }
}

/** RFC 9051 s5.1: only INBOX is compared without regard to case. */
function isSameFolder(one: string, other: string): boolean {
  return one === other || (one.toUpperCase() === 'INBOX' && other.toUpperCase() === 'INBOX')
}
