import { createHash, generateKeyPairSync, verify as verifyOctets } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RawField } from '../dkim/canonical-header.ts'
import { generateDkimKey, keyRecordOf } from '../dkim/key-generation.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { ArcSealer, type SealingOptions } from './seal.ts'
import { ArcVerifier } from './verify.ts'

const rsa = generateDkimKey('rsa')
const now = 1_700_000_000
const body = Buffer.from('Hello\r\n')
const message = ['DKIM-Signature: v=1; d=example.org', 'From: a@example.org', 'Subject: x'].map(field)

function field(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}

function sealed(fields: readonly RawField[], over: Partial<SealingOptions> = {}): RawField[] {
  const sealer = new ArcSealer(fields, {
    domain: 'lists.example',
    selector: 'arc',
    key: rsa.privateKey,
    now,
    results: 'lists.example; spf=pass smtp.mailfrom=example.org; dkim=none; dmarc=pass header.from=example.org',
    status: 'none',
    ...over,
  })
  sealer.body(body)
  const set = sealer.end()
  return set === null ? [...fields] : [field(set.seal), field(set.message), field(set.results), ...fields]
}

async function verify(fields: readonly RawField[], record = rsa.record) {
  const resolver = resolverFrom({ txt: { 'arc._domainkey.lists.example': record } })
  const verifier = new ArcVerifier(fields, { resolver, now })
  verifier.body(body)
  return verifier.end()
}

/** RFC 6376 s3.4.2, written out again. */
function relaxed(text: string): string {
  const [, name = '', value = ''] = /^([^:]*):(.*)$/s.exec(text) ?? []
  const unfolded = value.replace(/\r\n/g, '').replace(/[ \t]+/g, ' ')
  return `${name.toLowerCase().trim()}:${unfolded.trim()}`
}

const tagNames = (text: string) =>
  text
    .slice(text.indexOf(':') + 1)
    .split(';')
    .map(tag => tag.slice(0, tag.indexOf('=')).trim())

describe('a set', () => {
  test('ARC-001 is three fields of one instance, counted from 1, exactly one of each', () => {
    const chain = sealed(sealed(message), { status: 'pass' })
    const instances = (name: string) =>
      chain.filter(entry => entry.name === name).map(entry => /[:;]\s*i=(\d+)/.exec(entry.text)?.[1])
    for (const name of ['arc-seal', 'arc-message-signature', 'arc-authentication-results'])
      expect([name, instances(name)]).toEqual([name, ['2', '1']])
  })

  test('ARC-002 all results of this ADMD stand in one field behind the instance', () => {
    const results = sealed(message).filter(({ name }) => name === 'arc-authentication-results')
    expect(results.map(({ text }) => text)).toEqual([
      'ARC-Authentication-Results: i=1; lists.example; spf=pass smtp.mailfrom=example.org; dkim=none; dmarc=pass header.from=example.org',
    ])
  })

  test('ARC-003 the message signature has no v=, and covers the signatures that are there', () => {
    const text = sealed(message)[1]?.text ?? ''
    expect(tagNames(text)).not.toContain('v')
    expect(text.replace(/\s/g, '')).toMatch(/;h=[a-z:-]*dkim-signature/)
  })

  test('ARC-004 the seal has seven tags and covers all sets in order, its own field last without b= and CRLF', () => {
    const chain = sealed(sealed(message), { status: 'pass' })
    const [seal2, message2, results2, seal1, message1, results1] = chain.map(({ text }) => text)
    const text = seal2 ?? ''
    expect(tagNames(text).sort()).toEqual(['a', 'b', 'cv', 'd', 'i', 's', 't'])
    const at = text.lastIndexOf('b=') + 2
    const covered = [results1, message1, seal1, results2, message2].map(entry => `${relaxed(entry ?? '')}\r\n`).join('')
    const octets = Buffer.from(covered + relaxed(text.slice(0, at)))
    const signature = Buffer.from(text.slice(at).replace(/\s/g, ''), 'base64')
    expect(verifyOctets('RSA-SHA256', octets, rsa.privateKey, signature)).toBe(true)
  })

  test('ARC-006 with cv=fail the seal covers its own set alone', () => {
    const [seal, signature, results] = sealed(sealed(message), { status: 'fail' }).map(({ text }) => text)
    const text = seal ?? ''
    const at = text.lastIndexOf('b=') + 2
    const covered = [results, signature].map(entry => `${relaxed(entry ?? '')}\r\n`).join('')
    expect(
      verifyOctets(
        'RSA-SHA256',
        Buffer.from(covered + relaxed(text.slice(0, at))),
        rsa.privateKey,
        Buffer.from(text.slice(at).replace(/\s/g, ''), 'base64'),
      ),
    ).toBe(true)
  })
})

