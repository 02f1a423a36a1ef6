import { describe, expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import { DmarcLookups, walkNames } from './tree-walk.ts'

/** A world in which each name has this record, or these. */
function records(texts: Readonly<Record<string, string | readonly string[]>>): DnsLiteral {
  return { txt: Object.fromEntries(Object.entries(texts).map(([name, text]) => [`_dmarc.${name}`, text])) }
}

async function walk(name: string, texts: Readonly<Record<string, string | readonly string[]>>) {
  const { steps, organizationalDomain } = await new DmarcLookups(resolverFrom(records(texts))).walk(name)
  return { names: steps.map(step => step.name), organizationalDomain }
}

const plain = 'v=DMARC1; p=none'

describe('the walk', () => {
  test('DMARC-001 the question is for TXT at _dmarc. of the name, never for the bare name', async () => {
    const asked: string[] = []
    const resolver = resolverFrom({ txt: { 'example.org': 'v=DMARC1; p=reject' } })
    const lookups = new DmarcLookups({
      query: question => {
        asked.push(`${question.type} ${question.name}`)
        return resolver.query(question)
      },
    })
    expect((await lookups.walk('example.org')).steps.map(step => step.record)).toEqual([null, null])
    expect(asked).toEqual(['TXT _dmarc.example.org', 'TXT _dmarc.org'])
  })

  test('DMARC-030 records without the version are dropped, several with it all of them, and the walk goes on', async () => {
    const lookups = new DmarcLookups(
      resolverFrom(
        records({
          'a.example.org': ['v=spf1 -all', plain, 'v=DMARC2; p=none'],
          'b.example.org': [plain, 'v=DMARC1; p=reject'],
          'example.org': plain,
        }),
      ),
    )
    expect((await lookups.recordAt('a.example.org')).record?.p).toBe('none')
    expect((await lookups.recordAt('b.example.org')).record).toBeNull()
    expect((await lookups.walk('b.example.org')).steps.map(step => step.name)).toEqual([
      'b.example.org',
      'example.org',
      'org',
    ])
  })

  test('DMARC-031 a record with psd=y or psd=n ends the walk, one with psd=u or an unknown value does not', async () => {
    const at = (psd: string) => walk('a.b.example.org', { 'b.example.org': `v=DMARC1; p=none; psd=${psd}` })
    for (const psd of ['y', 'n']) expect((await at(psd)).names).toEqual(['a.b.example.org', 'b.example.org'])
    for (const psd of ['u', 'x', ''])
      expect((await at(psd)).names).toEqual(['a.b.example.org', 'b.example.org', 'example.org', 'org'])
    // Two records with psd=n are none.
    const double = ['v=DMARC1; p=none; psd=n', 'v=DMARC1; p=none; psd=n']
    expect((await walk('b.example.org', { 'b.example.org': double })).names).toHaveLength(3)
  })

  test('DMARC-032 names of seven labels lose one, names of eight or more go to seven, down to the top label', () => {
    expect(walkNames('a.b.c.d.e.f.g')).toEqual([
      'a.b.c.d.e.f.g',
      'b.c.d.e.f.g',
      'c.d.e.f.g',
      'd.e.f.g',
      'e.f.g',
      'f.g',
      'g',
    ])
    expect(walkNames('a.b.c.d.e.f.g.h').slice(0, 2)).toEqual(['a.b.c.d.e.f.g.h', 'b.c.d.e.f.g.h'])
    expect(walkNames('x.y.z.a.b.c.d.e.f.g').slice(0, 3)).toEqual([
      'x.y.z.a.b.c.d.e.f.g',
      'a.b.c.d.e.f.g',
      'b.c.d.e.f.g',
    ])
    expect(walkNames('x.y.z.a.b.c.d.e.f.g').at(-1)).toBe('g')
  })

  test('DMARC-049 a record at a name of more than eight labels is found at that very name only', async () => {
    const deep = 'a.b.c.d.e.f.g.example.org'
    const lookups = (name: string) => new DmarcLookups(resolverFrom(records({ [name]: plain }))).walk(deep)
    expect((await lookups(deep)).steps[0]?.record?.p).toBe('none')
    // Eight labels, between the full name and the last seven.
    expect((await lookups('b.c.d.e.f.g.example.org')).steps.every(step => step.record === null)).toBe(true)
  })
})

describe('the Organizational Domain', () => {
  test('DMARC-036 a record with psd=n makes its name one, whatever stands above', async () => {
    const found = await walk('a.b.example.org', { 'b.example.org': 'v=DMARC1; p=none; psd=n', 'example.org': plain })
    expect(found.organizationalDomain).toBe('b.example.org')
    expect((await walk('b.example.org', { 'b.example.org': 'v=DMARC1; p=none; psd=n' })).organizationalDomain).toBe(
      'b.example.org',
    )
  })

  test('DMARC-037, DMARC-017 a record with psd=y makes one of the name one label below it, towards the start', async () => {
    const psd = { 'coop.example': 'v=DMARC1; p=none; psd=y' }
    expect((await walk('a.b.shop.coop.example', psd)).organizationalDomain).toBe('shop.coop.example')
    expect((await walk('shop.coop.example', psd)).organizationalDomain).toBe('shop.coop.example')
    // At the start itself it is as any record.
    expect((await walk('coop.example', psd)).organizationalDomain).toBe('coop.example')
    // Without psd=y the suffix would be the organisation of all its registrants.
    expect((await walk('shop.coop.example', { 'coop.example': plain })).organizationalDomain).toBe('coop.example')
  })

  test('DMARC-038 else the name with the fewest labels that has a record', async () => {
    expect((await walk('a.b.c.example.org', { 'b.c.example.org': plain })).organizationalDomain).toBe('b.c.example.org')
    expect(
      (await walk('a.b.c.example.org', { 'b.c.example.org': plain, 'example.org': plain })).organizationalDomain,
    ).toBe('example.org')
  })

  test('DMARC-039 without any record the start itself', async () => {
    expect((await walk('a.b.example.org', {})).organizationalDomain).toBe('a.b.example.org')
  })
})
