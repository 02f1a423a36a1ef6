import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { formatAuthenticationResults } from '../authentication-results/format.ts'
import { BodyHash } from '../dkim/body-hash.ts'
import type { RawField } from '../dkim/canonical-header.ts'
import { generateDkimKey, keyRecordOf } from '../dkim/key-generation.ts'
import { parseKeyRecord } from '../dkim/key-record.ts'
import { DkimSigner } from '../dkim/sign.ts'
import { signaturesLimit } from '../dkim/verify.ts'
import { readAuthor } from '../dmarc/author-domain.ts'
import { parseDmarcRecord } from '../dmarc/record.ts'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { checkHost, explanationLimit, mxHostsLimit } from '../spf/evaluate.ts'
import { termsLimit } from '../spf/lookups.ts'
import { parseSpfRecord } from '../spf/record.ts'
import { authenticate } from './authenticate.ts'
import type { AuthenticationOptions } from './authentication.ts'
import { RecordCache } from './record-cache.ts'
import { resultItems } from './result-items.ts'

const now = 1_700_000_000
const pairs = { rsa: generateDkimKey('rsa'), ed25519: generateDkimKey('ed25519') }
const dns: DnsLiteral = {
  txt: {
    'example.org': 'v=spf1 ip4:192.0.2.1 -all',
    's._domainkey.example.org': pairs.rsa.record,
    'e._domainkey.example.org': pairs.ed25519.record,
    '_dmarc.example.org': 'v=DMARC1; p=reject',
  },
}
const ip = parseIpAddress('192.0.2.1')
if (ip === null) throw new Error('no address')
const session = { ip, helo: 'mx.example.org', mailFrom: 'a@example.org' }

function field(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}

/** A message with a signature over the fields named. */
function signed(lines: readonly string[], body = 'Hello\r\n', fields: readonly string[] = ['from', 'subject']): Buffer {
  const signer = new DkimSigner(lines.map(field), {
    domain: 'example.org',
    selector: 's',
    key: pairs.rsa.privateKey,
    now,
    fields,
  })
  signer.body(Buffer.from(body, 'latin1'))
  return Buffer.from([signer.end(), ...lines, '', body].join('\r\n'), 'latin1')
}

const run = (message: Uint8Array, over: Partial<AuthenticationOptions> = {}) =>
  authenticate(message, session, { resolver: resolverFrom(dns), now, ...over })

