import { messageExplanationSchema } from '@letterlock/contract'
import { type DnsLiteral, parseIpAddress, resolverFrom } from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { explainMessage } from './explain-message.ts'
import { makeMessageExamples } from './message-examples.ts'
import { MessageReader } from './read-message.ts'

const now = 1_795_521_600

async function explained(
  message: string,
  dns: DnsLiteral | ReturnType<typeof makeMessageExamples>['resolver'],
  session: { readonly ip?: string; readonly helo?: string; readonly mailFrom?: string } = {},
) {
  const resolver = 'query' in dns ? dns : resolverFrom(dns)
  const reader = new MessageReader({
    name: 'm',
    given: {
      ip: session.ip === undefined ? null : parseIpAddress(session.ip),
      helo: session.helo ?? null,
      mailFrom: session.mailFrom ?? null,
      arrivedAt: now,
    },
    usesHeaders: false,
    resolver,
    now,
  })
  reader.push(Buffer.from(message))
  const found = await reader.end()
  if (!found.ok) throw new Error(found.fault.text)
  const source = { resolver, text: 'a literal', zones: [], close: async () => undefined }
  return messageExplanationSchema.strict().parse(explainMessage(found.message, source))
}

const step = (explanation: Awaited<ReturnType<typeof explained>>, id: string) =>
  explanation.steps.find(one => one.id === id)
const from = (domain: string, more = '') => `From: a@${domain}\r\n${more}\r\nHello\r\n`
const session = { ip: '192.0.2.1', helo: 'mx.example.org', mailFrom: 'b@example.org' }

describe('the examples come to what their titles say', () => {
  const { examples, resolver } = makeMessageExamples(now)

  test.each([
    ['proven', 'pass', 'pass'],
    ['service', 'fail', 'fail'],
    ['list', 'fail', 'fail'],
    ['spoofed', 'fail', 'fail'],
    ['ambiguous', 'fail', 'permerror'],
  ])('%s: %s', async (id, verdict, dmarc) => {
    const example = examples.find(one => one.id === id)
    if (example === undefined) throw new Error(id)
    const explanation = await explained(example.message, resolver, example)
    expect([explanation.verdict, explanation.results.dmarc.result]).toEqual([verdict, dmarc])
    expect(explanation.next.length).toBeGreaterThan(0)
  })

  test('the list: its own signature and its seal hold, that of the author does not', async () => {
    const example = examples.find(one => one.id === 'list')
    const explanation = await explained(example?.message ?? '', resolver, example)
    expect(explanation.results.arc).toMatchObject({
      result: 'pass',
      sealers: [{ instance: 1, domain: 'lists.example' }],
    })
    expect(explanation.results.dkim.map(({ domain, result }) => [domain, result])).toEqual([
      ['lists.example', 'pass'],
      ['example.com', 'fail'],
    ])
    expect(step(explanation, 'arc')?.facts.at(-1)?.value).toContain('dmarc=pass header.from=example.com')
  })
})

describe('every result of SPF has its words, and never those of another', () => {
  const spf = (record: string | null, more: DnsLiteral = {}): DnsLiteral => ({
    ...more,
    txt: {
      ...more.txt,
      ...(record === null ? {} : { 'example.org': record }),
      '_dmarc.example.org': 'v=DMARC1; p=none',
    },
  })

  test.each([
    ['pass', 'v=spf1 ip4:192.0.2.1 -all', 'pass', 'Yes. example.org lists 192.0.2.1'],
    ['fail', 'v=spf1 -all', 'fail', 'No. example.org says that 192.0.2.1 may not send for it (by "-all").'],
    ['softfail', 'v=spf1 ~all', 'fail', 'Probably not.'],
    ['neutral', 'v=spf1 ?all', 'not applicable', 'example.org does not say whether 192.0.2.1 may send for it'],
    ['none', null, 'not applicable', 'example.org has no SPF record'],
    ['permerror', 'v=spf1 foo', 'fail', 'The SPF record cannot be used'],
  ])('%s', async (result, record, verdict, words) => {
    const explanation = await explained(from('example.org'), spf(record), session)
    expect(step(explanation, 'spf')).toMatchObject({ result, verdict })
    expect(step(explanation, 'spf')?.sentences[0]).toContain(words)
  })

  test('temperror is unknown, and DMARC too', async () => {
    const explanation = await explained(from('example.org'), spf(null, { timeout: ['txt example.org'] }), session)
    expect(step(explanation, 'spf')).toMatchObject({ result: 'temperror', verdict: 'unknown' })
    expect(explanation).toMatchObject({
      verdict: 'unknown',
      results: { dmarc: { result: 'temperror', applied: null } },
    })
  })

  test('a record that lets everybody in is named as such', async () => {
    const explanation = await explained(from('example.org'), spf('v=spf1 +all'), session)
    expect(step(explanation, 'spf')?.sentences[1]).toContain('every server in the world')
  })

  test('SPF-023 the null path: the name of the server stands in', async () => {
    const dns: DnsLiteral = {
      txt: { 'mx.example.org': 'v=spf1 ip4:192.0.2.1 -all', '_dmarc.example.org': 'v=DMARC1; p=none' },
    }
    const explanation = await explained(from('example.org'), dns, { ...session, mailFrom: '' })
    expect(explanation.results.spf).toMatchObject({ identity: 'helo', domain: 'mx.example.org', result: 'pass' })
    expect(explanation.verdict).toBe('pass')
    const unnamed = await explained(from('example.org'), dns, { ip: '192.0.2.1', mailFrom: '' })
    expect(step(unnamed, 'spf')?.sentences).toEqual([
      'This was not tested: the name of the server (HELO) was not given.',
    ])
  })
})

