import { describe, expect, test } from 'vitest'
import { attributeSender } from './attribute.ts'
import { builtInCatalogue, catalogueVersion, services } from './built-in.ts'
import { catalogueOf, localPrefix, longestSuffix, senderLabel, serviceOfSelector } from './catalogue.ts'
import { defineServices, type Service, serviceCategories } from './service.ts'

/** Lower case A-label names of at least two labels (RFC 1035 s2.3.1, with the underscore of service names). */
const suffixForm = /^_?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\._?[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/

const suffixMembers = ['spfIncludes', 'dkimDomains', 'envelopeDomains', 'ptrDomains'] as const

/** Every value of a member with the service that claims it. */
function claims(values: (service: Service) => readonly string[]): (readonly [string, string])[] {
  return services.flatMap(service => values(service).map(value => [value, service.id] as const))
}

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}

describe('the built-in services', () => {
  test('there are at least 150, and some of every category', () => {
    expect(services.length).toBeGreaterThanOrEqual(150)
    for (const category of serviceCategories)
      expect(services.filter(service => service.category === category).length, category).toBeGreaterThan(0)
  })

  test('ids are stable words, unique, and never those of a loaded map', () => {
    expect(repeated(services.map(service => service.id))).toEqual([])
    for (const { id } of services) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(id.startsWith(localPrefix)).toBe(false)
    }
    expect(repeated(services.map(service => service.name))).toEqual([])
  })

  test('suffixes are lower case A-labels, and no two services claim the same one', () => {
    for (const member of suffixMembers) {
      const claimed = claims(service => service[member])
      for (const [suffix, id] of claimed) expect(suffix, `${id} ${member}`).toMatch(suffixForm)
      expect(repeated(claimed.map(([suffix]) => suffix)), member).toEqual([])
    }
  })

  test('a domain that two kinds of evidence share belongs to one service', () => {
    const owner = new Map<string, string>()
    for (const member of ['dkimDomains', 'envelopeDomains', 'ptrDomains'] as const)
      for (const [suffix, id] of claims(service => service[member])) {
        expect(owner.get(suffix) ?? id, `${suffix} as ${member}`).toBe(id)
        owner.set(suffix, id)
      }
  })

  test('a selector that names a service is used by no other, and has at most one *', () => {
    const named = claims(service => service.dkimSelectors.filter(one => one.isSpecific).map(one => one.pattern))
    const all = claims(service => service.dkimSelectors.map(one => one.pattern))
    for (const [pattern, id] of all) {
      expect(pattern, id).toMatch(/^[a-z0-9_#*-]+(\.[a-z0-9_#*-]+)*$/)
      expect(pattern.split('*').length, id).toBeLessThanOrEqual(2)
    }
    for (const [pattern, id] of named) {
      expect(all.filter(([other, otherId]) => other === pattern && otherId !== id)).toEqual([])
      // What a pattern stands for is matched by no other service's pattern.
      const example = pattern.replaceAll('#', '12').replace('*', 'a')
      expect(serviceOfSelector(builtInCatalogue, example)?.id, pattern).toBe(id)
    }
  })

  test('every service says where it was looked up, when, and how it is set up', () => {
    for (const service of services) {
      expect(service.sources.length, service.id).toBeGreaterThan(0)
      for (const { from, seen } of service.sources) {
        expect(seen).toMatch(/^\d{4}-\d{2}-\d{2}$/)
        expect(from.startsWith('http') ? URL.canParse(from) : from.length > 10, `${service.id} ${from}`).toBe(true)
      }
      expect(service.setUp, service.id).toMatch(/^[A-Z].*\.$/)
    }
  })

  test('every service can be recognised by something', () => {
    for (const service of services) {
      const known = suffixMembers.flatMap(member => service[member]).length + service.dkimSelectors.length
      const documented = service.sources.some(source => source.from.startsWith('http'))
      expect(known > 0 || documented, service.id).toBe(true)
    }
  })

  test('the version is a day, with a number where there are several', () => {
    expect(catalogueVersion).toMatch(/^\d{4}-\d{2}-\d{2}(\.\d+)?$/)
  })
})

describe('well-known mail', () => {
  const lastTwo = (name: string) => name.split('.').slice(-2).join('.')
  const pass = { result: 'pass', humanResult: null } as const
  const named = (domain: string, selector: string) =>
    attributeSender(
      {
        sourceIp: '192.0.2.1',
        headerFrom: 'owner.test',
        dkimResults: [{ domain, selector, ...pass }],
        spfResults: [],
        facts: null,
      },
      builtInCatalogue,
      lastTwo,
    ).key
  const byPtr = (confirmedPtr: string) =>
    attributeSender(
      {
        sourceIp: '192.0.2.1',
        headerFrom: 'owner.test',
        dkimResults: [],
        spfResults: [],
        facts: { confirmedPtr, asn: null },
      },
      builtInCatalogue,
      lastTwo,
    ).key

  test.each([
    ['owner-test.20230601.gappssmtp.com', '20230601', 'service:google-workspace'],
    ['owner.test', 'google', 'service:google-workspace'],
    ['tenant.onmicrosoft.com', 'selector1-tenant-onmicrosoft-com', 'service:microsoft-365'],
    ['owner.test', 'selector1', 'dkim:owner.test'],
    ['amazonses.com', '6gbrjpgwjskckoa6a5zn6fwqkn67xbtw', 'service:amazon-ses'],
    ['sendgrid.net', 'smtpapi', 'service:twilio-sendgrid'],
    ['owner.test', 'mte1', 'service:mailchimp-transactional'],
    ['owner.test', '20250817055129pm', 'service:postmark'],
    ['owner.test', 'hs1-26317639', 'service:hubspot'],
    ['owner.test', 'zendesk2', 'service:zendesk'],
    ['owner.test', 'mimecast20190719', 'service:mimecast'],
    ['owner.test', 'k2', 'dkim:owner.test'],
    ['owner.test', 's1', 'dkim:owner.test'],
    ['googlegroups.com', '20230601', 'service:google-groups'],
  ])('d=%s s=%s is %s', (domain, selector, key) => {
    expect(named(domain, selector)).toBe(key)
  })

  test.each([
    ['mail-sor-f41.google.com', 'service:google-workspace'],
    ['mail-db5eur01on2101.outbound.protection.outlook.com', 'service:microsoft-365'],
    ['a8-30.smtp-out.amazonses.com', 'service:amazon-ses'],
    ['mail198-6.atl141.mandrillapp.com', 'service:mailchimp-transactional'],
    ['ec2-192-0-2-1.compute-1.amazonaws.com', 'service:amazon-ec2'],
  ])('PTR %s is %s', (ptr, key) => {
    expect(byPtr(ptr)).toBe(key)
  })
})

describe('labels', () => {
  const map = {
    hash: 'abc',
    entries: [
      { domain: 'isp.test', name: 'An ISP', type: 'ISP' },
      { domain: 'isp.test', name: 'A second name', type: null },
    ],
    services: defineServices('finance', '2026-11-24', [
      { id: 'local-erp', name: 'Our ERP', sources: ['the operator'] },
    ]),
  }
  const loaded = catalogueOf({ services, version: catalogueVersion, map })

  test('a service by its name, a domain by the map, else by itself', () => {
    expect(senderLabel('service:mailchimp', loaded)).toEqual({
      name: 'Mailchimp',
      category: 'marketing',
      from: 'catalogue',
    })
    expect(senderLabel('service:local-erp', loaded)).toEqual({ name: 'Our ERP', category: 'finance', from: 'map' })
    expect(senderLabel('ptr:isp.test', loaded)).toEqual({ name: 'An ISP', category: 'ISP', from: 'map' })
    expect(senderLabel('ptr:isp.test', builtInCatalogue)).toEqual({ name: 'isp.test', category: null, from: 'key' })
    expect(senderLabel('as:64511', loaded)).toEqual({ name: 'AS64511', category: null, from: 'key' })
    expect(senderLabel('ip:2001:db8::1', loaded)).toEqual({ name: '2001:db8::1', category: null, from: 'key' })
    expect(senderLabel('ip:unknown', loaded)).toEqual({ name: 'no source address', category: null, from: 'key' })
    expect(senderLabel('service:gone', loaded)).toEqual({ name: 'gone', category: null, from: 'key' })
  })

  test('a loaded map makes another version', () => {
    expect(loaded.version).toBe(`${catalogueVersion}+abc`)
  })
})

test('the longest suffix wins, and a name longer than a domain can be is none', () => {
  const index = new Map([
    ['a.test', 1],
    ['b.a.test', 2],
  ])
  expect(longestSuffix(index, 'x.b.a.test')).toBe(2)
  expect(longestSuffix(index, 'c.a.test')).toBe(1)
  expect(longestSuffix(index, 'ba.test')).toBeNull()
  expect(longestSuffix(index, `${'x.'.repeat(123)}a.test`)).toBe(1) // 252 characters
  expect(longestSuffix(index, `${'x.'.repeat(124)}a.test`)).toBeNull() // 254 characters
})

test('naming a sender takes at most 5 microseconds of CPU on a busy machine', () => {
  const lastTwo = (name: string) => name.split('.').slice(-2).join('.')
  const evidence = {
    sourceIp: '192.0.2.1',
    headerFrom: 'owner.test',
    dkimResults: [
      { domain: 'owner.test', selector: 'k2', result: 'pass', humanResult: null },
      { domain: 'agency.test', selector: 's', result: 'fail', humanResult: null },
    ],
    spfResults: [{ domain: 'mail1.atl1.mcsv.net', scope: 'mfrom', result: 'pass', humanResult: null }],
    facts: { confirmedPtr: 'mail1.atl1.mcsv.net', asn: 64_511 },
  } as const
  const rounds = 100_000
  const run = () => {
    const before = process.cpuUsage()
    for (let i = 0; i < rounds; i++) attributeSender(evidence, builtInCatalogue, lastTwo)
    const used = process.cpuUsage(before)
    return (used.user + used.system) / rounds
  }
  run()
  expect(run()).toBeLessThan(5)
})
