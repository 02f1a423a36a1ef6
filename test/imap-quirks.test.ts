import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createIntake } from '../packages/letterlock/src/intake/create-intake.ts'
import type { Intake } from '../packages/letterlock/src/intake/intake.ts'
import { testMailbox } from '../packages/letterlock/src/intake/source/imap-connection.ts'
import { Mailbox, type MailboxOptions } from '../packages/letterlock/src/intake/source/mailbox.ts'
import { batchMessages, fetchTries, listedMessages } from '../packages/letterlock/src/intake/source/mailbox-reader.ts'
import type { MailboxConfig, MailboxState } from '../packages/letterlock/src/intake/source/source-config.ts'
import type { DeliveryVerdict } from '../packages/letterlock/src/store/intake-op.ts'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { quarantineView } from '../packages/letterlock/src/views/quarantine.ts'
import { ScriptedImap } from './servers/scripted-imap.ts'

const withoutExtensions = ['IMAP4rev1']
const usual = ['IMAP4rev1', 'IDLE', 'MOVE', 'UIDPLUS']

let folder = ''
let running: { stop(): Promise<void> }[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-imap-'))
  writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 })
  running = []
})
afterEach(async () => {
  for (const one of running.toReversed()) await one.stop()
  rmSync(folder, { recursive: true })
})

const mail = (text: string): Buffer => Buffer.from(`Subject: report\r\n\r\n${text}\r\n`)
const mails = (...uids: readonly number[]): Map<number, Buffer> =>
  new Map(uids.map(uid => [uid, mail(`message ${uid}`)]))

/** An intake that keeps what it is given; a mail with the word `bad` is quarantined, one with `chat` has no report. */
function keepingIntake(): { readonly intake: Intake; readonly taken: string[] } {
  const taken: string[] = []
  const intake: Intake = {
    async ingestBytes(input) {
      const text = Buffer.from(input.bytes).toString('latin1')
      taken.push(text.split('\r\n\r\n')[1]?.trim() ?? text)
      return verdict(input.name, text.includes('bad') ? 'quarantine' : text.includes('chat') ? 'note' : 'stored')
    },
    async *ingestPaths() {},
    async *ingestStream() {},
    async quarantineUnfetched({ name }) {
      return verdict(name, 'quarantine')
    },
    async reparse() {
      return 0
    },
    async close() {},
  }
  return { intake, taken }
}

function verdict(name: string, told: 'stored' | 'quarantine' | 'note'): DeliveryVerdict {
  const rest = { reportId: null, rows: 1, messages: 1, deviations: {}, code: null, reason: null }
  return { deliveryId: 1, name, documents: [{ path: name, kind: 'aggregate', verdict: told, ...rest }] }
}

async function serve(...script: ConstructorParameters<typeof ScriptedImap>): Promise<ScriptedImap> {
  const server = await new ScriptedImap(...script).listen()
  running.push(server)
  return server
}

function config(server: ScriptedImap, more: Partial<MailboxConfig> = {}): MailboxConfig {
  return {
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    user: 'reports',
    passwordFile: join(folder, 'password'),
    folders: ['INBOX'],
    afterStoring: { action: 'keep' },
    pollSeconds: 60,
    ...more,
  }
}

interface Started {
  readonly mailbox: Mailbox
  readonly taken: string[]
  readonly states: MailboxState[]
  readonly faults: string[]
  readonly log: string[]
}

function start(
  server: ScriptedImap,
  more: Partial<MailboxConfig> = {},
  options: Partial<MailboxOptions> = {},
): Started {
  const { intake, taken } = keepingIntake()
  const states: MailboxState[] = []
  const faults: string[] = []
  const log: string[] = []
  const mailbox = new Mailbox({
    id: 1,
    config: config(server, more),
    state: { folders: {} },
    intake,
    saveState: async state => {
      states.push(structuredClone(state))
    },
    onRun: async error => {
      if (error !== null) faults.push(error)
    },
    log: (_level, text) => log.push(text),
    backoffStartMs: 20,
    ...options,
  })
  running.push(mailbox)
  return { mailbox, taken, states, faults, log }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (isTrue()) return
    await sleep(25)
  }
  throw new Error(`did not happen: ${what}`)
}

const watching = (started: Started): Promise<void> =>
  until(() => started.mailbox.state.phase === 'watching' && started.mailbox.state.error === null, 'watching')

