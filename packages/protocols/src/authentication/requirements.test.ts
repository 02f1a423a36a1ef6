import { describe, expect, test } from 'vitest'
import { ArcSealer } from '../arc/seal.ts'
import { formatAuthenticationResults } from '../authentication-results/format.ts'
import { parseAuthenticationResults } from '../authentication-results/parse.ts'
import { generateDkimKey } from '../dkim/key-generation.ts'
import { DkimSigner } from '../dkim/sign.ts'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import type { Question } from '../dns/resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { authenticate } from './authenticate.ts'
import type { Session } from './authentication.ts'
import { resultItems } from './result-items.ts'

const now = 1_700_000_000
const key = generateDkimKey('ed25519')

function ip(text: string) {
  const address = parseIpAddress(text)
  if (address === null) throw new Error(`${text} is no address`)
  return address
}

function signature(fields: readonly string[], domain: string, body = 'Hello\r\n'): string {
  const raw = fields.map(text => ({ name: text.slice(0, text.indexOf(':')).toLowerCase(), text }))
  const signer = new DkimSigner(raw, { domain, selector: 's', key: key.privateKey, now })
  signer.body(Buffer.from(body))
  return signer.end()
}

async function run(lines: readonly string[], dns: DnsLiteral, over: Partial<Session> = {}) {
  const asked: string[] = []
  const resolver = resolverFrom(dns)
  const session = { ip: ip('192.0.2.1'), helo: 'mx.example.org', mailFrom: 'a@example.org', ...over }
  const report = await authenticate(Buffer.from([...lines, '', 'Hello\r\n'].join('\r\n'), 'latin1'), session, {
    resolver: {
      query: (question: Question) => {
        asked.push(`${question.type} ${question.name}`)
        return resolver.query(question)
      },
    },
    now,
    checksHelo: true,
  })
  return { report, asked }
}

const from = ['From: a@example.org']
const dmarc = { '_dmarc.example.org': 'v=DMARC1; p=reject' }

describe('which identity SPF is asked about', () => {
  test('SPF-021, SPF-022 MAIL FROM is checked whatever HELO gave', async () => {
    for (const helo of ['v=spf1 ?all', 'v=spf1 -all', 'v=spf1 foo', 'none', 'v=spf1 +all']) {
      const txt = { ...dmarc, 'mx.example.org': helo, 'example.org': 'v=spf1 ip4:192.0.2.1 -all' }
      const { report } = await run(from, { txt })
      expect(report.spf).toMatchObject({ identity: 'mailfrom', domain: 'example.org', evaluation: { result: 'pass' } })
      expect(report.dmarc.result).toBe('pass')
    }
    // A HELO that is no domain is no reason to leave MAIL FROM out.
    for (const helo of ['[192.0.2.1]', 'localhost', '', 'x y']) {
      const { report } = await run(from, { txt: { ...dmarc, 'example.org': 'v=spf1 ip4:192.0.2.1 -all' } }, { helo })
      expect([report.helo?.evaluation.result, report.spf?.evaluation.result]).toEqual(['none', 'pass'])
    }
  })

  test('SPF-023 with a null path it is postmaster at the HELO name', async () => {
    const txt = { 'mx.example.org': 'v=spf1 exists:%{l}.%{o}.lists.example -all' }
    const { report, asked } = await run(from, { txt }, { mailFrom: '' })
    expect(asked).toContain('A postmaster.mx.example.org.lists.example')
    expect(report.spf).toMatchObject({ identity: 'helo', domain: 'mx.example.org' })
  })

  test('SPF-025 the domain of From is never held against SPF records by itself', async () => {
    const txt = { ...dmarc, 'example.org': 'v=spf1 +all', 'example.net': 'v=spf1 -all' }
    const { report, asked } = await run(from, { txt }, { mailFrom: 'a@example.net', helo: 'mx.example.net' })
    expect(asked).not.toContain('TXT example.org')
    expect(report.dmarc.result).toBe('fail')
  })

  test('SPF-027 the domain of a source route, of a percent hack and of a bang path is the last one', async () => {
    for (const mailFrom of [
      '@example.net,@x.example:a@example.org',
      'a%example.net@example.org',
      'example.net!a@example.org',
    ]) {
      const { report } = await run(from, { txt: { 'example.org': 'v=spf1 +all' } }, { mailFrom })
      expect([mailFrom, report.spf?.domain]).toEqual([mailFrom, 'example.org'])
    }
  })

  test('SPF-090 neutral is treated as none', async () => {
    const result = async (record: string) => {
      const { report } = await run(from, { txt: { ...dmarc, 'example.org': record } })
      return { ...report.dmarc, evaluations: report.dmarc.evaluations.map(({ rfc9989 }) => rfc9989.alignments) }
    }
    expect(await result('v=spf1 ?all')).toEqual(await result('no record'))
    expect((await result('v=spf1 ?all')).result).toBe('fail')
  })
})

