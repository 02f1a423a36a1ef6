import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSenderMap, type SenderMapFile } from './sender-map.ts'

const day = '2026-11-24'

function read(content: string, fileName = 'map.csv'): SenderMapFile {
  const result = readSenderMap(content, fileName, day)
  if (!result.ok) throw new Error(result.text)
  return result.value
}

function refusal(content: string, fileName: string): string {
  const result = readSenderMap(content, fileName, day)
  return result.ok ? 'was read' : result.text
}

describe('a map in CSV', () => {
  test('names domains; columns may stand in any order', () => {
    expect(read('base_reverse_dns,name,type\nExample.NET,"Example, Inc.",Web Host\n').entries).toEqual([
      { domain: 'example.net', name: 'Example, Inc.', type: 'Web Host' },
    ])
    expect(read('Name,Domain\nBücher,bücher.example\n').entries).toEqual([
      { domain: 'xn--bcher-kva.example', name: 'Bücher', type: null },
    ])
  })

  test('lines that name no domain are left out and told', () => {
    const map = read('domain,name\nlocalhost,a\nco.uk,b\nexample.net,\n=cmd,c\nexample.net,d\nEXAMPLE.net.,e\n\n')
    expect(map.entries).toEqual([{ domain: 'example.net', name: 'd', type: null }])
    expect(map.skippedCount).toBe(5)
    expect(map.skipped).toEqual([
      'line 2: "localhost" is no domain',
      'line 3: co.uk is a public suffix: anybody may be below it',
      'line 4: no name',
      'line 5: "=cmd" is no domain',
      'line 7: example.net stands there already',
    ])
  })

  test('without the columns it is refused', () => {
    expect(refusal('a,b\nexample.net,x', 'map.csv')).toContain('the first line must name the columns')
    expect(refusal('', 'map.csv')).toContain('the first line must name the columns')
  })

  test('the same content has the same hash, other content another', () => {
    expect(read('domain,name\na.test,x').hash).toBe(read('domain,name\na.test,x').hash)
    expect(read('domain,name\na.test,y').hash).not.toBe(read('domain,name\na.test,x').hash)
  })
})

describe('a map in the own form', () => {
  const yaml = `schema: letterlock.senders/1
names:
  - { domain: isp.example, name: An ISP, type: ISP }
services:
  - id: erp
    name: Our ERP
    category: finance
    dkimDomains: [ERP.example, co.uk]
    ownSelectors: ['erp#']
    alignedDkim: 'yes'
`

  test('adds services whose ids can never be those of built-in ones', () => {
    const map = read(yaml, 'senders.yaml')
    expect(map.entries).toEqual([{ domain: 'isp.example', name: 'An ISP', type: 'ISP' }])
    expect(map.services).toEqual([
      {
        id: 'local-erp',
        name: 'Our ERP',
        category: 'finance',
        spfIncludes: [],
        dkimDomains: ['erp.example'],
        dkimSelectors: [{ pattern: 'erp#', isSpecific: true }],
        envelopeDomains: [],
        ptrDomains: [],
        alignedDkim: 'yes',
        alignedSpf: 'unknown',
        setUp: 'Loaded from a map; it says nothing of how the service is set up.',
        sources: [{ from: 'loaded map senders.yaml', seen: day }],
      },
    ])
    expect(map.skipped).toEqual(['services local-erp dkimDomains: co.uk is a public suffix: anybody may be below it'])
  })

  test('of several services of one id the first counts', () => {
    const named = (id: string, name: string) => ({ id, name, category: 'hr' })
    const list = [named('pay', 'First'), named('local-pay', 'Second'), named('x-local-y', 'Third')]
    const map = read(JSON.stringify({ schema: 'letterlock.senders/1', services: list }), 'a.json')
    expect(map.services.map(({ id, name }) => [id, name])).toEqual([
      ['local-pay', 'First'],
      ['local-x-local-y', 'Third'],
    ])
    expect(map.skipped).toEqual(['services: local-pay stands there already'])
  })

  test('is refused where it is something else, and the text says what', () => {
    expect(refusal('{"schema":"other"}', 'a.json')).toContain('schema')
    expect(refusal('{', 'a.json')).not.toBe('was read')
    expect(refusal('{"schema":"letterlock.senders/1","servces":[]}', 'a.json')).toContain('servces')
    const service = { id: 'Not An Id', name: 'x', category: 'finance' }
    expect(refusal(JSON.stringify({ schema: 'letterlock.senders/1', services: [service] }), 'a.json')).toContain(
      'services.0.id',
    )
  })

  test('aliases that grow a small file are refused', () => {
    expect(refusal('a: &a [x]\nschema: letterlock.senders/1\nnames: [*a, *a]\n', 'a.yaml')).not.toBe('was read')
  })
})

test('any text gets an answer and no throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('a.csv', 'a.json', 'a.yaml'), (text, name) => {
      readSenderMap(text, name, day)
      readSenderMap(`domain,name\n${text}`, 'a.csv', day)
    }),
  )
})

const corpus = process.env['LETTERLOCK_CORPUS'] ?? '../shared/corpus'
const publicList = `${corpus}/maps/parsedmarc__base_reverse_dns_map.csv`

test.skipIf(!existsSync(publicList))('the public list of reverse names is read (skipped without the corpus)', () => {
  const map = read(readFileSync(publicList, 'utf8'))
  // 38,628 data rows; four name a single label or a public suffix.
  expect(map.entries).toHaveLength(38_624)
  expect(map.skippedCount).toBe(4)
})
