import { createHash, verify as verifyOctets } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readHeaderBlock } from '../message/header.ts'
import { BodyHash } from './body-hash.ts'
import { rawFieldsOf } from './canonical-header.ts'
import { parseSignature } from './signature.ts'
import { ed25519, field, rsa, sign, signByHand, verify } from './signed.sample.ts'

const both = { 's._domainkey.example.org': rsa.record, 'e._domainkey.example.org': ed25519.record }

// RFC 6376 s3.4.5, with a From in front.
const given = ['From: a@example.org', 'A: X', 'B : Y\t\r\n\tZ  '].map(field)
const body = ' C \r\nD \t E\r\n\r\n\r\n'
const relaxedBody = ' C\r\nD E\r\n'
const simpleBody = ' C \r\nD \t E\r\n'

describe('what a signature covers', () => {
  test('DKIM-030, DKIM-032 simple: fields byte for byte, the body with one line end', async () => {
    const octets = 'From: a@example.org\r\nA: X\r\nB : Y\t\r\n\tZ  \r\n'
    const signature = signByHand('a=rsa-sha256; c=simple/simple; d=example.org; s=s; h=From:A:B', octets, simpleBody)
    expect(await verify([signature, ...given], body)).toMatchObject([{ result: 'pass' }])
  })

  test('DKIM-031, DKIM-033 relaxed: the example of RFC 6376 s3.4.5', async () => {
    const octets = 'from:a@example.org\r\na:X\r\nb:Y Z\r\n'
    const signature = signByHand('a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=From:A:B', octets, relaxedBody)
    expect(await verify([signature, ...given], body)).toMatchObject([{ result: 'pass' }])
  })

  test('DKIM-037 fields in the order of h=, each with CRLF, then the own field without b= and without CRLF', async () => {
    const octets = 'b:Y Z\r\nfrom:a@example.org\r\n'
    const tags = 'a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=b:from'
    const signature = signByHand(tags, octets, relaxedBody)
    expect(await verify([signature, ...given], body)).toMatchObject([{ result: 'pass' }])
    for (const wrong of ['from:a@example.org\r\nb:Y Z\r\n', 'b:Y Z\r\nfrom:a@example.org'])
      expect(await verify([signByHand(tags, wrong, relaxedBody), ...given], body)).toMatchObject([
        { result: 'fail', code: 'dkim-signature' },
      ])
    // White space in and around b= is not covered.
    const folded = field(signature.text.replace(/b=([^;]{20})([^;]*)$/, 'b= \r\n\t$1\r\n\t$2 '))
    expect(await verify([folded, ...given], body)).toMatchObject([{ result: 'pass' }])
  })

  test('DKIM-038 repeated names are taken from the bottom up; a name listed once too often adds nothing', async () => {
    const fields = ['Subject: top', 'From: a@example.org', 'Subject: middle', 'Subject: bottom'].map(field)
    const tags = (names: string) => `a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=${names}`
    const cases: readonly (readonly [names: string, octets: string])[] = [
      ['from:subject', 'from:a@example.org\r\nsubject:bottom\r\n'],
      ['from:subject:subject', 'from:a@example.org\r\nsubject:bottom\r\nsubject:middle\r\n'],
      ['from:from:subject', 'from:a@example.org\r\nsubject:bottom\r\n'],
      ['from:x-absent:subject', 'from:a@example.org\r\nsubject:bottom\r\n'],
    ]
    for (const [names, octets] of cases)
      expect([names, (await verify([signByHand(tags(names), octets, ''), ...fields], ''))[0]?.result]).toEqual([
        names,
        'pass',
      ])
    // A field that is added uses up the name that was listed once too often.
    const guarded = signByHand(tags('from:from:subject'), 'from:a@example.org\r\nsubject:bottom\r\n', '')
    expect(await verify([guarded, field('From: x@evil.example'), ...fields], '')).toMatchObject([{ result: 'fail' }])
  })

  test('DKIM-039 the body is octets: dots at line starts, encoded text and 8-bit octets stand as they are', async () => {
    const octets = 'from:a@example.org\r\n'
    const tags = 'a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=from'
    const text = '.\r\n..two\r\nSGVsbG8=\r\n=3D\r\n\u00ff\u0000\u0080\r\n'
    const signature = signByHand(tags, octets, text)
    const fields = [signature, field('From: a@example.org')]
    expect(await verify(fields, text)).toMatchObject([{ result: 'pass' }])
    expect(await verify(fields, text.replace('..two', '.two'))).toMatchObject([{ code: 'dkim-body-hash' }])
    expect(await verify(fields, text.replace('SGVsbG8=', 'Hello'))).toMatchObject([{ code: 'dkim-body-hash' }])
  })

  test('DKIM-040 a domain of U-labels is covered as it stands, and its key is at the A-labels', async () => {
    const octets = 'from:a@b\u00c3\u00bccher.example\r\n'
    const tags =
      'a=rsa-sha256; c=relaxed/relaxed; d=b\u00c3\u00bccher.example; i=@b\u00c3\u00bccher.example; s=s; h=from'
    const fields = [signByHand(tags, octets, ''), field('From: a@b\u00c3\u00bccher.example')]
    const found = await verify(fields, '', { records: { 's._domainkey.xn--bcher-kva.example': rsa.record } })
    expect(found).toMatchObject([{ result: 'pass', domain: 'xn--bcher-kva.example' }])
    // The same signature with the domain written as A-label covers something else.
    const rewritten = fields.map(({ text }) => field(text.replace(/d=[^;]*/, 'd=xn--bcher-kva.example')))
    expect(
      (await verify(rewritten, '', { records: { 's._domainkey.xn--bcher-kva.example': rsa.record } }))[0]?.result,
    ).not.toBe('pass')
  })

  test('DKIM-041 RSA is PKCS#1 v1.5 over SHA-256, Ed25519 is over the 32 octets of SHA-256', () => {
    const fields = [field('From: a@example.org')]
    for (const pair of [rsa, ed25519]) {
      const { text } = sign(fields, 'x\r\n', { key: pair.privateKey, fields: ['from'] })
      const read = parseSignature(text.slice(text.indexOf(':') + 1), 'dkim')
      if (!read.ok) throw new Error(read.fault.text)
      const own = text.slice(0, text.lastIndexOf('b=') + 2)
      const relaxed = own
        .replace(/^DKIM-Signature: */, 'dkim-signature:')
        .replace(/\r\n/g, '')
        .replace(/[ \t]+/g, ' ')
      const octets = Buffer.from(`from:a@example.org\r\n${relaxed}`)
      const isRight =
        pair === rsa
          ? verifyOctets('RSA-SHA256', octets, pair.privateKey, read.value.signature)
          : verifyOctets(null, createHash('sha256').update(octets).digest(), pair.privateKey, read.value.signature)
      expect([pair.keyType, isRight]).toEqual([pair.keyType, true])
    }
  })

  test('DKIM-035 canonical forms are for hashing: the message stays octet for octet', async () => {
    const message = Buffer.from(`From: a@example.org\r\nB : Y\t\r\n\tZ  \r\n\r\n${body}`, 'latin1')
    const before = Buffer.from(message)
    const block = readHeaderBlock(message)
    const fields = rawFieldsOf(message, block)
    const signature = sign(fields, body)
    expect((await verify([signature, ...fields], body))[0]?.result).toBe('pass')
    const hash = new BodyHash('relaxed', null)
    hash.update(message.subarray(block.bodyAt))
    hash.digest(null)
    expect(message.equals(before)).toBe(true)
    expect(fields.map(({ text }) => text)).toEqual(['From: a@example.org', 'B : Y\t\r\n\tZ  '])
  })
})