describe('internationalised names', () => {
  test('DNS-007 every name that is asked for is made of A-labels', async () => {
    const utf8 = Buffer.from('b\u00fccher.example').toString('latin1')
    const fields = [`From: a@${utf8}`]
    const txt = {
      'xn--bcher-kva.example': 'v=spf1 exists:%{d}.%{o}.lists.example -all',
      's._domainkey.xn--bcher-kva.example': key.record,
      '_dmarc.xn--bcher-kva.example': 'v=DMARC1; p=reject',
    }
    const session = { mailFrom: 'a@b\u00fccher.example', helo: 'mx.b\u00fccher.example' }
    const { report, asked } = await run([signature(fields, utf8), ...fields], { txt }, session)
    expect(asked.filter(question => /[^!-~ ]/.test(question))).toEqual([])
    expect(asked).toContain('TXT s._domainkey.xn--bcher-kva.example')
    expect(asked).toContain('TXT _dmarc.xn--bcher-kva.example')
    expect(asked).toContain('A xn--bcher-kva.example.xn--bcher-kva.example.lists.example')
    expect(report.dkim).toMatchObject([{ result: 'pass', domain: 'xn--bcher-kva.example' }])
    expect(report.dmarc).toMatchObject({ result: 'pass', evaluations: [{ authorDomain: 'xn--bcher-kva.example' }] })
  })
})

describe('what is kept of the evaluation', () => {
  const txt = {
    ...dmarc,
    'example.org': 'v=spf1 -all',
    's._domainkey.example.org': key.record,
    's._domainkey.example.net': key.record,
  }

  test('DMARC-057 SPF result and domain, and result, d= and s= of every signature, with reasons', async () => {
    const lines = [signature(from, 'example.org', 'Other\r\n'), signature(from, 'example.net'), ...from]
    const { report } = await run(lines, { txt })
    expect(report.spf).toMatchObject({
      domain: 'example.org',
      evaluation: { result: 'fail', matched: { term: '-all' } },
    })
    expect(report.dkim).toMatchObject([
      { domain: 'example.org', selector: 's', result: 'fail', code: 'dkim-body-hash' },
      { domain: 'example.net', selector: 's', result: 'pass', code: 'dkim-pass' },
    ])
    expect(report.dmarc.evaluations[0]?.rfc9989.alignments).toMatchObject([
      { identifier: { method: 'dkim', domain: 'example.org', result: 'fail' }, isAligned: true },
      { identifier: { method: 'dkim', domain: 'example.net', result: 'pass' }, isAligned: false },
      { identifier: { method: 'spf', domain: 'example.org', result: 'fail' }, isAligned: true },
    ])
  })

  test('DMARC-093 the record of the Author Domain is looked for, and pass or fail follows from alignment alone', async () => {
    const foreign = await run([signature(from, 'example.net'), ...from], { txt })
    expect(foreign.asked).toContain('TXT _dmarc.example.org')
    expect(foreign.report.dmarc).toMatchObject({ result: 'fail', applied: 'reject' })
    expect((await run([signature(from, 'example.org'), ...from], { txt })).report.dmarc.result).toBe('pass')
    const { '_dmarc.example.org': _record, ...without } = txt
    expect((await run([signature(from, 'example.org'), ...from], { txt: without })).report.dmarc.result).toBe('none')
  })
})

