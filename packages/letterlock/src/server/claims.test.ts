import type { Claim, DomainAnswer, Link, TlsAnswer, TodayAnswer, VolumeAnswer } from '@letterlock/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testReportXml, testTlsJson } from '../../../../test/server/reports.ts'
import { startTestServer, type TestServer, testNow } from '../../../../test/server/running-server.ts'
import { namedReportersLimit } from '../views/claim.ts'

const today = Math.floor(testNow / 86_400)

/** One reporter more than a claim names. */
const reporters = Array.from({ length: namedReportersLimit + 1 }, (_, at) => `r${String(at).padStart(2, '0')}.example`)

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  // The first reporter sends the fewest reports, the last the most.
  for (const [at, reporter] of reporters.entries())
    for (let day = 0; day <= at; day += 1) {
      const response = await server.upload(`${reporter}-${day}.xml`, reportOf(reporter, today - 1 - day))
      expect(response.status).toBe(200)
    }
  for (const [reporter, count] of [
    ['tls-one.example', 4],
    ['tls-two.example', 9],
  ] as const)
    await server.upload(
      `${reporter}.json`,
      testTlsJson({
        id: reporter,
        reporter,
        day: today - 1,
        policies: [
          {
            domain: 'example.org',
            type: 'sts',
            lines: ['version: STSv1', 'mode: enforce', 'mx: mx1.example.org', 'mx: mx2.example.org', 'max_age: 86400'],
            mxHosts: ['mx1.example.org', 'mx2.example.org'],
            successful: 100,
            failed: count,
            failures: [{ type: 'certificate-expired', mx: 'mx1.example.org', count }],
          },
        ],
      }),
    )
}, 120_000)
afterAll(() => server.stop())

function reportOf(reporter: string, day: number): string {
  return testReportXml({
    id: `${reporter}-${day}`,
    domain: 'example.org',
    reporter,
    day,
    records: [
      {
        ip: '198.51.100.7',
        count: 3,
        disposition: 'none',
        dkim: 'fail',
        spf: 'fail',
        headerFrom: 'example.org',
        signature: { domain: 'esp.example', selector: 's1', result: 'pass' },
        envelope: { domain: 'esp.example', result: 'pass' },
      },
    ],
  })
}

/** What an entry of a claim says, and where its number leads. */
function entries(claim: Claim) {
  return claim.from.map(pieces => ({
    text: pieces.map(piece => piece.text).join(''),
    link: pieces.find(piece => piece.link !== null)?.link ?? null,
  }))
}

/** The total that the target of a link gives. */
async function totalOf(link: Link | null): Promise<Readonly<Record<string, number>>> {
  const paths = { reports: '/reports', rows: '/rows', 'tls-failures': '/tls/failures' } as const
  if (link === null || !(link.screen in paths)) throw new Error(`no list: ${link?.screen}`)
  const query = Object.entries(link.query).flatMap(([name, values]) =>
    values.map(value => `${name}=${encodeURIComponent(value)}`),
  )
  const path = paths[link.screen as keyof typeof paths]
  const answer = (await server.get(`${path}?${query.join('&')}`)) as { data: { total: Record<string, number> } }
  return answer.data.total
}

