import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { BodyHash } from './body-hash.ts'
import { CanonicalFields, type RawField, relaxedField } from './canonical-header.ts'
import { generateDkimKey, keyRecordOf, keyRecordZoneLine } from './key-generation.ts'
import { isKeyRecord, KeyCache, keyRecordOctetsLimit, parseKeyRecord } from './key-record.ts'
import { DkimSigner, type SigningOptions } from './sign.ts'
import { type Canonicalization, parseSignature, signatureOctetsLimit, signedNamesLimit } from './signature.ts'
import { parseTagList, tagListTagsLimit } from './tag-list.ts'
import { type DkimOptions, DkimVerifier, signaturesLimit } from './verify.ts'

const now = 1_700_000_000
const rsa = generateDkimKey('rsa')
const ed25519 = generateDkimKey('ed25519')
const forms: readonly Canonicalization[] = ['simple', 'relaxed']

const message: readonly RawField[] = [
  { name: 'from', text: 'From:  A  Person <a@example.org>' },
  { name: 'to', text: 'To: b@example.net' },
  { name: 'subject', text: 'Subject: folded\r\n  subject \t here ' },
]
const text = Buffer.from('Hello  there \r\n\r\nBye\t\r\n\r\n\r\n')

function field(value: string): RawField {
  return { name: value.slice(0, value.indexOf(':')).trim().toLowerCase(), text: value }
}

function sign(over: Partial<SigningOptions> = {}, body: Buffer = text, fields = message): RawField {
  const signer = new DkimSigner(fields, { domain: 'example.org', selector: 's1', key: rsa.privateKey, now, ...over })
  signer.body(body)
  return field(signer.end())
}

async function verify(
  fields: readonly RawField[],
  over: Partial<DkimOptions> & { body?: Buffer; record?: string | string[] } = {},
) {
  const { body = text, record = rsa.record, ...options } = over
  const resolver = resolverFrom({ txt: { 's1._domainkey.example.org': record } })
  const verifier = new DkimVerifier(fields, { resolver, now, ...options })
  verifier.body(body)
  return verifier.end()
}

/** A signature field with some tags replaced or taken out; it is not signed again. */
function altered(signature: RawField, tag: string, value: string | null): RawField {
  const without = signature.text.replace(new RegExp(`([:;\\s])${tag}=[^;]*;`), '$1')
  return field(value === null ? without : without.replace('DKIM-Signature:', `DKIM-Signature: ${tag}=${value};`))
}

