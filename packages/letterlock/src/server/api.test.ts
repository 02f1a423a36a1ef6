import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  DecisionsAnswer,
  DocumentAnswer,
  DomainAnswer,
  DomainEntry,
  ImportAnswer,
  Problem,
  QuarantineAnswer,
  ReportAnswer,
  ReportsAnswer,
  RowsAnswer,
  ScopeAnswer,
  SearchAnswer,
  SendersAnswer,
  Settings,
  SourcesAnswer,
  TlsAnswer,
  TlsFailuresAnswer,
  TlsResultsAnswer,
  TodayAnswer,
} from '@letterlock/contract'
import { uploadBytesLimit } from '@letterlock/contract'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestRecord, testReportXml, testTlsJson } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'

const today = Math.floor(testNow / 86_400)

const record: TestRecord = {
  ip: '198.51.100.7',
  count: 3,
  disposition: 'none',
  dkim: 'fail',
  spf: 'fail',
  headerFrom: 'example.org',
  signature: { domain: 'esp.example', selector: 's1', result: 'pass' },
  envelope: { domain: 'bounce.esp.example', result: 'pass' },
}

/** Text that would be markup, a formula, a path or a control sequence where it is not taken as text. */
const hostile = [
  "=cmd|'/c calc'!A1",
  '<script>alert(1)</script>',
  '@SUM(1)',
  '-2+3',
  '+1',
  '\u001b[31m',
  '../../etc/passwd',
] as const

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server.stop())

async function ask<T>(path: string): Promise<T> {
  return (await server.get(path)) as T
}

async function problem(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return (await response.json()) as Problem
}

/** A request with any Host, which fetch does not let one write. */
function askAs(host: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port: server.port, host: '127.0.0.1', path, headers: { host } }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    outgoing.once('error', reject)
    outgoing.end()
  })
}

describe('an empty store', () => {
  test('every screen has an answer', async () => {
    for (const path of [
      '/scope',
      '/today',
      '/volume',
      '/domains',
      '/senders',
      '/senders-by-reporter',
      '/rows',
      '/tls',
      '/tls/failures',
      '/tls/results',
      '/reports',
      '/failure-reports',
      '/quarantine',
      '/sources',
      '/settings',
      '/coverage',
      '/search?q=example',
    ])
      expect(await server.get(path), path).toBeTypeOf('object')
    const { data } = await ask<TodayAnswer>('/today')
    expect(data).toMatchObject({ items: [], newestDay: null, cards: { tls: null, pass: { before: null } } })
    expect((await ask<ScopeAnswer>('/scope')).data.extent).toBeNull()
    // No TLS report is not 0 sessions.
    expect((await ask<TlsAnswer>('/tls')).data.summary.successful).toBeNull()
  })
})

describe('who may ask', () => {
  test('only by a name of this instance', async () => {
    for (const host of [`127.0.0.1:${server.port}`, 'localhost', `[::1]:${server.port}`, 'letterlock.example'])
      expect(await askAs(host, '/api/v1/settings'), host).toBe(200)
    for (const host of ['rebound.example', 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect(await askAs(host, '/api/v1/settings'), host).toBeGreaterThanOrEqual(400)
    expect(await askAs('rebound.example', '/healthz')).toBe(421)
  })

  test('a write needs the same origin', async () => {
    const write = (headers: Record<string, string>) =>
      server.ask('/api/v1/domains', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"name":"written.example"}',
      })
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${server.port}.evil.example` },
      { origin: `http://127.0.0.1:${server.port}`, 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    ]) {
      const response = await write(headers as Record<string, string>)
      expect(response.status, JSON.stringify(headers)).toBe(403)
      expect((await problem(response)).type).toBe('urn:letterlock:problem:other-origin')
    }
    expect((await write({ 'sec-fetch-site': 'same-origin' })).status).toBe(201)
    expect((await write({ origin: `http://127.0.0.1:${server.port}` })).status).toBe(200)
  })

  test('a body is JSON or a file, never what a form sends', async () => {
    const origin = `http://127.0.0.1:${server.port}`
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      for (const path of ['/api/v1/domains', '/api/v1/imports?name=a']) {
        const response = await server.ask(path, {
          method: 'POST',
          headers: { origin, 'content-type': type },
          body: '{}',
        })
        expect(response.status).toBe(415)
      }
  })

  test('the socket in the data directory answers too', async () => {
    const status = await new Promise(resolve => {
      const outgoing = request(
        { socketPath: server.socketPath, path: '/readyz', headers: { host: 'localhost' } },
        response => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      outgoing.end()
    })
    expect(status).toBe(200)
  })
})

