import { expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { authenticate } from './authenticate.ts'
import { keyRecords, messageOf, sealedFields, signedAt, signedFields } from './message.sample.ts'

/** A resolver that answers all that was asked since the last round, and not before nothing more is asked. */
function countingRounds(inner: Resolver) {
  const rounds: string[][] = []
  let waiting: (() => void)[] = []
  let asked: string[] = []
  const resolver: Resolver = {
    async query(question) {
      asked.push(`${question.type} ${question.name}`)
      await new Promise<void>(resolve => {
        waiting.push(resolve)
        if (waiting.length > 1) return
        // The loop turns when nothing is left to do but to wait.
        setImmediate(() => {
          rounds.push(asked)
          const batch = waiting
          waiting = []
          asked = []
          for (const release of batch) release()
        })
      })
      return inner.query(question)
    },
  }
  return { resolver, rounds }
}

async function roundsOf(fields: readonly string[], dns: DnsLiteral, mailFrom = 'a@example.org') {
  const ip = parseIpAddress('192.0.2.1')
  if (ip === null) throw new Error('no address')
  const { resolver, rounds } = countingRounds(resolverFrom(dns))
  const session = { ip, helo: 'mx.example.org', mailFrom }
  const report = await authenticate(messageOf(fields), session, { resolver, now: signedAt, checksHelo: true })
  return { rounds, report }
}

const domains = ['example.org', 'mail.example.org', 'a.example', 'b.example', 'c.example']
const dns: DnsLiteral = {
  txt: {
    ...keyRecords(domains),
    'example.org': 'v=spf1 include:spf.example.net -all',
    'mail.example.org': 'v=spf1 include:spf.example.net -all',
    'spf.example.net': 'v=spf1 a:out.example.net -all',
    '_dmarc.example.org': 'v=DMARC1; p=reject',
  },
  a: { 'out.example.net': '192.0.2.1', 'news.example.org': '192.0.2.80' },
}
const plain = ['From: a@example.org', 'Subject: x']

test('at most three rounds of DNS for an ordinary message, SPF with an include and a host among them', async () => {
  const { rounds, report } = await roundsOf(signedFields(plain, 'example.org'), dns)
  expect(report).toMatchObject({ dmarc: { result: 'pass' }, spf: { evaluation: { result: 'pass', terms: 2 } } })
  expect(rounds).toHaveLength(3)
})

test('one round where the SPF record names addresses', async () => {
  const direct = { ...dns, txt: { ...dns.txt, 'example.org': 'v=spf1 ip4:192.0.2.1 -all' } }
  const { rounds, report } = await roundsOf(signedFields(plain, 'example.org'), direct)
  expect(report.dmarc.result).toBe('pass')
  expect(rounds).toHaveLength(1)
})

test('domains to align and the existence for np are asked beside SPF, not behind it', async () => {
  const strict = { ...dns, txt: { ...dns.txt, '_dmarc.example.org': 'v=DMARC1; p=none; sp=quarantine; np=reject' } }
  const fields = signedFields(['From: a@news.example.org', 'Subject: x'], 'mail.example.org')
  const { rounds, report } = await roundsOf(fields, strict, 'a@mail.example.org')
  expect(report.dmarc).toMatchObject({
    result: 'pass',
    evaluations: [{ rfc9989: { finding: { tag: 'sp', policyDomain: 'example.org' } } }],
  })
  expect(rounds.flat()).toEqual(expect.arrayContaining(['A news.example.org', 'TXT _dmarc.mail.example.org']))
  expect(rounds).toHaveLength(3)
})

test('a chain of three hosts takes two rounds, however many domains sealed it', async () => {
  const sealed = ['a.example', 'b.example', 'c.example'].reduce(sealedFields, signedFields(plain, 'example.org'))
  const direct = { ...dns, txt: { ...dns.txt, 'example.org': 'v=spf1 ip4:192.0.2.1 -all' } }
  const { rounds, report } = await roundsOf(sealed, direct)
  expect(report.arc).toMatchObject({ result: 'pass', sets: { length: 3 }, oldestPass: 0 })
  expect(rounds).toHaveLength(2)
})

test('no question is asked twice for one message', async () => {
  const { rounds } = await roundsOf(
    ['a.example', 'a.example'].reduce(sealedFields, signedFields(signedFields(plain, 'example.org'), 'example.org')),
    { ...dns, txt: { ...dns.txt, 'example.org': 'v=spf1 ip4:192.0.2.1 -all' } },
  )
  const asked = rounds.flat()
  expect(asked).toEqual([...new Set(asked)])
})
