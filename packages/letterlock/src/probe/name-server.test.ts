import { expect, it } from 'vitest'
import { formatNameServer, isLoopback, parseNameServer } from './name-server.ts'

it('addresses of both families, with and without a port', () => {
  expect(parseNameServer('192.0.2.1')).toEqual({ address: '192.0.2.1', port: 53 })
  expect(parseNameServer('192.0.2.1:5353')).toEqual({ address: '192.0.2.1', port: 5353 })
  expect(parseNameServer('2001:db8::1')).toEqual({ address: '2001:db8::1', port: 53 })
  expect(parseNameServer('[2001:db8::1]:5353')).toEqual({ address: '2001:db8::1', port: 5353 })
  expect(parseNameServer('[2001:db8::1]')).toEqual({ address: '2001:db8::1', port: 53 })
  expect(parseNameServer('fe80::1%eth0')).toEqual({ address: 'fe80::1%eth0', port: 53 })
})

it('what is no address is none', () => {
  for (const text of [
    '',
    'dns.example',
    '192.0.2',
    '192.0.2.1:',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '[192.0.2.1]:53',
    '::1:x',
  ])
    expect(parseNameServer(text), text).toBeNull()
  expect(parseNameServer('192.0.2.1:65535')?.port).toBe(65_535)
})

it('the text form reads back', () => {
  for (const text of ['192.0.2.1:53', '[2001:db8::1]:5353']) {
    const server = parseNameServer(text)
    expect(server === null ? null : formatNameServer(server)).toBe(text)
  }
})

it('loopback is 127.0.0.0/8 and ::1, and nothing that looks like it', () => {
  const isLocal = (address: string) => isLoopback({ address, port: 53 })
  expect(['127.0.0.1', '127.0.0.53', '::1', '::ffff:127.0.0.1'].every(isLocal)).toBe(true)
  expect(['192.0.2.1', '10.127.0.0', '::2', '::ffff:10.0.0.1', 'fe80::1'].some(isLocal)).toBe(false)
})
