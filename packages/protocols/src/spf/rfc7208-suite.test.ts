import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RecordType, ResourceRecord } from '../dns/record.ts'
import { type Override, questionKey, zoneResolver } from '../dns/zone-resolver.ts'
import { parseIpAddress } from '../ip-address.ts'
import { checkHost } from './evaluate.ts'

/*
 * The openspf suite for RFC 7208. Where the folder of vectors is missing, the suite is skipped and says so; the cases
 * of evaluate.test.ts always run.
 */
const folder = process.env['LETTERLOCK_VECTORS'] ?? join(import.meta.dirname, '../../../../../shared/vectors')
const file = join(folder, 'spf/rfc7208-tests.json')

type Entry = 'TIMEOUT' | Readonly<Record<string, string | readonly (string | number)[]>>
interface Section {
  readonly description: string
  readonly zonedata: Readonly<Record<string, readonly Entry[]>>
  readonly tests: Readonly<Record<string, Case>>
}
interface Case {
  readonly helo: string
  readonly host: string
  readonly mailfrom: string
  readonly result: string | readonly string[]
  readonly explanation?: string
}

const sections: readonly Section[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
const asked: readonly RecordType[] = ['A', 'AAAA', 'MX', 'TXT', 'PTR', 'CNAME']

function resolverOf(zonedata: Section['zonedata']) {
  const records: ResourceRecord[] = []
  const overrides = new Map<string, Override>()
  for (const [name, entries] of Object.entries(zonedata)) {
    const hasTxt = entries.some(entry => entry !== 'TIMEOUT' && 'TXT' in entry)
    const own = entries.flatMap(entry => (entry === 'TIMEOUT' ? [] : recordsOf(name, entry, hasTxt)))
    records.push(...own)
    if (!entries.includes('TIMEOUT')) continue
    for (const type of asked)
      if (!own.some(record => record.type === type))
        overrides.set(questionKey(name, type), { kind: 'temporary', cause: 'timeout' })
  }
  const emptyNames = Object.keys(zonedata)
  return zoneResolver({ records, overrides, emptyNames, label: 'suite' })
}

function recordsOf(name: string, entry: Exclude<Entry, 'TIMEOUT'>, hasTxt: boolean): ResourceRecord[] {
  const base = { name, ttl: 300 }
  return Object.entries(entry).flatMap(([type, value]): ResourceRecord[] => {
    const texts = typeof value === 'string' ? [value] : value
    switch (type) {
      case 'SPF':
      case 'TXT':
        if ((type === 'SPF' && hasTxt) || value === 'NONE') return []
        return [{ ...base, type: 'TXT', strings: texts.map(text => Buffer.from(String(text), 'latin1')) }]
      case 'MX':
        return [{ ...base, type, preference: Number(texts[0]), exchange: String(texts[1]) }]
      case 'A':
      case 'AAAA':
        return [{ ...base, type, address: String(value) }]
      case 'PTR':
      case 'CNAME':
        return [{ ...base, type, target: String(value) }]
      default:
        throw new Error(`the suite holds a ${type}`)
    }
  })
}

describe.skipIf(sections.length === 0)('RFC 7208 suite (needs the conformance vectors)', () => {
  for (const section of sections)
    describe(section.description, () => {
      const resolver = resolverOf(section.zonedata)
      for (const [name, given] of Object.entries(section.tests))
        test(name, async () => {
          const ip = parseIpAddress(given.host)
          if (ip === null) throw new Error(`${given.host} is no address`)
          const at = given.mailfrom.lastIndexOf('@')
          const isNull = given.mailfrom === ''
          const found = await checkHost(
            {
              ip,
              domain: isNull ? given.helo : given.mailfrom.slice(at + 1),
              sender: isNull ? `postmaster@${given.helo}` : given.mailfrom,
              helo: given.helo,
              now: 1_700_000_000,
            },
            { resolver },
          )
          expect([given.result].flat()).toContain(found.result)
          if (given.explanation === undefined) return
          const explanation = found.explanation ?? 'DEFAULT'
          // The suite writes the nibbles of v-macro-ip6 in upper case, RFC 7208 s7.4 in lower case.
          const fold = (text: string) => (name === 'v-macro-ip6' ? text.toLowerCase() : text)
          expect(fold(explanation)).toBe(fold(given.explanation))
        })
    })
})
