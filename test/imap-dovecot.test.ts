import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIntake } from '../packages/letterlock/src/intake/create-intake.ts'
import type { Intake } from '../packages/letterlock/src/intake/intake.ts'
import { testMailbox } from '../packages/letterlock/src/intake/source/imap-connection.ts'
import type { Sources } from '../packages/letterlock/src/intake/source/sources.ts'
import { startSources } from '../packages/letterlock/src/intake/source/start-sources.ts'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { reportMail } from './made-reports.ts'
import { Dovecot, dovecotMissing } from './servers/dovecot.ts'

const missing = dovecotMissing()

describe.skipIf(missing !== null)(
  `a mailbox on a real Dovecot${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let folder = ''
    let server: Dovecot
    let store: Store
    let intake: Intake

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'letterlock-mailbox-'))
      writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 })
      server = await Dovecot.start()
      const opened = await openStore({ dataDir: join(folder, 'data') })
      if (opened.state !== 'opened') throw new Error(opened.state)
      store = opened.store
      intake = createIntake(store, {
        tenant: 1,
        threads: 1,
        unpackedLimit: 1_073_741_824,
        keepsFailureReports: () => false,
      })
    })
    afterAll(async () => {
      await intake?.close()
      await store?.close()
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const config = (user: string, more: object = {}): object => ({
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      user,
      passwordFile: join(folder, 'password'),
      folders: ['INBOX'],
      pollSeconds: 60,
      ...more,
    })

    async function withClient<T>(user: string, use: (client: ImapFlow) => Promise<T>): Promise<T> {
      const client = new ImapFlow({
        host: '127.0.0.1',
        port: server.port,
        secure: false,
        doSTARTTLS: false,
        auth: { user, pass: 'secret' },
        logger: false,
      })
      await client.connect()
      try {
        return await use(client)
      } finally {
        await client.logout()
      }
    }

    async function addSource(config: object): Promise<number> {
      const row = { tenant: 1, kind: 'imap', name: 'reports', config: JSON.stringify(config), state: '{}' } as const
      const { insertId, id } = await store.write
        .insertInto('source_config')
        .values({ ...row, is_enabled: 1, created_at: 0, last_run_at: null, last_error: null })
        .returning('id')
        .executeTakeFirstOrThrow()
        .then(found => ({ insertId: found.id, id: found.id }))
      return insertId ?? id
    }

    async function reports(): Promise<number> {
      const rows = await store.read.selectFrom('report').select('id').execute()
      return rows.length
    }

    async function until(isTrue: () => Promise<boolean> | boolean, what: string): Promise<void> {
      for (let tries = 0; tries < 400; tries++) {
        if (await isTrue()) return
        await sleep(50)
      }
      throw new Error(`did not happen: ${what}`)
    }

    test('history, then mail that arrives, a restart of the server, and a restart of the source', async () => {
      await withClient('one', async client => {
        for (let number = 1; number <= 5; number++) await client.append('INBOX', reportMail({ id: `one-${number}` }))
        await client.append('INBOX', Buffer.from('Subject: lunch\r\n\r\nAt noon?\r\n'))
      })
      const id = await addSource(config('one'))
      let sources: Sources = await startSources({ store, intake, log: () => undefined })
      await until(async () => (await reports()) === 5, 'five reports of the history')
      await until(() => sources.states()[0]?.phase === 'watching', 'watching')
      await withClient('one', client => client.append('INBOX', reportMail({ id: 'one-6' })))
      await until(async () => (await reports()) === 6, 'the report that arrived')
      await server.restart()
      await withClient('one', client => client.append('INBOX', reportMail({ id: 'one-7' })))
      await until(async () => (await reports()) === 7, 'the report after the restart of the server')
      await sources.stop()
      await withClient('one', client => client.append('INBOX', reportMail({ id: 'one-8' })))
      sources = await startSources({ store, intake, log: () => undefined })
      await until(async () => (await reports()) === 8, 'the report after the restart of the source')
      const deliveries = await store.read.selectFrom('delivery').select(['name', 'channel']).execute()
      expect(deliveries).toHaveLength(8)
      expect(new Set(deliveries.map(delivery => delivery.channel))).toEqual(new Set(['imap']))
      await sources.stop()
      const left = await withClient('one', client => client.status('INBOX', { messages: true }))
      expect(left).toMatchObject({ messages: 9 })
      await store.write.deleteFrom('source_config').where('id', '=', id).execute()
    })

    test('stored mail is moved where that is asked for, other mail stays', async () => {
      const before = await reports()
      await withClient('two', async client => {
        await client.mailboxCreate('Done')
        await client.append('INBOX', reportMail({ id: 'two-1' }))
        await client.append('INBOX', Buffer.from('Subject: lunch\r\n\r\nAt noon?\r\n'))
      })
      await addSource(config('two', { afterStoring: { action: 'move', folder: 'Done' } }))
      const sources = await startSources({ store, intake, log: () => undefined })
      await until(async () => (await reports()) === before + 1, 'the report')
      await until(() => sources.states().some(state => state.phase === 'watching'), 'watching')
      await sources.stop()
      const counts = await withClient('two', async client => [
        await client.status('INBOX', { messages: true }),
        await client.status('Done', { messages: true }),
      ])
      expect(counts).toMatchObject([{ messages: 1 }, { messages: 1 }])
    })

    test('the test of a mailbox', async () => {
      const { mailboxConfigSchema } = await import('../packages/letterlock/src/intake/source/source-config.ts')
      expect(await testMailbox(mailboxConfigSchema.parse(config('two')))).toMatchObject({ ok: true })
      writeFileSync(join(folder, 'wrong'), 'no', { mode: 0o600 })
      const refused = mailboxConfigSchema.parse(config('two', { passwordFile: join(folder, 'wrong') }))
      expect(await testMailbox(refused)).toEqual({ ok: false, text: 'the server refused user name or password' })
    })
  },
)