describe('tags', () => {
  const fields = [field('From: a@example.org')]
  const tags = 'a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=from'
  const octets = 'from:a@example.org\r\n'

  test('DKIM-020 a tag that nobody knows is covered by the signature, and otherwise ignored', async () => {
    const signature = signByHand(`${tags}; xnew=one two`, octets, '')
    expect(await verify([signature, ...fields], '')).toMatchObject([{ result: 'pass' }])
    const changed = field(signature.text.replace('one two', 'one'))
    expect(await verify([changed, ...fields], '')).toMatchObject([{ result: 'fail', code: 'dkim-signature' }])
  })

  test('DKIM-021 values are compared with their case, where the tag does not say otherwise', async () => {
    const otherCase = (record: string) =>
      verify([sign(fields, ''), ...fields], '', { records: { 's._domainkey.example.org': record } })
    expect((await otherCase(rsa.record.replace('v=DKIM1', 'v=dkim1')))[0]).toMatchObject({ code: 'dkim-key-version' })
    // h= and d= say otherwise: names of fields and of domains.
    const spelt = signByHand(tags.replace('h=from', 'h=FROM').replace('d=example.org', 'd=Example.ORG'), octets, '')
    expect((await verify([spelt, ...fields], ''))[0]?.result).toBe('pass')
    const signature = signByHand(tags, octets, 'x\r\n')
    const hash = /bh=([^;]*)/.exec(signature.text)?.[1] ?? ''
    const swapped = hash.replace(/[A-Za-z]/g, letter =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    )
    const wrong = field(signature.text.replace(hash, swapped))
    expect((await verify([wrong, ...fields], 'x\r\n'))[0]).toMatchObject({ result: 'fail', code: 'dkim-body-hash' })
  })

  test('DKIM-023 white space round a value is no part of it, and a value may be empty', async () => {
    const spaced = tags.replace('d=example.org', 'd=\r\n\t example.org\r\n\t ').replace('s=s', 's = s ').concat('; n=')
    const own = 'a=rsa-sha256; c=relaxed/relaxed; d= example.org ; s = s ; h=from; n='
    const value = signByHand(own, octets, '')
    // The relaxed form of the folded field is the field with single blanks.
    const folded = field(value.text.replace(own, spaced))
    expect(await verify([folded, ...fields], '')).toMatchObject([{ result: 'pass', domain: 'example.org' }])
    expect((await verify([value, ...fields], '', { records: both }))[0]?.result).toBe('pass')
  })
})
