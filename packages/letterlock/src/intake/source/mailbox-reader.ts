import type { ImapFlow } from 'imapflow'
import type { DeliveryVerdict } from '../../store/intake-op.ts'
import type { Intake } from '../intake.ts'
import { mailboxMessageLimit } from './imap-connection.ts'
import type { MailboxConfig, MailboxState } from './source-config.ts'

/** Messages whose sizes are asked for in one command. */
export const listedMessages = 1000
/** Messages fetched and stored together; one state write follows each such group. */
export const batchMessages = 64
/** Bytes of the messages of one group: with what is parsed of them it stays far under the memory of one big report. */
export const batchBytes = 16 * 1_048_576
/** How often one message may break the connection before it is passed over. */
export const fetchTries = 3

export interface FolderPass {
  readonly client: ImapFlow
  readonly intake: Intake
  readonly config: MailboxConfig
  readonly folder: string
  readonly state: MailboxState
  readonly signal: AbortSignal
  /** Counts how often a message was asked for without an answer; kept over reconnects. */
  readonly attempts: Map<string, number>
  /** Writes the state; called after the messages of a group are durable. */
  readonly saveState: (state: MailboxState) => Promise<void>
  readonly onProgress: (done: number, total: number) => void
  readonly onPassedOver: (uid: number, reason: string) => void
}

interface ListedMessage {
  readonly uid: number
  readonly size: number | null
}

/**
 * Takes every message of a folder that was not taken yet, lowest UID first, and remembers how far it came. Returns the
 * number of messages taken. Throws when the connection breaks; nothing that was stored is asked for again.
 */
export async function readFolder(pass: FolderPass): Promise<number> {
  const { client, config, folder } = pass
  const mailbox = await client.mailboxOpen(folder, { readOnly: config.afterStoring.action === 'keep' })
  const uidValidity = String(mailbox.uidValidity)
  const known = pass.state.folders[folder]
  // RFC 9051 s2.3.1.1: with another UIDVALIDITY the UIDs are new. All is read again; equal content is stored once.
  let lastUid = known?.uidValidity === uidValidity ? known.lastUid : 0
  if (known?.uidValidity !== uidValidity) await saveProgress(pass, uidValidity, 0)
  const uids = await uidsAfter(client, lastUid)
  let done = 0
  pass.onProgress(0, uids.length)
  for (let at = 0; at < uids.length; at += listedMessages) {
    const page = uids.slice(at, at + listedMessages)
    const listed = await listMessages(client, page)
    for (const group of groupMessages(page, listed, uid => attemptsOf(pass, uidValidity, uid))) {
      if (pass.signal.aborted) return done
      await takeGroup(pass, uidValidity, group)
      lastUid = group.at(-1)?.uid ?? lastUid
      await saveProgress(pass, uidValidity, lastUid)
      done += group.length
      pass.onProgress(done, uids.length)
    }
  }
  return done
}

async function saveProgress(pass: FolderPass, uidValidity: string, lastUid: number): Promise<void> {
  pass.state.folders[pass.folder] = { uidValidity, lastUid }
  await pass.saveState(pass.state)
}

/** UIDs above one, ascending. `n:*` names the last message even where its UID is lower (RFC 9051 s6.4.9). */
async function uidsAfter(client: ImapFlow, lastUid: number): Promise<readonly number[]> {
  const found = await client.search({ uid: `${lastUid + 1}:*` }, { uid: true })
  if (!Array.isArray(found)) throw new Error('the server did not list the messages of the folder')
  return [...new Set(found)].filter(uid => uid > lastUid).sort((a, b) => a - b)
}

/** Sizes of messages. What was removed in the meantime is simply not in the answer. */
async function listMessages(client: ImapFlow, uids: readonly number[]): Promise<ReadonlyMap<number, ListedMessage>> {
  const listed = new Map<number, ListedMessage>()
  for await (const message of client.fetch(uidRange(uids), { uid: true, size: true }, { uid: true })) {
    // An answer about a message that was not asked for is a notice of the server, such as changed flags.
    if (message.uid !== undefined) listed.set(message.uid, { uid: message.uid, size: message.size ?? null })
  }
  return listed
}

