import { afterEach, describe, expect, it } from 'vitest'
import { responseTo, soa, txt, types, wireRecord } from '../../../../test/dns-messages.ts'
import { type Script, ScriptedDns, withLength } from '../../../../test/servers/scripted-dns.ts'
import { createDnsClient, type DnsClient, type DnsClientOptions } from './dns-client.ts'
import { strayMessagesLimit } from './tcp-connection.ts'
import { replaysLimit } from './tcp-road.ts'

const toClose: { close(): void }[] = []
afterEach(() => {
  for (const each of toClose.splice(0)) each.close()
})

async function serve(script: Script): Promise<ScriptedDns> {
  const server = await ScriptedDns.start(script)
  toClose.push(server)
  return server
}

function clientOf(server: ScriptedDns, options: DnsClientOptions = {}): DnsClient {
  const client = createDnsClient({ servers: [server.address], useTcp: true, ...options })
  toClose.push(client)
  return client
}

const answering: Script = (query, reply) => reply(responseTo(query, { answers: [txt(query.name)] }))
const question = { name: 'example.org', type: 'TXT' } as const
const questions = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `n${index}.example.org`, type: 'TXT' as const }))

describe('fallback', () => {
  it('DNS-003 a truncated answer is asked for by TCP, wherever it was cut', async () => {
    for (const cut of [0, 3, 20]) {
      const server = await serve((query, reply) => {
        if (query.by === 'tcp') answering(query, reply)
        else {
          const message = responseTo(query, { flags: 0x0380, answers: [txt('half of it')] })
          reply(message.subarray(0, message.length - cut))
        }
      })
      const { outcome } = await clientOf(server, { useTcp: false }).query(question)
      expect(outcome).toMatchObject({
        kind: 'records',
        records: [{ strings: [Uint8Array.from(Buffer.from('example.org'))] }],
      })
      expect(server.asked).toEqual(['example.org 16 udp', 'example.org 16 tcp'])
    }
  })

  it('a truncated answer whose whole cannot be had is none', async () => {
    const server = await serve((query, reply) =>
      reply(responseTo(query, { flags: 0x0380, answers: [txt('half of it')] })),
    )
    await server.refuseTcp()
    const { outcome } = await clientOf(server, { useTcp: false, timeouts: [20_000] }).query(question)
    expect(outcome).toEqual({ kind: 'temporary', cause: 'unreachable' })
  })

  it('RFC 2181 s9: an answer that is truncated by TCP too is malformed', async () => {
    const server = await serve((query, reply) => reply(responseTo(query, { flags: 0x0380, answers: [txt('half')] })))
    const { outcome } = await clientOf(server, { useTcp: false, timeouts: [20_000] }).query(question)
    expect(outcome).toEqual({ kind: 'temporary', cause: 'malformed' })
  })
})