/** Milliseconds of CPU, the least of several runs: what else runs on the machine only adds. */
async function cpuOf(work: () => unknown, runs = 3): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let index = 0; index < runs; index += 1) {
    const start = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

/** Twice the input may take twice the time, and half as much again for noise; not four times. */
async function expectLinear(work: (size: number) => unknown, size: number): Promise<void> {
  await work(size)
  const [once, twice] = [await cpuOf(() => work(size)), await cpuOf(() => work(2 * size))]
  expect(twice).toBeLessThan(3 * once + 30)
}

describe('headers', () => {
  const folded = (octets: number) => `x${'\r\n a'.repeat(octets / 4)}`

  test('a header of 1 MB in folds of 4 octets, in each field that is looked into', async () => {
    const messages = [
      ['From: a@example.org', `Subject: ${folded(1_000_000)}`],
      [`From: ${folded(1_000_000)} <a@example.org>`, 'Subject: x'],
      ['From: a@example.org', `DKIM-Signature: ${folded(1_000_000)}`],
      ['From: a@example.org', `ARC-Seal: i=1; ${folded(1_000_000)}`],
      ['From: a@example.org', `ARC-Authentication-Results: i=1; ${folded(1_000_000)}`],
    ].map(lines => Buffer.from([...lines, '', 'Hello\r\n'].join('\r\n'), 'latin1'))
    for (const [index, message] of messages.entries()) {
      await run(message)
      const milliseconds = await cpuOf(() => run(message), 5)
      if (process.env['LETTERLOCK_MEASURE'] === '1') console.log(`folds ${index}: ${milliseconds.toFixed(1)} ms`)
      // 20 ms on an idle machine; here tests of others may run beside it.
      expect([index, milliseconds < 60]).toEqual([index, true])
    }
  })

  test('a signed field of 1 MB in folds of 4 octets is brought into form in linear time, and passes', async () => {
    const message = signed(['From: a@example.org', `Subject: ${folded(1_000_000)}`])
    expect((await run(message)).dkim).toMatchObject([{ result: 'pass' }])
    if (process.env['LETTERLOCK_MEASURE'] === '1')
      console.log(`folds, signed: ${(await cpuOf(() => run(message), 5)).toFixed(1)} ms`)
    const half = signed(['From: a@example.org', `Subject: ${folded(500_000)}`])
    await expectLinear(size => run(size === 1 ? half : message), 1)
  })

  test('1,000 signatures: as many as the limit are tried, the others are named as not tried', async () => {
    const message = signed(['From: a@example.org', 'Subject: x']).toString('latin1')
    const signature = message.slice(0, message.indexOf('\r\nFrom:'))
    const many = (count: number) => Buffer.from(`${`${signature}\r\n`.repeat(count - 1)}${message}`, 'latin1')
    const found = await run(many(1000))
    expect(found.dkim).toHaveLength(1000)
    expect(found.dkim.filter(({ result }) => result === 'pass')).toHaveLength(signaturesLimit)
    expect(found.dkim.filter(({ code }) => code === 'dkim-not-tried')).toHaveLength(1000 - signaturesLimit)
    expect(found.dkim.map(({ index }) => index)).toEqual(Array.from({ length: 1000 }, (_, index) => index))
    expect(await cpuOf(() => run(many(1000)))).toBeLessThan(500)
  })

  test('what is told of a broken field is short, however long the field is, and so are the lines of the results', async () => {
    const long = 'x'.repeat(60_000)
    const address = parseIpAddress('192.0.2.1')
    if (address === null) throw new Error('no address')
    for (const tags of [
      `a=${long}`,
      `c=${long}`,
      `d=${long}`,
      `s=${long}`,
      `i=${long}`,
      `q=${long}`,
      `v=${long}`,
      `${long}=1; ${long}=2`,
    ]) {
      const given = `v=1; a=rsa-sha256; d=example.org; s=s; h=from; bh=AAAA; b=AAAA`
      const name = tags.slice(0, 2)
      const rest = given.split('; ').filter(tag => !tag.startsWith(name))
      const lines = ['From: a@example.org', `DKIM-Signature: ${[...rest, tags].join('; ')}`, '', 'Hello\r\n']
      const found = await run(Buffer.from(lines.join('\r\n'), 'latin1'), {
        resolver: resolverFrom({ ...dns, txt: { ...dns.txt, 'example.org': `v=spf1 ${long}` } }),
      })
      expect(found.dkim[0]?.text.length).toBeLessThan(300)
      expect(found.spf?.evaluation.problem?.text.length).toBeLessThan(300)
      const written = formatAuthenticationResults('mx.example.net', resultItems(found, address))
      expect(Math.max(...written.split('\r\n').map(line => line.length))).toBeLessThan(998)
    }
  })

  test('a From field at its limit of nothing but specials is read in linear time', async () => {
    for (const piece of [
      '(',
      '"',
      '<',
      '@',
      ',',
      ';',
      ':',
      '\\',
      '=?',
      '=?a?q?',
      ' ',
      '\t',
      'a@b,',
      '()',
      '""',
      '<@',
      'a.',
    ])
      await expectLinear(size => readAuthor([field(`From: ${piece.repeat(size / piece.length)}`)]), 32_000)
  })
})

describe('bodies', () => {
  const forms = ['simple', 'relaxed'] as const

  test.each(['\n', '\r', '\n\r', ' \n', '\t\r', '\r\n', ' \r\n', ' ', 'a\n', 'a \r'])(
    '10 MB of %j are hashed in linear time',
    async piece => {
      const body = Buffer.from(piece.repeat(10_000_000 / piece.length), 'latin1')
      for (const form of forms)
        await expectLinear(size => {
          const hash = new BodyHash(form, null)
          hash.update(body.subarray(0, size))
          hash.digest(null)
        }, body.length / 2)
    },
  )

  test('whole messages with 10 MB of bare line ends are authenticated, and what was signed passes', async () => {
    for (const end of ['\n', '\r']) {
      const body = `a${end}`.repeat(5_000_000)
      expect((await run(signed(['From: a@example.org', 'Subject: x'], body))).dkim).toMatchObject([{ result: 'pass' }])
    }
  })
})

describe('records of 64 KB', () => {
  const pieces = [
    'a',
    ' ',
    '\t',
    ';',
    '=',
    'p=',
    'v=1;',
    '%',
    '%{l}',
    '/',
    ':',
    ',',
    '!',
    '!1',
    'mailto:',
    '"',
    '.',
    '-',
    '\0',
    '\xff',
    'a=b;',
    'rua=mailto:a@b.c,',
    'ip4:1.1.1.1 ',
    'x= ',
    'p= ;',
  ]

  test.each([
    ['SPF', 'v=spf1 ', parseSpfRecord],
    ['DMARC', 'v=DMARC1; ', parseDmarcRecord],
    ['DMARC with one long tag', 'v=DMARC1; rua=', parseDmarcRecord],
    ['a DKIM key', 'v=DKIM1; ', parseKeyRecord],
    ['a DKIM key with a long p=', 'v=DKIM1; p=', parseKeyRecord],
  ] as const)('of %s are read in linear time', async (_, head, parse) => {
    for (const piece of pieces) {
      const text = (size: number) => (head + piece.repeat(size / piece.length)).slice(0, size)
      await expectLinear(size => parse(text(size)), 32_000)
    }
  })

  test('a record of macros and a long sender expand in bounded time', async () => {
    const check = { ip, domain: 'example.org', helo: 'x', now, sender: `${'a.'.repeat(500)}a@example.org` }
    const many = resolverFrom({
      txt: { 'example.org': `v=spf1 ${`exists:${'%{l}'.repeat(1_500)}.%{d} `.repeat(10)}-all` },
    })
    expect((await checkHost(check, { resolver: many })).result).toBe('permerror')
    expect(await cpuOf(() => checkHost(check, { resolver: many }))).toBeLessThan(250)
    const explained = resolverFrom({
      txt: { 'example.org': 'v=spf1 -all exp=e.example.org', 'e.example.org': '%{S}'.repeat(16_000) },
    })
    expect((await checkHost(check, { resolver: explained })).explanation).toHaveLength(explanationLimit)
    expect(await cpuOf(() => checkHost(check, { resolver: explained }))).toBeLessThan(250)
  })
})

describe('SPF that does not end by itself', () => {
  const check = { ip, domain: 'example.org', sender: 'a@example.org', helo: 'x', now }
  const evaluate = (literal: DnsLiteral) => checkHost(check, { resolver: resolverFrom(literal) })

  test('loops of include and redirect end at the limit of terms', async () => {
    for (const record of [
      'v=spf1 include:example.org -all',
      'v=spf1 redirect=example.org',
      'v=spf1 include:%{d} redirect=%{d}',
    ]) {
      const found = await evaluate({ txt: { 'example.org': record } })
      expect(found).toMatchObject({ result: 'permerror', problem: { code: 'terms-limit' } })
      expect(found.lookups.length).toBeLessThanOrEqual(termsLimit + 1)
    }
    const two = { 'example.org': 'v=spf1 redirect=b.example', 'b.example': 'v=spf1 redirect=example.org' }
    expect(await evaluate({ txt: two })).toMatchObject({ result: 'permerror', problem: { code: 'terms-limit' } })
  })

  test('a tree that branches ten times at each level asks for no more than the limits let', async () => {
    const record = (level: number) =>
      `v=spf1 ${Array.from({ length: 10 }, (_, i) => `include:n${i}.l${level + 1}.example`).join(' ')} mx -all`
    const txt: Record<string, string> = { 'example.org': record(0) }
    for (let level = 1; level < 12; level += 1)
      for (let i = 0; i < 10; i += 1) txt[`n${i}.l${level}.example`] = record(level)
    const found = await evaluate({ txt })
    expect(found).toMatchObject({ result: 'permerror', problem: { code: 'terms-limit' } })
    expect(found.lookups.length).toBeLessThanOrEqual(termsLimit + 1)
  })

  test('ten terms of ten hosts each are the most that is asked', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `m${i}.example`)
    const hosts = Array.from({ length: mxHostsLimit }, (_, i) => `h${i}.example`)
    const found = await evaluate({
      txt: { 'example.org': `v=spf1 ${names.map(name => `mx:${name}`).join(' ')} -all` },
      mx: Object.fromEntries(names.map(name => [name, hosts.map(host => `10 ${host}`)])),
      a: Object.fromEntries(hosts.map(host => [host, '198.51.100.1'])),
    })
    expect(found.result).toBe('fail')
    expect(found.lookups).toHaveLength(1 + termsLimit * (1 + mxHostsLimit))
  })
})

