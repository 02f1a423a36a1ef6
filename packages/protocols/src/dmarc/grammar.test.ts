import { describe, expect, test } from 'vitest'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { evaluateDmarc } from './evaluate.ts'
import { isDmarcRecord, parseDmarcRecord } from './record.ts'
import { DmarcLookups } from './tree-walk.ts'

describe('grammar', () => {
  test('DMARC-006 blanks where the grammar has them, any order behind v, a final semicolon or none', () => {
    const expected = { p: 'reject', sp: 'none', adkim: 's', rua: [{ address: 'd@example.org' }] }
    for (const text of [
      'v=DMARC1;p=reject;sp=none;adkim=s;rua=mailto:d@example.org',
      'v=DMARC1; rua=mailto:d@example.org; adkim=s; sp=none; p=reject;',
      'v \t=\tDMARC1 ;\tp = reject ; sp\t=none;adkim=s ;rua= mailto:d@example.org \t;',
    ])
      expect(parseDmarcRecord(text)).toMatchObject(expected)
    expect([isDmarcRecord('v=DMARC1'), isDmarcRecord('v=DMARC1;')]).toEqual([true, true])
    // Names are letters alone.
    expect(parseDmarcRecord('v=DMARC1; p1=reject; p-x=none')?.p).toBeNull()
  })
})

describe('queries', () => {
  const txt = { '_dmarc.example.org': 'v=DMARC1; p=reject' }

  test('DMARC-034 each name is asked once for a message, and the author is the start of its walk', async () => {
    const asked: string[] = []
    const inner = resolverFrom({ txt })
    const resolver = {
      query: (question: Parameters<typeof inner.query>[0]) => {
        asked.push(question.name)
        return inner.query(question)
      },
    }
    const lookups = new DmarcLookups(resolver)
    const identifiers = ['a.example.org', 'b.example.org', 'A.Example.ORG'].map(domain => ({
      method: 'dkim' as const,
      domain,
      result: 'fail' as const,
    }))
    for (const authorDomain of ['x.example.org', 'example.org'])
      await evaluateDmarc({ authorDomain, identifiers }, { resolver, lookups })
    expect(asked.length).toBe(new Set(asked).size)
    // A record with psd=y at the start itself does not make its own child of it.
    const psd = new DmarcLookups(resolverFrom({ txt: { '_dmarc.coop.example': 'v=DMARC1; p=none; psd=y' } }))
    await psd.recordAt('coop.example')
    expect((await psd.walk('coop.example')).organizationalDomain).toBe('coop.example')
  })

  test('DMARC-053 names that are equal, and strict mode, need no walk of the identifier', async () => {
    const strict = { txt: { '_dmarc.example.org': 'v=DMARC1; p=reject; adkim=s' } }
    for (const [dns, domain] of [
      [{ txt }, 'example.org'],
      [strict, 'mail.example.org'],
    ] as const) {
      const found = await evaluateDmarc(
        { authorDomain: 'example.org', identifiers: [{ method: 'dkim', domain, result: 'pass' }] },
        { resolver: resolverFrom(dns) },
      )
      expect(found.asked).toEqual(['example.org', 'org'])
    }
  })
})
