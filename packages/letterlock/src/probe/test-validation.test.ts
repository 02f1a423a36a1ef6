import { afterEach, expect, it } from 'vitest'
import { opt, responseTo, soa, txt } from '../../../../test/dns-messages.ts'
import { type Script, ScriptedDns, type ScriptedQuery } from '../../../../test/servers/scripted-dns.ts'
import { createDnsClient, type DnsClient } from './dns-client.ts'

const toClose: { close(): void }[] = []
afterEach(() => {
  for (const each of toClose.splice(0)) each.close()
})

const names = {
  signed: { name: 'signed.example', type: 'TXT' },
  bogus: [{ name: 'bogus.example', type: 'TXT' }],
} as const

const flags = { plain: 0x0180, ad: 0x01a0 }

/** What a resolver does with the two names; `checked` is false where CD is set. */
interface Behaviour {
  readonly signed: (query: ScriptedQuery) => Buffer | null
  readonly bogus: (query: ScriptedQuery, isChecked: boolean) => Buffer | null
}

async function clientOf(behaviour: Behaviour, timeouts: readonly number[] = [20_000]): Promise<DnsClient> {
  const script: Script = (query, reply) => {
    const isChecked = (query.octets.readUInt8(3) & 0x10) === 0
    const isBogus = query.name.toLowerCase() === 'bogus.example'
    const message = isBogus ? behaviour.bogus(query, isChecked) : behaviour.signed(query)
    if (message !== null) reply(message)
  }
  const server = await ScriptedDns.start(script)
  const client = createDnsClient({ servers: [server.address], timeouts })
  toClose.push(client, server)
  return client
}

const answered = (query: ScriptedQuery, isSigned: boolean) =>
  responseTo(query, { flags: isSigned ? flags.ad : flags.plain, answers: [txt('x')] })
const failed = (query: ScriptedQuery) => responseTo(query, { rcode: 2 })
const validating: Behaviour = {
  signed: query => answered(query, true),
  bogus: (query, isChecked) => (isChecked ? failed(query) : answered(query, false)),
}

async function verdictOf(behaviour: Behaviour, timeouts?: readonly number[]) {
  const client = await clientOf(behaviour, timeouts)
  const [verdict] = await client.testValidation(names)
  const { outcome } = await client.query({ name: 'other.example', type: 'TXT' })
  return {
    kind: verdict?.validation.kind,
    isTrusted: verdict?.isTrusted,
    security: 'security' in outcome && outcome.security,
  }
}

it('DANE-007 a resolver that sets AD, and keeps back what it shows without checking, validates', async () => {
  expect(await verdictOf(validating)).toEqual({ kind: 'validates', isTrusted: true, security: 'secure' })
})

it('then an answer without AD is insecure, and SERVFAIL without a reason is looked behind', async () => {
  const client = await clientOf({
    ...validating,
    signed: query => answered(query, query.name.toLowerCase() === 'signed.example'),
  })
  const ask = async (name: string) => (await client.query({ name, type: 'TXT' })).outcome
  expect(await ask('other.example')).toMatchObject({ kind: 'records', security: 'indeterminate' })
  expect(await ask('bogus.example')).toEqual({ kind: 'temporary', cause: 'servfail' })
  await client.testValidation(names)
  expect(await ask('another.example')).toMatchObject({ kind: 'records', security: 'insecure' })
  // What was kept before is judged anew.
  expect(await ask('other.example')).toMatchObject({ kind: 'records', security: 'insecure' })
  expect(await ask('bogus.example')).toEqual({ kind: 'bogus' })
})

it('DANE-007 one that answers both without AD does not', async () => {
  const plain: Behaviour = { signed: query => answered(query, false), bogus: query => answered(query, false) }
  expect(await verdictOf(plain)).toEqual({ kind: 'does-not-validate', isTrusted: false, security: 'indeterminate' })
})

it('one that sets AD on everything is not believed', async () => {
  const lying: Behaviour = { signed: query => answered(query, true), bogus: query => answered(query, true) }
  expect(await verdictOf(lying)).toEqual({ kind: 'unknown', isTrusted: false, security: 'indeterminate' })
})

it('one that sets AD but lets bogus data through is not believed', async () => {
  const half: Behaviour = { signed: query => answered(query, true), bogus: query => answered(query, false) }
  expect(await verdictOf(half)).toMatchObject({ kind: 'unknown', isTrusted: false })
})

it('DANE-007 what cannot be told stays unknown, and takes nothing away', async () => {
  const unknown = { kind: 'unknown', isTrusted: true }
  const silent: Behaviour = { signed: () => null, bogus: () => null }
  expect(await verdictOf(silent, [200])).toMatchObject(unknown)
  expect(await verdictOf({ ...validating, bogus: () => null }, [1000])).toMatchObject(unknown)
  // A name that fails without checking too may just be out of reach.
  expect(await verdictOf({ ...validating, bogus: failed })).toMatchObject(unknown)
  expect(
    await verdictOf({
      ...validating,
      bogus: query => responseTo(query, { rcode: 3, authorities: [soa('example', 60)] }),
    }),
  ).toMatchObject(unknown)
  const withoutAd: Behaviour = { ...validating, signed: query => answered(query, false) }
  expect(await verdictOf(withoutAd)).toMatchObject(unknown)
})

it('an extended error instead of plain SERVFAIL counts alike', async () => {
  const explaining: Behaviour = {
    ...validating,
    bogus: (query, isChecked) =>
      isChecked ? responseTo(query, { rcode: 2, additional: [opt({ code: 6, text: '' })] }) : answered(query, false),
  }
  expect(await verdictOf(explaining)).toMatchObject({ kind: 'validates' })
})

it('DANE-001 AD counts only from loopback, or where it was said so', async () => {
  const trustedOf = async (client: DnsClient) => {
    toClose.push(client)
    // Given up before anything is sent.
    const verdicts = await client.testValidation(names, AbortSignal.abort())
    return verdicts.map(({ isTrusted, validation: { kind } }) => `${isTrusted} ${kind}`)
  }
  const servers = ['192.0.2.1', '127.0.0.1']
  expect(await trustedOf(createDnsClient({ servers }))).toEqual(['false unknown', 'true unknown'])
  expect(await trustedOf(createDnsClient({ servers, trustAd: true }))).toEqual(['true unknown', 'true unknown'])
})

it('DANE-001 AD of a server that a question names itself does not count', async () => {
  const server = await ScriptedDns.start((query, reply) => reply(answered(query, true)))
  const client = createDnsClient({ servers: [server.address] })
  toClose.push(client, server)
  const question = { name: 'other.example', type: 'TXT' } as const
  expect((await client.query(question)).outcome).toMatchObject({ security: 'secure' })
  const direct = await client.query({ ...question, server: server.address })
  expect(direct).toMatchObject({ authenticData: true, outcome: { security: 'indeterminate' } })
})
