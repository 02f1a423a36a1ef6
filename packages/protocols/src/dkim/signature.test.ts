import { describe, expect, test } from 'vitest'
import { parseSignature } from './signature.ts'

/** A field that keeps the rules, with other tags. */
function parsed(tags: Readonly<Record<string, string>>) {
  const all = { v: '1', a: 'rsa-sha256', d: 'example.org', s: 'sel', h: 'from', bh: 'AAAA', b: 'AAAA', ...tags }
  const value = Object.entries(all).map(([name, text]) => `${name}=${text}`)
  return parseSignature(value.join('; '), 'dkim')
}

describe('i=', () => {
  test('DKIM-022 is decoded, and folds in it are no part of it', () => {
    expect(parsed({ i: 'a=2Eb=3Dc@\r\n\tnews.example.org' })).toMatchObject({
      ok: true,
      value: { identity: 'a.b=c@news.example.org', identityDomain: 'news.example.org' },
    })
    expect(parsed({ i: '"a=20b"@example.org' })).toMatchObject({ ok: true, value: { identity: '"a b"@example.org' } })
    expect(parsed({ i: 'jos\u00c3\u00a9@example.org' })).toMatchObject({ ok: true })
  })

  test('DKIM-070 needs a local-part by the grammar, or none, and a domain without empty labels', () => {
    for (const i of ['a=20b@example.org', 'a..b@example.org', '"a@example.org', 'a=00@example.org', '@a..example.org'])
      expect(parsed({ i }), i).toMatchObject({ ok: false, fault: { code: 'dkim-identity' } })
    expect(parsed({})).toMatchObject({ ok: true, value: { identity: '@example.org' } })
  })
})

test('DKIM-097 the one method of q= is a literal of the grammar, so of any case', () => {
  expect(parsed({ q: 'DNS/TXT' })).toMatchObject({ ok: true })
  expect(parsed({ q: 'other:dns/txt' })).toMatchObject({ ok: true })
  expect(parsed({ q: 'dns/txtx' })).toMatchObject({ ok: false, fault: { code: 'dkim-query' } })
})