describe('validation', () => {
  const alter = (fields: readonly RawField[], name: string, from: string | RegExp, to: string) =>
    fields.map(entry => (entry.name === name ? field(entry.text.replace(from, to)) : entry))

  test('ARC-010 cv that does not fit its instance, h= in a seal, a set too many', async () => {
    const chain = sealed(message)
    expect(await verify(alter(chain, 'arc-seal', 'cv=none', 'cv=pass'))).toMatchObject({ code: 'arc-chain-status' })
    const second = sealed(chain, { status: 'pass' })
    const none = second.map((entry, index) => (index === 0 ? field(entry.text.replace('cv=pass', 'cv=none')) : entry))
    expect(await verify(none)).toMatchObject({ code: 'arc-chain-status' })
    expect(await verify(alter(chain, 'arc-seal', 's=arc;', 's=arc; h=from;'))).toMatchObject({
      result: 'fail',
      code: 'arc-seal-signed-names',
    })
    expect(await verify(alter(chain, 'arc-seal', 'i=1', 'i=51'))).toMatchObject({ code: 'arc-instance' })
  })

  test('ARC-017 keys and algorithms by the rules of DKIM: sha1, short keys, a selector that is no name', async () => {
    const chain = sealed(message)
    expect(await verify(alter(chain, 'arc-seal', 'rsa-sha256', 'rsa-sha1'))).toMatchObject({
      code: 'arc-seal-algorithm',
    })
    expect(await verify(alter(chain, 'arc-message-signature', 'rsa-sha256', 'rsa-sha1'))).toMatchObject({
      code: 'arc-message-signature',
    })
    expect(await verify(alter(chain, 'arc-seal', 's=arc', 's=evil.example\u0000'))).toMatchObject({
      code: 'arc-seal-signer',
    })
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1016 })
    expect(await verify(sealed(message, { key: privateKey }), keyRecordOf(privateKey))).toMatchObject({
      result: 'fail',
      text: expect.stringContaining('under 1024'),
    })
    expect(await verify(chain, 'v=DKIM1; p=')).toMatchObject({ result: 'fail' })
    expect(await verify(chain, rsa.record.replace('v=DKIM1;', 'v=DKIM1; s=tlsrpt;'))).toMatchObject({ result: 'fail' })
  })

  test('ARC-020 names of U-labels are read, and their keys stand at A-labels', async () => {
    const utf8 = Buffer.from('b\u00fccher.example').toString('latin1')
    const fields = sealed(message, { domain: utf8 })
    const resolver = resolverFrom({ txt: { 'arc._domainkey.xn--bcher-kva.example': rsa.record } })
    const verifier = new ArcVerifier(fields, { resolver, now })
    verifier.body(body)
    expect(await verifier.end()).toMatchObject({ result: 'pass' })
  })

  test('ARC-017 a v= in a message signature and tags that nobody knows are covered and ignored', async () => {
    const names = 'from:subject'
    const hash = createHash('sha256').update(body).digest('base64')
    const sealer = new ArcSealer(message, {
      domain: 'lists.example',
      selector: 'arc',
      key: rsa.privateKey,
      now,
      results: 'lists.example; none',
      status: 'none',
    })
    sealer.body(body)
    const set = sealer.end()
    if (set === null) throw new Error('nothing was sealed')
    const { signatureOf } = await import('../dkim/sign.ts')
    const signature = `ARC-Message-Signature: i=1; v=1; a=rsa-sha256; c=relaxed/relaxed; d=lists.example; s=arc; xnew=y; h=${names}; bh=${hash}; b=`
    const covered = `from:a@example.org\r\nsubject:x\r\n${relaxed(signature)}`
    const signed = signature + signatureOf(Buffer.from(covered), 'rsa-sha256', rsa.privateKey).toString('base64')
    const seal = 'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=lists.example; s=arc; xnew=y; b='
    const chain = `${relaxed(set.results)}\r\n${relaxed(signed)}\r\n${relaxed(seal)}`
    const sealText = seal + signatureOf(Buffer.from(chain), 'rsa-sha256', rsa.privateKey).toString('base64')
    expect(await verify([field(sealText), field(signed), field(set.results), ...message])).toMatchObject({
      result: 'pass',
    })
  })
})