describe('what DMARC makes of it', () => {
  test('an inherited policy, and one for names that do not exist', async () => {
    const dns: DnsLiteral = {
      txt: { '_dmarc.example.org': 'v=DMARC1; p=none; sp=quarantine; np=reject' },
      empty: ['a.example.org'],
    }
    const words = async (domain: string) => step(await explained(from(domain), dns, session), 'dmarc')?.sentences[0]
    expect(await words('a.example.org')).toBe(
      'a.example.org has no DMARC record of its own, so that of example.org applies. For mail that is not proven it asks for "quarantine" (sp=).',
    )
    expect(await words('nosuch.example.org')).toContain('"reject" (np=), because the name does not exist.')
  })

  test('DMARC-061 reject is not told as a certain rejection, and pct only to the old receivers', async () => {
    const dns: DnsLiteral = { txt: { '_dmarc.example.org': 'v=DMARC1; p=reject; pct=20' } }
    const explanation = await explained(from('example.org'), dns, session)
    const [today, older] = step(explanation, 'dmarc')?.parts ?? []
    expect(today?.sentences.join(' ')).toContain('They must not do so for this reason alone')
    expect(today?.sentences.join(' ')).not.toContain('pct')
    expect(older?.sentences.join(' ')).toContain('about 20 of 100')
    expect(older?.sentences.at(-1)).toContain('asked to handle the message differently')
  })

  test('DMARC-043 a broken policy with a report address counts as none', async () => {
    const dns: DnsLiteral = { txt: { '_dmarc.example.org': 'v=DMARC1; p=rejekt; rua=mailto:d@example.org' } }
    const explanation = await explained(from('example.org'), dns, session)
    expect(step(explanation, 'dmarc')?.sentences[0]).toContain('Its policy is broken, so it counts as "none"')
  })

  test('DMARC-022 of several domains each is judged', async () => {
    const dns: DnsLiteral = {
      txt: {
        '_dmarc.example.org': 'v=DMARC1; p=none',
        '_dmarc.example.net': 'v=DMARC1; p=quarantine',
        'example.org': 'v=spf1 ip4:192.0.2.1 -all',
      },
    }
    const explanation = await explained('From: a@example.org, b@example.net\r\n\r\nx', dns, session)
    expect(explanation.headline).toBe('This message is not proven to come from example.org and example.net.')
    expect(explanation.summary).toContain('SPF proves example.org.')
    expect(step(explanation, 'dmarc')?.parts).toHaveLength(4)
  })

  test('advice to send mail differently always asks first whose message it is', async () => {
    const dns: DnsLiteral = { txt: { '_dmarc.example.org': 'v=DMARC1; p=reject', 'example.org': 'v=spf1 -all' } }
    const { next } = await explained(from('example.org'), dns, session)
    expect(next[0]?.text).toContain('nothing is wrong')
    for (const { text } of next.slice(1)) expect(text).toMatch(/^If it is yours: /)
    expect(next.find(({ literal }) => literal === 'ip4:192.0.2.1')?.text).toContain('if 192.0.2.1 is a server of yours')
  })
})

test('1,000 signatures: ten are tried, the rest is counted in one sentence', async () => {
  const field = 'DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; h=from; bh=eA==; b=eA==\r\n'
  const explanation = await explained(field.repeat(1000) + from('example.org'), {})
  const dkim = step(explanation, 'dkim')
  expect(dkim?.parts).toHaveLength(10)
  expect(dkim?.sentences).toContain('990 more signatures were not tried: 10 are the most.')
})
