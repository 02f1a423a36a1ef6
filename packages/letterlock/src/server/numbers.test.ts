import {
  alignmentNames,
  type CoverageAnswer,
  type DomainAnswer,
  type DomainsAnswer,
  dispositionNames,
  outcomeNames,
  type ReportsAnswer,
  type RowsAnswer,
  type ScopeAnswer,
  type SelectorsAnswer,
  type SenderAnswer,
  type SenderSourcesAnswer,
  type SendersAnswer,
  type SendersByReporterAnswer,
  type TodayAnswer,
  type VolumeAnswer,
} from '@letterlock/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestRecord, type TestReport, testReportXml } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'

/* Every number that a screen shows leads to rows that add up to it: product.md section 7, rule 3. */

const today = Math.floor(testNow / 86_400)
const domains = ['example.org', 'example.net'] as const
const reporters = ['receiver.example', 'Mailbox Inc', 'third.example'] as const
const others = ['esp.example', 'bounce.esp.example', 'list.example'] as const

const record: fc.Arbitrary<TestRecord> = fc
  .record({
    ip: fc.integer({ min: 1, max: 9 }).map(last => `198.51.100.${last}`),
    count: fc.integer({ min: 1, max: 5_000 }),
    disposition: fc.constantFrom('none' as const, 'quarantine' as const, 'reject' as const),
    own: fc.boolean(),
    signed: fc.constantFrom('own' as const, 'other' as const, 'broken' as const, 'no' as const),
    below: fc.boolean(),
    reason: fc.constantFrom(undefined, undefined, 'local_policy', 'forwarded'),
    other: fc.constantFrom(...others),
  })
  .map(({ own, signed, other, below, reason, ...rest }) => ({
    ...rest,
    headerFrom: below ? 'news.DOMAIN' : 'DOMAIN',
    dkim: signed === 'own' ? 'pass' : 'fail',
    spf: own ? 'pass' : 'fail',
    signature:
      signed === 'no'
        ? null
        : {
            domain: signed === 'other' ? other : 'DOMAIN',
            selector: 's1',
            result: signed === 'broken' ? 'fail' : 'pass',
          },
    envelope: own ? { domain: 'DOMAIN', result: 'pass' } : { domain: other, result: below ? 'softfail' : 'pass' },
    ...(reason === undefined ? {} : { reason }),
  }))

const report = fc.record({
  domain: fc.constantFrom(...domains),
  reporter: fc.constantFrom(...reporters),
  day: fc.integer({ min: today - 25, max: today - 1 }),
  records: fc.array(record, { minLength: 1, maxLength: 12 }),
})

const made: TestReport[] = fc.sample(report, { numRuns: 60, seed: 8 }).map((one, at) => ({
  ...one,
  id: `made-${at}`,
  records: one.records.map(entry => placed(entry, one.domain)),
}))

function placed(entry: TestRecord, domain: string): TestRecord {
  const name = (text: string) => text.replace('DOMAIN', domain)
  return {
    ...entry,
    headerFrom: name(entry.headerFrom),
    signature: entry.signature === null ? null : { ...entry.signature, domain: name(entry.signature.domain) },
    envelope: { ...entry.envelope, domain: name(entry.envelope.domain) },
  }
}

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  for (const one of made) {
    const response = await server.upload(`${one.id}.xml`, testReportXml(one))
    expect(response.status, await response.text()).toBe(200)
  }
  const { data } = await ask<SendersAnswer>('/senders?domain=example.org')
  const mine = data.senders.find(row => row.sender.mayBeOwn)?.sender.key ?? ''
  const forwarder = data.senders.filter(row => row.sender.mayBeOwn).at(-1)?.sender.key ?? ''
  await server.write('PUT', `/senders/${encodeURIComponent(mine)}/decision`, {
    decision: 'mine',
    domains: ['example.org'],
  })
  await server.write('PUT', `/senders/${encodeURIComponent(forwarder)}/decision`, {
    decision: 'forwarding',
    domains: ['example.org'],
  })
}, 120_000)
afterAll(() => server.stop())

async function ask<T>(path: string): Promise<T> {
  return (await server.get(path)) as T
}

const rows = async (query: string) => (await ask<RowsAnswer>(`/rows?${query}`)).data.total

interface Expected {
  readonly messages: number
  readonly rows: number
}