describe('one connection', () => {
  it('DNS-004 carries many queries at once, answered in any order, each by its id', async () => {
    const held: (() => void)[] = []
    const server = await serve((query, reply) => {
      held.push(() => answering(query, reply))
      if (held.length < 50) return
      for (const answer of held.reverse()) answer()
    })
    const client = clientOf(server)
    const answers = await Promise.all(questions(50).map(each => client.query(each)))
    const texts = answers.map(({ raw: [record] }) =>
      record?.type === 'TXT' ? Buffer.from(record.strings[0] ?? []).toString() : '',
    )
    expect(texts).toEqual(questions(50).map(({ name }) => name))
    expect(server.openedConnections).toBe(1)
    expect(new Set(server.queries.map(({ id }) => id)).size).toBe(50)
  })

  it('takes messages in whatever pieces they come', async () => {
    const server = await serve((query, reply) => {
      const octets = withLength(responseTo(query, { answers: [txt('x'.repeat(1000))] }))
      const send = (at: number) => {
        if (at >= octets.length) return
        reply.raw(octets.subarray(at, at + 97))
        setTimeout(() => send(at + 97), 2)
      }
      send(0)
    })
    const { outcome } = await clientOf(server).query(question)
    expect(outcome.kind).toBe('records')
  })

  it('a record of 64 KB is read, together with what follows it in the same read', async () => {
    // 255 strings of 255 octets, 65,280 octets of data: a TXT record can hold no longer one within a message.
    const long = 'y'.repeat(255 * 255)
    const server = await serve((query, reply) => {
      if (query.name.startsWith('n')) answering(query, reply)
      else reply(responseTo(query, { answers: [txt(long)] }))
    })
    const client = clientOf(server)
    const [answer, ...others] = await Promise.all([question, ...questions(20)].map(each => client.query(each)))
    const [record] = answer?.raw ?? []
    expect(record?.type === 'TXT' && Buffer.concat(record.strings).toString()).toBe(long)
    expect(others.every(({ outcome }) => outcome.kind === 'records')).toBe(true)
  })

  it('is closed when it was idle, and opened again by the next question', async () => {
    const server = await serve(answering)
    const client = clientOf(server, { idleMs: 100 })
    await client.query(question)
    expect(await server.connectionsAre(1)).toBe(true)
    expect(await server.connectionsAre(0)).toBe(true)
    expect((await client.query({ name: 'b.example.org', type: 'TXT' })).outcome.kind).toBe('records')
    expect(server.openedConnections).toBe(2)
  })

  it('DNS-004 what a closed connection left unanswered is asked again', async () => {
    // A server that answers three queries for each connection.
    const served = new Map<number, number>()
    const server = await serve((query, reply) => {
      const count = (served.get(query.connection) ?? 0) + 1
      served.set(query.connection, count)
      if (count <= 3) answering(query, reply)
      if (count === 3) reply.hangUp()
    })
    const client = clientOf(server)
    const answers = await Promise.all(questions(60).map(each => client.query(each)))
    expect(answers.map(({ outcome }) => outcome.kind)).toEqual(new Array(60).fill('records'))
    expect(server.openedConnections).toBeGreaterThanOrEqual(20)
  })

  it('a server that closes without a word is asked no more than it takes to be sure', async () => {
    const server = await serve((_, reply) => reply.hangUp())
    const { outcome } = await clientOf(server, { timeouts: [20_000] }).query(question)
    expect(outcome).toEqual({ kind: 'temporary', cause: 'unreachable' })
    expect(server.openedConnections).toBe(replaysLimit + 1)
  })
})

describe('hostile servers', () => {
  it('one that never answers costs the time of the tries, and its connection', async () => {
    const server = await serve(() => undefined)
    const client = clientOf(server, { timeouts: [100, 100] })
    const answers = await Promise.all(questions(30).map(each => client.query(each)))
    expect(answers.every(({ outcome }) => outcome.kind === 'temporary' && outcome.cause === 'timeout')).toBe(true)
    expect(await server.connectionsAre(0)).toBe(true)
  })

  it('one that sends octet by octet without end', async () => {
    const timers: NodeJS.Timeout[] = []
    const server = await serve((_, reply) => {
      reply.raw(Buffer.from([0xff, 0xff]))
      timers.push(setInterval(() => reply.raw(Buffer.from([0])), 5))
    })
    const { outcome } = await clientOf(server, { timeouts: [200] }).query(question)
    for (const timer of timers) clearInterval(timer)
    expect(outcome).toEqual({ kind: 'temporary', cause: 'timeout' })
    expect(await server.connectionsAre(0)).toBe(true)
  })

  it(`${strayMessagesLimit} messages that answer nothing are passed over, one more ends the connection`, async () => {
    for (const strays of [strayMessagesLimit, strayMessagesLimit + 1]) {
      const server = await serve((query, reply) => {
        const stray = responseTo(query, { id: query.id ^ 1, answers: [txt('forged')] })
        reply.raw(Buffer.concat(new Array<Buffer>(strays).fill(withLength(stray))))
        answering(query, reply)
      })
      const { outcome } = await clientOf(server, { timeouts: [20_000] }).query(question)
      expect(outcome.kind, `${strays}`).toBe(strays > strayMessagesLimit ? 'temporary' : 'records')
    }
  })

  it('empty messages and messages too short for a header answer nothing', async () => {
    const server = await serve((query, reply) => {
      reply.raw(Buffer.from([0, 0, 0, 1, 7, 0, 2]))
      reply.raw(query.octets.subarray(0, 2))
      answering(query, reply)
    })
    expect((await clientOf(server).query(question)).outcome.kind).toBe('records')
  })

  it('an answer to another question does not take the place of ours', async () => {
    const server = await serve((query, reply) => {
      reply(responseTo({ ...query, name: 'other.example.org' }, { answers: [txt('forged')] }))
      answering(query, reply)
    })
    const answer = await clientOf(server).query(question)
    expect(answer.outcome).toMatchObject({
      kind: 'records',
      records: [{ strings: [Uint8Array.from(Buffer.from('example.org'))] }],
    })
  })

  it('one that answers late does not answer the question that came after', async () => {
    const server = await serve((query, reply) => {
      if (server.queries.length > 1) answering(query, reply)
      else setTimeout(() => reply(responseTo(query, { answers: [txt('late')] })), 300)
    })
    const client = clientOf(server, { timeouts: [150] })
    expect((await client.query(question)).outcome.kind).toBe('temporary')
    const answer = await client.query({ name: 'b.example.org', type: 'TXT' })
    expect(JSON.stringify(answer.outcome)).not.toContain('late')
  })

  it('a message of 6,000 empty records is bounded by its size', async () => {
    const record = wireRecord(types.A, Buffer.from([1, 2, 3, 4]))
    const server = await serve((query, reply) =>
      reply(responseTo(query, { answers: new Array<Buffer>(4000).fill(record) })),
    )
    const { outcome } = await clientOf(server).query({ name: 'example.org', type: 'A' })
    expect(outcome.kind === 'records' && outcome.records.length).toBe(4000)
  })
})

