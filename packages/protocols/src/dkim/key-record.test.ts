import { describe, expect, test } from 'vitest'
import { isKeyRecord, parseKeyRecord } from './key-record.ts'
import { ed25519, field, rsa, sign, verify } from './signed.sample.ts'

const [, p = ''] = rsa.record.split('p=')
const fields = [field('From: a@example.org')]
const signed = [sign(fields, ''), ...fields]
const withRecord = async (record: string | readonly string[]) =>
  (await verify(signed, '', { records: { 's._domainkey.example.org': record } }))[0]

describe('key records', () => {
  test('DKIM-004 a version is DKIM1 by exact case, and first; without one it is taken as such', async () => {
    expect((await withRecord(`p=${p}`))?.result).toBe('pass')
    for (const record of [`v=DKIM1.0; p=${p}`, `v=dkim1; p=${p}`, `k=rsa; v=DKIM1; p=${p}`])
      expect([record.slice(0, 20), (await withRecord(record))?.code]).toEqual([record.slice(0, 20), 'dkim-key-version'])
  })

  test('DKIM-007 hashes, services and flags are lists; what nobody knows in them is ignored', async () => {
    for (const tags of ['h=sha1:sha256', 'h=new : sha256', 's=*', 's=tlsrpt:email', 's=new:*', 't=new', 'n=a note'])
      expect([tags, (await withRecord(`v=DKIM1; ${tags}; p=${p}`))?.result]).toEqual([tags, 'pass'])
    expect((await withRecord(`v=DKIM1; h=new; p=${p}`))?.code).toBe('dkim-key-hash')
    expect(parseKeyRecord(`v=DKIM1; t=y : s; p=${p}`)).toMatchObject({ value: { isTesting: true, isStrict: true } })
  })

  test('DKIM-009 what is made is a SubjectPublicKeyInfo with the object identifier of RSA', () => {
    // 2a864886f70d010101 is rsaEncryption (RFC 8017 App A.1).
    expect(Buffer.from(p, 'base64').subarray(0, 24).toString('hex')).toContain('2a864886f70d010101')
  })

  test('DKIM-013 the obsolete g= is ignored', async () => {
    expect((await withRecord(`v=DKIM1; g=nobody; p=${p}`))?.result).toBe('pass')
  })

  test('DKIM-014 texts that a wildcard gives are no key records', () => {
    for (const text of ['v=spf1 -all', 'google-site-verification=x', 'v=DMARC1; p=none']) {
      if (text.includes('p=')) expect(parseKeyRecord(text)).toMatchObject({ fault: { code: 'dkim-key-version' } })
      else expect(isKeyRecord(text)).toBe(false)
    }
  })

  test('DKIM-093 blanks round colons, a missing v=, folded base64 and a blank in front are accepted', async () => {
    expect((await withRecord(`  p=${p.slice(0, 40)} ${p.slice(40, 80)}\t${p.slice(80)}`))?.result).toBe('pass')
    const spaced = [field(signed[0]?.text.replace(/h=([a-z-]+):/, 'h=$1 :\r\n\t') ?? ''), ...fields]
    // The fold is part of what was signed, so only its reading is proven here.
    expect((await verify(spaced, ''))[0]).toMatchObject({ code: 'dkim-signature' })
  })

  test('DKIM-095 the reason of a failure is told, with what it is about', async () => {
    expect(await withRecord('v=DKIM1; p=')).toMatchObject({ text: expect.stringContaining('revoked') })
    expect((await verify(signed, '', { records: {} }))[0]?.text).toContain('s._domainkey.example.org')
  })
})

describe('what is signed', () => {
  test('DKIM-053, DKIM-055, DKIM-056 no trace fields, the whole body, relaxed forms', () => {
    const lines = ['Return-Path: <a@example.org>', 'Received: from x', 'From: a@example.org', 'Sender: b@example.org']
    const more = [
      'Comments: c',
      'Keywords: k',
      'Authentication-Results: x; none',
      'List-Id: <l>',
      'Resent-From: r@x.example',
    ]
    const { text } = sign([...lines, ...more].map(field), 'x\r\n', { key: ed25519.privateKey })
    const names = /h=([^;]*)/.exec(text)?.[1]?.replace(/\s/g, '').split(':') ?? []
    for (const name of ['return-path', 'received', 'comments', 'keywords', 'authentication-results'])
      expect(names).not.toContain(name)
    for (const name of ['from', 'sender', 'list-id', 'resent-from']) expect(names).toContain(name)
    expect(text).toContain('c=relaxed/relaxed')
    expect(text).not.toMatch(/[;\s]l=/)
  })
})