describe('a claim names who says so', () => {
  test('reporters with their reports, most first, each number leading to its reports', async () => {
    const { claim } = (await server.get('/volume')) as VolumeAnswer
    expect(claim.text).toBe(`reported by ${reporters.length}`)
    const named = entries(claim)
    expect(named[0]?.text).toBe('r12.example: 13 reports')
    expect(named[11]?.text).toBe('r01.example: 2 reports')
    for (const { text, link } of named.slice(0, namedReportersLimit))
      expect(text).toContain(` ${(await totalOf(link))['reports']} report`)
  })

  test('one reporter more than the limit is in one line with the rest', async () => {
    const { claim } = (await server.get('/volume')) as VolumeAnswer
    expect(claim.from).toHaveLength(namedReportersLimit + 1)
    expect(entries(claim).at(-1)).toEqual({ text: '1 other: 1 report', link: null })
    const twelve = reporters.slice(1).map(reporter => `reporter=${reporter}`)
    const atLimit = (await server.get(`/volume?${twelve.join('&')}`)) as VolumeAnswer
    expect(atLimit.claim.from).toHaveLength(namedReportersLimit)
    expect(entries(atLimit.claim).at(-1)?.text).toBe('r01.example: 2 reports')
  })

  test('an item of Today names the reporters of just its messages', async () => {
    const { data } = (await server.get('/today')) as TodayAnswer
    const item = data.items.find(one => one.kind === 'sender-undecided')
    const [, ...by] = entries(item?.claim ?? { level: 'unknown', text: '', from: [], rule: null })
    expect(by[0]?.text).toBe('r12.example: 39 messages')
    expect((await totalOf(by[0]?.link ?? null))['messages']).toBe(39)
    const tls = data.items.find(one => one.kind === 'tls-failing')
    expect(entries(tls?.claim ?? { level: 'unknown', text: '', from: [], rule: null }).map(one => one.text)).toEqual([
      'tls-two.example: 9 failed sessions',
      'tls-one.example: 4 failed sessions',
    ])
  })

  test('hosts of Inbound TLS: who reported the failures, or who applied the policy that names the host', async () => {
    const { data } = (await server.get('/tls')) as TlsAnswer
    const [failing, quiet] = data.matrix.rows
    expect(failing?.mx).toBe('mx1.example.org')
    const [most] = entries(failing?.claim ?? { level: 'unknown', text: '', from: [], rule: null })
    expect(most?.text).toBe('tls-two.example: 9 failed sessions')
    expect((await totalOf(most?.link ?? null))['sessions']).toBe(9)
    expect(quiet?.mx).toBe('mx2.example.org')
    expect(quiet?.claim.from.flat().map(piece => piece.text)).toEqual(['tls-one.example', 'tls-two.example'])
  })

  test('a derived policy names the record that it was computed from', async () => {
    const { data } = (await server.get('/domains/example.org')) as DomainAnswer
    const [, old] = data.policy.generations
    expect(entries(old?.claim ?? { level: 'unknown', text: '', from: [], rule: null })[0]).toMatchObject({
      text: 'v=DMARC1; p=none; sp=none in reports of the form of RFC 7489, newest 2026-11-23',
      link: { screen: 'reports', query: { from: ['2026-11-23'], to: ['2026-11-23'] } },
    })
  })
})

describe('the health list says what TLS reports show', () => {
  const healthOf = async (domain: string) => ((await server.get(`/domains/${domain}`)) as DomainAnswer).data.health

  test('a check whose failures are of the newest days fails, with hosts and reporters', async () => {
    const health = await healthOf('example.org')
    const certificates = health.find(check => check.check === 'certificates')
    expect(certificates).toMatchObject({
      verdict: 'fail',
      // The policy is in enforce: senders skip the host.
      severity: 'high',
      text: '13 failed sessions reported, newest 2026-11-23.',
      details: ['mx1.example.org presented an expired certificate: 13'],
      claim: { level: 'reported', text: 'reported by 2' },
    })
    const [most] = entries(certificates?.claim ?? { level: 'unknown', text: '', from: [], rule: null })
    expect((await totalOf(most?.link ?? null))['sessions']).toBe(9)
  })

  test('what no report speaks of is not tested, and silence is no pass', async () => {
    const health = await healthOf('example.org')
    const untested = health.filter(check => check.verdict === 'not tested').map(check => check.check)
    expect(untested).toEqual(['dmarc', 'spf', 'dkim', 'mx', 'starttls', 'mta-sts', 'dane'])
    expect(health.find(check => check.check === 'mta-sts')?.text).toMatch(/^Reporters applied the mode enforce/)
  })

  test('failures that ended are told, and no verdict is made of them', async () => {
    const old = testTlsJson({
      id: 'old',
      reporter: 'tls-one.example',
      day: today - 9,
      policies: [
        {
          domain: 'example.net',
          type: 'sts',
          successful: 5,
          failed: 2,
          failures: [{ type: 'starttls-not-supported', mx: 'mx.example.net', count: 2 }],
        },
      ],
    })
    const quiet = testTlsJson({
      id: 'quiet',
      reporter: 'tls-one.example',
      day: today - 1,
      policies: [{ domain: 'example.net', type: 'sts', successful: 5, failed: 0 }],
    })
    for (const [name, text] of Object.entries({ old, quiet })) await server.upload(`${name}.json`, text)
    const starttls = (await healthOf('example.net')).find(check => check.check === 'starttls')
    expect(starttls).toMatchObject({ verdict: 'not tested', severity: null })
    expect(starttls?.text).toMatch(/^2 failed sessions reported until 2026-11-15, none since\./)
  })
})
