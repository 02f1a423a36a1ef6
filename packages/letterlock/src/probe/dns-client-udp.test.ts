import { afterEach, describe, expect, it } from 'vitest'
import {
  address,
  cname,
  opt,
  responseTo,
  soa,
  txt,
  types,
  wireQuestion,
  wireRecord,
} from '../../../../test/dns-messages.ts'
import { type Script, ScriptedDns, type ScriptedQuery } from '../../../../test/servers/scripted-dns.ts'
import { createDnsClient, type DnsClient, type DnsClientOptions } from './dns-client.ts'
import { strayDatagramsLimit } from './udp-exchange.ts'

const toClose: { close(): void }[] = []
afterEach(() => {
  for (const each of toClose.splice(0)) each.close()
})

async function serve(script: Script): Promise<ScriptedDns> {
  const server = await ScriptedDns.start(script)
  toClose.push(server)
  return server
}

function clientOf(servers: readonly ScriptedDns[], options: DnsClientOptions = {}): DnsClient {
  const client = createDnsClient({ servers: servers.map(server => server.address), ...options })
  toClose.push(client)
  return client
}

const answering: Script = (query, reply) => reply(responseTo(query, { answers: [txt('v=spf1 -all')] }))
const question = { name: 'example.org', type: 'TXT' } as const

describe('what goes out', () => {
  it('asks from a fresh port with a fresh id, and letters in random case', async () => {
    const server = await serve(answering)
    const client = clientOf([server])
    const names = Array.from({ length: 60 }, (_, index) => `abcdefghijklmnopqrstuvwxyz.n${index}.example.org`)
    for (const name of names) await client.query({ name, type: 'TXT' })
    const { queries } = server
    expect(queries.map(query => query.name.toLowerCase())).toEqual(names)
    // 60 draws of 65,536 ids or 28,000 ports meet at most a few times.
    expect(new Set(queries.map(query => query.id)).size).toBeGreaterThan(55)
    expect(new Set(queries.map(query => query.port)).size).toBeGreaterThan(50)
    expect(new Set(queries.map(query => query.name.slice(0, 26))).size).toBe(60)
  })

  it('DNS-005 sends EDNS with 1232 octets, AD, and DO or CD where they are wanted', async () => {
    const server = await serve(answering)
    const client = clientOf([server])
    await client.query(question)
    await client.query({ ...question, checkingDisabled: true })
    await client.query({ ...question, wantsSignatures: true })
    await client.query({ ...question, server: server.address })
    const flags = server.queries.map(({ octets }) => octets.readUInt16BE(2).toString(16))
    expect(flags).toEqual(['120', '130', '120', '20'])
    const opts = server.queries.map(({ octets }) => octets.subarray(-11).toString('hex'))
    const plain = '00002904d0000000000000'
    expect(opts).toEqual([plain, plain, '00002904d0000080000000', plain])
  })

  it('gives records the name that was asked for, not its random case', async () => {
    // Owner and exchange point into the question: to all of it, and to `org`.
    const exchange = wireRecord(types.MX, Buffer.from([0, 10, 0xc0, 20]))
    const server = await serve((query, reply) => reply(responseTo(query, { answers: [exchange] })))
    const { raw } = await clientOf([server]).query({ name: 'Example.ORG.', type: 'MX' })
    expect(raw).toEqual([{ name: 'example.org', ttl: 300, type: 'MX', preference: 10, exchange: 'org' }])
  })
})