describe('many questions', () => {
  it('are all answered, each with the object that was asked', async () => {
    const server = await serve((query, reply) => {
      if (Number(/\d+/.exec(query.name)?.[0]) % 3 > 0) answering(query, reply)
      else reply(responseTo(query, { rcode: 3, authorities: [soa('example.org', 60)] }))
    })
    const asked = questions(3000).map((each, index) => ({ ...each, index }))
    const got = new Map<number, string>()
    const summary = await clientOf(server).askAll(asked, answers => {
      for (const { question: each, answer } of answers) got.set(each.index, answer.outcome.kind)
    })
    expect(summary).toEqual({ asked: 3000, unanswered: 0, repeated: 0, connections: 2 })
    expect(asked.every(({ index }) => got.get(index) === (index % 3 > 0 ? 'records' : 'nxdomain'))).toBe(true)
  })

  it('no more are taken than there is room for, and none while the answers are being dealt with', async () => {
    const server = await serve(answering)
    let taken = 0
    let told = 0
    let isBusy = false
    async function* source() {
      for (const each of questions(500)) {
        expect(isBusy).toBe(false)
        taken += 1
        expect(taken - told).toBeLessThanOrEqual(20)
        yield each
      }
    }
    const take = async (answers: readonly unknown[]) => {
      isBusy = true
      await new Promise(resolve => setTimeout(resolve, 1))
      told += answers.length
      isBusy = false
    }
    const summary = await clientOf(server).askAll(source(), take, { connections: 2, window: 10 })
    expect([summary.asked, told]).toEqual([500, 500])
  })

  it('a silent server is tried as often as told; what nobody answers is told apart', async () => {
    const server = await serve((query, reply) => {
      if (!query.name.startsWith('n1.')) answering(query, reply)
    })
    const outcomes: string[] = []
    const summary = await clientOf(server).askAll(
      [...questions(3), { name: 'a..b', type: 'A' }],
      answers => {
        for (const { answer } of answers)
          outcomes.push(answer.outcome.kind === 'temporary' ? answer.outcome.cause : answer.outcome.kind)
      },
      { tryMs: 1000, tries: 2 },
    )
    expect(outcomes.sort()).toEqual(['malformed', 'records', 'records', 'timeout'])
    expect(summary).toMatchObject({ asked: 4, unanswered: 1, repeated: 1 })
    expect(server.asked.filter(line => line.startsWith('n1.')).length).toBe(2)
  })

  it('end with a signal or with the client, the rest unanswered', async () => {
    const server = await serve(() => undefined)
    const controller = new AbortController()
    const [one, two] = [clientOf(server), clientOf(server)]
    const runs = [
      one.askAll(questions(100), () => undefined, { signal: controller.signal }),
      two.askAll(questions(100), () => undefined),
    ]
    setTimeout(() => {
      controller.abort()
      two.close()
    }, 50)
    for (const run of runs) expect(await run).toMatchObject({ asked: 100, unanswered: 100 })
  })

  it('what the caller’s own functions throw is the caller’s', async () => {
    const server = await serve(answering)
    const client = clientOf(server)
    const taking = client.askAll(questions(10), () => {
      throw new Error('no room')
    })
    await expect(taking).rejects.toThrow('no room')
    const rejecting = client.askAll(questions(10), () => Promise.reject(new Error('disk full')))
    await expect(rejecting).rejects.toThrow('disk full')
  })
})