describe('refusals follow RFC 9457', () => {
  test.each([
    ['/api/v1/nothing', 404, 'not-found'],
    ['/api/v1/reports/999999', 404, 'not-found'],
    ['/api/v1/reports/0', 400, 'invalid-request'],
    ['/api/v1/reports/x', 400, 'invalid-request'],
    ['/api/v1/domains/nobody.example', 404, 'not-found'],
    ['/api/v1/senders/dkim%3Anobody.example', 404, 'not-found'],
    ['/api/v1/volume?from=2026-13-01', 400, 'invalid-request'],
    ['/api/v1/volume?from=2026-02-30', 400, 'invalid-request'],
    ['/api/v1/volume?from=2026-02-02&to=2026-02-01', 400, 'invalid-request'],
    ['/api/v1/volume?from=0001-01-01&to=2026-01-01', 400, 'invalid-request'],
    ['/api/v1/volume?from=2026-01-01&from=2026-01-02', 400, 'invalid-request'],
    ['/api/v1/rows?limit=0', 400, 'invalid-request'],
    ['/api/v1/rows?limit=1001', 400, 'invalid-request'],
    ['/api/v1/rows?outcome=good', 400, 'invalid-request'],
    ['/api/v1/rows?outcom=aligned', 400, 'invalid-request'],
    ['/api/v1/rows?cursor=nonsense', 400, 'invalid-cursor'],
    [`/api/v1/rows?cursor=${Buffer.from('["reports",1,2]').toString('base64url')}`, 400, 'invalid-cursor'],
    [`/api/v1/reports?cursor=${Buffer.from('["reports",1,2,3]').toString('base64url')}`, 400, 'invalid-cursor'],
    [`/api/v1/senders?cursor=${Buffer.from('["senders",1.5]').toString('base64url')}`, 400, 'invalid-cursor'],
  ])('%s', async (path, status, name) => {
    const response = await server.ask(path)
    expect(response.status).toBe(status)
    const body = await problem(response)
    expect(body).toMatchObject({ status, type: `urn:letterlock:problem:${name}` })
    expect(body.detail).not.toBe('')
  })

  test('a body that is no JSON, does not fit, or is too large', async () => {
    const origin = `http://127.0.0.1:${server.port}`
    const headers = { origin, 'content-type': 'application/json' }
    const send = (body: string) => server.ask('/api/v1/domains', { method: 'POST', headers, body })
    expect((await send('{')).status).toBe(400)
    expect((await send('{"name":"a.example","extra":1}')).status).toBe(400)
    for (const name of ['', 'a b.example', 'example', '-a.example', `${'a'.repeat(250)}.example`, '<b>.example'])
      expect((await send(JSON.stringify({ name }))).status, name).toBe(400)
    expect((await send(`"${'x'.repeat(1_048_600)}"`)).status).toBe(413)
  })

  test('an upload over the limit stores nothing', async () => {
    const response = await server.upload('large.bin', new Uint8Array(uploadBytesLimit + 1))
    expect(response.status).toBe(413)
    // Without a length in front the limit is met on the way.
    const chunked = await server.ask('/api/v1/imports?name=large.bin', {
      method: 'POST',
      headers: { origin: `http://127.0.0.1:${server.port}`, 'content-type': 'application/octet-stream' },
      body: new Blob([new Uint8Array(uploadBytesLimit + 1)]).stream(),
      duplex: 'half',
    })
    expect(chunked.status).toBe(413)
    expect((await ask<QuarantineAnswer>('/quarantine')).total.entries).toBe(0)
  })
})

test('the OpenAPI document is valid by another program, and names every route once', async () => {
  const response = await server.ask('/api/openapi.json')
  const document = (await response.json()) as {
    openapi: string
    paths: Record<string, Record<string, { operationId?: string }>>
  }
  const result = await new Validator().validate(document)
  expect(result.errors ?? []).toEqual([])
  expect(result.valid).toBe(true)
  expect(document.openapi).toBe('3.1.0')
  const ids = Object.values(document.paths).flatMap(path => Object.values(path).map(route => route.operationId))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(35)
})

test('headers keep other sites out', async () => {
  const { headers } = await server.ask('/api/v1/settings')
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('access-control-allow-origin')).toBeNull()
})

