import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves when the server on a loopback port answers a question about a zone's SOA with no error. */
export async function dnsAnswers(port: number, zone: string): Promise<void> {
  const query = soaQuery(zone)
  for (let tries = 0; tries < 150; tries++) {
    const socket = createSocket('udp4')
    const isReady = await new Promise<boolean>(resolve => {
      const timer = setTimeout(() => resolve(false), 100)
      socket.on('error', () => undefined)
      socket.on('message', message => {
        clearTimeout(timer)
        resolve(((message[3] ?? 0x0f) & 0x0f) === 0)
      })
      socket.send(query, port, '127.0.0.1')
    })
    socket.close()
    if (isReady) return
    await sleep(50)
  }
  throw new Error(`nobody answers for ${zone} on port ${port}`)
}

function soaQuery(zone: string): Buffer {
  const labels = zone
    .split('.')
    .map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
  const header = Buffer.from('012301000001000000000000', 'hex')
  return Buffer.concat([header, ...labels, Buffer.from('0000060001', 'hex')])
}
