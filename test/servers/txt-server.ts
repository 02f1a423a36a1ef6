import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A name server for TXT records over UDP on loopback. */
export interface TxtServer {
  /** For `--resolver`. */
  readonly address: string
  /** Every question that came, as `name/type`. */
  readonly asked: string[]
  close(): void
}

/** Answers TXT questions from `texts` by name, all others with the response code: NXDOMAIN where none is given. */
export async function startTxtServer(texts: Readonly<Record<string, string>>, otherwise = 3): Promise<TxtServer> {
  const asked: string[] = []
  const server = createSocket('udp4')
  server.on('message', (query, peer) => {
    let at = 12
    const labels: string[] = []
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += length + 1
    }
    const type = query.readUInt16BE(at + 1)
    const name = labels.join('.').toLowerCase()
    asked.push(`${name}/${type}`)
    server.send(answerTo(query, at + 5, type === 16 ? texts[name] : undefined, otherwise), peer.port, peer.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: `127.0.0.1:${server.address().port}`, asked, close: () => server.close() }
}

/** RFC 1035 s4.1: the question given back, and one TXT record whose name points at it. */
function answerTo(query: Buffer, questionEnd: number, text: string | undefined, otherwise: number): Buffer {
  const head = Buffer.from(query.subarray(0, questionEnd))
  head.writeUInt16BE(0x8180 | (text === undefined ? otherwise : 0), 2)
  head.writeUInt16BE(text === undefined ? 0 : 1, 6)
  head.fill(0, 8, 12)
  if (text === undefined) return head
  const strings = (text.match(/.{1,255}/gs) ?? []).map(part =>
    Buffer.concat([Buffer.from([part.length]), Buffer.from(part, 'latin1')]),
  )
  const data = Buffer.concat(strings)
  const fixed = Buffer.from('c00c0010000100000e100000', 'hex')
  fixed.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, fixed, data])
}