describe('a report from upload to screen', () => {
  const xml = testReportXml({
    id: 'r-1',
    domain: 'example.org',
    reporter: 'receiver.example',
    day: today - 2,
    p: 'reject',
    testing: 'y',
    records: [
      record,
      { ...record, count: 4, dkim: 'pass', signature: { domain: 'example.org', selector: 'k1', result: 'pass' } },
    ],
  })

  test('it is stored once, listed, shown as it came and read again', async () => {
    const first = (await (await server.upload('r.xml', xml)).json()) as ImportAnswer
    expect(first.deliveries[0]?.documents[0]).toMatchObject({ verdict: 'stored', rows: 2, messages: 7 })
    const second = (await (await server.upload('copy.xml', xml)).json()) as ImportAnswer
    expect(second.deliveries[0]?.documents[0]).toMatchObject({ verdict: 'known' })
    const { data } = await ask<ReportsAnswer>('/reports?kind=aggregate')
    expect(data.total).toMatchObject({ reports: 1, rows: 2, messages: 7 })
    const id = data.reports[0]?.id
    const report = await ask<ReportAnswer>(`/reports/${id}`)
    expect(report.policy).toMatchObject({ p: 'reject', testing: true })
    const document = await ask<DocumentAnswer>(`/reports/${id}/document`)
    expect(document).toMatchObject({ language: 'xml', text: xml, next: null })
    const raw = await server.ask(`/api/v1/reports/${id}/raw`)
    expect(raw.headers.get('content-type')).toBe('application/octet-stream')
    expect(raw.headers.get('content-disposition')).toBe('attachment; filename="r.xml"')
    expect(await raw.text()).toBe(xml)
    const again = await server.write('POST', `/reports/${id}/reparse`)
    expect(await again.json()).toEqual({ reports: 1, rows: 2 })
    expect((await ask<RowsAnswer>(`/rows?report=${id}`)).data.total).toEqual({ messages: 7, rows: 2 })
  })

  test('RFC 9989 s4.7 t=y lowers one step for new receivers, old ones do not know it', async () => {
    const { data } = await ask<DomainAnswer>('/domains/example.org')
    const [newer, older] = data.policy.generations
    expect(newer).toMatchObject({ generation: 'rfc9989', reporters: 1 })
    expect(newer?.steps[0]).toMatchObject({ policy: 'quarantine', because: 'p=reject, t=y' })
    expect(older?.steps[0]).toMatchObject({ policy: 'reject' })
    expect(data.health.filter(check => check.verdict === 'not tested').length).toBeGreaterThan(5)
    expect(data.health.every(check => check.verdict !== 'fail')).toBe(true)
  })

  test('a decision changes outcomes and is kept with its history', async () => {
    const { data } = await ask<SendersAnswer>('/senders')
    const key = data.senders.find(row => row.sender.key === 'dkim:esp.example')?.sender.key ?? ''
    const path = `/senders/${encodeURIComponent(key)}`
    const outcomes = async () => (await ask<SendersAnswer>('/senders')).data.all.outcome
    expect(await outcomes()).toMatchObject({ 'third-party': 3, broken: 0, aligned: 4 })
    const put = (body: object) => server.write('PUT', `${path}/decision`, body)
    expect((await put({ decision: 'mine', domains: ['example.org'], note: '=note' })).status).toBe(200)
    expect(await outcomes()).toMatchObject({ 'third-party': 0, broken: 3, aligned: 4 })
    const { items } = (await ask<TodayAnswer>('/today')).data
    expect(items[0]).toMatchObject({ kind: 'sender-broken', severity: 'high', domain: 'example.org', count: 3 })
    expect((await put({ decision: 'forwarding', domains: ['example.org'] })).status).toBe(200)
    expect(await outcomes()).toMatchObject({ forwarded: 3 })
    const history = await ask<DecisionsAnswer>(`${path}/decisions`)
    expect(history.decisions.map(entry => entry.decision)).toEqual(['forwarding', 'mine'])
    expect((await put({ decision: 'mine', domains: ['unknown.example'] })).status).toBe(404)
    const csv = await (await server.ask(`/api/v1${path}/decisions?format=csv`)).text()
    expect(csv).toContain(",'=note")
  })
})

