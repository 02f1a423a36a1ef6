import { describe, expect, test } from 'vitest'
import { testReportXml } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'
import { type LookUpScope, sourcesToLookUp } from './sources-to-look-up.ts'

const today = Math.floor(testNow / 86_400)

/** A report of one day; each source is an address and its messages. */
function reportOf(id: string, day: number, sources: Readonly<Record<string, number>>): string {
  return testReportXml({
    id,
    domain: 'example.org',
    reporter: 'receiver.example',
    day,
    records: Object.entries(sources).map(([ip, count]) => ({
      ip,
      count,
      disposition: 'none',
      dkim: 'fail',
      spf: 'fail',
      headerFrom: 'example.org',
      signature: null,
      envelope: { domain: 'esp.example', result: 'fail' },
    })),
  })
}

async function ipsOf(server: TestServer, more: Partial<LookUpScope> = {}): Promise<string[]> {
  const found = await sourcesToLookUp(server.store.read, {
    tenant: 1,
    now: testNow,
    limit: 10,
    wantsNames: true,
    networksChangedAt: null,
    ...more,
  })
  return found.map(source => source.ip)
}

describe('sources to look up', () => {
  test('the busiest of the newest rows first, then the newest sources, and no more rows are read than the limit', async () => {
    const server = await startTestServer()
    try {
      for (const [id, day, sources] of [
        ['old', today - 40, { '192.0.2.40': 9_000 }],
        ['earlier', today - 3, { '192.0.2.3': 700, '192.0.2.4': 1 }],
        ['newer', today - 2, { '192.0.2.2': 50, '192.0.2.4': 800 }],
        ['newest', today - 1, { '192.0.2.1': 5, '192.0.2.2': 60 }],
      ] as const)
        expect((await server.upload(`${id}.xml`, reportOf(id, day, sources))).status).toBe(200)
      // 801, 700, 110, 5; of 40 days ago nothing counts.
      expect(await ipsOf(server)).toEqual(['192.0.2.4', '192.0.2.3', '192.0.2.2', '192.0.2.1', '192.0.2.40'])
      // At the limit of rows: the six of three days.
      expect((await ipsOf(server, { rowsLimit: 6 }))[1]).toBe('192.0.2.3')
      // One row less than three days have: the two newest days, then by age.
      expect(await ipsOf(server, { rowsLimit: 5 })).toEqual([
        '192.0.2.4',
        '192.0.2.2',
        '192.0.2.1',
        '192.0.2.3',
        '192.0.2.40',
      ])
      // Even one day may hold more.
      expect(await ipsOf(server, { rowsLimit: 1 })).toHaveLength(5)
      expect(await ipsOf(server, { limit: 2 })).toEqual(['192.0.2.4', '192.0.2.3'])
      await server.store.write
        .updateTable('source')
        .set({ ptr_looked_up_at: testNow })
        .where('ip', '=', '192.0.2.4')
        .execute()
      expect((await ipsOf(server))[0]).toBe('192.0.2.3')
    } finally {
      await server.stop()
    }
  }, 60_000)

  test('a store without an open source reads no rows', async () => {
    const server = await startTestServer()
    try {
      expect(await ipsOf(server)).toEqual([])
      expect(await ipsOf(server, { wantsNames: false })).toEqual([])
    } finally {
      await server.stop()
    }
  })
})
