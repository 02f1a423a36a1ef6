import type { DkimResult, SpfResult } from '@letterlock/protocols'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attributeSender } from './attribute.ts'
import { type CatalogueInput, catalogueOf } from './catalogue.ts'
import type { SenderEvidence, SourceFacts } from './sender.ts'
import type { Service, ServiceCategory } from './service.ts'

/** The last two labels: enough of a suffix list for the names in these cases. */
const lastTwo = (name: string) => name.split('.').slice(-2).join('.')

function service(id: string, category: ServiceCategory, over: Partial<Service> = {}): Service {
  const domain = `${id}.example`
  return {
    id,
    name: id,
    category,
    spfIncludes: [],
    dkimDomains: [domain],
    dkimSelectors: [
      { pattern: `${id}#`, isSpecific: true },
      { pattern: 's1', isSpecific: false },
    ],
    envelopeDomains: [domain],
    ptrDomains: [domain],
    alignedDkim: 'unknown',
    alignedSpf: 'unknown',
    setUp: '',
    sources: [],
    ...over,
  }
}

const services = [
  service('news', 'marketing'),
  service('relay', 'transactional'),
  service('post', 'mailbox-provider'),
  service('gate', 'security-gateway'),
  service('list', 'forwarder'),
]
const catalogue = catalogueOf({ services, version: '1' })

const dkim = (domain: string | null, selector: string | null = 'k', result: DkimResult['result'] = 'pass') =>
  ({ domain, selector, result, humanResult: null }) satisfies DkimResult
const spf = (domain: string | null, result: SpfResult['result'] = 'pass', scope: SpfResult['scope'] = 'mfrom') =>
  ({ domain, scope, result, humanResult: null }) satisfies SpfResult
const facts = (confirmedPtr: string | null, asn: number | null = null): SourceFacts => ({ confirmedPtr, asn })

function sender(over: Partial<SenderEvidence>, map?: NonNullable<CatalogueInput['map']>) {
  const evidence = {
    sourceIp: '192.0.2.1',
    headerFrom: 'owner.test',
    dkimResults: [],
    spfResults: [],
    facts: null,
    ...over,
  }
  const used = map === undefined ? catalogue : catalogueOf({ services, version: '1', map })
  return attributeSender(evidence, used, lastTwo)
}

describe('order of trust', () => {
  test('a passing d= of a known service is stronger than envelope, PTR and ASN', () => {
    const all = { spfResults: [spf('relay.example')], facts: facts('mx.post.example', 64_511) }
    expect(sender({ ...all, dkimResults: [dkim('mail.news.example')] })).toEqual({
      key: 'service:news',
      basis: 'dkim-domain',
      from: 'mail.news.example',
    })
    expect(sender(all)).toEqual({ key: 'service:relay', basis: 'envelope-domain', from: 'relay.example' })
    expect(sender({ facts: all.facts })).toEqual({ key: 'service:post', basis: 'ptr', from: 'mx.post.example' })
    expect(sender({ facts: facts(null, 64_511) })).toEqual({ key: 'as:64511', basis: 'asn', from: '64511' })
    expect(sender({})).toEqual({ key: 'ip:192.0.2.1', basis: 'address', from: '192.0.2.1' })
    expect(sender({ sourceIp: null })).toEqual({ key: 'ip:unknown', basis: 'none', from: null })
  })

  test('a passing d= that is neither known nor own names its organization', () => {
    expect(sender({ dkimResults: [dkim('eu.agency.test')] }).key).toBe('dkim:agency.test')
    expect(sender({ dkimResults: [dkim('eu.agency.test')], spfResults: [spf('news.example')] }).key).toBe(
      'dkim:agency.test',
    )
  })

  test('an unknown envelope domain and an unknown PTR name name their organizations', () => {
    expect(sender({ spfResults: [spf('bounce.agency.test')] }).key).toBe('envelope:agency.test')
    expect(sender({ facts: facts('host-1.cloud.test') }).key).toBe('ptr:cloud.test')
  })
})