/** Consecutive UIDs as ranges, so that the command stays short. */
export function uidRange(uids: readonly number[]): string {
  const ranges: string[] = []
  for (let at = 0; at < uids.length; at++) {
    const first = uids[at] ?? 0
    let last = first
    while (uids[at + 1] === last + 1) {
      at++
      last = uids[at] ?? last
    }
    ranges.push(first === last ? String(first) : `${first}:${last}`)
  }
  return ranges.join(',')
}

/** Messages in groups of bounded count and size; one that broke the connection before is alone in its group. */
function* groupMessages(
  uids: readonly number[],
  listed: ReadonlyMap<number, ListedMessage>,
  attempts: (uid: number) => number,
): Generator<readonly ListedMessage[]> {
  let group: ListedMessage[] = []
  let bytes = 0
  for (const uid of uids) {
    const message = listed.get(uid) ?? { uid, size: 0 }
    const size = message.size ?? mailboxMessageLimit
    const isFull = group.length === batchMessages || bytes + size > batchBytes
    if (group.length > 0 && (isFull || attempts(uid) > 0)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(message)
    bytes += size
    if (attempts(uid) === 0) continue
    yield group
    group = []
    bytes = 0
  }
  if (group.length > 0) yield group
}

async function takeGroup(pass: FolderPass, uidValidity: string, group: readonly ListedMessage[]): Promise<void> {
  const wanted: number[] = []
  for (const message of group) {
    const refusal = refusalOf(message, attemptsOf(pass, uidValidity, message.uid))
    if (refusal === null) wanted.push(message.uid)
    else await passOver(pass, uidValidity, message, refusal)
  }
  if (wanted.length === 0) return
  countAttempt(pass, uidValidity, wanted, 1)
  const verdicts = await fetchAndStore(pass, uidValidity, wanted)
  countAttempt(pass, uidValidity, wanted, 0)
  const stored = wanted.filter(uid => holdsOnlyStoredReports(verdicts.get(uid)))
  await tidyUp(pass, stored)
}

interface Refusal {
  readonly code: string
  readonly text: string
}

function refusalOf({ size }: ListedMessage, attempts: number): Refusal | null {
  if (size !== null && size > mailboxMessageLimit) {
    const mebibytes = (size / 1_048_576).toFixed(1)
    const limit = mailboxMessageLimit / 1_048_576
    return { code: 'too-large', text: `The mail has ${mebibytes} MiB; larger than ${limit} MiB, it was not fetched.` }
  }
  if (attempts < fetchTries) return null
  return { code: 'not-fetched', text: `The connection broke ${fetchTries} times while the mail was fetched.` }
}

/** The message stays in the mailbox; what is told of it stays in quarantine, until a person has looked. */
async function passOver(
  pass: FolderPass,
  uidValidity: string,
  message: ListedMessage,
  { code, text }: Refusal,
): Promise<void> {
  await pass.intake.quarantineUnfetched({
    name: deliveryName(pass, uidValidity, message.uid),
    channel: 'imap',
    receivedAt: Math.floor(Date.now() / 1000),
    size: message.size ?? 0,
    code,
    reason: `${text} Nothing of it is kept here; it is still in the mailbox. If it is a report, save its attachment and import that.`,
  })
  pass.onPassedOver(message.uid, text)
}

function deliveryName({ config, folder }: FolderPass, uidValidity: string, uid: number): string {
  return `${config.user}/${folder} ${uidValidity}:${uid}`
}

async function fetchAndStore(
  pass: FolderPass,
  uidValidity: string,
  uids: readonly number[],
): Promise<ReadonlyMap<number, DeliveryVerdict>> {
  const pending = new Map<number, Promise<DeliveryVerdict>>()
  const query = { uid: true, source: true, internalDate: true } as const
  try {
    for await (const message of pass.client.fetch(uidRange(uids), query, { uid: true })) {
      if (!uids.includes(message.uid) || pending.has(message.uid)) continue
      // NIL comes as `false`, whatever the types of the library say.
      if (!Buffer.isBuffer(message.source)) continue
      const stored = store(pass, uidValidity, message.uid, message.source, message.internalDate)
      // Awaited below; until then a failure must not count as one that nobody handles.
      stored.catch(() => undefined)
      pending.set(message.uid, stored)
    }
  } finally {
    await Promise.allSettled(pending.values())
  }
  for (const uid of uids) {
    if (pending.has(uid)) continue
    // Some servers answer BODY[] with NIL for single messages and give the parts all the same.
    const source = await fetchInParts(pass.client, uid)
    if (source !== null) pending.set(uid, store(pass, uidValidity, uid, source, undefined))
  }
  const verdicts = new Map<number, DeliveryVerdict>()
  for (const [uid, verdict] of pending) verdicts.set(uid, await verdict)
  return verdicts
}

async function fetchInParts(client: ImapFlow, uid: number): Promise<Buffer | null> {
  const query = { uid: true, headers: true, bodyParts: ['text'] }
  const message = await client.fetchOne(String(uid), query, { uid: true })
  if (typeof message !== 'object' || !Buffer.isBuffer(message.headers)) return null
  const body = message.bodyParts?.get('text')
  return Buffer.isBuffer(body) ? Buffer.concat([message.headers, body]) : null
}

function store(
  pass: FolderPass,
  uidValidity: string,
  uid: number,
  source: Buffer,
  receivedAt: Date | string | undefined,
): Promise<DeliveryVerdict> {
  const time = receivedAt === undefined ? Number.NaN : new Date(receivedAt).getTime()
  return pass.intake.ingestBytes({
    name: deliveryName(pass, uidValidity, uid),
    channel: 'imap',
    trust: 'outside',
    bytes: source,
    ...(Number.isNaN(time) ? {} : { receivedAt: Math.floor(time / 1000) }),
  })
}

/** True where the mail carried reports and every one of them is in the store. */
function holdsOnlyStoredReports(verdict: DeliveryVerdict | undefined): boolean {
  if (verdict === undefined) return false
  const documents = verdict.documents.filter(document => document.verdict !== 'note')
  return documents.length > 0 && documents.every(document => document.verdict !== 'quarantine')
}

async function tidyUp(pass: FolderPass, uids: readonly number[]): Promise<void> {
  const { client, config } = pass
  const after = config.afterStoring
  if (uids.length === 0 || after.action === 'keep') return
  const range = uidRange(uids)
  const byUid = { uid: true } as const
  if (after.action === 'mark-seen') {
    await client.messageFlagsAdd(range, ['\\Seen'], byUid)
    return
  }
  if (after.action === 'move') {
    if (client.capabilities.has('MOVE')) {
      await client.messageMove(range, after.folder, byUid)
      return
    }
    // Without MOVE: what could not be copied stays.
    if (!(await client.messageCopy(range, after.folder, byUid))) return
  }
  // RFC 4315: without UIDPLUS an EXPUNGE would also remove what others marked as deleted; then the mark has to do.
  if (client.capabilities.has('UIDPLUS')) await client.messageDelete(range, byUid)
  else await client.messageFlagsAdd(range, ['\\Deleted'], byUid)
}

function attemptsOf(pass: FolderPass, uidValidity: string, uid: number): number {
  return pass.attempts.get(attemptKey(pass, uidValidity, uid)) ?? 0
}

/** Counts one more attempt, or forgets (0) the attempts of messages that came. */
function countAttempt(pass: FolderPass, uidValidity: string, uids: readonly number[], more: 0 | 1): void {
  for (const uid of uids) {
    const key = attemptKey(pass, uidValidity, uid)
    if (more === 0) pass.attempts.delete(key)
    else pass.attempts.set(key, (pass.attempts.get(key) ?? 0) + 1)
  }
}

function attemptKey(pass: FolderPass, uidValidity: string, uid: number): string {
  return `${pass.folder}\n${uidValidity}\n${uid}`
}
