import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { createDnsClient } from './dns-client.ts'
import {
  configurationCaps,
  parseResolverConfiguration,
  serversLimit,
  systemConfiguration,
} from './resolver-configuration.ts'
import { configurationCheckMs } from './server-set.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('resolv.conf(5): servers in their order, options, comments; search is left aside', () => {
  const text = `# made by hand
; nameserver 192.0.2.9
search example.org
nameserver 192.0.2.1
nameserver\t2001:db8::1   # the other one
nameserver resolver.example
options timeout:3 attempts:2 rotate
options trust-ad use-vc edns0
`
  expect(parseResolverConfiguration(text)).toEqual({
    servers: [
      { address: '192.0.2.1', port: 53 },
      { address: '2001:db8::1', port: 53 },
    ],
    timeoutSeconds: 3,
    attempts: 2,
    rotate: true,
    trustAd: true,
    useTcp: true,
  })
})

it('without a server it is the one of this machine, and without options nothing is said', () => {
  expect(parseResolverConfiguration('')).toEqual({
    servers: [{ address: '127.0.0.1', port: 53 }],
    timeoutSeconds: null,
    attempts: null,
    rotate: false,
    trustAd: false,
    useTcp: false,
  })
  expect(systemConfiguration('/nowhere/resolv.conf').servers.length).toBeGreaterThan(0)
})

it(`${serversLimit} servers are taken, one more is not; times and attempts are capped`, () => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, index) => `nameserver 192.0.2.${index + 1}`).join('\n')
  expect(parseResolverConfiguration(lines(serversLimit)).servers.length).toBe(serversLimit)
  expect(parseResolverConfiguration(lines(serversLimit + 1)).servers.at(-1)?.address).toBe(`192.0.2.${serversLimit}`)
  const { timeoutSeconds, attempts } = configurationCaps
  const options = (timeout: number, tries: number) =>
    parseResolverConfiguration(`options timeout:${timeout} attempts:${tries}`)
  expect(options(timeoutSeconds, attempts)).toMatchObject({ timeoutSeconds, attempts })
  expect(options(timeoutSeconds + 1, attempts + 1)).toMatchObject({ timeoutSeconds, attempts })
  expect(parseResolverConfiguration('options timeout:0 attempts:x')).toMatchObject({
    timeoutSeconds: null,
    attempts: null,
  })
})

it('a change of the system’s configuration is seen without a restart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'letterlock-resolv-'))
  const systemFile = join(folder, 'resolv.conf')
  writeFileSync(systemFile, 'nameserver 192.0.2.1\n')
  vi.useFakeTimers({ toFake: ['performance'] })
  const client = createDnsClient({ systemFile })
  writeFileSync(systemFile, 'nameserver 192.0.2.2\nnameserver 192.0.2.1\n')
  utimesSync(systemFile, 1, 1)
  vi.advanceTimersByTime(configurationCheckMs - 1)
  expect(client.servers.map(({ address }) => address)).toEqual(['192.0.2.1'])
  vi.advanceTimersByTime(1)
  expect(client.servers.map(({ address }) => address)).toEqual(['192.0.2.2', '192.0.2.1'])
  client.close()
  rmSync(folder, { recursive: true })
})

it('a server without an address is a mistake of who names it', () => {
  expect(() => createDnsClient({ servers: ['dns.example'] })).toThrow(TypeError)
})
