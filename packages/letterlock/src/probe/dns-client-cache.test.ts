import { afterEach, describe, expect, it } from 'vitest'
import { cname, responseTo, soa, txt } from '../../../../test/dns-messages.ts'
import { type Script, ScriptedDns } from '../../../../test/servers/scripted-dns.ts'
import { createDnsClient, type DnsClientOptions } from './dns-client.ts'

const toClose: { close(): void }[] = []
afterEach(() => {
  for (const each of toClose.splice(0)) each.close()
})

/** A client with a clock that the test sets, in seconds. */
async function setUp(script: Script, options: DnsClientOptions = {}) {
  const clock = { seconds: 1000 }
  const server = await ScriptedDns.start(script)
  const client = createDnsClient({ servers: [server.address], now: () => clock.seconds * 1000, ...options })
  toClose.push(client, server)
  return { clock, server, client }
}

const question = { name: 'example.org', type: 'TXT' } as const
const withTtl =
  (ttl: number): Script =>
  (query, reply) =>
    reply(responseTo(query, { answers: [txt('x', { ttl })] }))

describe('what is kept', () => {
  it('DNS-013 equal questions at one time are asked once, whatever their case', async () => {
    const { client, server } = await setUp(withTtl(60))
    const answers = await Promise.all(
      ['example.org', 'EXAMPLE.org', 'example.org.'].map(name => client.query({ name, type: 'TXT' })),
    )
    expect(new Set(answers).size).toBe(1)
    expect(server.queries.length).toBe(1)
  })

  it('DNS-013 an answer holds for its TTL, which counts down', async () => {
    const { clock, client, server } = await setUp(withTtl(60))
    await client.query(question)
    clock.seconds += 59
    expect((await client.query(question)).outcome).toMatchObject({ ttl: 1 })
    clock.seconds += 1
    expect((await client.query(question)).outcome).toMatchObject({ ttl: 60 })
    expect(server.queries.length).toBe(2)
  })

  it('DNS-012 DNS-013 for a second at least and a day at most', async () => {
    for (const { ttl, held } of [
      { ttl: 0, held: 1 },
      { ttl: 2_000_000, held: 86_400 },
    ]) {
      const { clock, client, server } = await setUp(withTtl(ttl))
      await client.query(question)
      clock.seconds += held - 0.001
      await client.query(question)
      expect(server.queries.length).toBe(1)
      clock.seconds += 0.001
      await client.query(question)
      expect(server.queries.length).toBe(2)
    }
  })

  it('other types, CD, DO and other servers are other questions', async () => {
    const { client, server } = await setUp(withTtl(60))
    await client.query(question)
    await client.query({ ...question, type: 'A' })
    await client.query({ ...question, checkingDisabled: true })
    await client.query({ ...question, wantsSignatures: true })
    await client.query({ ...question, server: server.address })
    expect(server.queries.length).toBe(5)
  })
})

describe('negative answers', () => {
  const missing: Script = (query, reply) =>
    reply(responseTo(query, { rcode: 3, authorities: [soa('org', 40, 100_000)] }))
  const empty: Script = (query, reply) => reply(responseTo(query, { authorities: [soa('org', 100_000, 100_000)] }))

  it('DNS-011 NXDOMAIN holds for every type of the name and for the smaller of TTL and minimum', async () => {
    const { clock, client, server } = await setUp(missing)
    await client.query(question)
    for (const type of ['A', 'MX', 'TXT'] as const)
      expect((await client.query({ name: 'example.org', type })).outcome.kind).toBe('nxdomain')
    expect(server.queries.length).toBe(1)
    clock.seconds += 40
    await client.query({ name: 'example.org', type: 'MX' })
    expect(server.queries.length).toBe(2)
  })

  it('DNS-008 with an alias the name that is missing is the last one', async () => {
    const { client, server } = await setUp((query, reply) =>
      reply(responseTo(query, { rcode: 3, answers: [cname('gone.example.net')], authorities: [soa('net', 60)] })),
    )
    await client.query(question)
    expect((await client.query({ name: 'gone.example.net', type: 'A' })).outcome.kind).toBe('nxdomain')
    expect(server.queries.length).toBe(1)
    await client.query({ name: 'example.org', type: 'CNAME' })
    expect(server.queries.length).toBe(2)
  })

  it('DNS-011 NODATA holds for the type that was asked, and for three hours at most', async () => {
    const { clock, client, server } = await setUp(empty)
    await client.query(question)
    await client.query({ ...question, type: 'MX' })
    expect(server.queries.length).toBe(2)
    clock.seconds += 10_799
    await client.query(question)
    expect(server.queries.length).toBe(2)
    clock.seconds += 1
    await client.query(question)
    expect(server.queries.length).toBe(3)
  })

  it('DNS-011 without an SOA they are not kept', async () => {
    const { client, server } = await setUp((query, reply) => reply(responseTo(query, { rcode: 3 })))
    await client.query(question)
    await client.query(question)
    expect(server.queries.length).toBe(2)
  })
})

