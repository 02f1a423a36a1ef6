import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { lookUpKeys } from '../dkim/signing-key.ts'
import { DmarcLookups } from '../dmarc/tree-walk.ts'
import { address } from '../spf/check.sample.ts'
import { checkHost } from '../spf/evaluate.ts'
import { abortableResolver } from './abortable-resolver.ts'
import { type DnsLiteral, resolverFrom } from './literal-resolver.ts'
import type { Resolver } from './resolver.ts'

const name = 'x.example.org'
/** One world for each of the five outcomes of a TXT question. */
const worlds: Readonly<Record<string, DnsLiteral>> = {
  records: { txt: { [name]: 'text' } },
  nodata: { a: { [name]: '192.0.2.1' } },
  nxdomain: {},
  temporary: { fail: [`txt ${name}`] },
  bogus: { bogus: [`txt ${name}`] },
}

describe('DNS-010 five outcomes', () => {
  for (const [kind, dns] of Object.entries(worlds))
    test(`${kind} is told as such`, async () =>
      expect((await resolverFrom(dns).query({ name, type: 'TXT' })).outcome.kind).toBe(kind))

  test('timeouts and refusals are temporary, with their cause', async () => {
    const resolver = resolverFrom({ timeout: [`txt ${name}`] })
    expect((await resolver.query({ name, type: 'TXT' })).outcome).toEqual({ kind: 'temporary', cause: 'timeout' })
  })

  test('evaluations keep nothing there apart from nothing known', async () => {
    const spf = async (dns: DnsLiteral) =>
      (
        await checkHost(
          { ip: address('192.0.2.1'), domain: name, sender: `a@${name}`, helo: name, now: 0 },
          { resolver: resolverFrom(dns) },
        )
      ).result
    const dmarc = async (dns: DnsLiteral) => {
      const moved = JSON.parse(JSON.stringify(dns).replaceAll(name, `_dmarc.${name}`)) as DnsLiteral
      return (await new DmarcLookups(resolverFrom(moved)).recordAt(name)).isFailed
    }
    const dkim = async (dns: DnsLiteral) => {
      const moved = JSON.parse(JSON.stringify(dns).replaceAll(name, `s._domainkey.${name}`)) as DnsLiteral
      return (await lookUpKeys({ selector: 's', domain: name }, { resolver: resolverFrom(moved) })).kind
    }
    const found = await Promise.all(
      Object.entries(worlds).map(async ([kind, dns]) => [kind, await spf(dns), await dmarc(dns), await dkim(dns)]),
    )
    expect(found).toEqual([
      ['records', 'none', false, 'records'],
      ['nodata', 'none', false, 'none'],
      ['nxdomain', 'none', false, 'none'],
      ['temporary', 'temperror', true, 'temporary'],
      ['bogus', 'temperror', true, 'bogus'],
    ])
  })
})

describe('a resolver that breaks its promises', () => {
  const never: Resolver = { query: () => new Promise(() => {}) }

  test('one that never answers is a timeout when the signal comes', async () => {
    const controller = new AbortController()
    const answer = abortableResolver(never, controller.signal).query({ name, type: 'TXT' })
    controller.abort()
    expect((await answer).outcome).toEqual({ kind: 'temporary', cause: 'timeout' })
    const late = abortableResolver(never, controller.signal).query({ name, type: 'TXT' })
    expect((await late).outcome).toEqual({ kind: 'temporary', cause: 'timeout' })
  })

  test('many questions at once hang on one listener, and none is left behind', async () => {
    const { signal } = new AbortController()
    const before = getEventListeners(signal, 'abort').length
    const resolver = abortableResolver(resolverFrom({}), signal)
    const answers = Array.from({ length: 50 }, () => resolver.query({ name, type: 'TXT' }))
    expect(getEventListeners(signal, 'abort').length).toBe(before + 1)
    await Promise.all(answers)
    expect(getEventListeners(signal, 'abort').length).toBe(before)
  })

  test('one that rejects is temporary, and one that answers is left as it is', async () => {
    const { signal } = new AbortController()
    const rejecting: Resolver = { query: () => Promise.reject(new Error('broken')) }
    expect((await abortableResolver(rejecting, signal).query({ name, type: 'TXT' })).outcome.kind).toBe('temporary')
    const good = resolverFrom(worlds['records'] ?? {})
    expect(await abortableResolver(good, signal).query({ name, type: 'TXT' })).toEqual(
      await good.query({ name, type: 'TXT' }),
    )
  })
})
