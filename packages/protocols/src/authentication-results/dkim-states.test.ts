import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { authenticate } from '../authentication/authenticate.ts'
import { resultItems } from '../authentication/result-items.ts'
import type { RawField } from '../dkim/canonical-header.ts'
import { keyRecordOf } from '../dkim/key-generation.ts'
import { field, now, rsa, sign, signByHand, verify } from '../dkim/signed.sample.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'

const ip = parseIpAddress('192.0.2.1')
if (ip === null) throw new Error('no address')
const address = ip
const from = field('From: a@example.org')
const good = sign([from], 'Hello\r\n')

/** The `dkim=` words for a message with this signature and these records. */
async function words(
  signature: RawField | null,
  records: Readonly<Record<string, string>> = { 's._domainkey.example.org': rsa.record },
  fail: readonly string[] = [],
) {
  const lines = [...(signature === null ? [] : [signature.text]), from.text, '', 'Hello\r\n']
  const report = await authenticate(
    Buffer.from(lines.join('\r\n'), 'latin1'),
    { ip: address, helo: 'mx.example.org', mailFrom: 'user@example.org' },
    { resolver: resolverFrom({ txt: records, fail }), now },
  )
  return resultItems(report, address).filter(({ method }) => method === 'dkim')
}

const result = async (...given: Parameters<typeof words>) => (await words(...given)).map(item => item.result)

describe('the state of a signature as a result', () => {
  test('AR-030 no signature is none', async () => expect(await result(null)).toEqual(['none']))

  test('AR-031 one that holds is pass', async () => expect(await result(good)).toEqual(['pass']))

  test('AR-032 a wrong signature or body hash is fail', async () => {
    expect(await result(sign([from], 'Other\r\n'))).toEqual(['fail'])
    expect(await result(sign([field('From: b@example.org')], 'Hello\r\n'))).toEqual(['fail'])
  })

  test('AR-033 one that holds and is refused locally is policy', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const records = { 's._domainkey.example.org': keyRecordOf(privateKey) }
    const short = [sign([from], 'Hello\r\n', { key: privateKey }), from]
    expect(await verify(short, 'Hello\r\n', { records, rsaBitsMinimum: 2048 })).toMatchObject([
      { result: 'policy', code: 'dkim-key-small' },
    ])
    expect(await verify(short, 'Hello\r\n', { records })).toMatchObject([{ result: 'pass' }])
    const part = signByHand(
      'a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; l=2; h=from',
      'from:a@example.org\r\n',
      'He',
    )
    expect(await result(part)).toEqual(['policy'])
  })

  test('AR-034 errors of syntax, unknown algorithms and expiry are neutral', async () => {
    for (const [a, b] of [
      ['a=rsa-sha256', 'a=rsa-new'],
      ['c=relaxed/relaxed', 'c=odd'],
      ['v=1', 'v=2'],
      ['d=example.org', 'd=example..org'],
    ] as const)
      expect([b, await result(field(good.text.replace(a, b)))]).toEqual([b, ['neutral']])
    expect(await result(sign([from], 'Hello\r\n', { now: now - 1000, lifetime: 10 }))).toEqual(['neutral'])
  })

  test('AR-035 a key server that does not answer is temperror', async () => {
    expect(await result(good, {}, ['txt s._domainkey.example.org'])).toEqual(['temperror'])
  })

  test('AR-036 no key, a revoked or broken one, a missing tag, sha1 and short keys are permerror', async () => {
    expect(await result(good, {})).toEqual(['permerror'])
    for (const record of ['v=DKIM1; p=', 'v=DKIM1; p=%', 'v=DKIM1; k=rsa'])
      expect([record, await result(good, { 's._domainkey.example.org': record })]).toEqual([record, ['permerror']])
    expect(await result(field(good.text.replace(/bh=[^;]*;/, '')))).toEqual(['permerror'])
    expect(await result(field(good.text.replace('rsa-sha256', 'rsa-sha1')))).toEqual(['permerror'])
    expect(await result(field(good.text.replace(/h=[^;]*;/, 'h=subject;')))).toEqual(['permerror'])
  })
})

describe('what the items hold', () => {
  test('AR-011, AR-012 SPF tells the domain alone, and nothing that was not authenticated', async () => {
    const report = await authenticate(
      Buffer.from('From: a@example.org\r\n\r\n'),
      { ip: address, helo: 'mx.example.org', mailFrom: 'secret.person@example.org' },
      { resolver: resolverFrom({ txt: { 'example.org': 'v=spf1 +all' } }), now },
    )
    const items = resultItems(report, address)
    expect(JSON.stringify(items)).not.toContain('secret')
    expect(items[0]).toMatchObject({
      result: 'pass',
      properties: [{ type: 'smtp', name: 'mailfrom', value: 'example.org' }],
    })
  })

  test('AR-013 there is one item for each signature, told apart by the first characters of b=', async () => {
    const [item] = await words(good)
    const start = /b=\s*([^;]*)$/.exec(good.text)?.[1]?.replace(/\s/g, '').slice(0, 8)
    expect(item?.properties.find(({ name }) => name === 'b')?.value).toBe(start)
  })
})