describe('what is no answer', () => {
  it('RFC 5452 s9.1: drops other ids, other questions, queries and noise, and takes the right answer', async () => {
    const server = await serve((query, reply) => {
      const lie = [txt('forged')]
      reply(responseTo(query, { id: query.id ^ 1, answers: lie }))
      reply(responseTo(query, { question: wireQuestion('other.example.org', types.TXT), answers: lie }))
      reply(responseTo(query, { question: wireQuestion(query.name, types.A), answers: lie }))
      reply(responseTo(query, { question: null, answers: lie }))
      reply(query.octets)
      reply(Buffer.from('noise'))
      reply(Buffer.alloc(0))
      answering(query, reply)
    })
    const answer = await clientOf([server]).query(question)
    expect(answer).toMatchObject({ outcome: { kind: 'records' }, rcode: 0 })
    expect(JSON.stringify(answer)).not.toContain('forged')
    expect(server.asked).toEqual(['example.org 16 udp'])
  })

  it('DNS-004 records of other names in an answer to our question are not looked at', async () => {
    const server = await serve((query, reply) =>
      reply(
        responseTo(query, { answers: [txt('not ours', { name: 'other.example.org' })], authorities: [soa('org', 60)] }),
      ),
    )
    const { outcome } = await clientOf([server]).query(question)
    expect(outcome).toEqual({ kind: 'nodata', ttl: 60, security: 'indeterminate' })
  })

  it(`after ${strayDatagramsLimit} guesses the answer still counts, after one more the question goes by TCP`, async () => {
    const guess = (query: ScriptedQuery) => responseTo(query, { id: query.id ^ 1, answers: [txt('forged')] })
    for (const guesses of [strayDatagramsLimit, strayDatagramsLimit + 1]) {
      const server = await serve((query, reply) => {
        if (query.by === 'udp') for (let sent = 0; sent < guesses; sent += 1) reply(guess(query))
        answering(query, reply)
      })
      const { outcome } = await clientOf([server]).query(question)
      expect(outcome.kind).toBe('records')
      expect(server.asked.at(-1)).toBe(`example.org 16 ${guesses > strayDatagramsLimit ? 'tcp' : 'udp'}`)
    }
  })

  it('an answer in another case is asked for by TCP, and a server that changes the case is known from then on', async () => {
    const server = await serve((query, reply) =>
      reply(
        responseTo(query, {
          question: wireQuestion(query.name.toLowerCase(), query.type),
          answers: [txt(query.by)],
        }),
      ),
    )
    const client = clientOf([server])
    const name = 'a-name-with-letters-enough.example.org'
    await client.query({ name, type: 'TXT' })
    await client.query({ name: `b.${name}`, type: 'TXT' })
    expect(server.queries.map(query => query.by)).toEqual(['udp', 'tcp', 'udp'])
    expect(server.queries[2]?.name).toBe(`b.${name}`)
  })

  it('a guess in another case does not lower the guard towards a server that keeps it', async () => {
    let asked = 0
    const server = await serve((query, reply) => {
      asked += 1
      if (asked === 1)
        reply(
          responseTo(query, { question: wireQuestion(query.name.toLowerCase(), query.type), answers: [txt('forged')] }),
        )
      else answering(query, reply)
    })
    const client = clientOf([server])
    const name = 'a-name-with-letters-enough.example.org'
    const answer = await client.query({ name, type: 'TXT' })
    expect(JSON.stringify(answer)).not.toContain('forged')
    await client.query({ name: `b.${name}`, type: 'TXT' })
    expect(server.queries.map(query => query.by)).toEqual(['udp', 'tcp', 'udp'])
    expect(server.queries[2]?.name).not.toBe(`b.${name}`)
  })

  it('a server that changes the case and has no TCP is asked without random case', async () => {
    const server = await serve((query, reply) =>
      reply(responseTo(query, { question: wireQuestion(query.name.toLowerCase(), query.type), answers: [txt('x')] })),
    )
    await server.refuseTcp()
    const { outcome } = await clientOf([server]).query({ name: 'a-name-with-letters.example.org', type: 'TXT' })
    expect(outcome.kind).toBe('records')
  })
})