describe('signing and verifying', () => {
  for (const header of forms)
    for (const body of forms)
      for (const [name, pair] of Object.entries({ rsa, ed25519 }))
        test(`DKIM-042 ${header}/${body} with ${name}`, async () => {
          const signature = sign({ key: pair.privateKey, headerCanonicalization: header, bodyCanonicalization: body })
          expect(await verify([signature, ...message], { record: pair.record })).toMatchObject([
            { result: 'pass', domain: 'example.org' },
          ])
          const [changed] = await verify([signature, ...message], {
            record: pair.record,
            body: Buffer.from('Other\r\n'),
          })
          expect(changed).toMatchObject({ result: 'fail', code: 'dkim-body-hash' })
          const other = [signature, field('From: c@example.org'), ...message.slice(1)]
          expect(await verify(other, { record: pair.record })).toMatchObject([
            { result: 'fail', code: 'dkim-signature' },
          ])
        })

  test('DKIM-054 a second From field breaks the signature, on top or below', async () => {
    const signature = sign()
    for (const fields of [
      [signature, field('From: x@evil.example'), ...message],
      [signature, ...message, field('From: x@evil.example')],
    ])
      expect((await verify(fields))[0]?.result).toBe('fail')
  })

  test('DKIM-031 relaxed survives folding and blanks, simple does not', async () => {
    const changed = [field('FROM :A Person\r\n <a@example.org>'), ...message.slice(1)]
    expect((await verify([sign(), ...changed]))[0]?.result).toBe('pass')
    expect((await verify([sign({ headerCanonicalization: 'simple' }), ...changed]))[0]?.result).toBe('fail')
  })

  test('DKIM-057 the field carries t= and x=', () => {
    expect(sign({ lifetime: 60 }).text).toContain(`t=${now}; x=${now + 60}`)
    expect(sign({ lifetime: null }).text).not.toContain('x=')
  })

  test('a signature is folded at 78 characters', () => {
    for (const line of sign().text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
  })
})

describe('refused signatures', () => {
  const good = sign()
  const cases: readonly (readonly [id: string, tag: string, value: string | null, result: string, code: string])[] = [
    ['DKIM-071 wrong version', 'v', '2', 'neutral', 'dkim-version'],
    ['DKIM-071 missing d=', 'd', null, 'permerror', 'dkim-tag-missing'],
    ['DKIM-071 d= of one label', 'd', 'org', 'neutral', 'dkim-domain'],
    ['DKIM-071 i= beside d=', 'i', '@example.net', 'neutral', 'dkim-identity'],
    ['DKIM-071 From not signed', 'h', 'to:subject', 'permerror', 'dkim-from-unsigned'],
    ['DKIM-071 x= not after t=', 'x', String(now), 'neutral', 'dkim-time'],
    ['DKIM-075 unknown algorithm', 'a', 'rsa-md5', 'neutral', 'dkim-algorithm'],
    ['DKIM-075 unknown canonicalization', 'c', 'loose/loose', 'neutral', 'dkim-canonicalization'],
    ['DKIM-076 rsa-sha1', 'a', 'rsa-sha1', 'permerror', 'dkim-algorithm-sha1'],
    ['DKIM-097 unknown query method', 'q', 'http/x', 'neutral', 'dkim-query'],
    ['ARC-019 an empty name in h=', 'h', 'from::to', 'neutral', 'dkim-signed-names'],
  ]
  for (const [name, tag, value, result, code] of cases)
    test(name, async () =>
      expect(await verify([altered(good, tag, value), ...message])).toMatchObject([{ result, code }]),
    )

  test('DKIM-071 a tag given twice', async () => {
    expect(await verify([field(`${good.text}; d=example.org`), ...message])).toMatchObject([{ code: 'dkim-tags' }])
  })

  test('DKIM-072 expired, with five minutes of allowance', async () => {
    const signature = sign({ lifetime: 10 })
    expect((await verify([signature, ...message], { now: now + 310 }))[0]?.result).toBe('pass')
    expect(await verify([signature, ...message], { now: now + 311 })).toMatchObject([
      { result: 'neutral', code: 'dkim-expired' },
    ])
  })

  test('DKIM-073 dated ahead, with an hour of allowance', async () => {
    expect((await verify([good, ...message], { now: now - 3600 }))[0]?.result).toBe('pass')
    expect(await verify([good, ...message], { now: now - 3601 })).toMatchObject([{ code: 'dkim-future' }])
  })

  test('DKIM-086 a thousand signatures: the limit is tried, the others are named', async () => {
    const found = await verify([...Array.from({ length: 1000 }, () => good), ...message])
    expect(found).toHaveLength(1000)
    expect(found.filter(entry => entry.result === 'pass')).toHaveLength(signaturesLimit)
    expect(found.filter(entry => entry.code === 'dkim-not-tried')).toHaveLength(1000 - signaturesLimit)
  })

  test('DKIM-086 signatures of the Author Domain come first', async () => {
    const foreign = Array.from({ length: signaturesLimit }, () => sign({ domain: 'evil.example' }))
    const found = await verify([...foreign, good, ...message], { preferredDomain: 'example.org' })
    expect(found.at(-1)).toMatchObject({ domain: 'example.org', result: 'pass' })
  })

  test('limits of the field: octets, names', () => {
    const value = (octets: number) => ` v=1; z=${'x'.repeat(octets)}`.slice(0, octets)
    expect(parseSignature(value(signatureOctetsLimit), 'dkim')).toMatchObject({ fault: { code: 'dkim-tag-missing' } })
    expect(parseSignature(`${value(signatureOctetsLimit)}x`, 'dkim')).toMatchObject({
      fault: { code: 'dkim-field-long' },
    })
    const names = (count: number) =>
      `v=1; a=rsa-sha256; b=AAAA; bh=AAAA; d=example.org; s=s; h=${'from:'.repeat(count - 1)}from`
    expect(parseSignature(names(signedNamesLimit), 'dkim').ok).toBe(true)
    expect(parseSignature(names(signedNamesLimit + 1), 'dkim')).toMatchObject({ fault: { code: 'dkim-signed-names' } })
  })
})

describe('keys', () => {
  const good = sign()
  const withRecord = (record: string | string[]) => verify([good, ...message], { record })

  test('DKIM-079 no answer is temperror, DKIM-080 no record is permerror', async () => {
    const fails = resolverFrom({ fail: ['txt s1._domainkey.example.org'] })
    expect(await verify([good, ...message], { resolver: fails })).toMatchObject([
      { result: 'temperror', code: 'dkim-key-temporary' },
    ])
    expect(await verify([good, ...message], { resolver: resolverFrom({}) })).toMatchObject([
      { result: 'permerror', code: 'dkim-key-none' },
    ])
  })

  const [, p = ''] = rsa.record.split('p=')
  const cases: readonly (readonly [id: string, record: string, code: string])[] = [
    ['DKIM-080 revoked', 'v=DKIM1; p=', 'dkim-key-revoked'],
    ['DKIM-080 another version', `v=DKIM2; p=${p}`, 'dkim-key-version'],
    ['DKIM-080 version not first', `p=${p}; v=DKIM1`, 'dkim-key-version'],
    ['DKIM-080 sha256 not allowed', `v=DKIM1; h=sha1; p=${p}`, 'dkim-key-hash'],
    ['DKIM-080 no key', 'v=DKIM1; p=AAAA', 'dkim-key-data'],
    ['DKIM-081 not for mail', `v=DKIM1; s=tlsrpt; p=${p}`, 'dkim-key-service'],
    ['DKIM-080 another type', `v=DKIM1; k=ed25519; p=${p}`, 'dkim-key-data'],
    ['DKIM-080 junk of another kind', 'v=spf1 -all', 'dkim-key-version'],
  ]
  for (const [name, record, code] of cases)
    test(name, async () => expect(await withRecord(record)).toMatchObject([{ result: 'permerror', code }]))

  test('DKIM-083 a testing key passes and is flagged', async () => {
    expect(await withRecord(`v=DKIM1; t=y; p=${p}`)).toMatchObject([{ result: 'pass', isTesting: true }])
  })

  test('DKIM-082 flag s wants the domain of i= to be d=', async () => {
    expect(parseKeyRecord(`v=DKIM1; t=s; p=${p}`)).toMatchObject({ ok: true, value: { isStrict: true } })
  })

  test('DKIM-084 each of several records is tried, junk is left out', async () => {
    expect(isKeyRecord('v=spf1 -all')).toBe(false)
    expect(
      await withRecord(['v=spf1 -all', `v=DKIM1; p=${generateDkimKey('rsa').record.split('p=')[1]}`, rsa.record]),
    ).toMatchObject([{ result: 'pass' }])
  })

  test('DKIM-092 a bare RSAPublicKey and a SubjectPublicKeyInfo are the same key', () => {
    const bare = Buffer.from(p, 'base64').subarray(24).toString('base64')
    const [a, b] = [parseKeyRecord(rsa.record), parseKeyRecord(`v=DKIM1; p=${bare}`)]
    expect(a.ok && b.ok && a.value.material.equals(b.value.material)).toBe(true)
    expect(a).toMatchObject({ value: { bits: 2048 } })
  })

  test('DKIM-076, DKIM-088 keys under 1024 and over 8192 bits, and huge exponents, are refused', () => {
    const key = (bits: number, exponentOctets = 3) => {
      const integer = (octets: Buffer) =>
        Buffer.concat([Buffer.from([0x02, 0x82, octets.length >> 8, octets.length & 0xff]), octets])
      const modulus = Buffer.concat([Buffer.from([0]), Buffer.alloc(bits / 8, 0xff)])
      const numbers = Buffer.concat([integer(modulus), integer(Buffer.alloc(exponentOctets, 1))])
      return `p=${Buffer.concat([Buffer.from([0x30, 0x82, numbers.length >> 8, numbers.length & 0xff]), numbers]).toString('base64')}`
    }
    expect(parseKeyRecord(key(1016))).toMatchObject({ fault: { code: 'dkim-key-small' } })
    expect(parseKeyRecord(key(1024))).toMatchObject({ ok: true, value: { bits: 1024 } })
    expect(parseKeyRecord(key(8192))).toMatchObject({ ok: true, value: { bits: 8192 } })
    expect(parseKeyRecord(key(8200))).toMatchObject({ fault: { code: 'dkim-key-large' } })
    expect(parseKeyRecord(key(16_384))).toMatchObject({ fault: { code: 'dkim-key-large' } })
    expect(parseKeyRecord(key(2048, 6))).toMatchObject({ fault: { code: 'dkim-key-large' } })
  })

  test('a record at the limit of octets is read, one above is not', () => {
    const record = (octets: number) => `p=AAAA; n=${'x'.repeat(octets)}`.slice(0, octets)
    expect(parseKeyRecord(record(keyRecordOctetsLimit))).toMatchObject({ fault: { code: 'dkim-key-data' } })
    expect(parseKeyRecord(record(keyRecordOctetsLimit + 1))).toMatchObject({ fault: { code: 'dkim-key-long' } })
  })

  test('the cache gives the same key for the same text, and none for what is no key', () => {
    const cache = new KeyCache()
    const [a, b] = [rsa.record, ed25519.record].map(record => cache.of(record).key)
    expect(a !== null && b !== null && a !== b).toBe(true)
    expect([rsa.record, ed25519.record].map(record => cache.of(record).key)).toEqual([a, b])
    expect(cache.of('v=DKIM1; p=AAAA').key).toBeNull()
  })

  test('DKIM-005 the record that is made names the key, its zone line holds strings of 255 octets', () => {
    expect(keyRecordOf(ed25519.privateKey)).toMatch(/^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/)
    for (const [, string = ''] of keyRecordZoneLine('s1', 'example.org', rsa.record).matchAll(/"([^"]*)"/g))
      expect(string.length).toBeLessThanOrEqual(255)
  })

  test('DKIM-089 octets beyond l= make policy, not pass, unless they are accepted', async () => {
    const value = await signedWithLength(5)
    expect(await verify([value, ...message])).toMatchObject([{ result: 'policy', code: 'dkim-body-uncovered' }])
    expect(await verify([value, ...message], { acceptsUncovered: true })).toMatchObject([{ result: 'pass' }])
    expect(await verify([await signedWithLength(10_000), ...message])).toMatchObject([
      { result: 'permerror', code: 'dkim-body-length' },
    ])
  })
})

/** A signature with l=, which our signer never writes (DKIM-055). */
async function signedWithLength(length: number): Promise<RawField> {
  const { signatureOf } = await import('./sign.ts')
  const hash = new BodyHash('relaxed', BigInt(length))
  hash.update(text)
  const value = `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1; l=${length}; h=from; bh=${hash.digest(BigInt(length)).toString('base64')}; b=`
  const octets = new CanonicalFields(message).signed(['from'], 'relaxed') + relaxedField(value)
  return field(value + signatureOf(Buffer.from(octets, 'latin1'), 'rsa-sha256', rsa.privateKey).toString('base64'))
}

describe('tag lists', () => {
  test('DKIM-003 blanks round names and values, a final semicolon, exact case', () => {
    const list = parseTagList(' a = 1 ;\r\n\tB=x y; c=;')
    expect(list.ok && [...list.value.values()].map(({ name, value }) => [name, value])).toEqual([
      ['a', '1'],
      ['B', 'x y'],
      ['c', ''],
    ])
  })

  test('DKIM-003 repeated names, empty tags and missing names are faults', () => {
    for (const list of ['a=1; a=2', 'a=1;;b=2', '=1', 'a', '1a=2', ''])
      expect([list, parseTagList(list).ok]).toEqual([list, list === ''])
  })

  test('a list at the limit of tags is read, one above is not', () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => `t${index}=x`).join(';')
    expect(parseTagList(list(tagListTagsLimit)).ok).toBe(true)
    expect(parseTagList(list(tagListTagsLimit + 1))).toMatchObject({ fault: { code: 'tag-list-limit' } })
  })

  test('any field is read without throwing', () => {
    const word = fc.constantFrom(
      'v=1',
      ';',
      ' ',
      'a=',
      'rsa-sha256',
      'b=',
      'AAAA',
      'bh=',
      'd=',
      'example.org',
      's=',
      'h=',
      'from',
      ':',
      'c=',
      'relaxed',
      '/',
      'l=',
      '9',
      'x=',
      't=',
      '\r\n ',
      '\u0000',
      '\u00ff',
      'q=',
      'i=@',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), words => {
        parseSignature(words.join(''), 'dkim')
        parseKeyRecord(words.join(''))
        return true
      }),
      { numRuns: 3000 },
    )
  })
})
