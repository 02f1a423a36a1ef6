import { describe, expect, test } from 'vitest'
import { formatAuthenticationResults } from '../authentication-results/format.ts'
import { rawFieldsOf } from '../dkim/canonical-header.ts'
import { generateDkimKey } from '../dkim/key-generation.ts'
import { DkimSigner } from '../dkim/sign.ts'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { readHeaderBlock } from '../message/header.ts'
import { authenticate } from './authenticate.ts'
import { Authentication, type AuthenticationOptions, type Session } from './authentication.ts'
import { resultItems } from './result-items.ts'

const key = generateDkimKey('ed25519')
const now = 1_700_000_000
const body = 'Hello\r\n'

const dns: DnsLiteral = {
  txt: {
    'example.org': 'v=spf1 ip4:192.0.2.1 -all',
    's._domainkey.example.org': key.record,
    '_dmarc.example.org': 'v=DMARC1; p=reject',
  },
}

function ip(text: string) {
  const address = parseIpAddress(text)
  if (address === null) throw new Error(`${text} is no address`)
  return address
}

function session(over: Partial<Session> = {}): Session {
  return { ip: ip('192.0.2.1'), helo: 'mx.example.org', mailFrom: 'a@example.org', ...over }
}

function signed(fields: readonly string[], domain = 'example.org'): string {
  const raw = fields.map(text => ({ name: text.slice(0, text.indexOf(':')).toLowerCase(), text }))
  const signer = new DkimSigner(raw, { domain, selector: 's', key: key.privateKey, now })
  signer.body(Buffer.from(body))
  return [signer.end(), ...fields, '', body].join('\r\n')
}

const plain = ['From: a@example.org', 'Subject: x']
const unsigned = [...plain, '', body].join('\r\n')

const run = (
  message: string,
  over: { session?: Partial<Session>; dns?: DnsLiteral } & Partial<AuthenticationOptions> = {},
) =>
  authenticate(Buffer.from(message, 'latin1'), session(over.session), {
    resolver: resolverFrom(over.dns ?? dns),
    now,
  })

describe('DMARC over SPF and DKIM', () => {
  test('DMARC-054 either one aligned is a pass', async () => {
    expect((await run(signed(plain), { session: { ip: ip('198.51.100.1') } })).dmarc).toMatchObject({ result: 'pass' })
    expect((await run(unsigned)).dmarc).toMatchObject({ result: 'pass' })
    expect((await run(unsigned, { session: { ip: ip('198.51.100.1') } })).dmarc).toMatchObject({
      result: 'fail',
      applied: 'reject',
    })
  })

  test('DMARC-050 with a null path the HELO name counts as MAIL FROM', async () => {
    const withHelo = { ...dns, txt: { ...dns.txt, 'mx.example.org': 'v=spf1 ip4:192.0.2.1 -all' } }
    const found = await run(unsigned, { session: { mailFrom: '' }, dns: withHelo })
    expect(found.spf).toMatchObject({ identity: 'helo', domain: 'mx.example.org' })
    expect(found.dmarc.result).toBe('pass')
  })

  test('DMARC-055 a look-up that failed is temperror, and no policy is applied', async () => {
    const fails = { ...dns, fail: ['txt example.org'] }
    expect((await run(unsigned, { dns: fails })).dmarc).toMatchObject({ result: 'temperror', applied: null })
    expect((await run(signed(plain), { dns: fails })).dmarc.result).toBe('pass')
  })

  test('DMARC-022 of several Author Domains the one that is not proven counts', async () => {
    const both = { ...dns, txt: { ...dns.txt, '_dmarc.example.net': 'v=DMARC1; p=quarantine' } }
    const found = await run(signed(['From: a@example.org, b@example.net']), { dns: both })
    expect(found.dmarc).toMatchObject({ result: 'fail', applied: 'quarantine', evaluations: { length: 2 } })
  })

  test('DMARC-023 a malformed From is permerror, never pass', async () => {
    for (const from of ['From: <a@example.org>b@evil.example', 'From: a@example.org\r\nFrom: a@example.org'])
      expect((await run(signed([from]))).dmarc.result).toBe('permerror')
  })
})

describe('the whole', () => {
  test('a file with bare line feeds is the message that travelled', async () => {
    expect((await run(signed(plain).replace(/\r\n/g, '\n'))).dkim).toMatchObject([{ result: 'pass' }])
  })

  test('AR-013, AR-016, DMARC-058 the items of Authentication-Results', async () => {
    const found = await run(signed(plain))
    expect(formatAuthenticationResults('mx.example.net', resultItems(found, ip('192.0.2.1')))).toMatch(
      /^mx\.example\.net;\r\n\tspf=pass smtp\.mailfrom=example\.org;\r\n\tdkim=pass header\.d=example\.org header\.s=s header\.a=ed25519-sha256\r\n\theader\.b="?[A-Za-z0-9+/]{8}"?;\r\n\tdmarc=pass header\.from=example\.org policy\.dmarc=reject$/,
    )
  })

  test('without a session SPF is not tested, and DKIM alone may pass', async () => {
    const bytes = Buffer.from(signed(plain), 'latin1')
    const block = readHeaderBlock(bytes)
    const sessionless = new Authentication(rawFieldsOf(bytes, block), null, { resolver: resolverFrom(dns), now })
    sessionless.body(bytes.subarray(block.bodyAt))
    const found = await sessionless.end()
    expect(found).toMatchObject({ spf: null, helo: null, dmarc: { result: 'pass' } })
    expect(resultItems(found, ip('192.0.2.1')).map(item => item.method)).toEqual(['dkim', 'dmarc'])
  })

  test('a message of nothing, and of header alone', async () => {
    expect((await run('')).dmarc.result).toBe('permerror')
    expect((await run('From: a@example.org\r\n')).dmarc.result).toBe('pass')
  })
})