describe('outcomes are kept apart', () => {
  const outcomeOf = async (script: Script, options: DnsClientOptions = {}) => {
    const server = await serve(script)
    const { outcome, rcode } = await clientOf([server], { timeouts: [20_000, 20_000], ...options }).query(question)
    return { outcome, rcode, asked: server.queries.length }
  }
  const refusing =
    (rcode: number): Script =>
    (query, reply) =>
      reply(responseTo(query, { rcode, additional: [opt()] }))

  it('DNS-010 records, NODATA, NXDOMAIN, each failure and bogus', async () => {
    expect((await outcomeOf(answering)).outcome.kind).toBe('records')
    const nodata: Script = (query, reply) => reply(responseTo(query, { authorities: [soa('example.org', 60)] }))
    expect((await outcomeOf(nodata)).outcome).toEqual({ kind: 'nodata', ttl: 60, security: 'indeterminate' })
    const nxdomain: Script = (query, reply) =>
      reply(responseTo(query, { rcode: 3, authorities: [soa('org', 600, 30)] }))
    expect((await outcomeOf(nxdomain)).outcome).toEqual({ kind: 'nxdomain', ttl: 30, security: 'indeterminate' })
    // One server is not asked again what it failed at (RFC 9520 s3.1).
    expect(await outcomeOf(refusing(2))).toEqual({
      outcome: { kind: 'temporary', cause: 'servfail' },
      rcode: 2,
      asked: 1,
    })
    expect(await outcomeOf(refusing(5))).toEqual({
      outcome: { kind: 'temporary', cause: 'refused' },
      rcode: 5,
      asked: 1,
    })
    expect((await outcomeOf(refusing(4))).outcome).toEqual({ kind: 'temporary', cause: 'not-implemented' })
    expect(await outcomeOf(() => undefined, { timeouts: [150, 150] })).toEqual({
      outcome: { kind: 'temporary', cause: 'timeout' },
      rcode: null,
      asked: 2,
    })
    const bogus: Script = (query, reply) =>
      reply(responseTo(query, { rcode: 2, additional: [opt({ code: 22, text: '' }, { code: 7, text: 'expired' })] }))
    expect((await outcomeOf(bogus)).outcome).toEqual({ kind: 'bogus' })
  })

  it('a closed port is unreachable', async () => {
    const server = await serve(answering)
    server.close()
    toClose.pop()
    const client = createDnsClient({ servers: [server.address], timeouts: [20_000, 20_000] })
    expect((await client.query(question)).outcome).toEqual({ kind: 'temporary', cause: 'unreachable' })
    client.close()
  })

  it('RFC 8914: every extended error is kept, and the one that tells of DNSSEC stands for all', async () => {
    const errors = [
      { code: 22, text: 'no reachable authority' },
      { code: 9, text: 'no DNSKEY' },
    ]
    const server = await serve((query, reply) => reply(responseTo(query, { rcode: 2, additional: [opt(...errors)] })))
    const answer = await clientOf([server]).query(question)
    expect(answer).toMatchObject({ outcome: { kind: 'bogus' }, extendedError: 9, extendedErrors: errors })
  })

  it('broken messages are malformed, and the next server may know better', async () => {
    const loop = wireRecord(types.CNAME, Buffer.from([0xc0, 0x29]))
    const broken: Record<string, Script> = {
      'a name that points to itself': (query, reply) => reply(responseTo(query, { answers: [loop] })),
      'a count that lies': (query, reply) => {
        const message = responseTo(query, { answers: [txt('x')] })
        message.writeUInt16BE(2, 6)
        reply(message)
      },
      'a record that is cut off': (query, reply) =>
        reply(responseTo(query, { answers: [txt('abcdef')] }).subarray(0, -3)),
      'records of a name that does not exist': (query, reply) =>
        reply(responseTo(query, { rcode: 3, answers: [txt('x')], authorities: [soa('org', 60)] })),
    }
    for (const [what, script] of Object.entries(broken)) {
      const [bad, good] = [await serve(script), await serve(answering)]
      const alone = clientOf([bad])
      expect((await alone.query(question)).outcome, what).toEqual({ kind: 'temporary', cause: 'malformed' })
      expect((await clientOf([bad, good]).query(question)).outcome.kind, what).toBe('records')
    }
  })

  it('RFC 2308 s2.2: a referral is no proof that there is nothing', async () => {
    const referral: Script = (query, reply) =>
      reply(responseTo(query, { authorities: [wireRecord(types.NS, Buffer.from([0]), { name: 'org' })] }))
    expect((await outcomeOf(referral)).outcome).toEqual({ kind: 'temporary', cause: 'refused' })
  })

  it('an SOA of a zone that the name is not in says nothing about how long', async () => {
    const elsewhere: Script = (query, reply) =>
      reply(responseTo(query, { rcode: 3, authorities: [soa('example.com', 60)] }))
    expect((await outcomeOf(elsewhere)).outcome).toMatchObject({ kind: 'nxdomain', ttl: null })
  })

  it('DNS-001 a name without a wire form is not asked', async () => {
    const server = await serve(answering)
    const client = clientOf([server])
    for (const name of ['a..b', `${'a'.repeat(64)}.example`, 'm\u0101ksla.example', 'a\\'])
      expect((await client.query({ name, type: 'A' })).outcome, name).toEqual({ kind: 'temporary', cause: 'malformed' })
    expect(server.queries).toEqual([])
  })

  it('RFC 6891 s7: a server that cannot read EDNS is asked without, from then on', async () => {
    const server = await serve((query, reply) =>
      reply(
        query.octets.readUInt16BE(10) > 0
          ? responseTo(query, { rcode: 1, question: null })
          : responseTo(query, { answers: [txt('old')] }),
      ),
    )
    const client = clientOf([server])
    expect((await client.query(question)).outcome.kind).toBe('records')
    expect((await client.query({ name: 'b.example.org', type: 'TXT' })).outcome.kind).toBe('records')
    expect(server.queries.map(({ octets }) => octets.readUInt16BE(10))).toEqual([1, 0, 0])
  })
})

