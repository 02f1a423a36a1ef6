import { describe, expect, test } from 'vitest'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { parseZoneFile } from '../dns/zone-file.ts'
import { zoneResolver } from '../dns/zone-resolver.ts'
import { address, checkRecord } from './check.sample.ts'
import { checkHost } from './evaluate.ts'
import { parseSpfRecord } from './record.ts'

const check = { ip: address('192.0.2.1'), sender: 'a@example.org', helo: 'mail.example.org', now: 0 }

describe('where a record counts', () => {
  test('SPF-001, SPF-002 one TXT question, at the very name; type 99 and other names are never asked', async () => {
    expect((await checkRecord('v=spf1 -all')).asked).toEqual(['TXT example.org'])
    const { asked } = await checkRecord('none here', {
      dns: { txt: { '_spf.example.org': 'v=spf1 +all', 'www.example.org': 'v=spf1 +all' } },
    })
    expect(asked).toEqual(['TXT example.org'])
  })

  test('SPF-031 of malformed domains and single labels nothing is asked', async () => {
    for (const domain of [
      'localhost',
      '[192.0.2.1]',
      '[IPv6:2001:db8::1]',
      'a..example.org',
      `${'a'.repeat(64)}.example.org`,
      '',
    ])
      expect([domain, await checkRecord('', { domain })]).toMatchObject([domain, { result: 'none', asked: [] }])
  })

  test('SPF-003 a second record at the name makes the first worth nothing', async () => {
    const dns = { txt: { 'example.org': ['v=spf1 +all', 'v=spf1 +all'] } }
    expect((await checkRecord('', { dns })).result).toBe('permerror')
    const beside = { txt: { 'example.org': ['v=spf1 +all', 'other text', 'v=spf2.0/pra -all'] } }
    expect((await checkRecord('', { dns: beside })).result).toBe('pass')
  })

  test('SPF-004 a U-label in a record is an error, its A-label is looked up', async () => {
    expect(parseSpfRecord('v=spf1 a:b\u00c3\u00bccher.example').ok).toBe(false)
    const dns = { a: { 'xn--bcher-kva.example': '192.0.2.1' } }
    expect((await checkRecord('v=spf1 a:xn--bcher-kva.example -all', { dns })).result).toBe('pass')
  })

  test('SPF-005 the strings of one TXT record are one text, without a blank between them', async () => {
    const zone = (strings: string) =>
      zoneResolver({ records: parseZoneFile(`example.org. TXT ${strings}`).records, label: 'zone' })
    const joined = await checkHost(
      { ...check, domain: 'example.org' },
      { resolver: zone('"v=spf1 ip4:192.0" ".2.1 -all"') },
    )
    expect(joined.result).toBe('pass')
    // "v=spf1" and "ip4:…" in two strings without a blank are no version.
    const without = await checkHost({ ...check, domain: 'example.org' }, { resolver: zone('"v=spf1" "ip4:192.0.2.1"') })
    expect(without.result).toBe('none')
  })

  test('SPF-007 a wildcard speaks for no name that has any record of its own, nor for names below it', async () => {
    const resolver = resolverFrom({
      txt: { '*.example.org': 'v=spf1 -all', 'repeated.example.org': 'v=spf1 -all' },
      a: { 'host.example.org': '192.0.2.7', 'repeated.example.org': '192.0.2.7' },
    })
    const results = await Promise.all(
      ['any.example.org', 'host.example.org', 'x.host.example.org', 'repeated.example.org'].map(
        async domain => (await checkHost({ ...check, domain }, { resolver })).result,
      ),
    )
    expect(results).toEqual(['fail', 'none', 'none', 'fail'])
  })
})
