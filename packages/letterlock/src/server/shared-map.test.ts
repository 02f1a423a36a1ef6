import type { RowsAnswer, SendersAnswer } from '@letterlock/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres, whyNoPostgres } from '../../../../test/postgres-server.ts'
import { testReportXml } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'

const reason = whyNoPostgres()
const today = Math.floor(testNow / 86_400)

/** A map with one service, known by what it signs with. */
const mapOf = (name: string) =>
  JSON.stringify({
    schema: 'letterlock.senders/1',
    services: [{ id: 'local-erp', name, category: 'finance', dkimDomains: ['erp.example'] }],
  })

describe.skipIf(reason !== null)(
  `a map that another process on the same database loads${reason === null ? '' : ` (${reason})`}`,
  () => {
    let postgres: PostgresServer
    let one: TestServer
    let other: TestServer

    beforeAll(async () => {
      postgres = await startPostgres()
      const place = { postgresUrl: postgres.database() }
      one = await startTestServer({ place, mapLookMilliseconds: 50 })
      other = await startTestServer({ place, mapLookMilliseconds: 50 })
      await upload(one, 'before', today - 2)
    }, 120_000)
    afterAll(async () => {
      await one?.stop()
      await other?.stop()
      postgres?.stop()
    })

    async function upload(server: TestServer, id: string, day: number): Promise<void> {
      const xml = testReportXml({
        id,
        domain: 'example.org',
        reporter: 'receiver.example',
        day,
        records: [
          {
            ip: '198.51.100.7',
            count: 10,
            disposition: 'none',
            dkim: 'fail',
            spf: 'fail',
            headerFrom: 'example.org',
            signature: { domain: 'erp.example', selector: 's1', result: 'pass' },
            envelope: { domain: 'esp.example', result: 'fail' },
          },
        ],
      })
      expect((await server.upload(`${id}.xml`, xml)).status).toBe(200)
    }

    /** Loads a map as a person does at one server. */
    async function load(server: TestServer, content: string): Promise<void> {
      const response = await server.ask('/api/v1/sender-map?name=map.json', {
        method: 'PUT',
        headers: { origin: `http://127.0.0.1:${server.port}`, 'content-type': 'application/octet-stream' },
        body: content,
      })
      expect(response.status, await response.text()).toBe(200)
    }

    /** Names on screen with the messages of each. */
    async function namesAt(server: TestServer): Promise<Readonly<Record<string, number>>> {
      const { data } = (await server.get('/senders')) as SendersAnswer
      return Object.fromEntries(data.senders.map(row => [`${row.sender.key} ${row.sender.name}`, row.messages]))
    }

    test('names follow without a restart, for rows that come in between too', async () => {
      expect(await namesAt(one)).toEqual({ 'dkim:erp.example erp.example': 10 })
      await load(other, mapOf('Our ERP'))
      // This server may still name rows by what it knew.
      await upload(one, 'between', today - 1)
      await expect.poll(() => namesAt(one), { timeout: 20_000 }).toEqual({ 'service:local-erp Our ERP': 20 })
      expect(await namesAt(other)).toEqual({ 'service:local-erp Our ERP': 20 })
      await upload(one, 'after', today - 1)
      expect(await namesAt(one)).toEqual({ 'service:local-erp Our ERP': 30 })
    }, 60_000)

    test('so do another map and its removal, at either server', async () => {
      await load(one, mapOf('ERP of ours'))
      await expect.poll(() => namesAt(other), { timeout: 20_000 }).toEqual({ 'service:local-erp ERP of ours': 30 })
      expect((await one.write('DELETE', '/sender-map')).status).toBe(204)
      await expect.poll(() => namesAt(other), { timeout: 20_000 }).toEqual({ 'dkim:erp.example erp.example': 30 })
      await upload(other, 'last', today - 1)
      expect(await namesAt(one)).toEqual({ 'dkim:erp.example erp.example': 40 })
      const rows = (await one.get('/rows')) as RowsAnswer
      expect(rows.data.total).toEqual({ messages: 40, rows: 4 })
    }, 60_000)
  },
)