describe('what did not pass names nobody', () => {
  test('a failing signature of a known service is no evidence: anybody can write it', () => {
    for (const result of ['fail', 'none', 'neutral', 'policy', 'temperror', 'permerror', 'unknown'] as const)
      expect(sender({ dkimResults: [dkim('news.example', 'news1', result)] }).key).toBe('ip:192.0.2.1')
  })

  test('an envelope domain without SPF pass is no evidence', () => {
    for (const result of ['fail', 'softfail', 'none', 'neutral', 'temperror', 'permerror', 'unknown'] as const)
      expect(sender({ spfResults: [spf('news.example', result)] }).key).toBe('ip:192.0.2.1')
  })

  test('a HELO pass is no evidence, a pass without scope counts as MAIL FROM', () => {
    expect(sender({ spfResults: [spf('news.example', 'pass', 'helo')] }).key).toBe('ip:192.0.2.1')
    expect(sender({ spfResults: [spf('news.example', 'pass', null)] }).key).toBe('service:news')
  })

  test('a d= that cannot be a domain name is no evidence', () => {
    const bad = [null, '', 'localhost', 'a..b', '<script>.news.example', `${'a.'.repeat(127)}example`]
    for (const domain of bad) expect(sender({ dkimResults: [dkim(domain)] }).key).toBe('ip:192.0.2.1')
  })

  test('a name is matched by whole labels only', () => {
    expect(sender({ dkimResults: [dkim('evilnews.example')] }).key).toBe('dkim:evilnews.example')
    expect(sender({ dkimResults: [dkim('news.example.attacker.test')] }).key).toBe('dkim:attacker.test')
  })
})

describe("the From domain's own name says nothing of the service", () => {
  const own = [dkim('mail.owner.test')]

  test('an own d= lets envelope and PTR name the service', () => {
    expect(sender({ dkimResults: own, spfResults: [spf('news.example')] }).key).toBe('service:news')
    expect(sender({ dkimResults: own, facts: facts('mx.post.example') }).key).toBe('service:post')
    expect(sender({ dkimResults: own, spfResults: [spf('forwarder.test')] }).key).toBe('envelope:forwarder.test')
  })

  test('an own d= is proven and stands before the ASN, which is not', () => {
    expect(sender({ dkimResults: own, facts: facts(null, 64_511) })).toEqual({
      key: 'dkim:owner.test',
      basis: 'dkim-domain',
      from: 'mail.owner.test',
    })
    expect(sender({ spfResults: [spf('owner.test')], facts: facts(null, 64_511) }).key).toBe('envelope:owner.test')
  })

  test('a selector that one service alone uses names it on an own d= only', () => {
    expect(sender({ dkimResults: [dkim('owner.test', 'News7')] })).toEqual({
      key: 'service:news',
      basis: 'dkim-selector',
      from: 'News7._domainkey.owner.test',
    })
    expect(sender({ dkimResults: [dkim('owner.test', 's1')] }).key).toBe('dkim:owner.test')
    expect(sender({ dkimResults: [dkim('owner.test', 'news7x')] }).key).toBe('dkim:owner.test')
    expect(sender({ dkimResults: [dkim('agency.test', 'news7')] }).key).toBe('dkim:agency.test')
    expect(sender({ dkimResults: [dkim('owner.test', 'news7', 'fail')] }).key).toBe('ip:192.0.2.1')
  })

  test("a service's own mail about itself is named by its d=", () => {
    expect(sender({ headerFrom: 'news.example', dkimResults: [dkim('news.example')] }).key).toBe('service:news')
  })
})

