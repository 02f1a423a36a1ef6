import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import type { AggregateHead, FailureReport, RecordColumns, ReportValues, TlsReport } from '@letterlock/protocols'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { randomNumbers, reportSteps } from '../../../../bench/report-steps.ts'
import { type PostgresServer, startPostgres, whyNoPostgres } from '../../../../test/postgres-server.ts'
import type { SenderMap } from './attribution.ts'
import type { DeliveryVerdict, IntakeOp } from './intake-op.ts'
import { openStore, type StorePlace } from './open-store.ts'
import { restoreSqlite } from './restore.ts'
import type { Store } from './store.ts'

/* One suite for both databases. The threads of SQLite run the built files: build before. */

const sha = (text: string | Uint8Array) => createHash('sha256').update(text).digest()
const day = 20_000
const begin = day * 86_400

interface Database {
  readonly name: string
  readonly reason: string | null
  place(): StorePlace
}

const folders: string[] = []
let server: PostgresServer | null = null

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-store-'))
  folders.push(folder)
  return folder
}

const databases: readonly Database[] = [
  { name: 'SQLite', reason: null, place: () => ({ dataDir: newFolder() }) },
  {
    name: 'PostgreSQL',
    reason: whyNoPostgres(),
    place: () => ({ postgresUrl: server?.database() ?? '' }),
  },
]

beforeAll(async () => {
  if (whyNoPostgres() === null) server = await startPostgres()
})
afterAll(() => {
  server?.stop()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const open: Store[] = []

async function opened(place: StorePlace): Promise<Store> {
  const result = await openStore(place)
  if (result.state !== 'opened') throw new Error(JSON.stringify(result))
  open.push(result.store)
  return result.store
}

afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
})

/** A record of a literal report. */
interface Record_ {
  readonly ip: string | null
  readonly count: number
  readonly from?: string
  readonly dkimPass?: string
  readonly spfPass?: string
}

function head(over: { reporter?: string; id?: string; domain?: string; begin?: number } = {}): AggregateHead {
  const start = over.begin ?? begin
  return {
    form: 'rfc7489',
    version: '1.0',
    namespace: null,
    metadata: {
      orgName: over.reporter ?? 'Reporter.Example',
      email: 'a@reporter.example',
      extraContactInfo: [],
      reportId: over.id ?? 'r1',
      begin: start,
      end: start + 86_399,
      errors: [],
      generator: null,
    },
    policy: {
      domain: over.domain ?? 'example.org',
      p: 'reject',
      sp: null,
      np: null,
      adkim: 'r',
      aspf: 'r',
      pct: 100,
      fo: '0',
      testing: null,
      discoveryMethod: null,
      defaulted: [],
    },
  }
}

function recordsOf(records: readonly Record_[]): { columns: RecordColumns; added: ReportValues } {
  const sources: (string | null)[] = [null]
  const names: (string | null)[] = [null]
  const dkimSets: ReportValues['dkimSets'][number][] = [[]]
  const spfSets: ReportValues['spfSets'][number][] = [[]]
  const place = <T>(list: T[], value: T) => (list.includes(value) ? list.indexOf(value) : list.push(value) - 1)
  const length = records.length
  const columns = {
    length,
    first: 0,
    source: new Uint32Array(length),
    count: new Float64Array(length),
    disposition: new Uint8Array(length).fill(1),
    dkim: new Uint8Array(length).fill(1),
    spf: new Uint8Array(length).fill(1),
    headerFrom: new Uint32Array(length),
    envelopeFrom: new Uint32Array(length),
    envelopeTo: new Uint32Array(length),
    reasons: new Uint32Array(length),
    dkimResults: new Uint32Array(length),
    spfResults: new Uint32Array(length),
    flags: new Uint8Array(length),
  }
  records.forEach((record, at) => {
    columns.source[at] = place(sources, record.ip)
    columns.count[at] = record.count
    columns.headerFrom[at] = place(names, record.from ?? 'example.org')
    if (record.dkimPass !== undefined)
      columns.dkimResults[at] =
        dkimSets.push([{ domain: record.dkimPass, selector: 's', result: 'pass', humanResult: null }]) - 1
    if (record.spfPass !== undefined)
      columns.spfResults[at] =
        spfSets.push([{ domain: record.spfPass, scope: 'mfrom', result: 'pass', humanResult: null }]) - 1
  })
  return { columns, added: { sources, names, reasonSets: [[]], dkimSets, spfSets } }
}

interface DeliveryLiteral {
  readonly name?: string
  readonly bytes?: string
  readonly documents: readonly (readonly IntakeOp[])[]
}

