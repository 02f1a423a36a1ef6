import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ReverseNames } from './reverse-names.ts'

const typeOf = { A: 1, PTR: 12, AAAA: 28 } as const
type RecordType = keyof typeof typeOf

/** What the server answers, by `TYPE name`; `servfail` and `silent` instead of records. */
const zone = new Map<string, readonly string[] | 'servfail' | 'silent'>([
  ['PTR 1.2.0.9.in-addr.arpa', ['Mail.Example.NET']],
  ['A mail.example.net', ['9.0.2.1']],
  // The name leads elsewhere: whoever owns the address wrote a name that is not theirs.
  ['PTR 2.2.0.9.in-addr.arpa', ['mail.google.com']],
  ['A mail.google.com', ['142.250.0.1']],
  ['PTR 3.2.0.9.in-addr.arpa', ['b.example.net', 'a.example.net', 'gone.example.net']],
  ['A a.example.net', ['9.0.2.4', '9.0.2.3']],
  ['A b.example.net', ['9.0.2.3']],
  ['PTR 4.2.0.9.in-addr.arpa', 'servfail'],
  ['PTR 5.2.0.9.in-addr.arpa', 'silent'],
  ['PTR 6.2.0.9.in-addr.arpa', ['slow.example.net']],
  ['A slow.example.net', 'silent'],
  ['PTR 7.2.0.9.in-addr.arpa', ['localhost', 'under score', '-']],
  ['PTR 8.2.0.9.in-addr.arpa', ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'].map(label => `${label}.example.net`)],
  ['A n5.example.net', ['9.0.2.8']],
  ['PTR 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.2.a.2.ip6.arpa', ['v6.example.net']],
  ['AAAA v6.example.net', ['2a26:0000::0001']],
])

const asked: string[] = []
let server: Socket
let names: ReverseNames

beforeAll(async () => {
  server = createSocket('udp4')
  server.on('message', (message, peer) => {
    const answer = answerTo(message)
    if (answer !== null) server.send(answer, peer.port, peer.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  names = new ReverseNames({ servers: [`127.0.0.1:${server.address().port}`], timeoutMs: 200, tries: 1 })
})

afterAll(() => {
  names.cancel()
  server.close()
})

/** An answer of RFC 1035 s4 to a message with one question. */
function answerTo(message: Buffer): Buffer | null {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const typeCode = message.readUInt16BE(at + 1)
  const type = (Object.keys(typeOf) as RecordType[]).find(name => typeOf[name] === typeCode)
  const question = `${type} ${labels.join('.').toLowerCase()}`
  asked.push(question)
  const found = zone.get(question)
  if (found === 'silent') return null
  const records = found === undefined || found === 'servfail' ? [] : found
  const code = found === 'servfail' ? 2 : found === undefined ? 3 : 0
  const header = Buffer.alloc(12)
  message.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  const answers = records.map(value => {
    const data = type === 'PTR' ? wireName(value) : wireAddress(value)
    const fixed = Buffer.alloc(12)
    fixed.writeUInt16BE(0xc00c, 0)
    fixed.writeUInt16BE(typeCode, 2)
    fixed.writeUInt16BE(1, 4)
    fixed.writeUInt32BE(60, 6)
    fixed.writeUInt16BE(data.length, 10)
    return Buffer.concat([fixed, data])
  })
  return Buffer.concat([header, message.subarray(12, at + 5), ...answers])
}

function wireName(name: string): Buffer {
  const labels = name
    .split('.')
    .map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
  return Buffer.concat([...labels, Buffer.from([0])])
}

function wireAddress(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number))
  const bytes = Buffer.alloc(16)
  bytes.writeUInt16BE(0x2a26, 0)
  bytes[15] = 1
  return bytes
}

describe('forward-confirmed reverse names', () => {
  test('a name whose address record leads back is confirmed, in lower case', async () => {
    expect(await names.find('9.0.2.1')).toEqual({ kind: 'confirmed', name: 'mail.example.net' })
    expect(await names.find('::ffff:9.0.2.1')).toEqual({ kind: 'confirmed', name: 'mail.example.net' })
    expect(await names.find('2a26::1')).toEqual({ kind: 'confirmed', name: 'v6.example.net' })
  })

  test('a name that leads elsewhere is none: a forger may write any PTR', async () => {
    expect(await names.find('9.0.2.2')).toEqual({ kind: 'none' })
  })

  test('of several confirmed names the smallest, whatever the order of the answer', async () => {
    expect(await names.find('9.0.2.3')).toEqual({ kind: 'confirmed', name: 'a.example.net' })
  })

  test('no PTR record is none; no answer is not', async () => {
    expect(await names.find('9.0.2.99')).toEqual({ kind: 'none' })
    expect(await names.find('9.0.2.4')).toMatchObject({ kind: 'temporary' })
    expect(await names.find('9.0.2.5')).toMatchObject({ kind: 'temporary' })
    expect(await names.find('9.0.2.6')).toMatchObject({ kind: 'temporary' })
  })

  test('PTR data that is no host name is not followed, and no more than five names are', async () => {
    expect(await names.find('9.0.2.7')).toEqual({ kind: 'none' })
    asked.length = 0
    expect(await names.find('9.0.2.8')).toEqual({ kind: 'none' })
    expect(asked.filter(question => question.startsWith('A '))).toHaveLength(5)
  })

  test.each([
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '192.0.2.1',
    '224.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    '2001:db8::1',
    '',
    'not an address',
    '9.0.2.1; rm',
  ])('nobody outside is asked about %s', async ip => {
    asked.length = 0
    expect(await names.find(ip)).toEqual({ kind: 'not public' })
    expect(asked).toEqual([])
  })
})

test('a server that nobody runs is no answer', async () => {
  const nobody = createSocket('udp4')
  nobody.bind(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address()
  nobody.close()
  const lost = new ReverseNames({ servers: [`127.0.0.1:${port}`], timeoutMs: 200, tries: 1 })
  expect(await lost.find('9.0.2.1')).toMatchObject({ kind: 'temporary' })
})
