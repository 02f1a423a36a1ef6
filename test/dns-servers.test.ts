import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDnsClient, type DnsClient } from '../packages/letterlock/src/probe/dns-client.ts'
import { Knot, knotMissing } from './servers/knot.ts'
import { Unbound, unboundMissing } from './servers/unbound.ts'

const missing = knotMissing() ?? unboundMissing()

/** One TXT record of 20,000 octets, which fits no datagram. */
const long = Array.from({ length: 80 }, (_, index) => `"${String(index).padStart(3, '0')}${'z'.repeat(247)}"`).join(' ')

const zones = [
  {
    name: 'signed.tb',
    isSigned: true,
    records: `@ TXT "v=spf1 -all"
@ MX 10 mx
mx A 192.0.2.1
_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}
long TXT ${long}
alias CNAME mx
away CNAME mx.plain.tb.
below.empty A 192.0.2.2`,
  },
  { name: 'bogus.tb', isSigned: true, records: '@ TXT "never to be seen"' },
  { name: 'plain.tb', records: 'mx A 192.0.2.3\n@ TXT "plain"' },
] as const

describe.skipIf(missing !== null)(`against Unbound and Knot${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let knot: Knot
  const resolvers: Unbound[] = []
  const clients: DnsClient[] = []

  beforeAll(async () => {
    knot = await Knot.start(zones)
    const anchor = knot.trustAnchor('signed.tb')
    // The key of one zone as the anchor of another: everything in it is bogus.
    const trustAnchors = [anchor, anchor.replace('signed.tb', 'bogus.tb')]
    for (const extendedErrors of [true, false])
      resolvers.push(
        await Unbound.start({
          zones: zones.map(({ name }) => ({ name, port: knot.port })),
          trustAnchors,
          extendedErrors,
          ready: 'plain.tb',
        }),
      )
  })

  afterAll(async () => {
    for (const client of clients) client.close()
    for (const resolver of resolvers) await resolver.stop()
    await knot?.stop()
  })

  function clientOf(resolver: number, useTcp = false): DnsClient {
    const client = createDnsClient({ servers: [resolvers[resolver]?.address ?? ''], useTcp })
    clients.push(client)
    return client
  }

  const names = {
    signed: { name: 'signed.tb', type: 'TXT' },
    bogus: [{ name: 'bogus.tb', type: 'TXT' }],
  } as const

  it('DNS-010 DANE-001 five outcomes and AD, by UDP and by TCP', async () => {
    for (const useTcp of [false, true]) {
      const client = clientOf(0, useTcp)
      const ask = async (name: string, type: 'TXT' | 'A' | 'TLSA' | 'MX') =>
        (await client.query({ name, type })).outcome
      expect(await ask('signed.tb', 'MX')).toMatchObject({
        kind: 'records',
        security: 'secure',
        ttl: 300,
        records: [{ preference: 10, exchange: 'mx.signed.tb' }],
      })
      expect(await ask('_25._tcp.mx.signed.tb', 'TLSA')).toMatchObject({ kind: 'records', security: 'secure' })
      expect(await ask('mx.signed.tb', 'TXT')).toMatchObject({ kind: 'nodata', security: 'secure', ttl: 60 })
      // DNS-008: a name with something below it exists.
      expect(await ask('empty.signed.tb', 'TXT')).toMatchObject({ kind: 'nodata', security: 'secure' })
      expect(await ask('missing.signed.tb', 'TXT')).toMatchObject({ kind: 'nxdomain', security: 'secure', ttl: 60 })
      expect(await ask('plain.tb', 'TXT')).toMatchObject({ kind: 'records', security: 'indeterminate' })
      expect(await ask('bogus.tb', 'TXT')).toEqual({ kind: 'bogus' })
    }
  })

  it('RFC 8914: the reason of a bogus answer is kept, and CD looks behind it', async () => {
    const client = clientOf(0)
    const bogus = await client.query({ name: 'bogus.tb', type: 'TXT' })
    expect(bogus.rcode).toBe(2)
    expect(bogus.extendedError).toBeGreaterThanOrEqual(6)
    expect(bogus.extendedErrors?.map(({ code }) => code)).toContain(bogus.extendedError)
    const behind = await client.query({ name: 'bogus.tb', type: 'TXT', checkingDisabled: true })
    expect(behind.outcome).toMatchObject({ kind: 'records', security: 'indeterminate' })
  })

  it('aliases: the chain, and AD only where all of it is signed', async () => {
    const client = clientOf(0)
    const within = await client.query({ name: 'alias.signed.tb', type: 'A' })
    expect(within.outcome).toMatchObject({ kind: 'records', security: 'secure', records: [{ address: '192.0.2.1' }] })
    expect(within.chain).toEqual([{ name: 'alias.signed.tb', target: 'mx.signed.tb', ttl: 300 }])
    const away = await client.query({ name: 'away.signed.tb', type: 'A' })
    expect(away.outcome).toMatchObject({
      kind: 'records',
      security: 'indeterminate',
      records: [{ address: '192.0.2.3' }],
    })
  })

  it('DNS-003 20,000 octets come by TCP, with the signature where it is wanted', async () => {
    for (const server of [resolvers[0]?.address, knot.address]) {
      const client = createDnsClient({ servers: [server ?? ''] })
      clients.push(client)
      const { raw } = await client.query({ name: 'long.signed.tb', type: 'TXT', wantsSignatures: true })
      const [record] = raw.filter(({ type }) => type === 'TXT')
      expect(record?.type === 'TXT' && record.strings.reduce((sum, string) => sum + string.length, 0)).toBe(20_000)
      expect(raw.some(each => each.type === 'RRSIG' && each.signer === 'signed.tb')).toBe(true)
    }
  })

  it('an authoritative server is asked directly', async () => {
    const client = clientOf(0)
    const answer = await client.query({ name: 'plain.tb', type: 'TXT', server: knot.address })
    expect(answer).toMatchObject({ server: knot.address, outcome: { kind: 'records', security: 'indeterminate' } })
  })

  it('the test of validation tells a resolver that validates from a server that does not', async () => {
    for (const resolver of [0, 1]) {
      const [verdict] = await clientOf(resolver).testValidation(names)
      expect(verdict).toMatchObject({ isTrusted: true, validation: { kind: 'validates' } })
    }
    const client = createDnsClient({ servers: [knot.address] })
    clients.push(client)
    expect((await client.testValidation(names))[0]).toMatchObject({
      isTrusted: false,
      validation: { kind: 'does-not-validate' },
    })
  })

  it('a resolver that gives no reason: SERVFAIL before it is known to validate, bogus after; unsigned is insecure', async () => {
    const client = clientOf(1)
    expect((await client.query({ name: 'bogus.tb', type: 'TXT' })).outcome).toEqual({
      kind: 'temporary',
      cause: 'servfail',
    })
    await client.testValidation(names)
    expect((await client.query({ name: 'other.bogus.tb', type: 'TXT' })).outcome).toEqual({ kind: 'bogus' })
    expect((await client.query({ name: 'mx.plain.tb', type: 'A' })).outcome).toMatchObject({ security: 'insecure' })
  })

  it('many questions by pipelined TCP, bogus ones among them', async () => {
    const client = clientOf(1)
    await client.testValidation(names)
    const asked = Array.from({ length: 2000 }, (_, index) => ({
      name: ['signed.tb', `n${index}.plain.tb`, 'bogus.tb', 'long.signed.tb'][index % 4] ?? '',
      type: 'TXT' as const,
      index,
    }))
    const kinds = new Map<number, string>()
    const summary = await client.askAll(asked, answers => {
      for (const { question, answer } of answers) kinds.set(question.index, answer.outcome.kind)
    })
    expect(summary).toMatchObject({ asked: 2000, unanswered: 0 })
    const wanted = ['records', 'nxdomain', 'bogus', 'records']
    expect(asked.every(({ index }) => kinds.get(index) === wanted[index % 4])).toBe(true)
  })
})
