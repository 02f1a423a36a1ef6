import { describe, expect, test } from 'vitest'
import { parseZoneFile } from '../dns/zone-file.ts'
import { zoneResolver } from '../dns/zone-resolver.ts'
import { withCrlfLineEnds } from '../message/line-ends.ts'
import { keyRecordZoneLine } from './key-generation.ts'
import { parseKeyRecord, rsaBitsMinimum } from './key-record.ts'
import { parseSignature } from './signature.ts'
import { ed25519, field, rsa, sign, verify } from './signed.sample.ts'

const fields = ['From: a@example.org', 'To: b@example.net', 'Subject: x'].map(field)
const body = 'Hello\r\n'
const records = { 's._domainkey.example.org': rsa.record, 'e._domainkey.example.org': ed25519.record }

function tagsOf({ text }: { readonly text: string }) {
  const read = parseSignature(text.slice(text.indexOf(':') + 1), 'dkim')
  if (!read.ok) throw new Error(read.fault.text)
  return read.value
}

describe('signing', () => {
  test('DKIM-050, DKIM-076 signatures are rsa-sha256 or ed25519-sha256, by the kind of the key', () => {
    expect(tagsOf(sign(fields, body)).algorithm).toBe('rsa-sha256')
    expect(tagsOf(sign(fields, body, { key: ed25519.privateKey })).algorithm).toBe('ed25519-sha256')
    expect(sign(fields, body).text).not.toContain('sha1')
  })

  test('DKIM-052 From is signed, whatever else is', () => {
    expect(tagsOf(sign(fields, body)).signedNames).toContain('from')
    expect(tagsOf(sign([field('From: a@example.org')], '')).signedNames.filter(name => name === 'from')).toHaveLength(2)
  })

  test('DKIM-058 bare line ends become CRLF before signing, and what then travels verifies', async () => {
    const stored = 'one\ntwo\rthree\r\nfour\n\r\n'
    const travelled = Buffer.from(withCrlfLineEnds(Buffer.from(stored))).toString()
    expect(travelled).toBe('one\r\ntwo\r\nthree\r\nfour\r\n\r\n')
    const signature = sign(fields, travelled, { headerCanonicalization: 'simple', bodyCanonicalization: 'simple' })
    expect((await verify([signature, ...fields], travelled))[0]?.result).toBe('pass')
  })

  test('DKIM-059, DKIM-060 a new field goes on top of the header and covers no signature that is there', async () => {
    const first = sign(fields, body)
    const second = sign([first, ...fields], body, { selector: 'e', key: ed25519.privateKey })
    expect(tagsOf(second).signedNames).not.toContain('dkim-signature')
    expect(
      (await verify([second, first, ...fields], body, { records })).map(found => [found.selector, found.result]),
    ).toEqual([
      ['e', 'pass'],
      ['s', 'pass'],
    ])
  })

  test('DKIM-061 what is changed before signing is covered, what is changed behind is not', async () => {
    const list = [...fields.slice(0, 2), field('Subject: [list] x')]
    expect((await verify([sign(list, `${body}-- \r\nlist\r\n`), ...list], `${body}-- \r\nlist\r\n`))[0]?.result).toBe(
      'pass',
    )
    expect((await verify([sign(fields, body), ...list], body))[0]?.result).toBe('fail')
  })

  test('DKIM-015, DKIM-051 keys of two algorithms stand at two selectors, and each signature finds its own', async () => {
    const pair = [sign(fields, body), sign(fields, body, { selector: 'e', key: ed25519.privateKey })]
    expect((await verify([...pair, ...fields], body, { records })).map(found => found.result)).toEqual(['pass', 'pass'])
    // The key of the other kind does not fit.
    const swapped = { 's._domainkey.example.org': ed25519.record, 'e._domainkey.example.org': rsa.record }
    expect((await verify([...pair, ...fields], body, { records: swapped })).map(found => found.code)).toEqual([
      'dkim-key-unfit',
      'dkim-key-unfit',
    ])
  })
})

describe('keys', () => {
  test('DKIM-010, DKIM-011 a new RSA key is far above 1024 bits', () => {
    const read = parseKeyRecord(rsa.record)
    expect(read).toMatchObject({ ok: true, value: { bits: 2048 } })
    expect(read.ok && read.value.bits >= 2 * rsaBitsMinimum).toBe(true)
  })

  test('DKIM-001 the record stands at selector._domainkey.domain; a selector is labels of host names', () => {
    expect(keyRecordZoneLine('a.b', 'example.org', ed25519.record)).toMatch(
      /^a\.b\._domainkey\.example\.org\. IN TXT "v=DKIM1/,
    )
    const selector = (text: string) =>
      parseSignature(`v=1; a=rsa-sha256; d=example.org; s=${text}; h=from; bh=AAAA; b=AAAA`, 'dkim')
    for (const text of ['s', 's1.mail', 'x--y', '2024']) expect([text, selector(text).ok]).toEqual([text, true])
    for (const text of ['', '.', 'a..b', '-a', 'a-', 'a b', 'a\u0000', "a'", '*', `${'a'.repeat(64)}`])
      expect([text, selector(text).ok]).toEqual([text, false])
  })

  test('DKIM-002 the strings of a key record are joined without white space', async () => {
    const zone = keyRecordZoneLine('s', 'example.org', rsa.record)
    expect(zone.split('"').length).toBeGreaterThan(4)
    const resolver = zoneResolver({ records: parseZoneFile(zone).records, label: 'zone' })
    expect((await verify([sign(fields, body), ...fields], body, { resolver }))[0]?.result).toBe('pass')
  })
})