describe('aliases', () => {
  it('are followed within the answer, and the smallest TTL holds', async () => {
    const server = await serve((query, reply) =>
      reply(
        responseTo(query, {
          answers: [
            cname('b.example.net', { ttl: 100 }),
            cname('C.example.net', { name: 'b.EXAMPLE.net', ttl: 20 }),
            address('192.0.2.7', { name: 'c.example.NET', ttl: 50 }),
          ],
        }),
      ),
    )
    const answer = await clientOf([server]).query({ name: 'example.org', type: 'A' })
    expect(answer.outcome).toMatchObject({ kind: 'records', ttl: 20, records: [{ address: '192.0.2.7' }] })
    expect(answer.chain.map(alias => alias.target)).toEqual(['b.example.net', 'C.example.net'])
  })

  it('a target that was left out is asked for; of an authoritative server it is not', async () => {
    const server = await serve((query, reply) =>
      reply(
        responseTo(query, {
          answers: query.name.toLowerCase() === 'example.org' ? [cname('b.example.net')] : [txt('found')],
        }),
      ),
    )
    const client = clientOf([server])
    const answer = await client.query(question)
    expect(answer.outcome).toMatchObject({ kind: 'records', ttl: 300 })
    expect(answer.chain).toEqual([{ name: 'example.org', target: 'b.example.net', ttl: 300 }])
    const direct = await client.query({ ...question, server: server.address })
    expect(direct.outcome).toMatchObject({ kind: 'nodata', ttl: null })
    expect(server.asked.map(line => line.split(' ')[0])).toEqual(['example.org', 'b.example.net', 'example.org'])
  })

  it('that lead in a circle end', async () => {
    const within = await serve((query, reply) =>
      reply(responseTo(query, { answers: [cname('b.example.net'), cname('example.org', { name: 'b.example.net' })] })),
    )
    expect((await clientOf([within]).query(question)).outcome).toEqual({ kind: 'temporary', cause: 'servfail' })
    const across = await serve((query, reply) =>
      reply(
        responseTo(query, {
          answers: [cname(query.name.toLowerCase() === 'example.org' ? 'b.example.net' : 'example.org')],
        }),
      ),
    )
    expect((await clientOf([across]).query(question)).outcome).toEqual({ kind: 'temporary', cause: 'servfail' })
    expect(across.queries.length).toBeLessThan(20)
  })
})

