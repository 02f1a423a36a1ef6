import { messageBytesLimit, messageExamplesSchema, messageExplanationSchema, problemSchema } from '@letterlock/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../../../test/server/running-server.ts'
import { startTxtServer, type TxtServer } from '../../../../test/servers/txt-server.ts'

let server: TestServer
let dns: TxtServer

beforeAll(async () => {
  dns = await startTxtServer({
    'example.org': 'v=spf1 ip4:192.0.2.1 -all',
    '_dmarc.example.org': 'v=DMARC1; p=reject',
  })
  server = await startTestServer({ resolvers: [dns.address] })
}, 60_000)
afterAll(async () => {
  await server?.stop()
  dns?.close()
})

const own = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/octet-stream' }
const explain = (
  query: string,
  body: string | Uint8Array<ArrayBuffer>,
  to: TestServer = server,
  headers: Record<string, string> = own,
) => to.ask(`/api/v1/messages/explain${query}`, { method: 'POST', headers, body })
const problemOf = async (response: Response) => problemSchema.parse(await response.json())
const message = 'From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n'

describe('POST /messages/explain', () => {
  test('asks the configured resolvers and answers as the contract says', async () => {
    const response = await explain('?ip=192.0.2.1&helo=mx.example.org&mailFrom=b@example.org', message)
    expect(response.status).toBe(200)
    const answer = messageExplanationSchema.strict().parse(await response.json())
    expect(answer).toMatchObject({ verdict: 'pass', session: { ip: { value: '192.0.2.1', origin: 'given' } } })
    expect(dns.asked).toContain('example.org/16')
  })

  test('empty values are not given; <> is the null path', async () => {
    const answer = messageExplanationSchema.parse(await (await explain('?ip=&helo=&mailFrom=', message)).json())
    expect(answer.results.spf).toBeNull()
    const path = messageExplanationSchema.parse(await (await explain('?mailFrom=%3C%3E', message)).json())
    expect(path.session.mailFrom).toEqual({ value: '', origin: 'given' })
  })

  test('the header is used only when that is asked for', async () => {
    const withHeader = `Return-Path: <b@example.org>\r\nReceived: from mx (mx [192.0.2.1]) by in.example.net\r\n${message}`
    const session = async (query: string) =>
      messageExplanationSchema.parse(await (await explain(query, withHeader)).json()).session.ip.origin
    expect(await session('')).toBe('absent')
    expect(await session('?session=headers')).toBe('headers')
  })

  test.each([
    ['?ip=300.1.1.1', message, 400, 'query.ip'],
    ['?mailFrom=a%20b', message, 400, 'query.mailFrom'],
    ['?helo=a%00b', message, 400, 'query.helo'],
    ['?ips=192.0.2.1', message, 400, 'query.ips'],
    ['', 'no message', 400, 'body, octet 0'],
  ])('%s is refused with its place', async (query, body, status, where) => {
    const response = await explain(query, body)
    expect(response.status).toBe(status)
    expect((await problemOf(response)).errors?.[0]?.where).toBe(where)
  })

  test('an empty body, another origin, another type', async () => {
    expect((await explain('', '')).status).toBe(400)
    const other = { ...own, 'sec-fetch-site': 'cross-site' }
    expect((await explain('', message, server, other)).status).toBe(403)
    expect((await explain('', message, server, { ...own, 'content-type': 'text/plain' })).status).toBe(415)
  })

  test('a message at the limit is taken, one octet above it is not', async () => {
    const of = (size: number) => {
      const bytes = new Uint8Array(size).fill(0x78)
      bytes.set(Buffer.from('From: a@example.org\r\n\r\n'))
      return bytes
    }
    expect((await explain('', of(messageBytesLimit))).status).toBe(200)
    const refused = await explain('', of(messageBytesLimit + 1))
    expect(refused.status).toBe(413)
    expect((await problemOf(refused)).detail).toContain('letterlock verify')
  })
})

describe('a demonstration', () => {
  test('explains its examples, and asks nobody', async () => {
    const demo = await startTestServer({ isDemo: true, resolvers: [dns.address] })
    try {
      const before = dns.asked.length
      const { asksDns, examples } = messageExamplesSchema.strict().parse(await demo.get('/messages/examples'))
      expect([asksDns, examples.length]).toEqual([false, 5])
      const [first] = examples
      if (first === undefined) throw new Error('no example')
      const { ip, helo, mailFrom } = first
      const response = await explain(`?${new URLSearchParams({ ip, helo, mailFrom })}`, first.message, demo)
      expect(messageExplanationSchema.parse(await response.json()).verdict).toBe('pass')
      expect((await explain('?dns=live', message, demo)).status).toBe(503)
      expect(dns.asked).toHaveLength(before)
      // Nothing else is open.
      expect((await demo.upload('x', 'y')).status).toBe(403)
    } finally {
      await demo.stop()
    }
  })
})
