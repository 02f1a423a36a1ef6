import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { responseTo, txt } from '../../../../test/dns-messages.ts'
import { type Script, ScriptedDns } from '../../../../test/servers/scripted-dns.ts'
import { Deadlines } from './deadlines.ts'
import { createDnsClient } from './dns-client.ts'
import { namedServersLimit, ServerSet } from './server-set.ts'
import { lateIdsLimit } from './tcp-connection.ts'
import { pipelineLimit } from './tcp-road.ts'
import { udpSocketsLimit } from './udp-exchange.ts'

const toClose: { close(): void }[] = []
afterEach(() => {
  for (const each of toClose.splice(0)) each.close()
})

async function serve(script: Script): Promise<ScriptedDns> {
  const server = await ScriptedDns.start(script)
  toClose.push(server)
  return server
}

const answering: Script = (query, reply) => reply(responseTo(query, { answers: [txt('x')] }))
const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}.example.org`, type: 'TXT' as const }))

it(`${udpSocketsLimit} questions go by UDP at one time, one more by TCP`, async () => {
  const held: (() => void)[] = []
  const server = await serve((query, reply) => {
    held.push(() => answering(query, reply))
    if (server.queries.length > udpSocketsLimit) for (const answer of held.splice(0)) answer()
  })
  const client = createDnsClient({ servers: [server.address], timeouts: [20_000] })
  toClose.push(client)
  const answers = await Promise.all(named('n', udpSocketsLimit + 1).map(question => client.query(question)))
  expect(answers.every(({ outcome }) => outcome.kind === 'records')).toBe(true)
  expect(server.queries.filter(({ by }) => by === 'udp').length).toBe(udpSocketsLimit)
  // The sockets are free again.
  await client.query({ name: 'later.example.org', type: 'TXT' })
  expect(server.queries.at(-1)?.by).toBe('udp')
})

it(`${pipelineLimit} questions are under way on one connection, one more waits for its turn`, async () => {
  const held: (() => void)[] = []
  const server = await serve((query, reply) => {
    held.push(() => answering(query, reply))
  })
  const client = createDnsClient({ servers: [server.address], useTcp: true, timeouts: [20_000] })
  toClose.push(client)
  const answers = Promise.all(named('n', pipelineLimit + 1).map(question => client.query(question)))
  while (held.length < pipelineLimit) await sleep(5)
  await sleep(50)
  expect(held.length).toBe(pipelineLimit)
  held.shift()?.()
  while (held.length < pipelineLimit) await sleep(5)
  for (const answer of held) answer()
  expect((await answers).every(({ outcome }) => outcome.kind === 'records')).toBe(true)
  expect(server.openedConnections).toBe(1)
})

it(`${lateIdsLimit} answers may be overdue on one connection, with one more it is replaced`, { retry: 2 }, async () => {
  const server = await serve((query, reply) => {
    if (query.name.startsWith('heard')) answering(query, reply)
  })
  const client = createDnsClient({ servers: [server.address], useTcp: true, timeouts: [1000] })
  toClose.push(client)
  // So that the connection is not taken for dead.
  let beats = 0
  const heart = setInterval(() => {
    beats += 1
    void client.query({ name: `heard${beats}.example.org`, type: 'TXT' })
  }, 50)
  const miss = (prefix: string, count: number) => Promise.all(named(prefix, count).map(each => client.query(each)))
  for (const prefix of ['a', 'b', 'c', 'd', 'e']) await miss(prefix, lateIdsLimit / 5)
  await client.query({ name: 'heard-at.example.org', type: 'TXT' })
  expect(server.openedConnections).toBe(1)
  await miss('f', 1)
  await client.query({ name: 'heard-above.example.org', type: 'TXT' })
  clearInterval(heart)
  expect(server.openedConnections).toBe(2)
})

it(`${namedServersLimit} servers that questions name are remembered, with one more the first is forgotten`, () => {
  const set = new ServerSet({ servers: [] }, new Deadlines())
  const serverOf = (index: number) =>
    set.serversFor({ name: 'example.org', type: 'A', server: `10.0.${index >> 8}.${index & 255}` })?.[0]
  const first = serverOf(0)
  for (let index = 1; index < namedServersLimit; index += 1) serverOf(index)
  expect(serverOf(0)).toBe(first)
  serverOf(namedServersLimit)
  expect(serverOf(0)).not.toBe(first)
})

it('a client without servers, or a question to a server without an address, is answered at once', async () => {
  const client = createDnsClient({ servers: [] })
  toClose.push(client)
  const question = { name: 'example.org', type: 'A' } as const
  const unreachable = { kind: 'temporary', cause: 'unreachable' }
  expect((await client.query(question)).outcome).toEqual(unreachable)
  expect((await client.query({ ...question, server: 'dns.example' })).outcome).toEqual(unreachable)
  expect(await client.askAll([question], () => undefined)).toMatchObject({ asked: 1 })
})
