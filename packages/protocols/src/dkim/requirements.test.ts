import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { keyRecordOf } from './key-generation.ts'
import { parseKeyRecord } from './key-record.ts'
import { ed25519, field, rsa, sign, signByHand, verify } from './signed.sample.ts'

const fields = ['From: a@example.org', 'Subject: x'].map(field)
const body = 'Hello\r\n'
const records = { 's._domainkey.example.org': rsa.record, 'e._domainkey.example.org': ed25519.record }

describe('keys', () => {
  test('DKIM-077, DKIM-078 RSA keys of 1024, 2048 and 4096 bits verify, and Ed25519', async () => {
    for (const modulusLength of [1024, 2048, 4096]) {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength })
      const record = keyRecordOf(createPublicKey(privateKey))
      const found = await verify([sign(fields, body, { key: privateKey }), ...fields], body, {
        records: { 's._domainkey.example.org': record },
      })
      expect(found).toMatchObject([{ result: 'pass', keyBits: modulusLength }])
    }
    const signature = sign(fields, body, { key: ed25519.privateKey, selector: 'e' })
    expect(await verify([signature, ...fields], body, { records })).toMatchObject([{ result: 'pass', keyBits: 256 }])
  })

  test('DKIM-076 a signature that holds with an RSA key of 1016 bits is permerror all the same', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1016 })
    const found = await verify([sign(fields, body, { key: privateKey }), ...fields], body, {
      records: { 's._domainkey.example.org': keyRecordOf(privateKey) },
    })
    expect(found).toMatchObject([{ result: 'permerror', code: 'dkim-key-small' }])
  })

  test('DKIM-082 with flag s a signature for a name below d= is refused, one for d= itself is not', async () => {
    const strict = { 's._domainkey.example.org': rsa.record.replace('v=DKIM1;', 'v=DKIM1; t=s;') }
    const tags = 'a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=from'
    const octets = 'from:a@example.org\r\n'
    const below = signByHand(`${tags}; i=@news.example.org`, octets, body)
    expect((await verify([below, ...fields], body))[0]?.result).toBe('pass')
    expect(await verify([below, ...fields], body, { records: strict })).toMatchObject([
      { result: 'permerror', code: 'dkim-identity-strict' },
    ])
    const same = signByHand(`${tags}; i=a@example.org`, octets, body)
    expect((await verify([same, ...fields], body, { records: strict }))[0]?.result).toBe('pass')
  })

  test('DKIM-083 under the strict reading a testing key makes the message unsigned, whatever the signature says', async () => {
    const testing = { 's._domainkey.example.org': rsa.record.replace('v=DKIM1;', 'v=DKIM1; t=y;') }
    const signed = [sign(fields, body), ...fields]
    expect(await verify(signed, body, { records: testing, refusesTestingKeys: true })).toMatchObject([
      { result: 'policy', code: 'dkim-key-testing', isTesting: true },
    ])
    expect(await verify(signed, body, { records: testing })).toMatchObject([{ result: 'pass', isTesting: true }])
    // One that does not hold stays a fail in both.
    expect((await verify(signed, 'Other\r\n', { records: testing, refusesTestingKeys: true }))[0]?.result).toBe('fail')
  })

  test('DKIM-006, DKIM-080 a key of a kind that nobody knows is ignored', () => {
    expect(parseKeyRecord('v=DKIM1; k=new; p=AAAA')).toMatchObject({ ok: false, fault: { code: 'dkim-key-type' } })
  })
})

describe('several signatures', () => {
  const good = sign(fields, body)
  const other = sign(fields, body, { key: ed25519.privateKey, selector: 'e' })
  const broken = sign(fields, 'Other\r\n')
  const foreign = sign(fields, body, { domain: 'example.net', selector: 'x' })
  const unreadable = field('DKIM-Signature: v=1; a=rsa-sha256')

  test('DKIM-087 each result comes with d=, s= and the reason', async () => {
    const found = await verify([good, broken, foreign, unreadable, ...fields], body, {
      records,
    })
    expect(found.map(({ domain, selector, result, code }) => [domain, selector, result, code])).toEqual([
      ['example.org', 's', 'pass', 'dkim-pass'],
      ['example.org', 's', 'fail', 'dkim-body-hash'],
      ['example.net', 'x', 'permerror', 'dkim-key-none'],
      [null, null, 'permerror', 'dkim-tag-missing'],
    ])
    expect(found.every(({ text }) => text !== '')).toBe(true)
  })

  test('DKIM-085, DKIM-094 their order means nothing, and a bad one never hurts a good one', async () => {
    const all = [good, other, broken, foreign, unreadable]
    const results = async (order: readonly (typeof good)[]) => {
      const found = await verify([...order, ...fields], body, { records })
      return new Map(found.map(({ index, result }) => [order[index], result]))
    }
    const forwards = await results(all)
    const backwards = await results([...all].reverse())
    for (const signature of all) expect(backwards.get(signature)).toBe(forwards.get(signature))
    expect([forwards.get(good), forwards.get(other)]).toEqual(['pass', 'pass'])
  })
})
