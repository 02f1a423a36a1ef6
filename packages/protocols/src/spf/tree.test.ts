import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DnsLiteral, resolverFrom } from '../dns/literal-resolver.ts'
import { spfTree, treeQuestionsLimit, treeRecordsLimit } from './tree.ts'

const tree = (dns: DnsLiteral, domain = 'example.org') => spfTree(domain, { resolver: resolverFrom(dns) })
const codes = async (dns: DnsLiteral) => (await tree(dns)).problems.map(({ code }) => code)

describe('the tree of a record', () => {
  test('SPF-070 counts every term that asks, included records too, and none of ip4, ip6, all, exp', async () => {
    const { root, problems } = await tree({
      txt: {
        'example.org': 'v=spf1 ip4:192.0.2.1 a mx include:x.example.net exp=e.example.org -all',
        'x.example.net': 'v=spf1 ip6:2001:db8::/32 exists:%{i}.l.example.net redirect=y.example.net',
        'y.example.net': 'v=spf1 a:host.example.net -all',
      },
      a: { 'example.org': '192.0.2.1', 'mx.example.org': '192.0.2.2', 'host.example.net': '192.0.2.3' },
      mx: { 'example.org': '10 mx.example.org' },
    })
    // a, mx, include, exists, redirect, a
    expect(root.lookups).toBe(6)
    expect(root.voidLookups).toBe(0)
    expect(problems).toEqual([])
    expect(root.terms.map(({ text, lookupsBelow }) => [text, lookupsBelow])).toEqual([
      ['ip4:192.0.2.1', 0],
      ['a', 1],
      ['mx', 1],
      ['include:x.example.net', 4],
      ['exp=e.example.org', 0],
      ['-all', 0],
    ])
  })

  test('SPF-070 the eleventh term is an error, the tenth is none', async () => {
    const of = (count: number): DnsLiteral => ({
      txt: {
        'example.org': `v=spf1 ${Array.from({ length: count }, (_, at) => `a:h${at}.example.org`).join(' ')} -all`,
      },
      a: { '*.example.org': '192.0.2.1' },
    })
    expect((await tree(of(10))).problems).toEqual([])
    expect(await codes(of(11))).toEqual(['spf-terms-limit'])
  })

  test('SPF-052 what stands behind all is named as ignored and does not count', async () => {
    const { root, problems } = await tree({ txt: { 'example.org': 'v=spf1 -all a redirect=x.example.net' } })
    expect(root.lookups).toBe(0)
    expect(problems.map(({ code, at }) => [code, at])).toEqual([
      ['spf-ignored', 12],
      ['spf-ignored', 14],
    ])
  })

  test('SPF-073, SPF-075 the third void look-up is an error; a name of one family is not void', async () => {
    const of = (terms: string): DnsLiteral => ({
      txt: { 'example.org': `v=spf1 ${terms} -all` },
      aaaa: { 'six.example.org': '2001:db8::1' },
    })
    expect((await tree(of('a:six.example.org a:n1.example.org a:n2.example.org'))).root.voidLookups).toBe(2)
    expect(await codes(of('a:n1.example.org a:n2.example.org exists:n3.example.org'))).toContain('spf-void-limit')
  })

  test('SPF-071 more than ten mail servers', async () => {
    const mx = (count: number) => Array.from({ length: count }, (_, at) => `10 m${at}.example.org`)
    const of = (count: number): DnsLiteral => ({
      txt: { 'example.org': 'v=spf1 mx -all' },
      mx: { 'example.org': mx(count) },
      a: { '*.example.org': '192.0.2.1' },
    })
    expect(await codes(of(10))).toEqual([])
    expect(await codes(of(11))).toEqual(['spf-mx-limit'])
  })

  test('SPF-053 an include without a record spoils everything; a failed look-up is not the same', async () => {
    const txt = { 'example.org': 'v=spf1 include:x.example.net -all' }
    expect(await codes({ txt })).toEqual(['spf-target-none'])
    expect((await tree({ txt, timeout: ['txt x.example.net'] })).problems).toMatchObject([
      { code: 'spf-undetermined', level: 'unknown', domain: 'x.example.net' },
    ])
  })

  test('faults are told with their record and place', async () => {
    const { problems } = await tree({
      txt: { 'example.org': 'v=spf1 include:x.example.net -all', 'x.example.net': 'v=spf1 ip4:300.0.0.1 -all' },
    })
    expect(problems).toMatchObject([{ code: 'spf-syntax', level: 'error', domain: 'x.example.net', at: 11 }])
    expect(await codes({ txt: { 'example.org': ['v=spf1 -all', 'v=spf1 ~all'] } })).toEqual(['spf-several'])
    expect(await codes({})).toEqual(['spf-none'])
    expect(await codes({ txt: { 'example.org': 'v=spf1 +all' } })).toEqual(['spf-plus-all'])
    expect(await codes({ txt: { 'example.org': 'v=spf1 ip4:192.0.2.1' } })).toEqual(['spf-no-end'])
    expect(await codes({ txt: { 'example.org': 'v=spf1 ptr -all' } })).toEqual(['spf-ptr'])
  })

  test('a name that depends on the message is left open and counted', async () => {
    const { root } = await tree({ txt: { 'example.org': 'v=spf1 exists:%{i}.%{d} include:%{d}.x.example -all' } })
    expect(root.terms.slice(0, 2)).toMatchObject([
      { dependsOnMessage: true, target: null, lookups: 1 },
      { dependsOnMessage: false, target: 'example.org.x.example', lookups: 1 },
    ])
    expect((await tree({ txt: { 'example.org': 'v=spf1 exists:%{p}.example.org -all' } })).root.lookups).toBe(2)
  })
})