describe('failures', () => {
  it('RFC 9520 s3.2: are kept for a second, then for twice as long each time, for a minute at most', async () => {
    const { clock, client, server } = await setUp((query, reply) => reply(responseTo(query, { rcode: 2 })))
    for (const held of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const before = server.queries.length
      await client.query(question)
      expect(server.queries.length).toBe(before + 1)
      clock.seconds += held - 0.001
      await client.query(question)
      expect(server.queries.length).toBe(before + 1)
      clock.seconds += 0.001
    }
  })

  it('an answer ends the row', async () => {
    const rcodes = [2, 2, 0, 2]
    const { clock, client, server } = await setUp((query, reply) => {
      const rcode = rcodes[server.queries.length - 1] ?? 0
      reply(responseTo(query, rcode === 0 ? { answers: [txt('x', { ttl: 1 })] } : { rcode }))
    })
    for (const held of [1, 2, 1, 1]) {
      await client.query(question)
      clock.seconds += held
    }
    await client.query(question)
    expect(server.queries.length).toBe(5)
  })

  it('are kept per question, not per server', async () => {
    const { client, server } = await setUp((query, reply) => reply(responseTo(query, { rcode: 2 })))
    await client.query(question)
    await client.query({ ...question, type: 'A' })
    expect(server.queries.length).toBe(2)
  })

  it('a wait that was given up is no failure of the server', async () => {
    const { client, server } = await setUp((query, reply) => {
      if (server.queries.length > 1) withTtl(60)(query, reply)
    })
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 30)
    await client.query({ ...question, signal: controller.signal })
    expect((await client.query(question)).outcome.kind).toBe('records')
  })
})

describe('bounds', () => {
  it('as many answers as told are kept; with one more the one that was not asked for longest goes', async () => {
    const { client, server } = await setUp(withTtl(60), { cache: { answers: 3 } })
    const ask = (name: string) => client.query({ name, type: 'TXT' })
    for (const name of ['a.example', 'b.example', 'c.example', 'a.example']) await ask(name)
    expect(server.queries.length).toBe(3)
    await ask('d.example')
    await ask('a.example')
    expect(server.queries.length).toBe(4)
    await ask('b.example')
    expect(server.queries.length).toBe(5)
  })

  it('octets are bounded too: one large answer takes the place of small ones, one too large is not kept', async () => {
    const { client, server } = await setUp(
      (query, reply) =>
        reply(responseTo(query, { answers: [txt('y'.repeat(Number(query.name.split('.')[0])), { ttl: 60 })] })),
      { useTcp: true, cache: { octets: 20_000 } },
    )
    const ask = (name: string) => client.query({ name, type: 'TXT' })
    for (const name of ['100.example', '10000.example', '100.example', '10000.example']) await ask(name)
    expect(server.queries.length).toBe(2)
    await ask('9000.example')
    await ask('9000.example')
    expect(server.queries.length).toBe(3)
    await ask('10000.example')
    expect(server.queries.length).toBe(4)
    for (const name of ['30000.example', '30000.example']) await ask(name)
    expect(server.queries.length).toBe(6)
  })

  it('as many questions as told are under way; one more is answered with the limit', async () => {
    const { client, server } = await setUp((query, reply) => setTimeout(() => withTtl(60)(query, reply), 50), {
      lookups: 5,
    })
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => client.query({ name: `n${index}.example`, type: 'TXT' })),
    )
    expect(answers.map(({ outcome }) => outcome.kind)).toEqual([...new Array(5).fill('records'), 'temporary'])
    expect(answers[5]?.outcome).toEqual({ kind: 'temporary', cause: 'limit' })
    expect(server.queries.length).toBe(5)
    expect((await client.query({ name: 'n5.example', type: 'TXT' })).outcome.kind).toBe('records')
  })
})