/** What the written reports hold, counted by the test itself. */
function expected(fits: (record: TestRecord, report: TestReport) => boolean): Expected {
  const found = made.flatMap(one => one.records.filter(entry => fits(entry, one)))
  return { messages: found.reduce((sum, entry) => sum + entry.count, 0), rows: found.length }
}

const scopes = [
  { query: '', fits: () => true },
  { query: 'domain=example.org', fits: (_: TestRecord, one: TestReport) => one.domain === 'example.org' },
  {
    query: 'domain=example.net&domain=example.org&reporter=mailbox%20inc',
    fits: (_: TestRecord, one: TestReport) => one.reporter === 'Mailbox Inc',
  },
  {
    query: 'reporter=receiver.example&reporter=third.example&domain=example.net',
    fits: (_: TestRecord, one: TestReport) => one.domain === 'example.net' && one.reporter !== 'Mailbox Inc',
  },
] as const

describe.each(scopes)('scope "$query"', ({ query, fits }) => {
  const all = expected(fits)

  test('rows are those of the reports', async () => {
    expect(await rows(query)).toEqual(all)
  })

  test('the three keys of the volume each add up to it, and each part leads to its rows', async () => {
    const { data, coverage } = await ask<VolumeAnswer>(`/volume?${query}`)
    expect(data.totals).toMatchObject(all)
    expect(coverage.messages).toBe(all.messages)
    expect(data.days.reduce((sum, day) => sum + day.messages, 0)).toBe(all.messages)
    for (const key of ['outcome', 'disposition', 'alignment'] as const)
      expect(Object.values(data.totals[key]).reduce((sum, count) => sum + count, 0)).toBe(all.messages)
    for (const name of outcomeNames)
      expect((await rows(`${query}&outcome=${name}`)).messages, name).toBe(data.totals.outcome[name])
    for (const name of dispositionNames)
      expect((await rows(`${query}&disposition=${name}`)).messages, name).toBe(data.totals.disposition[name])
    for (const name of alignmentNames)
      expect((await rows(`${query}&alignment=${encodeURIComponent(name)}`)).messages, name).toBe(
        data.totals.alignment[name],
      )
    const day = data.days.find(one => one.messages > 0)
    expect(await rows(`${query}&from=${day?.day}&to=${day?.day}`)).toMatchObject({ messages: day?.messages })
  })

  test('a filter and its complement give the whole', async () => {
    for (const [key, names] of [
      ['outcome', outcomeNames],
      ['disposition', dispositionNames],
      ['alignment', alignmentNames],
    ] as const)
      for (const name of names) {
        const rest = names.filter(one => one !== name).map(one => `${key}=${encodeURIComponent(one)}`)
        const part = await rows(`${query}&${key}=${encodeURIComponent(name)}`)
        const other = await rows(`${query}&${rest.join('&')}`)
        expect({ messages: part.messages + other.messages, rows: part.rows + other.rows }).toEqual(all)
      }
  })

  test('senders, their groups and their sources add up, and lead to their rows', async () => {
    const { data } = await ask<SendersAnswer>(`/senders?${query}`)
    expect(data.all).toMatchObject(all)
    expect(data.senders.reduce((sum, row) => sum + row.messages, 0)).toBe(all.messages)
    expect(Object.values(data.groups).reduce((sum, group) => sum + group.messages, 0)).toBe(all.messages)
    for (const row of data.senders) {
      const sender = `sender=${encodeURIComponent(row.sender.key)}`
      expect(await rows(`${query}&${sender}`)).toEqual({ messages: row.messages, rows: row.rows })
      const aligned = await rows(`${query}&${sender}&alignment=dkim&alignment=dkim%2Bspf`)
      expect(aligned.messages).toBe(row.dkimAligned)
    }
    const [first] = data.senders
    const key = encodeURIComponent(first?.sender.key ?? '')
    const detail = await ask<SenderAnswer>(`/senders/${key}?${query}`)
    expect(detail.data.sender).toMatchObject({ messages: first?.messages, outcome: first?.outcome })
    expect(Object.values(detail.data.disposition).reduce((sum, count) => sum + count, 0)).toBe(first?.messages)
    expect(detail.data.reporters.reduce((sum, one) => sum + one.messages, 0)).toBe(first?.messages)
    for (const line of detail.data.evidence) {
      const link = Object.entries(line.link.query).flatMap(([name, values]) =>
        values.map(value => `${name}=${encodeURIComponent(value)}`),
      )
      expect(await rows(`${query}&${link.join('&')}`)).toEqual({ messages: line.messages, rows: line.rows })
    }
    const sources = await ask<SenderSourcesAnswer>(`/senders/${key}/sources?${query}`)
    expect(sources.data.total.messages).toBe(first?.messages)
    for (const source of sources.data.sources)
      expect((await rows(`${query}&sender=${key}&source=${source.ip}`)).messages).toBe(source.messages)
  })

  test('senders by reporter: cells, columns and rows', async () => {
    const { data } = await ask<SendersByReporterAnswer>(`/senders-by-reporter?${query}`)
    expect(data.all.messages).toBe(all.messages)
    for (const column of data.reporters) {
      const cells = data.rows.flatMap(row => row.cells.filter(cell => cell.reporter === column.reporter))
      expect(cells.reduce((sum, cell) => sum + cell.messages, 0)).toBe(column.messages)
    }
    for (const row of data.rows) expect(row.cells.reduce((sum, cell) => sum + cell.messages, 0)).toBe(row.messages)
    const only = await ask<SendersByReporterAnswer>(`/senders-by-reporter?${query}&outcome=aligned&outcome=forwarded`)
    expect(only.data.all.messages).toBe(data.all.outcome.aligned + data.all.outcome.forwarded)
    expect(only.data.rows.reduce((sum, row) => sum + row.messages, 0)).toBe(only.data.all.messages)
  })

  test('domains, Today, reports and coverage say the same', async () => {
    const { data } = await ask<DomainsAnswer>(`/domains?${query}`)
    expect(data.total.messages).toBe(all.messages)
    expect(data.domains.reduce((sum, row) => sum + row.messages, 0)).toBe(all.messages)
    const { cards } = (await ask<TodayAnswer>(`/today?${query}`)).data
    expect(cards.messages.total).toBe(all.messages)
    expect(cards.pass.aligned).toBe(data.total.outcome.aligned)
    const reports = await ask<ReportsAnswer>(`/reports?${query}`)
    expect(reports.data.total).toMatchObject({ messages: all.messages, rows: all.rows })
    const coverage = await ask<CoverageAnswer>(`/coverage?${query}`)
    expect(coverage.data.reporters.reduce((sum, one) => sum + one.messages, 0)).toBe(all.messages)
    expect((await ask<ScopeAnswer>(`/scope?${query}`)).coverage.messages).toBe(all.messages)
  })

  test('pages hold every row once, in one order', async () => {
    const seen = new Set<string>()
    let cursor: string | null = ''
    let messages = 0
    while (cursor !== null) {
      const page: RowsAnswer = await ask(`/rows?${query}&limit=37${cursor === '' ? '' : `&cursor=${cursor}`}`)
      for (const row of page.data.rows) {
        seen.add(`${row.report} ${row.seq}`)
        messages += row.messages
      }
      cursor = page.data.nextCursor
    }
    expect({ rows: seen.size, messages }).toEqual(all)
  })
})

test('one domain: author domains, selectors and links of Today lead to their rows', async () => {
  const { data } = await ask<DomainAnswer>('/domains/example.org')
  for (const author of data.headerFrom)
    expect((await rows(`domain=example.org&header_from=${author.name}`)).messages).toBe(author.messages)
  const selectors = await ask<SelectorsAnswer>('/domains/example.org/selectors')
  for (const { domain, selector, pass, fail } of selectors.data.selectors) {
    const signature = `domain=example.org&dkim_domain=${domain}&dkim_selector=${selector}`
    expect((await rows(`${signature}&dkim_result=pass`)).messages).toBe(pass)
    expect((await rows(`${signature}&dkim_result=fail`)).messages).toBe(fail)
  }
  const { items } = (await ask<TodayAnswer>('/today')).data
  const links = items.flatMap(item => item.what.filter(part => part.link?.screen === 'rows'))
  expect(links.length).toBeGreaterThan(0)
  for (const { text, link } of links) {
    const query = Object.entries(link?.query ?? {}).flatMap(([name, values]) =>
      values.map(value => `${name}=${encodeURIComponent(value)}`),
    )
    expect((await rows(query.join('&'))).messages.toLocaleString('en')).toBe(text)
  }
})
