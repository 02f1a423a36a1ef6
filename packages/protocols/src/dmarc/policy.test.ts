import { describe, expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import type { Question } from '../dns/resolver.ts'
import { appliedPolicy, discoverPolicy } from './policy.ts'
import { parseDmarcRecord } from './record.ts'
import { DmarcLookups } from './tree-walk.ts'

async function discover(author: string, texts: Readonly<Record<string, string>>, dns: DnsLiteral = {}) {
  const inner = resolverFrom({
    ...dns,
    txt: Object.fromEntries(Object.entries(texts).map(([name, text]) => [`_dmarc.${name}`, text])),
  })
  const asked: string[] = []
  const resolver = {
    query: (question: Question) => {
      asked.push(`${question.type} ${question.name}`)
      return inner.query(question)
    },
  }
  const finding = await discoverPolicy(author, new DmarcLookups(resolver))
  return { finding, asked }
}

async function policyOf(author: string, texts: Readonly<Record<string, string>>, dns: DnsLiteral = {}) {
  const { finding } = await discover(author, texts, dns)
  return finding.kind === 'policy' ? [finding.policyDomain, finding.tag, finding.policy] : [finding.kind]
}

const exists: DnsLiteral = { a: { 'a.example.org': '192.0.2.1' } }

describe('which record', () => {
  test('DMARC-040 its own, else that of its organisation, else that of its PSD; never one in between', async () => {
    const all = {
      'a.b.shop.coop.example': 'v=DMARC1; p=none',
      'b.shop.coop.example': 'v=DMARC1; p=reject',
      'shop.coop.example': 'v=DMARC1; p=quarantine',
      'coop.example': 'v=DMARC1; p=reject; psd=y',
    }
    expect(await policyOf('a.b.shop.coop.example', all)).toEqual(['a.b.shop.coop.example', 'p', 'none'])
    const { 'a.b.shop.coop.example': _own, ...others } = all
    expect(await policyOf('a.b.shop.coop.example', others)).toEqual(['shop.coop.example', 'p', 'quarantine'])
    const { 'shop.coop.example': _organisation, ...psd } = others
    expect(await policyOf('a.b.shop.coop.example', psd)).toEqual(['coop.example', 'p', 'reject'])
  })

  test('DMARC-042 where the organisation has a record nothing of the PSD counts, not even its rua', async () => {
    const texts = {
      'shop.coop.example': 'v=DMARC1; p=rejct',
      'coop.example': 'v=DMARC1; p=reject; psd=y; rua=mailto:d@coop.example',
    }
    expect(await policyOf('shop.coop.example', texts)).toEqual(['unusable'])
    expect(await policyOf('www.shop.coop.example', texts)).toEqual(['unusable'])
  })

  test('DMARC-002 the strings of a record are joined without anything between them', async () => {
    const rua = `rua=mailto:${'d'.repeat(40)}@example.org,${Array.from({ length: 8 }, (_, i) => `mailto:r${i}@example.org`).join(',')}`
    const text = `v=DMARC1; ${rua}; ${' '.repeat(240 - rua.length)}p=reject`
    expect(text.slice(250, 260)).toContain('p=')
    expect(await policyOf('example.org', { 'example.org': text })).toEqual(['example.org', 'p', 'reject'])
  })
})

describe('which policy', () => {
  const full = 'v=DMARC1; p=none; sp=quarantine; np=reject'

  test('DMARC-041 p for the domain itself, sp for names that exist below it, np for those that do not', async () => {
    expect(await policyOf('example.org', { 'example.org': full })).toEqual(['example.org', 'p', 'none'])
    expect(await policyOf('a.example.org', { 'example.org': full }, exists)).toEqual([
      'example.org',
      'sp',
      'quarantine',
    ])
    expect(await policyOf('nosuch.example.org', { 'example.org': full }, exists)).toEqual([
      'example.org',
      'np',
      'reject',
    ])
    // In the record of a name below, sp and np say nothing of that name.
    expect(await policyOf('a.example.org', { 'a.example.org': full }, exists)).toEqual(['a.example.org', 'p', 'none'])
  })

  test('DMARC-010 without np sp counts, without both p', async () => {
    const nosuch = (record: string) => policyOf('nosuch.example.org', { 'example.org': record }, exists)
    expect((await nosuch('v=DMARC1; p=none; sp=reject')).at(2)).toBe('reject')
    expect((await nosuch('v=DMARC1; p=quarantine')).at(2)).toBe('quarantine')
    expect(await policyOf('a.example.org', { 'example.org': 'v=DMARC1; p=quarantine; np=reject' }, exists)).toEqual([
      'example.org',
      'p',
      'quarantine',
    ])
  })

  test('DMARC-047 only NXDOMAIN of the name itself says that it does not exist; nothing is asked of MX or AAAA', async () => {
    const empty = { empty: ['a.example.org'] }
    const { finding, asked } = await discover('a.example.org', { 'example.org': full }, empty)
    expect(finding).toMatchObject({ tag: 'sp' })
    expect(asked.filter(question => !question.startsWith('TXT'))).toEqual(['A a.example.org'])
    // A name with only a name below it exists too (RFC 8020).
    expect(
      (await policyOf('a.example.org', { 'example.org': full }, { a: { 'x.a.example.org': '192.0.2.1' } })).at(1),
    ).toBe('sp')
  })

  test('DMARC-043 without a valid p, or with an invalid sp or np: none where rua is usable, else no DMARC', async () => {
    const rua = 'rua=mailto:d@example.org'
    for (const broken of ['', 'p=rejct;', 'p=;', 'p=reject; sp=x;', 'p=reject; np=x;']) {
      const record = `v=DMARC1; ${broken}`
      expect(await policyOf('example.org', { 'example.org': `${record} ${rua}` })).toEqual([
        'example.org',
        null,
        'none',
      ])
      expect(await policyOf('a.example.org', { 'example.org': `${record} ${rua}` })).toEqual([
        'example.org',
        null,
        'none',
      ])
      expect(await policyOf('example.org', { 'example.org': record })).toEqual(['unusable'])
      expect(await policyOf('example.org', { 'example.org': `${record} rua=d@example.org` })).toEqual(['unusable'])
    }
    // One good URI among bad ones is enough.
    expect(await policyOf('example.org', { 'example.org': `v=DMARC1; p=x; rua=bad,mailto:d@example.org` })).toEqual([
      'example.org',
      null,
      'none',
    ])
  })

  test('DMARC-046 an unusable record ends the search all the same', async () => {
    expect(
      await policyOf('a.example.org', { 'a.example.org': 'v=DMARC1; p=x', 'example.org': 'v=DMARC1; p=reject' }),
    ).toEqual(['unusable'])
  })

  test('DMARC-011 the test mode lowers what is applied by one step, and nothing of what is reported', async () => {
    expect(appliedPolicy('reject', true)).toBe('quarantine')
    expect(appliedPolicy('quarantine', true)).toBe('none')
    expect(appliedPolicy('none', true)).toBe('none')
    expect(appliedPolicy('reject', false)).toBe('reject')
    const text = 'v=DMARC1; p=reject; t=y; rua=mailto:d@example.org; ruf=mailto:f@example.org; fo=1'
    const { finding } = await discover('example.org', { 'example.org': text })
    expect(finding).toMatchObject({ policy: 'reject', applied: 'quarantine' })
    const [tested, plain] = [text, text.replace(' t=y;', '')].map(parseDmarcRecord)
    expect([tested?.rua, tested?.ruf, tested?.fo]).toEqual([plain?.rua, plain?.ruf, plain?.fo])
  })
})

describe('where reports go', () => {
  test('DMARC-014 mailto: is read to its address; other schemes are no address', () => {
    const record = parseDmarcRecord(
      'v=DMARC1; p=none; rua=https://example.org/x,mailto:d@example.org,ftp://example.org',
    )
    expect(record?.rua.map(uri => [uri.scheme, uri.address])).toEqual([
      ['https', null],
      ['mailto', 'd@example.org'],
      ['ftp', null],
    ])
  })

  test('DMARC-015 without rua or ruf there is nobody to report to', () => {
    expect(parseDmarcRecord('v=DMARC1; p=reject; fo=1')).toMatchObject({ rua: [], ruf: [] })
    expect(parseDmarcRecord('v=DMARC1; p=reject; rua=mailto:d@example.org')).toMatchObject({ ruf: [] })
  })

  test('DMARC-019 without ruf the content of fo is not looked at', () => {
    expect(parseDmarcRecord('v=DMARC1; p=none; fo=1:d:s')?.fo).toEqual(['0'])
    expect(parseDmarcRecord('v=DMARC1; p=none; fo=1:d:s; ruf=bad')?.fo).toEqual(['0'])
    expect(parseDmarcRecord('v=DMARC1; p=none; fo=1:d:s; ruf=mailto:f@example.org')?.fo).toEqual(['1', 'd', 's'])
  })
})