describe('keys', () => {
  test('a key of 16,384 bits is refused before it costs anything', async () => {
    // Made from a modulus that is none: a real one of this size takes minutes to make.
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const jwk = publicKey.export({ format: 'jwk' })
    const modulus = Buffer.alloc(2048, 0xff)
    const { createPublicKey } = await import('node:crypto')
    const large = createPublicKey({ key: { ...jwk, n: modulus.toString('base64url') }, format: 'jwk' })
    const txt = { ...dns.txt, 's._domainkey.example.org': keyRecordOf(large) }
    const message = signed(['From: a@example.org', 'Subject: x'])
    const found = await run(message, { resolver: resolverFrom({ ...dns, txt }) })
    expect(found.dkim).toMatchObject([{ result: 'permerror', code: 'dkim-key-large' }])
    expect(await cpuOf(() => run(message, { resolver: resolverFrom({ ...dns, txt }) }))).toBeLessThan(250)
  })
})

describe('a resolver that never answers', () => {
  const never: Resolver = { query: () => new Promise(() => {}) }

  test('the evaluation ends with the signal, and nothing is known', async () => {
    const found = await run(signed(['From: a@example.org', 'Subject: x']), {
      resolver: never,
      signal: AbortSignal.timeout(50),
    })
    expect(found.spf?.evaluation.result).toBe('temperror')
    expect(found.dkim).toMatchObject([{ result: 'temperror' }])
    expect(found.dmarc).toMatchObject({ result: 'temperror', applied: null })
  })

  test('one that stops answering in between leaves what is known, and no pass for what is not', async () => {
    for (let answers = 0; answers < 8; answers += 1) {
      let left = answers
      const inner = resolverFrom(dns)
      const stopping: Resolver = {
        query: question => {
          left -= 1
          return left >= 0 ? inner.query(question) : new Promise(() => {})
        },
      }
      const found = await run(signed(['From: a@example.org', 'Subject: x']), {
        resolver: stopping,
        signal: AbortSignal.timeout(30),
      })
      expect(['pass', 'temperror']).toContain(found.dmarc.result)
      if (found.dmarc.result === 'pass')
        expect(found.dkim[0]?.result === 'pass' || found.spf?.evaluation.result === 'pass').toBe(true)
    }
  })

  test('a resolver that rejects or answers with records of another type is borne', async () => {
    const rejecting: Resolver = { query: () => Promise.reject(new Error('broken')) }
    const message = signed(['From: a@example.org', 'Subject: x'])
    const found = await run(message, { resolver: rejecting, signal: new AbortController().signal })
    expect(found.dmarc.result).toBe('temperror')
    const inner = resolverFrom({ a: { 'x.example': '192.0.2.1' } })
    const lying: Resolver = { query: async () => inner.query({ name: 'x.example', type: 'A' }) }
    expect((await run(message, { resolver: lying })).dmarc.result).toBe('none')
  })
})

