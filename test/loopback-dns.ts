import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const typeOf = { A: 1, PTR: 12, AAAA: 28 } as const
type RecordType = keyof typeof typeOf

/**
 * What the server answers, by `TYPE name` in lower case: records, `servfail`, or nothing at all. A name that is not
 * there does not exist. Addresses are IPv4, or IPv6 with all eight groups.
 */
export type LoopbackZone = ReadonlyMap<string, readonly string[] | 'servfail' | 'silent'>

/** A DNS server over UDP on loopback, for tests. */
export interface LoopbackDns {
  /** For `Resolver.setServers`. */
  readonly address: string
  /** Every question that came, as `TYPE name`. */
  readonly asked: string[]
  close(): void
}

export async function startLoopbackDns(zone: LoopbackZone): Promise<LoopbackDns> {
  const asked: string[] = []
  const server = createSocket('udp4')
  server.on('message', (message, peer) => {
    const answer = answerTo(message, zone, asked)
    if (answer !== null) server.send(answer, peer.port, peer.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: `127.0.0.1:${server.address().port}`, asked, close: () => server.close() }
}

/** Address of a port on which nobody listens. */
export async function unusedAddress(): Promise<string> {
  const dns = await startLoopbackDns(new Map())
  dns.close()
  return dns.address
}

/** An answer of RFC 1035 s4 to a message with one question. */
function answerTo(message: Buffer, zone: LoopbackZone, asked: string[]): Buffer | null {
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
  text.split(':').forEach((group, at) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2)
  })
  return bytes
}