test('report-tolerance 121: policies of one domain in one report are not added up', async () => {
  const policies = [
    {
      domain: 'tls.example',
      type: 'sts',
      lines: ['version: STSv1', 'mode: enforce', 'mx: mx.tls.example'],
      successful: 90,
      failed: 10,
      failures: [{ type: 'certificate-expired', mx: 'mx.tls.example', count: 10 }],
    },
    { domain: 'tls.example', type: 'tlsa', successful: 80, failed: 5 },
    { domain: 'tls.example', type: 'no-policy-found', successful: 60, failed: 0 },
  ]
  await server.upload('tls.json', testTlsJson({ id: 't-1', reporter: 'receiver.example', day: today - 1, policies }))
  const { data } = await ask<TlsAnswer>('/tls?domain=tls.example')
  expect(data.summary).toMatchObject({ successful: 90, failed: 10, mxFailing: 1 })
  expect(data.policies.map(policy => policy.successful).sort()).toEqual([60, 80, 90])
  expect(data.matrix.rows[0]).toMatchObject({ mx: 'mx.tls.example', sessions: 10, verdict: 'fail', severity: 'high' })
  const results = await ask<TlsResultsAnswer>('/tls/results?domain=tls.example')
  expect(results.data.total).toEqual({ successful: 90, failed: 10, rows: 3 })
  expect(results.data.results.filter(row => row.isCounted).length).toBe(1)
  const failures = await ask<TlsFailuresAnswer>('/tls/failures?mx=mx.tls.example&result_type=certificate-expired')
  expect(failures.data.total).toEqual({ sessions: 10, rows: 1 })
  expect(failures.data.groups[0]).toMatchObject({ reporter: 'receiver.example', sessions: 10 })
  expect((await ask<TlsFailuresAnswer>('/tls/failures?mx=')).data.total.rows).toBe(0)
})