describe('report-tolerance 105: IMAP servers as they are', () => {
  test('history comes first, lowest UID first, and the state follows what is stored', async () => {
    const server = await serve({ capabilities: usual, uidValidity: 7, messages: mails(9, 3, 5) })
    const started = start(server)
    await watching(started)
    expect(started.taken).toEqual(['message 3', 'message 5', 'message 9'])
    expect(started.states.at(-1)).toEqual({ folders: { INBOX: { uidValidity: '7', lastUid: 9 } } })
    expect(server.commands.filter(command => command.startsWith('SELECT'))).toEqual([])
    expect(server.flags.size).toBe(0)
  })

  test('a server that tells of new mail while idle is heard at once', async () => {
    const script = { capabilities: usual, uidValidity: 7, messages: mails(1) }
    const server = await serve(script)
    const started = start(server)
    await watching(started)
    await until(() => server.commands.includes('IDLE'), 'IDLE')
    script.messages.set(2, mail('new'))
    server.announce()
    await until(() => started.taken.length === 2, 'the new mail')
    expect(started.taken).toEqual(['message 1', 'new'])
  })

  test('a server without IDLE, MOVE and UIDPLUS is asked again', async () => {
    const script = { capabilities: withoutExtensions, uidValidity: 7, messages: mails(1) }
    const server = await serve(script)
    const started = start(server, { pollSeconds: 0.2 })
    await watching(started)
    script.messages.set(2, mail('new'))
    await until(() => started.taken.length === 2, 'the new mail')
  })

  test('what the state knows is not fetched again; another UIDVALIDITY reads all again', async () => {
    const script = { capabilities: usual, uidValidity: 7, messages: mails(1, 2, 3) }
    const server = await serve(script)
    const known = start(server, {}, { state: { folders: { INBOX: { uidValidity: '7', lastUid: 2 } } } })
    await watching(known)
    expect(known.taken).toEqual(['message 3'])
    const changed = start(server, {}, { state: { folders: { INBOX: { uidValidity: '6', lastUid: 2 } } } })
    await watching(changed)
    expect(changed.taken).toEqual(['message 1', 'message 2', 'message 3'])
  })

  test('a connection that breaks while a message is fetched is made again and goes on from there', async () => {
    let drops = 1
    const server = await serve({
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1, 2, 3),
      onFetch: uid => (uid === 2 && drops-- > 0 ? 'drop' : undefined),
    })
    const started = start(server)
    await watching(started)
    expect([...new Set(started.taken)]).toEqual(['message 1', 'message 2', 'message 3'])
    expect(started.faults.length).toBe(1)
  })

  test('a message that breaks the connection each time is passed over, the rest is taken', async () => {
    const server = await serve({
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1, 2, 3),
      onFetch: uid => (uid === 2 ? 'drop' : undefined),
    })
    const started = start(server)
    await watching(started)
    expect([...new Set(started.taken)]).toEqual(['message 1', 'message 3'])
    expect(started.faults.length).toBe(fetchTries)
    expect(started.log.filter(text => text.includes('message 2 was passed over'))).toHaveLength(1)
  })

  test('a literal announced with 4 GB is not waited for', async () => {
    const server = await serve({
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1, 2),
      onFetch: uid => (uid === 1 ? 'oversize' : undefined),
    })
    const started = start(server)
    await watching(started)
    expect(started.taken).toEqual(['message 2'])
  })

  test('a message larger than a mail may be is not fetched', async () => {
    const server = await serve({
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1, 2),
      toldSizes: new Map([[1, 26_214_401]]),
    })
    const started = start(server)
    await watching(started)
    expect(started.taken).toEqual(['message 2'])
    expect(started.log[0]).toContain('message 1 was passed over')
  })

  test('BODY[] answered with NIL: header and text are fetched by themselves', async () => {
    const server = await serve({
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1, 2),
      onFetch: uid => (uid === 1 ? 'nil' : undefined),
    })
    const started = start(server)
    await watching(started)
    expect(started.taken.toSorted()).toEqual(['message 1', 'message 2'])
  })

  test('a message that somebody removes meanwhile is no fault', async () => {
    const server = await serve({
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1, 2, 3),
      onFetch: uid => (uid === 2 ? 'vanish' : undefined),
    })
    const started = start(server)
    await watching(started)
    expect(started.taken).toEqual(['message 1', 'message 3'])
    expect(started.faults).toEqual([])
  })

  test('a large mailbox is read in pages and groups', async () => {
    const uids = Array.from({ length: 2 * listedMessages + 5 }, (_, index) => index * 2 + 1)
    const server = await serve({ capabilities: usual, uidValidity: 7, messages: mails(...uids) })
    const started = start(server)
    await until(() => started.taken.length === uids.length, 'all mails')
    const fetches = server.commands.filter(
      command => command.startsWith('UID FETCH') && command.includes('BODY.PEEK[]'),
    )
    const counts = fetches.map(command => command.split(' ')[2]?.split(',').length ?? 0)
    expect(Math.max(...counts)).toBe(batchMessages)
    expect(new Set(started.taken).size).toBe(uids.length)
  })
})

