import {
  type DecisionsAnswer,
  type LoadedSenderMap,
  type Problem,
  type SenderMapAnswer,
  type SendersAnswer,
  type SourcesAnswer,
  senderMapBytesLimit,
} from '@letterlock/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testReportXml } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'
import { SourceEnricher } from '../senders/source-enricher.ts'

const today = Math.floor(testNow / 86_400)

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({
    lookUps: store =>
      new SourceEnricher({
        store,
        reverseNames: null,
        networks: { changedAt: testNow, find: () => null },
        now: () => testNow,
      }),
  })
  const record = {
    ip: '198.51.100.7',
    count: 3,
    disposition: 'none',
    dkim: 'fail',
    spf: 'fail',
    headerFrom: 'example.org',
    signature: { domain: 'erp.example', selector: 's1', result: 'pass' },
    envelope: { domain: 'bounce.example', result: 'fail' },
  } as const
  const xml = testReportXml({
    id: 'r-1',
    domain: 'example.org',
    reporter: 'receiver.example',
    day: today - 2,
    p: 'none',
    records: [record, { ...record, ip: '198.51.100.8' }],
  })
  expect((await server.upload('r-1.xml', xml)).status).toBe(200)
}, 60_000)
afterAll(() => server.stop())

const own = () => ({ origin: `http://127.0.0.1:${server.port}`, 'content-type': 'application/octet-stream' })

function put(name: string, body: BodyInit, headers: Record<string, string> = own()): Promise<Response> {
  return server.ask(`/api/v1/sender-map?name=${encodeURIComponent(name)}`, {
    method: 'PUT',
    headers,
    body,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  })
}

async function loaded(name: string, content: string): Promise<LoadedSenderMap> {
  const response = await put(name, content)
  expect(response.status).toBe(200)
  return (await response.json()) as LoadedSenderMap
}

const state = async () => (await server.get('/sender-map')) as SenderMapAnswer

/** Keys and names of the senders, once every row is named. */
async function sendersWhenNamed(): Promise<readonly (readonly [string, string])[]> {
  await expect.poll(async () => (await state()).naming, { timeout: 20_000 }).toBe('done')
  const { data } = (await server.get('/senders')) as SendersAnswer
  return data.senders.map(({ sender }) => [sender.key, sender.name] as const)
}

const erp = JSON.stringify({
  schema: 'letterlock.senders/1',
  services: [{ id: 'erp', name: 'Our ERP', category: 'finance', dkimDomains: ['erp.example'] }],
})

describe('a map of senders over the API', () => {
  test('names follow at once, and what was left out is told', async () => {
    expect(await state()).toEqual({ map: null, naming: 'done' })
    const csv = 'base_reverse_dns,name,type\nerp.example,A shop,Retail\nco.uk,Nobody,ISP\n,No domain,\n'
    expect(await loaded('names.csv', csv)).toMatchObject({
      names: 1,
      services: 0,
      leftOut: 2,
      leftOutReasons: ['line 3: co.uk is a public suffix: anybody may be below it', 'line 4: "" is no domain'],
    })
    expect(await sendersWhenNamed()).toEqual([['dkim:erp.example', 'A shop']])
    const map = { name: 'names.csv', loadedAt: '2026-11-24T12:00:00Z', names: 1, services: 0 }
    expect(await state()).toEqual({ map, naming: 'done' })
    const { name } = (await server.get('/senders/dkim%3Aerp.example/decisions')) as DecisionsAnswer
    expect(name).toBe('A shop')
  })

  test('services name rows anew in the background, and removing the map takes them back', async () => {
    expect(await loaded('erp.json', erp)).toMatchObject({ names: 0, services: 1, leftOut: 0 })
    expect(await sendersWhenNamed()).toEqual([['service:local-erp', 'Our ERP']])
    expect((await server.write('DELETE', '/sender-map')).status).toBe(204)
    expect(await sendersWhenNamed()).toEqual([['dkim:erp.example', 'erp.example']])
    expect((await state()).map).toBeNull()
    expect((await server.write('DELETE', '/sender-map')).status).toBe(404)
  })

  test('a map that is removed while its names are being given leaves none of them behind', async () => {
    for (let time = 0; time < 5; time += 1) {
      await loaded('erp.json', erp)
      expect((await server.write('DELETE', '/sender-map')).status).toBe(204)
    }
    expect(await sendersWhenNamed()).toEqual([['dkim:erp.example', 'erp.example']])
  })

  test('what is no map changes nothing', async () => {
    await loaded('erp.json', erp)
    for (const [name, content] of [
      ['map.json', '{'],
      ['map.json', '{"schema":"letterlock.senders/2"}'],
      ['map.csv', 'a,b\n1,2\n'],
      ['map.csv', ''],
      ['map.yaml', 'schema: &a [*a]'],
      ['map.yaml', `#${' '.repeat(1_048_576)}`],
    ] as const) {
      const response = await put(name, content)
      expect(response.status, content.slice(0, 40)).toBe(400)
      expect(((await response.json()) as Problem).detail).not.toBe('')
    }
    expect((await state()).map).toMatchObject({ name: 'erp.json', services: 1 })
  })

  test('as many bytes as are taken, and one more', async () => {
    const padded = (bytes: number) => erp + ' '.repeat(bytes - erp.length)
    expect((await put('erp.json', padded(senderMapBytesLimit))).status).toBe(200)
    const refused = await put('erp.json', padded(senderMapBytesLimit + 1))
    expect(refused.status).toBe(413)
    expect(((await refused.json()) as Problem).detail).toContain(String(senderMapBytesLimit))
    // Without a length in front the limit is met on the way.
    const chunked = await put('erp.json', new Blob([padded(senderMapBytesLimit + 1)]).stream())
    expect(chunked.status).toBe(413)
  }, 30_000)

  test('other pages and other bodies are refused', async () => {
    const type = { 'content-type': 'application/octet-stream' }
    expect((await put('erp.json', erp, type)).status).toBe(403)
    expect((await put('erp.json', erp, { ...type, origin: 'https://elsewhere.example' })).status).toBe(403)
    expect((await put('erp.json', erp, { ...own(), 'content-type': 'text/plain' })).status).toBe(415)
    expect((await server.ask('/api/v1/sender-map', { method: 'DELETE' })).status).toBe(403)
    expect((await server.ask('/api/v1/sender-map', { method: 'PUT', headers: own(), body: erp })).status).toBe(400)
  })

  test('a demonstration takes none', async () => {
    const demo = await startTestServer({ isDemo: true })
    const headers = { origin: `http://127.0.0.1:${demo.port}`, 'content-type': 'application/octet-stream' }
    const response = await demo.ask('/api/v1/sender-map?name=erp.json', { method: 'PUT', headers, body: erp })
    expect(response.status).toBe(403)
    expect(((await response.json()) as Problem).type).toBe('urn:letterlock:problem:read-only')
    expect((await demo.write('DELETE', '/sender-map')).status).toBe(403)
    const { lookUps } = (await demo.get('/sources')) as SourcesAnswer
    expect(lookUps).toMatchObject({ state: 'off', waitingForName: null, waitingForNetwork: null })
    await demo.stop()
  }, 30_000)
})

test('look-ups tell what they do and how many addresses wait', async () => {
  const { lookUps } = (await server.get('/sources')) as SourcesAnswer
  expect(lookUps).toEqual({ state: 'idle', reason: null, waitingForName: null, waitingForNetwork: 2 })
})