describe('no answer of one message leaks into another', () => {
  /** A world in which each domain has its own records, and some of them are broken. */
  function world(index: number): DnsLiteral {
    const txt = {
      'example.org': index % 3 === 0 ? 'v=spf1 ip4:192.0.2.1 -all' : 'v=spf1 -all',
      's._domainkey.example.org': index % 2 === 0 ? pairs.rsa.record : pairs.ed25519.record,
      '_dmarc.example.org': index % 5 === 0 ? 'v=DMARC1; p=none' : 'v=DMARC1; p=reject; adkim=s',
    }
    return { txt, fail: index % 7 === 0 ? ['txt s._domainkey.example.org'] : [] }
  }

  /** Answers come in another order than questions. */
  function shuffled(literal: DnsLiteral, seed: number): Resolver {
    const inner = resolverFrom(literal)
    let turn = seed
    return {
      query: async question => {
        turn += 1
        for (let waits = (turn * 7) % 5; waits > 0; waits -= 1) await new Promise(resolve => setImmediate(resolve))
        return inner.query(question)
      },
    }
  }

  test('sixty messages at once, with one cache and different answers, end as each does alone', async () => {
    const message = (index: number) =>
      index % 4 === 0
        ? Buffer.from('From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n')
        : signed([`From: a@${index % 6 === 1 ? 'news.' : ''}example.org`, `Subject: ${index}`])
    const indices = Array.from({ length: 60 }, (_, index) => index)
    const bytes = indices.map(message)
    const records = new RecordCache()
    const together = await Promise.all(
      indices.map(index => run(bytes[index] ?? Buffer.alloc(0), { resolver: shuffled(world(index), index), records })),
    )
    for (const index of indices) {
      const alone = await run(bytes[index] ?? Buffer.alloc(0), { resolver: resolverFrom(world(index)) })
      const summary = ({ dmarc, dkim, spf, author }: typeof alone) => ({
        author,
        dmarc: [dmarc.result, dmarc.applied],
        dkim: dkim.map(({ result, code }) => [result, code]),
        spf: spf?.evaluation.result,
      })
      expect([index, summary(together[index] ?? alone)]).toEqual([index, summary(alone)])
    }
  })
})
