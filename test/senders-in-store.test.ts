import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SenderKey, senderLabel } from '@letterlock/posture'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIntake } from '../packages/letterlock/src/intake/create-intake.ts'
import { decide, decisionHistory } from '../packages/letterlock/src/senders/decisions.ts'
import { listSenders } from '../packages/letterlock/src/senders/list-senders.ts'
import {
  loadedCatalogue,
  removeSenderMap,
  senderMapState,
  writeSenderMap,
} from '../packages/letterlock/src/senders/map-store.ts'
import type { Networks } from '../packages/letterlock/src/senders/networks.ts'
import { ReverseNames } from '../packages/letterlock/src/senders/reverse-names.ts'
import { readSenderMap } from '../packages/letterlock/src/senders/sender-map.ts'
import {
  type EnricherState,
  failuresUntilOffline,
  SourceEnricher,
} from '../packages/letterlock/src/senders/source-enricher.ts'
import { openStore, type StorePlace } from '../packages/letterlock/src/store/open-store.ts'
import type { Store } from '../packages/letterlock/src/store/store.ts'
import { type LoopbackDns, startLoopbackDns, unusedAddress } from './loopback-dns.ts'
import { type PostgresServer, startPostgres, whyNoPostgres } from './postgres-server.ts'

const dayStart = 1_795_132_800
const now = dayStart + 2 * 86_400

interface MadeRow {
  readonly ip: string
  readonly count: number
  /** d= of a passing signature; without it nothing passes. */
  readonly signed?: string
}

function report(id: string, rows: readonly MadeRow[]): Uint8Array {
  const records = rows.map(
    ({ ip, count, signed }) => `<record><row><source_ip>${ip}</source_ip><count>${count}</count>
<policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.org</header_from></identifiers><auth_results>
${signed === undefined ? '' : `<dkim><domain>${signed}</domain><selector>s</selector><result>pass</result></dkim>`}
<spf><domain>example.org</domain><scope>mfrom</scope><result>fail</result></spf></auth_results></record>`,
  )
  return Buffer.from(`<?xml version="1.0"?><feedback><report_metadata><org_name>receiver.example</org_name>
<email>a@receiver.example</email><report_id>${id}</report_id><date_range><begin>${dayStart}</begin>
<end>${dayStart + 86_399}</end></date_range></report_metadata><policy_published><domain>example.org</domain><p>none</p>
</policy_published>${records.join('')}</feedback>`)
}

/** Opens an empty store and brings one report into it. */
async function storeWith(place: StorePlace, rows: readonly MadeRow[]): Promise<Store> {
  const opened = await openStore(place)
  if (opened.state !== 'opened') throw new Error(opened.state === 'failed' ? opened.text : 'held')
  const { store } = opened
  const intake = createIntake(store, { tenant: 1, threads: 1, unpackedLimit: 1e8, keepsFailureReports: () => false })
  const bytes = report('r1', rows)
  const verdict = await intake.ingestBytes({
    name: 'r1.xml',
    channel: 'file',
    trust: 'operator',
    bytes,
    receivedAt: now,
  })
  expect(verdict.documents.map(document => document.verdict)).toEqual(['stored'])
  await intake.close()
  return store
}

const rows: readonly MadeRow[] = [
  { ip: '9.0.2.1', count: 5 },
  { ip: '9.0.2.2', count: 50 },
  { ip: '9.0.2.3', count: 500, signed: 'mail.sendgrid.net' },
  { ip: '10.0.0.1', count: 7 },
  { ip: '9.0.2.9', count: 3, signed: 'shop.erp.example' },
]

const allDays = { firstDay: 0, lastDay: 99_999 }

const keysOf = async (store: Store) =>
  Object.fromEntries(
    (await listSenders(store.read, { domain: 'example.org', ...allDays })).map(({ key, messages }) => [key, messages]),
  )

/** Sums of the roll-up and of the rows, by sender: they agree after any change. */
async function expectSumsAgree(store: Store): Promise<void> {
  const sums = async (table: 'aggregate_row' | 'aggregate_rollup') => {
    const found = await store.read
      .selectFrom(table)
      .select(['sender', eb => eb.fn.sum<number>('messages').as('messages')])
      .groupBy('sender')
      .orderBy('sender')
      .execute()
    return found.map(row => [row.sender, Number(row.messages)])
  }
  expect(await sums('aggregate_rollup')).toEqual(await sums('aggregate_row'))
}

