import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolverFrom } from './literal-resolver.ts'
import { overlayResolver } from './overlay-resolver.ts'
import { txtText } from './record.ts'
import { parseZoneFile } from './zone-file.ts'
import { zoneResolver } from './zone-resolver.ts'

const zone = String.raw`
$ORIGIN example.org.
$TTL 1h
@       IN SOA ns1 hostmaster ( 2026112401 ; serial
                                1d 2h 4w 300 )
        IN NS  ns1
        300 IN MX 10 mx1
        MX     20 mx2.example.net.
        TXT    "v=spf1 -all" ; a comment
ns1     A      192.0.2.53
mx1 IN 60 AAAA 2001:db8::25
long    TXT    "a;b" "c\"d" ( "e"
                "f" )
www     CNAME  ns1
_25._tcp.mx1 TLSA 3 1 1 ( abcd
                          ef01 )
*.wild  A      192.0.2.1
\111ne  A      192.0.2.2
$ORIGIN example.net.
@       TXT    second
`

describe('master files', () => {
  const { records, faults } = parseZoneFile(zone)
  const at = (name: string, type: string) => records.filter(record => record.name === name && record.type === type)

  test('RFC 1035 s5.1: origins, relative names, owners left out, parentheses, comments, TTL and class in any order', () => {
    expect(faults).toEqual([])
    expect(at('example.org', 'SOA')).toMatchObject([
      { ttl: 3600, serial: 2026112401, refresh: 86_400, expire: 2_419_200, minimum: 300 },
    ])
    expect(at('example.org', 'MX')).toMatchObject([
      { ttl: 300, exchange: 'mx1.example.org' },
      { ttl: 3600, exchange: 'mx2.example.net' },
    ])
    expect(at('mx1.example.org', 'AAAA')).toMatchObject([{ ttl: 60, address: '2001:db8::25' }])
    expect(at('one.example.org', 'A')).toHaveLength(1)
    expect(at('example.net', 'TXT')).toHaveLength(1)
  })

  test('quoted strings keep semicolons, quotes and blanks', () => {
    expect(at('long.example.org', 'TXT').map(record => record.type === 'TXT' && txtText(record))).toEqual(['a;bc"def'])
  })

  test('a bad line is told with its number and costs no other', () => {
    const read = parseZoneFile(
      'a.example. A 192.0.2.1\nb.example. A 999.0.0.1\n$INCLUDE /etc/passwd\nc.example. LOC 1\nd.example. A 192.0.2.4',
    )
    expect(read.records.map(record => record.name)).toEqual(['a.example', 'd.example'])
    expect(read.faults.map(({ code, at: line }) => [code, line])).toEqual([
      ['zone-entry', 2],
      ['zone-include', 3],
      ['zone-type', 4],
    ])
  })

  test('an open parenthesis and an open quote are told', () => {
    expect(parseZoneFile('a. TXT ( "x"').faults).toMatchObject([{ code: 'zone-parenthesis' }])
    expect(parseZoneFile('a. TXT "x').faults).toMatchObject([{ code: 'zone-entry' }])
  })

  test('any text is read without throwing', () => {
    const word = fc.constantFrom(
      'a',
      '.',
      '@',
      ' ',
      '\n',
      '\t',
      '(',
      ')',
      '"',
      ';',
      '\\',
      '$ORIGIN',
      '$TTL',
      'IN',
      '3600',
      'A',
      'TXT',
      'MX',
      '192.0.2.1',
      '\u0000',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 50 }), words => Array.isArray(parseZoneFile(words.join('')).records)),
      { numRuns: 3000 },
    )
  })
})

describe('answers from a zone', () => {
  const resolver = zoneResolver({ records: parseZoneFile(zone).records, label: 'zone' })
  const kind = async (name: string, type: 'A' | 'TXT' | 'MX') => (await resolver.query({ name, type })).outcome.kind

  test('DNS-008, DNS-009 a name with something below it exists, all else does not', async () => {
    expect(await kind('_tcp.mx1.example.org', 'A')).toBe('nodata')
    expect(await kind('absent.example.org', 'A')).toBe('nxdomain')
    expect(await kind('ns1.example.org', 'MX')).toBe('nodata')
  })

  test('RFC 4592 a wildcard answers for what does not exist below its parent', async () => {
    expect(await kind('x.y.wild.example.org', 'A')).toBe('records')
    expect(await kind('wild.example.org', 'A')).toBe('nodata')
  })

  test('a name whose last octet is an escaped dot is found', async () => {
    const { records } = parseZoneFile('example\\.. TXT x')
    expect(
      (await zoneResolver({ records, label: 'zone' }).query({ name: 'example\\.', type: 'TXT' })).outcome.kind,
    ).toBe('records')
  })

  test('an alias is followed and told', async () => {
    const answer = await resolver.query({ name: 'WWW.example.org.', type: 'A' })
    expect(answer).toMatchObject({ outcome: { kind: 'records' }, chain: [{ target: 'ns1.example.org' }] })
  })

  test('an alias that leads to itself ends as temporary', async () => {
    const loop = resolverFrom({ cname: { 'a.example': 'b.example', 'b.example': 'a.example' } })
    expect((await loop.query({ name: 'a.example', type: 'A' })).outcome).toMatchObject({ kind: 'temporary' })
  })
})

describe('overlay', () => {
  const below = resolverFrom({
    a: { 'old.example': '192.0.2.1', 'mx.example': '192.0.2.2' },
    txt: { 'old.example': 'x' },
  })
  const { records } = parseZoneFile('old.example. A 198.51.100.1\nalias.example. CNAME mx.example.')
  const resolver = overlayResolver(records, below)

  test('a name that it holds is answered from it alone, others below', async () => {
    expect((await resolver.query({ name: 'old.example', type: 'A' })).outcome).toMatchObject({
      records: [{ address: '198.51.100.1' }],
    })
    expect((await resolver.query({ name: 'old.example', type: 'TXT' })).outcome.kind).toBe('nodata')
    expect((await resolver.query({ name: 'mx.example', type: 'A' })).outcome).toMatchObject({
      records: [{ address: '192.0.2.2' }],
    })
  })

  test('an alias out of it is followed below', async () => {
    expect((await resolver.query({ name: 'alias.example', type: 'A' })).outcome).toMatchObject({
      records: [{ address: '192.0.2.2' }],
    })
  })
})