describe('several servers', () => {
  it('DNS-014 a silent server is followed by the next, which is asked first from then on', async () => {
    const [silent, good] = [await serve(() => undefined), await serve(answering)]
    const client = clientOf([silent, good], { timeouts: [100, 20_000] })
    expect((await client.query(question)).server).toBe(good.address)
    expect((await client.query({ name: 'b.example.org', type: 'TXT' })).server).toBe(good.address)
    expect([silent.queries.length, good.queries.length]).toEqual([1, 2])
  })

  it('a failure of one is not the failure of all, but bogus is: another resolver may just not look', async () => {
    const failing = await serve((query, reply) => reply(responseTo(query, { rcode: 2 })))
    const bogus = await serve((query, reply) =>
      reply(responseTo(query, { rcode: 2, additional: [opt({ code: 6, text: '' })] })),
    )
    const good = await serve(answering)
    expect((await clientOf([failing, good]).query(question)).outcome.kind).toBe('records')
    expect((await clientOf([bogus, good]).query(question)).outcome.kind).toBe('bogus')
    expect(good.queries.length).toBe(1)
  })

  it('what a server said counts for more than that another was silent', async () => {
    const refusing = await serve((query, reply) => reply(responseTo(query, { rcode: 5 })))
    const silent = await serve(() => undefined)
    const client = clientOf([refusing, silent], { timeouts: [20_000, 100, 100] })
    expect((await client.query(question)).outcome).toEqual({ kind: 'temporary', cause: 'refused' })
  })
})

describe('time', () => {
  it('DNS-014 the deadline ends all tries together', async () => {
    const server = await serve(() => undefined)
    const client = clientOf([server], { timeouts: [300, 20_000], deadlineMs: 600 })
    const started = performance.now()
    expect((await client.query(question)).outcome).toEqual({ kind: 'temporary', cause: 'timeout' })
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(server.queries.length).toBe(2)
  })

  it('a signal ends the wait of who gave it, and nobody else’s', async () => {
    const server = await serve((query, reply) => {
      setTimeout(() => answering(query, reply), 200)
    })
    const client = clientOf([server])
    const controller = new AbortController()
    const [given, kept] = [client.query({ ...question, signal: controller.signal }), client.query(question)]
    controller.abort()
    expect((await given).outcome).toEqual({ kind: 'temporary', cause: 'timeout' })
    expect((await kept).outcome.kind).toBe('records')
    expect(server.queries.length).toBe(1)
    expect((await client.query({ name: 'b.example', type: 'A', signal: AbortSignal.abort() })).outcome).toEqual({
      kind: 'temporary',
      cause: 'timeout',
    })
  })

  it('what nobody waits for any more is given up, and is asked again by the next', async () => {
    const server = await serve((query, reply) => {
      if (server.queries.length > 1) answering(query, reply)
    })
    const client = clientOf([server])
    const controller = new AbortController()
    const given = client.query({ ...question, signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    expect((await given).outcome.kind).toBe('temporary')
    expect((await client.query(question)).outcome.kind).toBe('records')
    expect(server.queries.length).toBe(2)
  })

  it('closing answers everybody, and later questions at once', async () => {
    const server = await serve(() => undefined)
    const client = clientOf([server])
    const waiting = client.query(question)
    client.close()
    const unreachable = { kind: 'temporary', cause: 'unreachable' }
    expect((await waiting).outcome).toEqual(unreachable)
    expect((await client.query(question)).outcome).toEqual(unreachable)
    expect(await client.askAll([question], () => undefined)).toMatchObject({ asked: 0, connections: 0 })
  })
})
