import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of the loopback address that nobody listens on now, neither by TCP nor by UDP. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const isFree = await isFreeForUdp(address.port)
    await new Promise(resolve => server.close(resolve))
    if (isFree) return address.port
  }
  throw new Error('no port is free for TCP and UDP')
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    socket.bind(port, '127.0.0.1')
    await once(socket, 'listening')
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