test('hostile strings stay text in JSON, CSV and NDJSON', async () => {
  const records = hostile
    .filter(text => !text.includes('\u001b'))
    .map((text, at) => ({
      ...record,
      ip: `192.0.2.${at + 1}`,
      signature: { domain: 'esp.example', selector: text, result: 'pass' },
    }))
  const upload = await server.upload(
    '<img src=x>.xml',
    testReportXml({ id: '=1+1', domain: 'hostile.example', reporter: '=cmd()', day: today - 1, records }),
  )
  expect(upload.status).toBe(200)
  const { data } = await ask<RowsAnswer>('/rows?domain=hostile.example')
  expect(data.rows.map(row => row.dkimResults[0]?.selector).sort()).toEqual(
    records.map(one => one.signature.selector).sort(),
  )
  for (const text of records.map(one => one.signature.selector))
    expect((await ask<RowsAnswer>(`/rows?dkim_selector=${encodeURIComponent(text)}`)).data.total.rows, text).toBe(1)
  const csv = await server.ask('/api/v1/reports?domain=hostile.example&format=csv')
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="letterlock-reports.csv"')
  const [, line = ''] = (await csv.text()).split('\r\n')
  expect(line).toContain(",'=cmd(),'=1+1,")
  const ndjson = await (await server.ask('/api/v1/reports?domain=hostile.example&format=ndjson')).text()
  expect(JSON.parse(ndjson.trim())).toMatchObject({ reportId: '=1+1', domain: 'hostile.example' })
  for (const path of [
    '/rows',
    '/senders',
    '/domains',
    '/volume',
    '/tls',
    '/tls/failures',
    '/tls/results',
    '/senders-by-reporter',
    '/quarantine',
    '/failure-reports',
  ])
    for (const table of [await (await server.ask(`/api/v1${path}?format=csv`)).text()])
      for (const cell of table.split(/\r\n|,/)) expect(cell, path).not.toMatch(/^"?[=+@\t]/)
})

test('what cannot be read waits in quarantine, can be fetched, tried again and removed', async () => {
  const bytes = '<feedback><report_metadata>'
  const { deliveries } = (await (await server.upload('cut.xml', bytes)).json()) as ImportAnswer
  expect(deliveries[0]?.documents[0]?.verdict).toBe('quarantine')
  const list = await ask<QuarantineAnswer>('/quarantine')
  const id = list.quarantine[0]?.id
  expect(list.total.entries).toBe(1)
  expect(await (await server.ask(`/api/v1/quarantine/${id}/raw`)).text()).toBe(bytes)
  const retry = (await (await server.write('POST', `/quarantine/${id}/retry`)).json()) as ImportAnswer
  expect(retry.deliveries[0]?.documents[0]?.verdict).toBe('quarantine')
  const after = await ask<QuarantineAnswer>('/quarantine')
  expect(after.total.entries).toBe(1)
  expect((await server.write('DELETE', `/quarantine/${after.quarantine[0]?.id}`)).status).toBe(204)
  expect((await ask<QuarantineAnswer>('/quarantine')).total.entries).toBe(0)
})

test('domains, settings and sources are kept', async () => {
  const added = (await (
    await server.write('POST', '/domains', { name: 'Münster.Example.', tags: ['b', 'a', 'a'] })
  ).json()) as DomainEntry
  expect(added).toEqual({ name: 'xn--mnster-3ya.example', type: 'unknown', tags: ['a', 'b'], isTracked: true })
  const changed = await server.write('PATCH', '/domains/xn--mnster-3ya.example', { type: 'parked' })
  expect(await changed.json()).toMatchObject({ type: 'parked', tags: ['a', 'b'] })
  expect((await server.write('DELETE', '/domains/xn--mnster-3ya.example')).status).toBe(200)
  expect((await server.write('PATCH', '/domains/xn--mnster-3ya.example', { type: 'parked' })).status).toBe(404)
  const settings: Settings = { failureReports: true, retentionDays: 400, failureRetentionDays: 7 }
  expect((await server.write('PUT', '/settings', settings)).status).toBe(200)
  expect(await server.get('/settings')).toEqual(settings)
  expect((await server.write('PUT', '/settings', { ...settings, retentionDays: 0 })).status).toBe(400)
  const source = {
    kind: 'imap',
    name: 'Reports',
    config: { host: 'imap.example.org', user: 'dmarc', passwordFile: '/run/secret' },
  }
  expect((await server.write('POST', '/sources', source)).status).toBe(201)
  const [entry] = (await ask<SourcesAnswer>('/sources')).sources
  expect(entry).toMatchObject({ name: 'Reports', isEnabled: true, config: { port: 993, security: 'tls' }, state: null })
  expect((await server.write('PATCH', `/sources/${entry?.id}`, { isEnabled: false })).status).toBe(200)
  expect((await server.write('PATCH', `/sources/${entry?.id}`, { config: { path: '/x' } })).status).toBe(400)
  expect((await server.write('DELETE', `/sources/${entry?.id}`)).status).toBe(204)
  const missing = await server.write('POST', '/sources/test', {
    kind: 'folder',
    name: 'x',
    config: { path: '/nowhere/at/all' },
  })
  expect(await missing.json()).toMatchObject({ ok: false })
})

test('search finds by parts of names, with their signs taken as signs', async () => {
  const hits = async (text: string) => (await ask<SearchAnswer>(`/search?q=${encodeURIComponent(text)}`)).hits
  expect((await hits('example.org')).some(hit => hit.kind === 'domain' && hit.label === 'example.org')).toBe(true)
  expect((await hits('198.51.100.')).some(hit => hit.kind === 'source')).toBe(true)
  expect((await hits('receiver')).some(hit => hit.kind === 'reporter')).toBe(true)
  expect(await hits('%')).toEqual([])
})

describe('a demonstration and the files of the app', () => {
  let folder = ''
  let demo: TestServer
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'letterlock-web-'))
    mkdirSync(join(folder, 'assets'))
    writeFileSync(join(folder, 'index.html'), '<html><script nonce="__LETTERLOCK_NONCE__"></script></html>')
    writeFileSync(join(folder, 'assets', 'main-AbCd1234.js'), `// ${'x'.repeat(5_000)}`)
    demo = await startTestServer({ isDemo: true, web: folder })
  }, 60_000)
  afterAll(async () => {
    await demo.stop()
    rmSync(folder, { recursive: true })
  })

  test('nothing can be changed', async () => {
    for (const [method, path] of [
      ['POST', '/domains'],
      ['PUT', '/settings'],
      ['DELETE', '/quarantine/1'],
      ['POST', '/reports/1/reparse'],
    ] as const) {
      const response = await demo.write(method, path, {})
      expect(response.status).toBe(403)
      expect((await problem(response)).type).toBe('urn:letterlock:problem:read-only')
    }
    expect((await demo.upload('a.xml', 'x')).status).toBe(403)
    expect(await demo.get('/settings')).toMatchObject({ failureReports: false })
  })

  test('every page has a nonce of its own, assets are kept for ever, paths do not leave the folder', async () => {
    const page = await demo.ask('/senders')
    const nonce = /nonce="([^"]+)"/.exec(await page.text())?.[1]
    expect(page.headers.get('content-security-policy')).toContain(`style-src 'self' 'nonce-${nonce}'`)
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe')
    expect(/nonce="([^"]+)"/.exec(await (await demo.ask('/')).text())?.[1]).not.toBe(nonce)
    const asset = await demo.ask('/assets/main-AbCd1234.js')
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(asset.headers.get('content-encoding')).toBe('gzip')
    expect((await asset.text()).length).toBe(5_003)
    for (const path of ['/assets/none.js', '/..%2f..%2fetc/passwd.txt', '/.env'])
      expect((await demo.ask(path)).status, path).toBe(404)
  })
})