describe('several that pass', () => {
  test('a known service stands before an unknown domain, an own selector before one that was added on the way', () => {
    expect(sender({ dkimResults: [dkim('aaa.test'), dkim('news.example')] }).key).toBe('service:news')
    expect(sender({ dkimResults: [dkim('aaa.test'), dkim('owner.test', 'news7')] }).key).toBe('service:news')
  })

  test('the one that made the mail stands before the one that carried it', () => {
    const chain = ['list', 'gate', 'post', 'relay', 'news']
    for (let made = 1; made < chain.length; made++) {
      const signatures = chain.slice(0, made + 1).map(id => dkim(`${id}.example`))
      expect(sender({ dkimResults: signatures }).key).toBe(`service:${chain[made]}`)
    }
  })

  test('of unknown domains the one whose envelope passes too, else the smaller name', () => {
    const two = [dkim('bbb.test'), dkim('aaa.test')]
    expect(sender({ dkimResults: two }).key).toBe('dkim:aaa.test')
    expect(sender({ dkimResults: two, spfResults: [spf('bounce.bbb.test')] }).key).toBe('dkim:bbb.test')
  })

  test('the order of the results never matters', () => {
    const names = [
      'owner.test',
      'news.example',
      'list.example',
      'relay.example',
      'aaa.test',
      'bbb.test',
      'x.owner.test',
    ]
    const results = fc.array(
      fc.tuple(fc.constantFrom(...names), fc.constantFrom('k', 'news7', 'relay2'), fc.constantFrom('pass', 'fail')),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(results, list => {
        const signatures = list.map(([domain, selector, result]) => dkim(domain, selector, result as 'pass' | 'fail'))
        const envelopes = list.map(([domain, , result]) => spf(domain, result as 'pass' | 'fail'))
        const evidence = { dkimResults: signatures, spfResults: envelopes }
        const reversed = { dkimResults: signatures.toReversed(), spfResults: envelopes.toReversed() }
        expect(sender(reversed).key).toBe(sender(evidence).key)
      }),
    )
  })
})

describe('a loaded map', () => {
  const map = {
    hash: 'abc',
    entries: [{ domain: 'isp.test', name: 'An ISP', type: 'ISP' }],
    services: [
      service('local-erp', 'finance', {
        dkimDomains: ['erp-a.test', 'mail.news.example'],
        envelopeDomains: ['erp-b.test'],
        dkimSelectors: [{ pattern: 'news#', isSpecific: true }],
      }),
    ],
  }

  test('adds services, and never wins over a built-in one', () => {
    expect(sender({ dkimResults: [dkim('x.erp-a.test')] }, map).key).toBe('service:local-erp')
    expect(sender({ spfResults: [spf('erp-b.test')] }, map).key).toBe('service:local-erp')
    expect(sender({ dkimResults: [dkim('mail.news.example')] }, map).key).toBe('service:news')
    expect(sender({ dkimResults: [dkim('owner.test', 'news7')] }, map).key).toBe('service:news')
  })

  test('a name of the map leaves the key as it is, so that no decision moves', () => {
    expect(sender({ facts: facts('a.isp.test') }, map).key).toBe('ptr:isp.test')
  })
})

test('any evidence gets an answer: nothing throws, and only proven evidence gives a service', () => {
  const text = fc.oneof(fc.string(), fc.domain(), fc.constantFrom('news.example', 'owner.test', '', '.', '..', 'a.'))
  const result = fc.constantFrom('pass' as const, 'fail' as const, 'unknown' as const)
  const signature = fc.record({
    domain: fc.option(text),
    selector: fc.option(text),
    result,
    humanResult: fc.constant(null),
  })
  const envelope = fc.record({
    domain: fc.option(text),
    scope: fc.constantFrom('mfrom' as const, 'helo' as const, null),
    result,
    humanResult: fc.constant(null),
  })
  fc.assert(
    fc.property(
      fc.array(signature),
      fc.array(envelope),
      text,
      fc.option(text),
      (dkimResults, spfResults, headerFrom, ptr) => {
        const answer = sender({ dkimResults, spfResults, headerFrom, facts: facts(ptr) })
        expect(answer.key).toMatch(/^(service|dkim|envelope|ptr|as|ip):/)
        const isProven =
          dkimResults.some(entry => entry.result === 'pass') ||
          spfResults.some(entry => entry.result === 'pass') ||
          ptr !== null
        if (!isProven) expect(answer.key).toBe('ip:192.0.2.1')
      },
    ),
  )
})
