import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cname, opt, responseTo, soa, txt } from '../../../../test/dns-messages.ts'
import { ScriptedDns, type ScriptedQuery, withLength } from '../../../../test/servers/scripted-dns.ts'
import { createDnsClient, type DnsClient } from './dns-client.ts'

/** What the server sends next, by UDP or in pieces by TCP. */
let next: (query: ScriptedQuery) => Buffer = query => responseTo(query)
let server: ScriptedDns
let byUdp: DnsClient
let byTcp: DnsClient

beforeAll(async () => {
  server = await ScriptedDns.start((query, reply) => {
    const octets = next(query)
    if (query.by === 'udp') reply(octets)
    else {
      reply.raw(octets)
      reply.hangUp()
    }
  })
  const options = { servers: [server.address], timeouts: [60], cache: { answers: 0 } }
  byUdp = createDnsClient(options)
  byTcp = createDnsClient({ ...options, useTcp: true })
})

afterAll(() => {
  byUdp.close()
  byTcp.close()
  server.close()
})

const kinds = ['records', 'nodata', 'nxdomain', 'temporary', 'bogus']
const good = (query: ScriptedQuery) =>
  responseTo(query, {
    answers: [cname('b.example.net'), txt('v=spf1 -all', { name: 'b.example.net' })],
    authorities: [soa('example.net', 60)],
    additional: [opt({ code: 6, text: 'x' })],
  })

it('whatever octets come, the answer is one of the five outcomes and nothing is thrown', {
  timeout: 120_000,
}, async () => {
  const change = fc.record({ at: fc.nat(), octet: fc.nat(255), cut: fc.nat(120) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      async (changes, isTcp, isWhole) => {
        next = query => {
          const octets = isTcp ? withLength(good(query)) : good(query)
          for (const { at, octet } of changes) octets[at % octets.length] = octet
          return isWhole ? octets : octets.subarray(0, octets.length - (changes[0]?.cut ?? 0))
        }
        const { outcome } = await (isTcp ? byTcp : byUdp).query({ name: 'example.org', type: 'TXT' })
        expect(kinds).toContain(outcome.kind)
      },
    ),
    { numRuns: 300 },
  )
})

it('noise of any length is no answer', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.boolean(), async (octets, isTcp) => {
      next = query => Buffer.concat([isTcp ? Buffer.alloc(0) : query.octets.subarray(0, 2), Buffer.from(octets)])
      const { outcome } = await (isTcp ? byTcp : byUdp).query({ name: 'example.org', type: 'TXT' })
      expect(outcome.kind).toBe('temporary')
    }),
    { numRuns: 100 },
  )
})
