import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A query as it came in. */
export interface ScriptedQuery {
  readonly by: 'udp' | 'tcp'
  /** Port it came from. */
  readonly port: number
  readonly id: number
  /** In the case it was sent in. */
  readonly name: string
  readonly type: number
  readonly octets: Buffer
  /** Number of its connection, from 1; 0 by UDP. */
  readonly connection: number
}

/** Sends a message, with its length where it goes by TCP; `raw` sends octets as they are. */
export interface ScriptedReply {
  (message: Buffer): void
  readonly raw: (octets: Buffer) => void
  /** Ends the connection, after what was sent. */
  readonly hangUp: () => void
}

export type Script = (query: ScriptedQuery, reply: ScriptedReply) => void

/** A DNS server on loopback, over UDP and TCP on one port, that answers as a test says. */
export class ScriptedDns {
  readonly queries: ScriptedQuery[] = []
  readonly port: number
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #connections = new Set<Socket>()
  #opened = 0

  private constructor(udp: UdpSocket, tcp: Server, port: number, script: Script) {
    this.#udp = udp
    this.#tcp = tcp
    this.port = port
    udp.on('message', (octets, peer) => this.#onDatagram(octets, peer, script))
    tcp.on('connection', socket => this.#onConnection(socket, script))
  }

  static async start(script: Script): Promise<ScriptedDns> {
    for (;;) {
      const tcp = createServer()
      tcp.listen(0, '127.0.0.1')
      await once(tcp, 'listening')
      const address = tcp.address()
      if (address === null || typeof address === 'string') throw new Error('no port')
      const udp = createSocket('udp4')
      try {
        udp.bind(address.port, '127.0.0.1')
        await once(udp, 'listening')
        return new ScriptedDns(udp, tcp, address.port, script)
      } catch {
        // Somebody has that port for UDP.
        tcp.close()
      }
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get openConnections(): number {
    return this.#connections.size
  }

  get openedConnections(): number {
    return this.#opened
  }

  /** What was asked, as `name TYPE-NUMBER by`, in lower case. */
  get asked(): string[] {
    return this.queries.map(({ name, type, by }) => `${name.toLowerCase()} ${type} ${by}`)
  }

  /** TCP connections are refused from now on. */
  async refuseTcp(): Promise<void> {
    for (const socket of this.#connections) socket.destroy()
    await new Promise(resolve => this.#tcp.close(resolve))
  }

  async connectionsAre(count: number): Promise<boolean> {
    for (let tries = 0; tries < 200 && this.openConnections !== count; tries += 1) await sleep(10)
    return this.openConnections === count
  }

  close(): void {
    this.#udp.close()
    this.#tcp.close()
    for (const socket of this.#connections) socket.destroy()
  }

  #onDatagram(octets: Buffer, peer: RemoteInfo, script: Script): void {
    const send = (message: Buffer) => this.#udp.send(message, peer.port, peer.address)
    this.#answer({ by: 'udp', port: peer.port, connection: 0, octets }, script, {
      send,
      raw: send,
      hangUp: () => undefined,
    })
  }

  #onConnection(socket: Socket, script: Script): void {
    this.#opened += 1
    const connection = this.#opened
    this.#connections.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#connections.delete(socket))
    let kept = Buffer.alloc(0)
    socket.on('data', chunk => {
      kept = Buffer.concat([kept, chunk])
      while (kept.length >= 2 && kept.length >= 2 + kept.readUInt16BE(0)) {
        const octets = Buffer.from(kept.subarray(2, 2 + kept.readUInt16BE(0)))
        kept = kept.subarray(2 + octets.length)
        this.#answer({ by: 'tcp', port: socket.remotePort ?? 0, connection, octets }, script, {
          send: message => socket.write(withLength(message)),
          raw: bytes => socket.write(bytes),
          hangUp: () => socket.end(),
        })
      }
    })
  }

  #answer(
    came: Pick<ScriptedQuery, 'by' | 'port' | 'connection' | 'octets'>,
    script: Script,
    { send, ...more }: Pick<ScriptedReply, 'raw' | 'hangUp'> & { readonly send: (message: Buffer) => void },
  ): void {
    const query = { ...came, ...questionOf(came.octets) }
    this.queries.push(query)
    script(query, Object.assign(send, more))
  }
}

/** A message as it goes by TCP (RFC 1035 s4.2.2). */
export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

function questionOf(octets: Buffer): { id: number; name: string; type: number } {
  const labels: string[] = []
  let at = 12
  for (let length = octets[at] ?? 0; length > 0; length = octets[at] ?? 0) {
    labels.push(octets.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { id: octets.readUInt16BE(0), name: labels.join('.'), type: octets.readUInt16BE(at + 1) }
}