describe('report-tolerance 105: what cannot be fetched is not lost from sight', () => {
  let store: Store
  let intake: Intake
  beforeEach(async () => {
    const opened = await openStore({ dataDir: join(folder, 'data') })
    if (opened.state !== 'opened') throw new Error(opened.state)
    store = opened.store
    intake = createIntake(store, { tenant: 1, threads: 1, unpackedLimit: 1e8, keepsFailureReports: () => false })
  })
  afterEach(async () => {
    for (const one of running.splice(0).toReversed()) await one.stop()
    await intake.close()
    await store.close()
  })

  const entries = async () =>
    (await quarantineView(store.read, { code: undefined }, { offset: 0, limit: 10 })).quarantine

  test('a mail over 25 MiB, and one that breaks the connection, are in quarantine with the reason, without bytes', async () => {
    const server = await serve({
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1, 2, 3),
      toldSizes: new Map([[1, 40 * 1_048_576]]),
      onFetch: uid => (uid === 2 ? 'drop' : undefined),
    })
    const after = { afterStoring: { action: 'delete' } } as const
    await watching(start(server, after, { intake }))
    const found = await entries()
    expect(found.map(({ name, code, bytes, hasBytes }) => ({ name, code, bytes, hasBytes }))).toEqual([
      { name: 'reports/INBOX 7:2', code: 'not-fetched', bytes: mails(2).get(2)?.length, hasBytes: false },
      { name: 'reports/INBOX 7:1', code: 'too-large', bytes: 40 * 1_048_576, hasBytes: false },
    ])
    expect(found[1]?.reason).toContain('40.0 MiB; larger than 25 MiB, it was not fetched')
    expect(found[0]?.reason).toContain('The connection broke 3 times')
    for (const { reason } of found) expect(reason).toContain('Nothing of it is kept here; it is still in the mailbox.')
    expect(server.commands.filter(command => /STORE|EXPUNGE/.test(command))).toEqual([])
    const [entry] = await store.read.selectFrom('quarantine').select('delivery').execute()
    expect(await store.deliveryBytes(entry?.delivery ?? 0)).toBeNull()
  })

  test('a second pass over the same mailbox adds no second entry', async () => {
    const script = {
      capabilities: usual,
      uidValidity: 7,
      messages: mails(1),
      toldSizes: new Map([[1, 26_214_401]]),
    }
    const server = await serve(script)
    await watching(start(server, {}, { intake }))
    await watching(start(server, {}, { intake }))
    const found = await entries()
    expect(found).toHaveLength(1)
    expect(await store.removeQuarantine(found[0]?.id ?? 0)).toBe(true)
    expect(await store.read.selectFrom('delivery').selectAll().execute()).toEqual([])
  })
})

describe('what is done with mail that is stored', () => {
  const three = (): Map<number, Buffer> =>
    new Map([
      [1, mail('good')],
      [2, mail('bad')],
      [3, mail('chat')],
    ])

  test('nothing, unless it is configured', async () => {
    const server = await serve({ capabilities: usual, uidValidity: 7, messages: three() })
    await watching(start(server))
    expect(server.commands.filter(command => /STORE|COPY|MOVE|EXPUNGE/.test(command))).toEqual([])
  })

  test('move: only what is stored whole; quarantined mail and mail without a report stays', async () => {
    const server = await serve({ capabilities: usual, uidValidity: 7, messages: three() })
    await watching(start(server, { afterStoring: { action: 'move', folder: 'Done' } }))
    expect(server.commands.filter(command => /STORE|COPY|MOVE|EXPUNGE/.test(command))).toEqual(['UID MOVE 1 Done'])
  })

  test('move without MOVE and UIDPLUS: copied and marked as deleted, never expunged', async () => {
    const server = await serve({ capabilities: ['IMAP4rev1'], uidValidity: 7, messages: three() })
    await watching(start(server, { afterStoring: { action: 'move', folder: 'Done' } }))
    expect(server.copies).toEqual([{ uid: 1, folder: 'Done' }])
    expect([...(server.flags.get(1) ?? [])]).toEqual(['\\Deleted'])
    expect(server.commands.filter(command => /EXPUNGE/.test(command))).toEqual([])
  })

  test('delete with UIDPLUS names the messages', async () => {
    const server = await serve({ capabilities: usual, uidValidity: 7, messages: three() })
    await watching(start(server, { afterStoring: { action: 'delete' } }))
    expect(server.commands.filter(command => /EXPUNGE/.test(command))).toEqual(['UID EXPUNGE 1'])
  })
})

describe('connecting', () => {
  test('the test of a mailbox tells folders, or in words what is wrong', async () => {
    const server = await serve({ capabilities: usual, uidValidity: 7, messages: mails(1) })
    expect(await testMailbox(config(server))).toMatchObject({ ok: true, folders: [{ name: 'INBOX' }] })
    expect(await testMailbox(config(server, { folders: ['Reports'] }))).toEqual({
      ok: false,
      text: 'there is no folder "Reports"',
    })
    await server.stop()
    expect(await testMailbox(config(server))).toEqual({ ok: false, text: 'nothing listens at that address and port' })
  })

  test('the file of the password has to be closed to others, and without TLS only loopback is spoken to', async () => {
    const server = await serve({ capabilities: usual, uidValidity: 7, messages: mails(1) })
    writeFileSync(join(folder, 'open'), 'secret', { mode: 0o644 })
    const open = await testMailbox(config(server, { passwordFile: join(folder, 'open') }))
    expect(open).toMatchObject({ ok: false, text: expect.stringContaining('can be read by others') })
    const far = await testMailbox(config(server, { host: 'imap.example.org' }))
    expect(far).toEqual({ ok: false, text: 'without TLS only a loopback address is spoken to' })
  })
})