function delivery({ name = 'a.eml', bytes = name, documents }: DeliveryLiteral): readonly IntakeOp[] {
  const raw = Buffer.from(bytes)
  return [
    {
      op: 'delivery',
      tenant: 1,
      channel: 'file',
      name,
      receivedAt: begin + 90_000,
      hash: null,
      headers: 'From: a@reporter.example\n',
      envelopeFrom: null,
    },
    { op: 'piece', seq: 0, size: raw.length, bytes: deflateRawSync(raw) },
    ...documents.flat(),
    { op: 'end', hash: sha(raw), size: raw.length },
  ]
}

function aggregate(
  records: readonly Record_[],
  over: Parameters<typeof head>[0] & { content?: string } = {},
): readonly IntakeOp[] {
  const content = over.content ?? JSON.stringify([records, over])
  const summary = {
    head: head(over),
    records: records.length,
    messages: records.reduce((sum, record) => sum + record.count, 0),
    isPartial: false,
    deviations: [{ code: 'x', at: 3, raw: 'a\0b' }],
    deviationCounts: { x: 1 },
  }
  return [
    { op: 'aggregate-head', path: 'a.xml', head: head(over), hash: sha(content) },
    { op: 'records', ...recordsOf(records) },
    { op: 'aggregate-end', hash: sha(content), size: content.length, summary },
  ]
}

/** A loaded map with one service. */
const mapOf = (dkimDomain: string, hash: string): SenderMap => ({
  hash,
  entries: [],
  services: [
    {
      id: 'local-net',
      name: 'Net',
      category: 'marketing',
      spfIncludes: [],
      dkimDomains: [dkimDomain],
      dkimSelectors: [],
      envelopeDomains: [],
      ptrDomains: [],
      alignedDkim: 'unknown',
      alignedSpf: 'unknown',
      setUp: '',
      sources: [],
    },
  ],
})

const rows: readonly Record_[] = [
  { ip: '192.0.2.1', count: 5, dkimPass: 'mail.example.net' },
  { ip: '2001:db8::1', count: 7, spfPass: 'bounce.example.com' },
  { ip: null, count: 1 },
]

async function* stream(steps: readonly IntakeOp[], withoutHash = true): AsyncGenerator<IntakeOp> {
  for (const op of steps) yield withoutHash && op.op === 'aggregate-head' ? { ...op, hash: null } : op
}

const verdictsOf = (verdicts: readonly DeliveryVerdict[]) =>
  verdicts.map(({ documents }) => documents.map(({ verdict }) => verdict).join())