let folder: string
let postgres: PostgresServer | null = null
let dns: LoopbackDns
let count = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-senders-'))
  if (whyNoPostgres() === null) postgres = await startPostgres()
  dns = await startLoopbackDns(
    new Map<string, readonly string[] | 'servfail' | 'silent'>([
      ['PTR 1.2.0.9.in-addr.arpa', ['out.example.net']],
      ['A out.example.net', ['9.0.2.1']],
      ['PTR 2.2.0.9.in-addr.arpa', ['mail198.atl141.mandrillapp.com']],
      ['A mail198.atl141.mandrillapp.com', ['9.0.2.2']],
    ]),
  )
})

afterAll(() => {
  dns?.close()
  postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const databases = ['SQLite', 'PostgreSQL'] as const

describe.each(databases)('senders in a store on %s', database => {
  const isSkipped = database === 'PostgreSQL' && whyNoPostgres() !== null
  const place = (): StorePlace => {
    count += 1
    if (database === 'SQLite') return { dataDir: join(folder, `store-${count}`) }
    if (postgres === null) throw new Error('no server')
    return { postgresUrl: postgres.database() }
  }

  test.skipIf(isSkipped)('confirmed names and networks are looked up, and the senders of the rows follow', async () => {
    const store = await storeWith(place(), rows)
    const before = {
      'ip:9.0.2.1': 5,
      'ip:9.0.2.2': 50,
      'service:twilio-sendgrid': 500,
      'ip:10.0.0.1': 7,
      'dkim:erp.example': 3,
    }
    expect(await keysOf(store)).toEqual(before)
    const networks: Networks = {
      changedAt: 1,
      find: ip => (ip === '9.0.2.9' ? { asn: 64_511, asName: 'A', country: 'NL' } : null),
    }
    const reverseNames = new ReverseNames({ servers: [dns.address], timeoutMs: 500, tries: 1 })
    dns.asked.length = 0
    const enricher = new SourceEnricher({ store, reverseNames, networks, now: () => now })
    expect(await enricher.round()).toBe(rows.length)
    expect(await keysOf(store)).toEqual({
      'ptr:example.net': 5,
      'service:mailchimp-transactional': 50,
      'service:twilio-sendgrid': 500,
      'ip:10.0.0.1': 7,
      'dkim:erp.example': 3,
    })
    await expectSumsAgree(store)
    // Most messages first; nobody outside is asked about a private address.
    const pointers = dns.asked.filter(question => question.startsWith('PTR'))
    expect(pointers[0]).toBe('PTR 3.2.0.9.in-addr.arpa')
    expect(pointers).toHaveLength(rows.length - 1)
    // What is known is not asked again, until it is old.
    expect(await enricher.round()).toBe(0)
    const later = new SourceEnricher({ store, reverseNames, networks, now: () => now + 8 * 86_400 })
    expect(await later.round()).toBe(3)
    await store.close()
  })

  test.skipIf(isSkipped)('without an answer nothing is stored, and it stops asking', async () => {
    const many = Array.from({ length: failuresUntilOffline + 12 }, (_, at) => ({ ip: `9.1.0.${at + 1}`, count: 1 }))
    const store = await storeWith(place(), many)
    const reverseNames = new ReverseNames({ servers: [await unusedAddress()], timeoutMs: 100, tries: 1 })
    const enricher = new SourceEnricher({ store, reverseNames, networks: null, now: () => now })
    expect(await enricher.round()).toBe(0)
    expect(enricher.state.kind).toBe('offline')
    const known = await store.read.selectFrom('source').select('id').where('ptr_looked_up_at', 'is not', null).execute()
    expect(known).toEqual([])
    let tell: (state: EnricherState) => void = () => undefined
    const told = new Promise<EnricherState>(resolve => {
      tell = resolve
    })
    const running = new SourceEnricher({ store, reverseNames, networks: null, now: () => now, changed: tell })
    running.start()
    expect(await told).toEqual({ kind: 'offline', cause: expect.stringMatching(/^E[A-Z]+$/) })
    await running.stop()
    await store.close()
  })

  test.skipIf(isSkipped)('switched off it says so', async () => {
    const store = await storeWith(place(), rows)
    const enricher = new SourceEnricher({ store, reverseNames: null, networks: null, now: () => now })
    enricher.start()
    expect(enricher.state.kind).toBe('off')
    await enricher.stop()
    await store.close()
  })

  test.skipIf(isSkipped)('a decision is kept with its history, and stays with the key', async () => {
    const store = await storeWith(place(), rows)
    const about = { domain: 'example.org', sender: 'service:twilio-sendgrid', note: null, now } as const
    expect(await decide(store.write, { ...about, decision: 'mine', note: 'the shop' })).toEqual({
      kind: 'set',
      before: 'undecided',
    })
    expect(await decide(store.write, { ...about, decision: 'mine' })).toEqual({ kind: 'unchanged' })
    expect(await decide(store.write, { ...about, decision: 'not-mine', now: now + 5 })).toEqual({
      kind: 'set',
      before: 'mine',
    })
    expect(await decisionHistory(store.read, 'example.org', about.sender)).toEqual([
      { decision: 'not-mine', decidedAt: now + 5, note: null },
      { decision: 'mine', decidedAt: now, note: 'the shop' },
    ])
    expect(await decide(store.write, { ...about, domain: 'other.test', decision: 'mine' })).toEqual({
      kind: 'unknown domain',
    })
    expect(await decide(store.write, { ...about, sender: 'ptr:nobody.test', decision: 'mine' })).toEqual({
      kind: 'unknown sender',
    })
    expect(await decide(store.write, { ...about, sender: 'as:64511', decision: 'mine' })).toEqual({
      kind: 'not proven',
    })
    const listed = await listSenders(store.read, { domain: null, ...allDays })
    expect(listed[0]).toMatchObject({ key: about.sender, decision: 'not-mine', messages: 500, aligned: 0 })
    // The rows of an address get another sender; what was decided about the address does not go along.
    const byAddress = { ...about, sender: 'ip:9.0.2.1', decision: 'mine' } as const
    expect(await decide(store.write, byAddress)).toEqual({ kind: 'set', before: 'undecided' })
    const source = await store.read
      .selectFrom('source')
      .select('id')
      .where('ip', '=', '9.0.2.1')
      .executeTakeFirstOrThrow()
    await store.storeSourceFacts([{ source: source.id, ptr: 'out.example.net', lookedUpAt: now }])
    const after = await listSenders(store.read, { domain: 'example.org', ...allDays })
    expect(after.find(sender => sender.key === 'ptr:example.net')).toMatchObject({ decision: 'undecided', messages: 5 })
    await store.close()
  })

  test.skipIf(isSkipped)('a loaded map names domains, and its services name rows anew', async () => {
    const store = await storeWith(place(), rows)
    const load = async (content: object) => {
      const map = readSenderMap(
        JSON.stringify({ schema: 'letterlock.senders/1', ...content }),
        'map.json',
        '2026-11-24',
      )
      if (!map.ok) throw new Error(map.text)
      return await store.reattribute(await writeSenderMap(store.write, map.value, { name: 'map.json', loadedAt: now }))
    }
    const names = [{ domain: 'erp.example', name: 'A shop system' }]
    expect((await load({ names })).rows).toBe(0)
    const labelOf = async (key: SenderKey) => senderLabel(key, await loadedCatalogue(store.read)).name
    expect(await labelOf('dkim:erp.example')).toBe('A shop system')
    expect(await labelOf('service:mailchimp')).toBe('Mailchimp')
    expect(await labelOf('dkim:other.test')).toBe('other.test')
    const services = [{ id: 'erp', name: 'Our ERP', category: 'finance', dkimDomains: ['erp.example'] }]
    expect((await load({ services })).rows).toBe(1)
    expect(await keysOf(store)).toMatchObject({ 'service:local-erp': 3 })
    expect(await labelOf('service:local-erp')).toBe('Our ERP')
    expect(await labelOf('dkim:erp.example')).toBe('erp.example')
    await expectSumsAgree(store)
    // Another load takes its place: the rows go back to what the evidence alone says.
    expect((await load({ names })).rows).toBe(1)
    expect(await keysOf(store)).toMatchObject({ 'dkim:erp.example': 3 })
    expect(await senderMapState(store.read)).toEqual({
      origin: { name: 'map.json', loadedAt: now, hash: expect.stringMatching(/^[0-9a-f]{12}$/) },
      names: 1,
      services: 0,
    })
    await removeSenderMap(store.write)
    expect(await senderMapState(store.read)).toBeNull()
    expect(await labelOf('dkim:erp.example')).toBe('erp.example')
    await store.close()
  })
})
