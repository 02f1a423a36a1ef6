import type { ReportsAnswer, SendersAnswer } from '@letterlock/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportXml } from '../../../../test/made-reports.ts'
import { type PostgresServer, startPostgres, whyNoPostgres } from '../../../../test/postgres-server.ts'
import { testTlsJson } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'

const reason = whyNoPostgres()
const today = Math.floor(testNow / 86_400)

describe.skipIf(reason !== null)(
  `SQLite and PostgreSQL give the same answers${reason === null ? '' : ` (${reason})`}`,
  () => {
    let postgres: PostgresServer
    let servers: readonly TestServer[] = []

    beforeAll(async () => {
      postgres = await startPostgres()
      servers = [await startTestServer(), await startTestServer({ place: { postgresUrl: postgres.database() } })]
      for (const server of servers) await fill(server)
    }, 120_000)
    afterAll(async () => {
      for (const server of servers) await server.stop()
      postgres.stop()
    })

    async function fill(server: TestServer): Promise<void> {
      for (let at = 0; at < 24; at += 1) {
        const domain = at % 3 === 0 ? 'example.net' : 'example.org'
        const reporter = `receiver${at % 4}.example`
        const begin = (today - 1 - (at % 9)) * 86_400
        await server.upload(`${at}.xml`, reportXml({ id: `r${at}`, domain, reporter, begin, records: 9 }))
      }
      const failures = [{ type: 'certificate-expired', mx: 'mx.example.org', count: 3 }]
      const policies = [
        { domain: 'example.org', type: 'sts', lines: ['mode: testing'], successful: 9, failed: 3, failures },
        { domain: 'example.org', type: 'no-policy-found', successful: 4, failed: 0 },
      ]
      await server.upload('t.json', testTlsJson({ id: 't', reporter: 'receiver1.example', day: today - 1, policies }))
      await server.upload('cut.xml', '<feedback><report_metadata>')
      const { data } = (await server.get('/senders?sort=messages')) as SendersAnswer
      const sender = data.senders.find(row => row.sender.mayBeOwn)?.sender.key ?? ''
      const decision = { decision: 'mine', domains: ['example.org'] }
      await server.write('PUT', `/senders/${encodeURIComponent(sender)}/decision`, decision)
    }

    const paths = [
      '/scope',
      '/coverage',
      '/today',
      '/volume',
      '/volume?domain=example.org',
      '/domains',
      '/domains?text=ORG&sort=aligned',
      '/domains?sort=name&direction=down',
      '/domains/example.org',
      '/domains/example.org/selectors',
      '/senders',
      '/senders?sort=name&limit=5',
      '/senders?sort=first-seen&limit=5',
      '/senders?decision=mine',
      '/senders?text=esp',
      '/senders-by-reporter',
      '/senders-by-reporter?outcome=broken',
      '/rows?limit=20',
      '/rows?outcome=broken&domain=example.org',
      '/rows?dkim_result=pass&spf_result=fail',
      '/tls',
      '/tls/failures',
      '/tls/failures?mx=mx.example.org&policy_type=sts',
      '/tls/results',
      '/reports',
      '/reports?deviations=no&partial=no&overlapping=no',
      '/failure-reports',
      '/search?q=example',
    ]

    test.each(paths)('%s', async path => {
      const [sqlite, other] = await Promise.all(servers.map(server => server.get(path)))
      expect(withoutTimes(other)).toEqual(withoutTimes(sqlite))
    })

    test('one report, one sender, quarantine', async () => {
      for (const server of servers) {
        const { data } = (await server.get('/reports?kind=aggregate')) as ReportsAnswer
        const id = data.reports[0]?.id
        expect(await server.get(`/reports/${id}`)).toMatchObject({ report: { rows: 9 } })
        expect((await server.ask(`/api/v1/reports/${id}/document`)).status).toBe(200)
        expect(await server.get('/quarantine')).toMatchObject({ total: { entries: 1 } })
        const senders = (await server.get('/senders?limit=1')) as SendersAnswer
        const key = encodeURIComponent(senders.data.senders[0]?.sender.key ?? '')
        const detail = (await server.get(`/senders/${key}`)) as { data: { sender: { messages: number } } }
        expect(detail.data.sender.messages).toBe(senders.data.senders[0]?.messages)
      }
    })
  },
)

/** Cursors hold ids, and the time of arrival is the clock's: neither has to be the same. */
function withoutTimes(value: unknown): unknown {
  const text = JSON.stringify(value, (key, member) =>
    ['receivedAt', 'nextCursor', 'id', 'report'].includes(key) && typeof member !== 'object' ? null : member,
  )
  return JSON.parse(text)
}