describe('trees that loop or explode are bounded', () => {
  test('a loop is named and left', async () => {
    const { problems, root } = await tree({
      txt: { 'example.org': 'v=spf1 include:x.example.net -all', 'x.example.net': 'v=spf1 include:EXAMPLE.org -all' },
    })
    expect(problems.map(({ code }) => code)).toEqual(['spf-loop'])
    expect(root.lookups).toBe(2)
  })

  test('records at the limit are read, one above is not', async () => {
    const of = (count: number): DnsLiteral => ({
      txt: {
        'example.org': `v=spf1 ${Array.from({ length: count - 1 }, (_, at) => `include:i${at}.example.org`).join(' ')} -all`,
        '*.example.org': 'v=spf1 -all',
      },
    })
    expect(await codes(of(treeRecordsLimit))).toEqual(['spf-terms-limit'])
    expect(await codes(of(treeRecordsLimit + 1))).toEqual(['spf-tree-limit', 'spf-terms-limit'])
  })

  test('questions at the limit are asked, one above is not known', async () => {
    let asked = 0
    // The record itself and two for each name.
    const names = (treeQuestionsLimit - 2) / 2
    const run = async (count: number) => {
      asked = 0
      const resolver = resolverFrom({
        txt: { 'example.org': `v=spf1 ${Array.from({ length: count }, (_, at) => `a:h${at}.x.org`).join(' ')} -all` },
        a: { '*.x.org': '192.0.2.1' },
      })
      const found = await spfTree('example.org', {
        resolver: {
          query: question => {
            asked += 1
            return resolver.query(question)
          },
        },
      })
      return found.problems.map(({ code }) => code)
    }
    expect(await run(names)).toEqual(['spf-terms-limit'])
    expect(await run(names + 1)).toContain('spf-undetermined')
    expect(asked).toBe(treeQuestionsLimit)
  })
})

test('whatever the records say, nothing throws, and the tree counts what its terms count', async () => {
  const term = fc.oneof(
    fc.constantFrom(
      'a',
      'mx',
      '-all',
      '~all',
      'ptr',
      'include:b.example.org',
      'include:c.example.org',
      'exists:%{i}.x.org',
    ),
    fc.constantFrom(
      'redirect=b.example.org',
      'redirect=example.org',
      'a:%{d}',
      'include:%{d2}',
      'ip4:192.0.2.1',
      'exp=e.org',
    ),
    fc.string({ maxLength: 12 }),
  )
  const record = fc.array(term, { maxLength: 8 }).map(terms => `v=spf1 ${terms.join(' ')}`)
  const zone = fc.record({ root: record, b: record, c: record })
  await fc.assert(
    fc.asyncProperty(zone, async ({ root, b, c }) => {
      const txt = { 'example.org': root, 'b.example.org': b, 'c.example.org': c }
      const found = await tree({ txt, a: { '*.example.org': '192.0.2.1' } })
      const below = found.root.terms.reduce(
        (total, { lookupsBelow, isIgnored }) => total + (isIgnored ? 0 : lookupsBelow),
        0,
      )
      expect(found.root.lookups).toBe(below)
      for (const { at } of found.problems) expect(at === null || at >= 0).toBe(true)
    }),
    { numRuns: 300 },
  )
})