async function count(
  store: Store,
  table:
    | 'aggregate_row'
    | 'report'
    | 'delivery'
    | 'delivery_piece'
    | 'quarantine'
    | 'tls_failure'
    | 'tls_policy'
    | 'tombstone',
): Promise<number> {
  const row = await store.read
    .selectFrom(table)
    .select(eb => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return row.count
}

/** The roll-up as stored, and as it must be by the rows: computed here, row by row. */
async function rollups(store: Store): Promise<{ stored: string[]; fromRows: string[] }> {
  const stored = await store.read.selectFrom('aggregate_rollup').selectAll().execute()
  const all = await store.read.selectFrom('aggregate_row').selectAll().execute()
  const sums = new Map<string, { messages: number; records: number }>()
  for (const row of all) {
    const key = [
      row.domain,
      row.day,
      row.reporter,
      row.sender,
      row.header_from,
      row.rollup_disposition,
      row.alignment,
      row.authentication,
    ].join(' ')
    const cell = sums.get(key) ?? { messages: 0, records: 0 }
    sums.set(key, { messages: cell.messages + row.messages, records: cell.records + 1 })
  }
  return {
    stored: stored
      .map(
        cell =>
          `${[cell.domain, cell.day, cell.reporter, cell.sender, cell.header_from, cell.disposition, cell.alignment, cell.authentication].join(' ')}: ${cell.messages} ${cell.records}`,
      )
      .sort(),
    fromRows: [...sums].map(([key, cell]) => `${key}: ${cell.messages} ${cell.records}`).sort(),
  }
}

async function expectRollupsEqualRows(store: Store): Promise<void> {
  const { stored, fromRows } = await rollups(store)
  expect(stored).toEqual(fromRows)
}

describe.each(databases.map(database => [database.name, database] as const))('store on %s', (_name, database) => {
  const prove = test.skipIf(database.reason !== null)
  const fresh = () => opened(database.place())

  prove('a delivery is stored with rows, roll-up, bytes and an untracked domain', async () => {
    const store = await fresh()
    const [verdict] = await store.intake.writeMany([delivery({ bytes: 'the bytes', documents: [aggregate(rows)] })])
    expect(verdict?.documents[0]).toMatchObject({
      verdict: 'stored',
      kind: 'aggregate',
      rows: 3,
      messages: 13,
      deviations: { x: 1 },
    })
    const stored = await store.read.selectFrom('report').selectAll().executeTakeFirstOrThrow()
    expect(stored).toMatchObject({
      day,
      records: 3,
      messages: 13,
      policy_p: 'reject',
      is_partial: 0,
      is_overlapping: 0,
    })
    expect(Buffer.compare(stored.hash, sha(JSON.stringify([rows, {}])))).toBe(0)
    const domain = await store.read.selectFrom('domain').selectAll().executeTakeFirstOrThrow()
    expect(domain).toMatchObject({ name: 'example.org', is_tracked: 0, type: 'unknown', tags: '[]' })
    const senders = await store.read
      .selectFrom('aggregate_row as r')
      .innerJoin('sender', 'sender.id', 'r.sender')
      .leftJoin('source', 'source.id', 'r.source')
      .select(['r.seq', 'sender.key', 'source.ip', 'r.is_proven'])
      .orderBy('r.seq')
      .execute()
    expect(senders).toEqual([
      { seq: 0, key: 'dkim:example.net', ip: '192.0.2.1', is_proven: 1 },
      { seq: 1, key: 'envelope:example.com', ip: '2001:db8::1', is_proven: 1 },
      { seq: 2, key: 'ip:unknown', ip: null, is_proven: 0 },
    ])
    await expectRollupsEqualRows(store)
    const bytes = await store.deliveryBytes(verdict?.deliveryId ?? 0)
    const chunks: Uint8Array[] = []
    for await (const chunk of bytes?.chunks ?? []) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('the bytes')
    expect(bytes?.size).toBe(9)
  })

  prove(
    'the same delivery again adds nothing; the same bytes under another name join without their bytes',
    async () => {
      const store = await fresh()
      const first = delivery({ documents: [aggregate(rows)] })
      await store.intake.writeMany([first])
      expect(verdictsOf(await store.intake.writeMany([first, first]))).toEqual(['known', 'known'])
      expect(await count(store, 'delivery')).toBe(1)
      await store.intake.writeMany([delivery({ name: 'b.eml', bytes: 'a.eml', documents: [aggregate(rows)] })])
      expect([
        await count(store, 'delivery'),
        await count(store, 'delivery_piece'),
        await count(store, 'report'),
      ]).toEqual([2, 1, 1])
      const copy = await store.read
        .selectFrom('delivery')
        .select(['id', 'bytes_of'])
        .where('name', '=', 'b.eml')
        .executeTakeFirstOrThrow()
      expect(copy.bytes_of).not.toBeNull()
      expect((await store.deliveryBytes(copy.id))?.size).toBe(5)
      await expectRollupsEqualRows(store)
    },
  )

  prove('a stream without hashes is known by its end and taken back', async () => {
    const store = await fresh()
    const steps = delivery({ documents: [aggregate(rows)] })
    expect(verdictsOf([await store.intake.writeStream(stream(steps))])).toEqual(['stored'])
    const again = delivery({ name: 'c.eml', bytes: 'a.eml', documents: [aggregate(rows)] })
    expect(verdictsOf([await store.intake.writeStream(stream(again))])).toEqual(['known'])
    expect(await count(store, 'aggregate_row')).toBe(3)
    expect([await count(store, 'delivery'), await count(store, 'delivery_piece')]).toEqual([2, 1])
    expect(verdictsOf([await store.intake.writeStream(stream(steps))])).toEqual(['known'])
    expect(await count(store, 'delivery')).toBe(2)
    await expectRollupsEqualRows(store)
  })

  prove('a stream that breaks off leaves nothing, and the next delivery is taken', async () => {
    const store = await fresh()
    const steps = delivery({ documents: [aggregate(rows)] })
    await expect(store.intake.writeStream(stream(steps.slice(0, -2)))).rejects.toThrow('before `end`')
    expect([await count(store, 'aggregate_row'), await count(store, 'delivery'), await count(store, 'report')]).toEqual(
      [0, 0, 0],
    )
    expect(verdictsOf(await store.intake.writeMany([steps]))).toEqual(['stored'])
    await expectRollupsEqualRows(store)
  })

  prove('other content under the same id is kept and flagged; equal rows in another order are known', async () => {
    const store = await fresh()
    await store.intake.writeMany([delivery({ documents: [aggregate(rows)] })])
    const reordered = delivery({ name: 'b.eml', documents: [aggregate([...rows].reverse(), { content: 'reordered' })] })
    const other = delivery({ name: 'c.eml', documents: [aggregate(rows.slice(0, 2), { content: 'other' })] })
    expect(verdictsOf(await store.intake.writeMany([reordered, other]))).toEqual(['known', 'overlapping'])
    const flags = await store.read.selectFrom('report').select('is_overlapping').execute()
    expect(flags).toEqual([{ is_overlapping: 1 }, { is_overlapping: 1 }])
    await expectRollupsEqualRows(store)
  })

  prove('one delivery that cannot be stored does not keep the others of its group from it', async () => {
    const store = await fresh()
    const broken: readonly IntakeOp[] = delivery({
      name: 'broken',
      documents: [aggregate(rows, { id: 'broken' }).slice(1)],
    })
    const verdicts = await store.intake.writeMany([
      delivery({ documents: [aggregate(rows)] }),
      broken,
      delivery({ name: 'b', documents: [aggregate(rows, { id: 'r2' })] }),
    ])
    expect(verdictsOf(verdicts)).toEqual(['stored', 'failed', 'stored'])
    expect(await count(store, 'report')).toBe(2)
  })

  prove(
    'a note alone stores nothing; quarantine keeps one entry for the same bytes and loses it when they can be read',
    async () => {
      const store = await fresh()
      const note: IntakeOp = { op: 'note', path: '', code: 'no-report', text: 'mail without a report' }
      const [noted] = await store.intake.writeMany([delivery({ documents: [[note]] })])
      expect(noted).toMatchObject({ deliveryId: null, documents: [{ verdict: 'note' }] })
      expect(await count(store, 'delivery')).toBe(0)
      const bad: IntakeOp = { op: 'quarantine', path: 'x.zip', code: 'broken-zip', reason: 'the zip is cut' }
      await store.intake.writeMany([delivery({ documents: [[bad]] })])
      await store.intake.writeMany([delivery({ name: 'other', bytes: 'a.eml', documents: [[bad]] })])
      expect(await count(store, 'quarantine')).toBe(1)
      await store.intake.writeMany([delivery({ documents: [aggregate(rows)] })])
      expect([await count(store, 'quarantine'), await count(store, 'report')]).toEqual([0, 1])
    },
  )

  prove('removing a quarantine entry removes bytes that nothing else needs', async () => {
    const store = await fresh()
    const bad: IntakeOp = { op: 'quarantine', path: 'x.zip', code: 'broken-zip', reason: 'cut' }
    await store.intake.writeMany([delivery({ documents: [[bad]] })])
    await store.intake.writeMany([delivery({ name: 'other', bytes: 'a.eml', documents: [[bad]] })])
    const { id } = await store.read.selectFrom('quarantine').select('id').executeTakeFirstOrThrow()
    expect(await store.removeQuarantine(id)).toBe(true)
    expect(await store.removeQuarantine(id)).toBe(false)
    expect([await count(store, 'delivery'), await count(store, 'delivery_piece')]).toEqual([0, 0])
  })

  prove('report-tolerance 84: counts of 2^40 are exact in a row and in a sum past 2^53', async () => {
    const store = await fresh()
    const most = 2 ** 40
    const reports = Array.from({ length: 3 }, (_, at) =>
      delivery({ name: `${at}`, documents: [aggregate([{ ip: '192.0.2.1', count: most }], { id: `big ${at}` })] }),
    )
    await store.intake.writeMany(reports)
    expect((await store.read.selectFrom('aggregate_row').select('messages').execute())[0]?.messages).toBe(most)
    const sum = await store.read
      .selectFrom('aggregate_rollup')
      .select(eb => [eb.fn.sum<number>('messages').as('sum'), eb.fn.sum<number>(eb('messages', '*', 4096)).as('large')])
      .executeTakeFirstOrThrow()
    expect(sum.sum).toBe(3 * most)
    expect(sum.large).toBe(3 * 2 ** 52)
    expect(typeof sum.large).toBe('number')
  })

  prove('names of any length are stored; past the limit of a dictionary they are cut and told apart', async () => {
    const store = await fresh()
    const records = [600, 601, 602, 100_000].map(length => ({ ip: null, count: 1, from: '€'.repeat(length) }))
    const long = delivery({ documents: [aggregate(records, { reporter: 'X'.repeat(1e6), domain: 'y'.repeat(5_000) })] })
    expect(verdictsOf(await store.intake.writeMany([long]))).toEqual(['stored'])
    const names = await store.read.selectFrom('name').select('name').orderBy('id').execute()
    expect(names.map(({ name }) => name.length)).toEqual([600, 600, 600, 600])
    expect(new Set(names.map(({ name }) => name)).size).toBe(4)
  })

  prove('hostile text is stored as text, NUL as U+FFFD', async () => {
    const store = await fresh()
    const hostile = `a\0b'"; DROP TABLE report; --\ud800 =1+1`
    await store.intake.writeMany([
      delivery({
        name: hostile,
        documents: [
          aggregate([{ ip: hostile, count: 1, from: hostile }], { reporter: hostile, id: hostile, domain: hostile }),
        ],
      }),
    ])
    const { name } = await store.read.selectFrom('delivery').select('name').executeTakeFirstOrThrow()
    expect(name.startsWith(`a\uFFFDb'"; DROP`)).toBe(true)
    expect(await count(store, 'report')).toBe(1)
    await expectRollupsEqualRows(store)
  })

  const tls: TlsReport = {
    organizationName: 'Sender Inc.',
    contactInfo: null,
    reportId: 't1',
    begin,
    end: begin + 86_399,
    deviations: [],
    policies: [
      {
        policyType: 'sts',
        policyString: ['version: STSv1'],
        policyDomain: 'example.org',
        mxHost: ['*.example.org'],
        successfulSessions: 10,
        failedSessions: 3,
        failureDetails: [
          {
            resultType: 'certificate-expired',
            sendingMtaIp: '192.0.2.9',
            receivingMxHostname: 'mx2.example.org',
            receivingMxHelo: null,
            receivingIp: null,
            failedSessionCount: 3,
            additionalInformation: null,
            failureReasonCode: null,
          },
        ],
      },
      {
        policyType: 'no-policy-found',
        policyString: [],
        policyDomain: 'other.example',
        mxHost: [],
        successfulSessions: null,
        failedSessions: null,
        failureDetails: [],
      },
    ],
  }
  const tlsOp = (report: TlsReport, content = 'tls'): IntakeOp => ({
    op: 'tls',
    path: 't.json',
    hash: sha(content),
    size: 9,
    report,
  })

  prove('a TLS report keeps policies under their own domains, and no summary apart from 0', async () => {
    const store = await fresh()
    await store.intake.writeMany([delivery({ documents: [[tlsOp(tls)]] })])
    const policies = await store.read
      .selectFrom('tls_policy')
      .innerJoin('domain', 'domain.id', 'tls_policy.domain')
      .select(['domain.name', 'successful', 'failed', 'detailed'])
      .orderBy('seq')
      .execute()
    expect(policies).toEqual([
      { name: 'example.org', successful: 10, failed: 3, detailed: 3 },
      { name: 'other.example', successful: null, failed: null, detailed: 0 },
    ])
    expect(await count(store, 'tls_failure')).toBe(1)
    expect(
      verdictsOf(await store.intake.writeMany([delivery({ name: 'b', documents: [[tlsOp(tls, 'same rows')]] })])),
    ).toEqual(['known'])
    const [first, second] = tls.policies
    const other = {
      ...tls,
      policies: [
        ...(first === undefined ? [] : [{ ...first, failedSessions: 4 }]),
        ...(second === undefined ? [] : [second]),
      ],
    }
    expect(
      verdictsOf(await store.intake.writeMany([delivery({ name: 'c', documents: [[tlsOp(other, 'other rows')]] })])),
    ).toEqual(['overlapping'])
    expect(await store.removeBefore({ day: day + 1, failureDay: null })).toMatchObject({ reports: 2 })
    expect([
      await count(store, 'tls_policy'),
      await count(store, 'tls_failure'),
      await count(store, 'delivery'),
    ]).toEqual([0, 0, 0])
  })

  const failure: FailureReport = {
    feedbackType: 'auth-failure',
    userAgent: 'x/1',
    version: '1',
    authFailure: 'dmarc',
    identityAlignment: ['dkim'],
    authenticationResults: ['mx; dkim=fail'],
    methods: [],
    reportedDomains: ['example.org'],
    originalMailFrom: '<person@example.org>',
    originalRcptTo: ['other.person@example.net'],
    originalEnvelopeId: null,
    arrivalDate: begin,
    sourceIp: '192.0.2.1',
    reportingMta: 'dns; mx.example.net',
    deliveryResult: 'reject',
    rawDeliveryResult: 'reject',
    incidents: 1,
    dkim: [{ domain: 'example.org', identity: 'person@example.org', selector: 's' }],
    spfDns: [],
    message: {
      headerFrom: 'Person <person@example.org>',
      headerFromDomain: 'example.org',
      subject: 'Secret',
      messageId: '<1@example.org>',
      headers: 'Subject: Secret',
      hasBody: true,
    },
    deviations: [],
  }
  const failureOp: IntakeOp = { op: 'failure', path: '', hash: sha('failure'), size: 9, report: failure }

  prove('FAIL-014 while failure reports are off, no address, subject, header or byte of one is kept', async () => {
    const store = await fresh()
    await store.intake.writeMany([delivery({ documents: [[failureOp]] })])
    await store.intake.writeStream(
      stream(delivery({ name: 'b', documents: [[{ ...failureOp, hash: sha('second') }]] })),
    )
    expect(await count(store, 'delivery_piece')).toBe(0)
    const kept = JSON.stringify([
      await store.read.selectFrom('failure_report').selectAll().execute(),
      await store.read.selectFrom('report').selectAll().execute(),
      await store.read.selectFrom('delivery').selectAll().execute(),
      await store.read.selectFrom('name').selectAll().execute(),
    ])
    expect(kept).not.toMatch(/person|Secret|From:/i)
    expect((await store.read.selectFrom('failure_report').selectAll().execute()).length).toBe(2)
    expect(await store.deliveryBytes(1)).toBeNull()
  })

  prove('while failure reports are on, they are kept whole, and go after their own time', async () => {
    const store = await fresh()
    await store.write.insertInto('setting').values({ tenant: 1, key: 'failureReports', value: 'true' }).execute()
    await store.intake.writeMany([
      delivery({ documents: [[failureOp]] }),
      delivery({ name: 'b', documents: [aggregate(rows)] }),
    ])
    const kept = await store.read.selectFrom('failure_report').selectAll().executeTakeFirstOrThrow()
    expect([kept.addresses, kept.message].join()).toMatch(/other\.person@example\.net.*Secret/)
    expect(await count(store, 'delivery_piece')).toBe(2)
    expect(await store.removeBefore({ day: null, failureDay: day + 1 })).toEqual({ reports: 1, rows: 1 })
    expect([await count(store, 'delivery_piece'), await count(store, 'report')]).toEqual([1, 1])
  })

  prove('retention removes days whole; what expired does not come back, and the rest stays', async () => {
    const store = await fresh()
    const old = delivery({ documents: [aggregate(rows)] })
    await store.intake.writeMany([
      old,
      delivery({ name: 'b', documents: [aggregate(rows, { id: 'r2', begin: begin + 86_400 })] }),
    ])
    expect(await store.removeBefore({ day: day + 1, failureDay: null })).toEqual({ reports: 1, rows: 3 })
    expect([await count(store, 'report'), await count(store, 'delivery'), await count(store, 'tombstone')]).toEqual([
      1, 1, 1,
    ])
    await expectRollupsEqualRows(store)
    const [verdict] = await store.intake.writeMany([old])
    expect(verdict).toMatchObject({
      deliveryId: null,
      documents: [{ verdict: 'known', code: 'expired', reportId: null }],
    })
    expect(verdictsOf([await store.intake.writeStream(stream(old))])).toEqual(['known'])
    expect([
      await count(store, 'report'),
      await count(store, 'delivery'),
      await count(store, 'delivery_piece'),
    ]).toEqual([1, 1, 1])
    await store.compact()
  })

  prove('parsing again puts new rows in the place of the old under the same id', async () => {
    const store = await fresh()
    const both = (first: readonly Record_[]) =>
      delivery({
        documents: [aggregate(first, { content: 'first' }), aggregate(rows, { id: 'r2', content: 'second' })],
      })
    const [stored] = await store.intake.writeMany([both(rows)])
    const id = stored?.documents[0]?.reportId ?? 0
    for (const withoutHash of [true, false]) {
      const better = [...rows, { ip: '192.0.2.200', count: 40 }]
      expect(await store.reparse(id, stream(both(better), withoutHash))).toEqual({ reports: 1, rows: 4 })
      await expectRollupsEqualRows(store)
    }
    expect(await count(store, 'aggregate_row')).toBe(7)
    expect(await store.reparse(id, stream(delivery({ documents: [] })))).toEqual({ reports: 0, rows: 0 })
    expect(await store.reparse(99_999, stream(both(rows)))).toEqual({ reports: 0, rows: 0 })
    expect(await count(store, 'aggregate_row')).toBe(7)
    const joined = await store.read.selectFrom('delivery_report').select('report').where('report', '=', id).execute()
    expect(joined.length).toBe(1)
  })

  prove('facts about a source name its unproven rows again, and leave proven rows and decisions alone', async () => {
    const store = await fresh()
    const records = [
      { ip: '192.0.2.1', count: 5 },
      { ip: '192.0.2.1', count: 6, dkimPass: 'mail.example.net' },
    ]
    await store.intake.writeMany([delivery({ documents: [aggregate(records)] })])
    const keys = async () =>
      (
        await store.read
          .selectFrom('aggregate_row as r')
          .innerJoin('sender', 'sender.id', 'r.sender')
          .select('sender.key')
          .orderBy('r.report')
          .orderBy('r.seq')
          .execute()
      ).map(({ key }) => key)
    expect(await keys()).toEqual(['ip:192.0.2.1', 'dkim:example.net'])
    const before = await store.read
      .selectFrom('sender')
      .select('id')
      .where('key', '=', 'ip:192.0.2.1')
      .executeTakeFirstOrThrow()
    await store.write
      .insertInto('decision')
      .values({ tenant: 1, domain: 1, sender: before.id, decision: 'mine', decided_at: 1 })
      .execute()
    const { id } = await store.read.selectFrom('source').select('id').executeTakeFirstOrThrow()
    expect(
      await store.storeSourceFacts([
        { source: id, network: { asn: 64_511, asName: 'Net', country: 'DE' }, lookedUpAt: 9 },
      ]),
    ).toMatchObject({ rows: 1 })
    expect(await keys()).toEqual(['as:64511', 'dkim:example.net'])
    expect(await store.storeSourceFacts([{ source: id, ptr: 'mx.isp.example', lookedUpAt: 9 }])).toMatchObject({
      rows: 1,
    })
    expect(await keys()).toEqual(['ptr:isp.example', 'dkim:example.net'])
    await expectRollupsEqualRows(store)
    expect(await store.read.selectFrom('decision').select('sender').execute()).toEqual([{ sender: before.id }])
    await store.intake.writeMany([delivery({ name: 'b', documents: [aggregate(records, { id: 'r2' })] })])
    expect(await keys()).toEqual(['ptr:isp.example', 'dkim:example.net', 'ptr:isp.example', 'dkim:example.net'])
  })

  prove('another catalogue names rows again, once', async () => {
    const store = await fresh()
    await store.intake.writeMany([delivery({ documents: [aggregate(rows)] })])
    await store.reattribute()
    const map = mapOf('example.net', 'h1')
    expect(await store.reattribute(map)).toEqual({ reports: 0, rows: 1 })
    const named = await store.read
      .selectFrom('aggregate_rollup as u')
      .innerJoin('sender', 'sender.id', 'u.sender')
      .select('sender.key')
      .where('sender.key', 'like', 'service:%')
      .execute()
    expect(named).toEqual([{ key: 'service:local-net' }])
    await expectRollupsEqualRows(store)
    expect(await store.reattribute(map)).toEqual({ reports: 0, rows: 0 })
    expect(await store.reattribute(null)).toEqual({ reports: 0, rows: 1 })
    await expectRollupsEqualRows(store)
  })

  prove('a removed domain leaves nothing, and its reports may come back', async () => {
    const store = await fresh()
    const steps = delivery({ documents: [aggregate(rows), [tlsOp(tls)]] })
    await store.intake.writeMany([
      steps,
      delivery({ name: 'b', documents: [aggregate(rows, { domain: 'keep.example' })] }),
    ])
    const { id } = await store.read
      .selectFrom('domain')
      .select('id')
      .where('name', '=', 'example.org')
      .executeTakeFirstOrThrow()
    await store.removeDomain(id)
    expect([await count(store, 'report'), await count(store, 'aggregate_row'), await count(store, 'delivery')]).toEqual(
      [1, 3, 1],
    )
    await expectRollupsEqualRows(store)
    expect(verdictsOf(await store.intake.writeMany([steps]))).toEqual(['stored,stored'])
    await expectRollupsEqualRows(store)
  })

  prove('a port to the writer takes deliveries', async () => {
    const store = await fresh()
    const { connectIntake } = await import('./intake-port.ts')
    const port = store.intakePort()
    const intake = connectIntake(port)
    expect(verdictsOf(await intake.writeMany([delivery({ documents: [aggregate(rows)] })]))).toEqual(['stored'])
    expect(
      verdictsOf([
        await intake.writeStream(stream(delivery({ name: 'b', documents: [aggregate(rows, { id: 'b' })] }))),
      ]),
    ).toEqual(['stored'])
    const interrupted = intake.writeStream(
      (async function* () {
        yield* delivery({ name: 'c', documents: [aggregate(rows, { id: 'c' })] }).slice(0, 4)
        throw new Error('the file went away')
      })(),
    )
    await expect(interrupted).rejects.toThrow('the file went away')
    port.close()
    expect(await count(store, 'report')).toBe(2)
  })

  prove('small changes and intake take turns; a transaction that fails leaves nothing', async () => {
    const store = await fresh()
    const setting = (key: string) => ({ tenant: 1, key, value: '1' })
    const failing = store.write.transaction().execute(async transaction => {
      await transaction.insertInto('setting').values(setting('a')).execute()
      throw new Error('no')
    })
    const many = Array.from({ length: 20 }, (_, at) =>
      store.write
        .insertInto('setting')
        .values(setting(`k${at}`))
        .execute(),
    )
    const intake = store.intake.writeMany([delivery({ documents: [aggregate(rows)] })])
    await expect(failing).rejects.toThrow('no')
    await Promise.all([...many, intake])
    expect((await store.read.selectFrom('setting').selectAll().execute()).length).toBe(20)
  })

  prove('a store opened again knows what it knew', async () => {
    const place = database.place()
    const first = await opened(place)
    await first.intake.writeMany([delivery({ documents: [aggregate(rows)] })])
    await first.close()
    const second = await opened(place)
    expect(
      verdictsOf(
        await second.intake.writeMany([
          delivery({ documents: [aggregate(rows)] }),
          delivery({ name: 'b', documents: [aggregate(rows, { id: 'b' })] }),
        ]),
      ),
    ).toEqual(['known', 'stored'])
    await expectRollupsEqualRows(second)
  })

  prove(
    'roll-ups equal the rows after any sequence of intake, parsing again, retention, facts and removal',
    async () => {
      const shape = { domains: 3, reporters: 2, days: 4, sources: 30, recordsPerReport: 6, pieceBytes: 20 }
      const step = fc.oneof(
        fc.record({ do: fc.constant('intake' as const), id: fc.integer({ min: 0, max: 12 }) }),
        fc.record({ do: fc.constant('stream' as const), id: fc.integer({ min: 0, max: 12 }) }),
        fc.record({ do: fc.constant('reparse' as const), id: fc.integer({ min: 0, max: 12 }) }),
        fc.record({ do: fc.constant('retention' as const), id: fc.integer({ min: 0, max: 4 }) }),
        fc.record({ do: fc.constant('facts' as const), id: fc.integer({ min: 1, max: 30 }) }),
        fc.record({ do: fc.constant('catalogue' as const), id: fc.integer({ min: 0, max: 2 }) }),
        fc.record({ do: fc.constant('removeDomain' as const), id: fc.integer({ min: 1, max: 4 }) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async steps => {
          const store = await fresh()
          const reports = new Map<number, number>()
          for (const one of steps) {
            const report = reportSteps(shape, randomNumbers(one.id), one.id)
            if (one.do === 'intake' || one.do === 'stream') {
              const verdict =
                one.do === 'intake'
                  ? (await store.intake.writeMany([report]))[0]
                  : await store.intake.writeStream(stream(report))
              const id = verdict?.documents[0]?.reportId
              if (id != null) reports.set(one.id, id)
            } else if (one.do === 'reparse') await store.reparse(reports.get(one.id) ?? 0, stream(report))
            else if (one.do === 'retention') await store.removeBefore({ day: 20_000 + one.id, failureDay: null })
            else if (one.do === 'facts')
              await store.storeSourceFacts([
                { source: one.id, ptr: one.id % 3 === 0 ? null : `host${one.id}.isp.example`, lookedUpAt: 1 },
              ])
            else if (one.do === 'catalogue')
              await store.reattribute(one.id === 0 ? null : mapOf(`service${one.id}.example`, `${one.id}`))
            else await store.removeDomain(one.id)
            await expectRollupsEqualRows(store)
          }
          await store.close()
        }),
        { numRuns: database.name === 'SQLite' ? 15 : 10 },
      )
    },
    120_000,
  )
})

describe('store in a data directory', () => {
  test('a second opener finds it held and gets the socket of the first', async () => {
    const dataDir = newFolder()
    const store = await opened({ dataDir })
    expect(await openStore({ dataDir })).toEqual({ state: 'held', socketPath: join(dataDir, 'letterlock.sock') })
    await store.close()
    await opened({ dataDir })
  })

  test('a backup of a store in use opens as a store; a file in the way is left alone', async () => {
    const store = await opened({ dataDir: newFolder() })
    await store.intake.writeMany([delivery({ documents: [aggregate(rows)] })])
    const folder = newFolder()
    const writing = store.intake.writeMany([delivery({ name: 'b', documents: [aggregate(rows, { id: 'b' })] })])
    await store.backup(join(folder, 'letterlock.db'))
    await writing
    expect(existsSync(join(folder, 'letterlock.db.part'))).toBe(false)
    await expect(store.backup(join(folder, 'letterlock.db'))).rejects.toThrow('exists already')
    const copy = await opened({ dataDir: folder })
    expect(await count(copy, 'report')).toBeGreaterThanOrEqual(1)
    await expectRollupsEqualRows(copy)
  })

  test('a backup takes the place of a store; the store of before is kept, and nothing else is taken for a backup', async () => {
    const store = await opened({ dataDir: newFolder() })
    await store.intake.writeMany([delivery({ documents: [aggregate(rows)] })])
    const file = join(newFolder(), 'copy.db')
    await store.backup(file)
    const dataDir = newFolder()
    const other = await opened({ dataDir })
    expect(await restoreSqlite({ file, dataDir, now: 7 })).toEqual({ type: 'held' })
    await other.close()
    expect(await restoreSqlite({ file, dataDir, now: 7 })).toEqual({
      type: 'restored',
      kept: join(dataDir, 'letterlock-before-7.db'),
    })
    const damaged = join(newFolder(), 'damaged.db')
    writeFileSync(damaged, readFileSync(file).fill(255, 20_000, 60_000))
    expect(await restoreSqlite({ file: damaged, dataDir, now: 8 })).toMatchObject({ type: 'failed' })
    expect(await restoreSqlite({ file: join(dataDir, 'none'), dataDir, now: 9 })).toMatchObject({ type: 'failed' })
    const restored = await opened({ dataDir })
    expect(await count(restored, 'report')).toBe(1)
    await expectRollupsEqualRows(restored)
  })

  test('a store that a newer program wrote is left alone, with a text that says so', async () => {
    const dataDir = newFolder()
    const store = await opened({ dataDir })
    await store.write.insertInto('migration').values({ id: 999, name: 'later', checksum: '', applied_at: 1 }).execute()
    await store.close()
    expect(await openStore({ dataDir })).toMatchObject({ state: 'failed', text: expect.stringContaining('schema 999') })
  })
})