describe('the results that are written', () => {
  const worlds: readonly DnsLiteral[] = [
    {},
    { txt: { ...dmarc, 'example.org': 'v=spf1 ip4:192.0.2.1', 's._domainkey.example.org': key.record } },
    { txt: { ...dmarc, 'example.org': 'v=spf1 foo', 's._domainkey.example.org': 'v=DKIM1; p=' } },
    { txt: { 'example.org': 'v=spf1 ~all', '_dmarc.example.org': 'v=DMARC1; p=x' } },
    { fail: ['txt example.org', 'txt _dmarc.example.org', 'txt s._domainkey.example.org'] },
    { txt: { ...dmarc, 'example.org': 'v=spf1 ?all' } },
  ]
  const messages = [
    from,
    [signature(from, 'example.org'), ...from],
    [signature(from, 'example.org', 'Other\r\n'), 'DKIM-Signature: v=1', ...from],
    ['From: a@example.org, b@example.net'],
    ['Subject: x'],
    ['ARC-Seal: i=1; cv=none', ...from],
  ]

  // RFC 8601 s6.2 to s6.4 (methods, properties, results), RFC 9989 s9, RFC 8617 s10.1, RFC 6008 s5.
  const registered: Readonly<Record<string, { readonly results: string; readonly properties: string }>> = {
    spf: {
      results: 'none pass fail softfail policy neutral temperror permerror',
      properties: 'smtp.mailfrom smtp.helo',
    },
    dkim: {
      results: 'none pass fail policy neutral temperror permerror',
      properties: 'header.d header.i header.a header.s header.b',
    },
    dmarc: { results: 'none pass fail temperror permerror', properties: 'header.from policy.dmarc' },
    arc: { results: 'none pass fail', properties: 'smtp.remote-ip header.oldest-pass' },
  }

  test('AR-010, AR-004 only registered methods, results and properties, in lower case', async () => {
    const seen = new Set<string>()
    for (const dns of worlds)
      for (const lines of messages)
        for (const item of resultItems((await run(lines, dns)).report, ip('192.0.2.1'))) {
          const known = registered[item.method]
          expect(known?.results.split(' ')).toContain(item.result)
          for (const { type, name } of item.properties)
            expect(known?.properties.split(' ')).toContain(`${type}.${name}`)
          seen.add(`${item.method}=${item.result}`)
        }
    expect(seen.size).toBeGreaterThan(12)
    const helo = await run(from, { txt: { 'mx.example.org': 'v=spf1 -all' } }, { mailFrom: '' })
    expect(formatAuthenticationResults('mx', resultItems(helo.report, ip('192.0.2.1')))).toContain(
      'spf=fail smtp.helo=mx.example.org',
    )
  })

  test('ARC-014 the item of a chain names the client, and the oldest signature that holds', async () => {
    const fields = from.map(text => ({ name: 'from', text }))
    const sealer = new ArcSealer(fields, {
      domain: 'lists.example',
      selector: 's',
      key: key.privateKey,
      now,
      results: 'lists.example; none',
      status: 'none',
    })
    sealer.body(Buffer.from('Hello\r\n'))
    const set = sealer.end()
    const lines = [set?.seal ?? '', set?.message ?? '', set?.results ?? '', ...from]
    const items = async (txt: Readonly<Record<string, string>>) =>
      resultItems((await run(lines, { txt })).report, ip('192.0.2.1')).filter(({ method }) => method === 'arc')
    expect(await items({ 's._domainkey.lists.example': key.record })).toMatchObject([
      {
        result: 'pass',
        properties: [
          { type: 'smtp', name: 'remote-ip', value: '192.0.2.1' },
          { type: 'header', name: 'oldest-pass', value: '0' },
        ],
      },
    ])
    expect(await items({})).toMatchObject([{ result: 'fail' }])
  })

  test('AR-040 the results are one new field; nothing of a field that arrived is in it', async () => {
    const forged = 'Authentication-Results: mx.example.net; dmarc=pass header.from=example.org; auth=pass smtp.auth=a'
    const { report } = await run([forged, ...from], { txt: { ...dmarc, 'example.org': 'v=spf1 -all' } })
    const written = formatAuthenticationResults('mx.example.net', resultItems(report, ip('192.0.2.1')))
    const read = parseAuthenticationResults(written)
    expect(read.ok && read.value.items.map(({ method, result }) => `${method}=${result}`)).toEqual([
      'spf=fail',
      'spf=none',
      'dkim=none',
      'dmarc=fail',
    ])
  })
})
