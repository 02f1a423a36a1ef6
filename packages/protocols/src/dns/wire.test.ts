import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalName, formatName, isSameName, labelOctetsLimit, parseNameText } from './name.ts'
import { recordTypes, txtText } from './record.ts'
import { decodeMessage, recordsLimit } from './wire.ts'
import { encodeQuery } from './wire-query.ts'

const hex = (...parts: string[]) => Buffer.from(parts.join('').replace(/\s/g, ''), 'hex')
/** "example.org" as labels. */
const exampleOrg = '07 6578616d706c65 03 6f7267 00'
const header = (counts: string, flags = '8180') => `1234 ${flags} ${counts}`
const question = (type: string) => `${exampleOrg} ${type} 0001`
/** Owner is a pointer to the question's name at offset 12. */
const record = (type: string, data: string, ttl = '0000012c') =>
  `c00c ${type} 0001 ${ttl} ${(data.replace(/\s/g, '').length / 2).toString(16).padStart(4, '0')} ${data}`

function answersOf(type: string, data: string) {
  const read = decodeMessage(hex(header('0001 0001 0000 0000'), question(type), record(type, data)))
  if (!read.ok) throw new Error(read.fault.text)
  return read.value.answers
}

describe('names', () => {
  test('DNS-001 a label of 63 octets is one, of 64 none; a name of 255 octets is one, of 256 none', () => {
    expect(parseNameText('a'.repeat(labelOctetsLimit)).ok).toBe(true)
    expect(parseNameText('a'.repeat(labelOctetsLimit + 1))).toMatchObject({
      ok: false,
      fault: { code: 'dns-name-label-long' },
    })
    const label = 'a'.repeat(63)
    expect(parseNameText(`${label}.${label}.${label}.${'a'.repeat(61)}`).ok).toBe(true)
    expect(parseNameText(`${label}.${label}.${label}.${'a'.repeat(62)}`)).toMatchObject({
      ok: false,
      fault: { code: 'dns-name-long' },
    })
  })

  test('DNS-002 names are compared without regard to ASCII case', () => {
    expect(isSameName('Example.ORG.', 'example.org')).toBe(true)
    expect(canonicalName('\u00c4.example')).toBe('\u00c4.example')
  })

  test('escapes of RFC 1035 s5.1 stand for octets, and the text form reads back', () => {
    expect(parseNameText('a\\.b.c')).toEqual({ ok: true, value: ['a.b', 'c'] })
    expect(parseNameText('a\\')).toMatchObject({ ok: false, fault: { code: 'dns-name-escape' } })
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 }), octets => {
        const labels = octets.map(label => Buffer.from(label).toString('latin1'))
        expect(parseNameText(formatName(labels))).toEqual({ ok: true, value: labels })
      }),
    )
  })
})

describe('queries', () => {
  test('DNS-005 EDNS with 1232 octets, RD and AD set', () => {
    const query = encodeQuery({
      id: 0x1234,
      name: 'example.org',
      type: 'MX',
      bits: { isRecursive: true, checkingDisabled: false, wantsSignatures: true, isPlain: false },
    })
    if (!query.ok) throw new Error(query.fault.text)
    expect(Buffer.from(query.value)).toEqual(
      hex('1234 0120 0001 0000 0000 0001', exampleOrg, '000f 0001', '00 0029 04d0 0000 8000 0000'),
    )
  })

  test('CD looks behind a bogus answer', () => {
    const query = encodeQuery({
      id: 1,
      name: 'example.org',
      type: 'A',
      bits: { isRecursive: false, checkingDisabled: true, wantsSignatures: false, isPlain: false },
    })
    expect(query.ok && Buffer.from(query.value).readUInt16BE(2)).toBe(0x0030)
  })
})

describe('answers', () => {
  test('each type is read into its members', () => {
    expect(answersOf('0001', 'c0000201')).toMatchObject([
      { type: 'A', name: 'example.org', ttl: 300, address: '192.0.2.1' },
    ])
    expect(answersOf('001c', '20010db8000000000000000000000001')).toMatchObject([
      { type: 'AAAA', address: '2001:db8::1' },
    ])
    expect(answersOf('001c', '00000000000000000000ffffc0000201')).toMatchObject([
      { type: 'AAAA', address: '::ffff:c000:201' },
    ])
    expect(answersOf('000f', '000a c00c')).toMatchObject([{ type: 'MX', preference: 10, exchange: 'example.org' }])
    expect(answersOf('000f', '0000 00')).toMatchObject([{ type: 'MX', preference: 0, exchange: '' }])
    expect(answersOf('0034', '03 01 01 abcd')).toMatchObject([{ type: 'TLSA', usage: 3, selector: 1, matchingType: 1 }])
    expect(answersOf('0101', '00 05 6973737565 6361')).toMatchObject([{ type: 'CAA', tag: 'issue' }])
    expect(answersOf('fff0', '0102')).toMatchObject([{ type: 'TYPE65520' }])
  })

  test('DNS-001 strings of a TXT are joined, DNS-006 octets stay octets', () => {
    const [txt] = answersOf('0010', '02 763d 03 c3bc00')
    expect(txt?.type === 'TXT' && txtText(txt)).toBe('v=\u00c3\u00bc\u0000')
  })

  test('RFC 2181 s8: a TTL with the top bit set is 0', () => {
    const read = decodeMessage(
      hex(header('0001 0001 0000 0000'), question('0001'), record('0001', 'c0000201', 'ffffffff')),
    )
    expect(read.ok && read.value.answers[0]?.ttl).toBe(0)
  })

  test('RFC 8914: the extended error and the upper bits of the response code', () => {
    const opt = '00 0029 04d0 01000000 0008 000f 0004 0006 6869'
    const read = decodeMessage(hex(header('0001 0000 0000 0001', '8182'), question('0001'), opt))
    expect(read.ok && read.value).toMatchObject({
      rcode: 0x12,
      hasEdns: true,
      extendedErrors: [{ code: 6, text: 'hi' }],
    })
  })
})

describe('hostile messages', () => {
  const refused = (...parts: string[]) => {
    const read = decodeMessage(hex(...parts))
    return read.ok ? null : read.fault.code
  }

  test('compression that leads in a circle or forward', () => {
    expect(refused(header('0001 0000 0000 0000'), 'c00c 0001 0001')).toBe('dns-message-name')
    expect(refused(header('0001 0000 0000 0000'), 'c0ff 0001 0001')).toBe('dns-message-name')
  })

  test('a record that is longer or shorter than its length', () => {
    expect(refused(header('0001 0001 0000 0000'), question('000f'), 'c00c 000f 0001 00000000 0003 000a c00c')).toBe(
      'dns-message-record',
    )
    expect(refused(header('0001 0001 0000 0000'), question('0001'), 'c00c 0001 0001 00000000 0005 c000020101')).toBe(
      'dns-message-record',
    )
    expect(refused(header('0001 0001 0000 0000'), question('0010'), 'c00c 0010 0001 00000000 0002 0561')).toBe(
      'dns-message-record',
    )
  })

  test('counts that promise more than the limit', () => {
    const count = (recordsLimit + 1).toString(16).padStart(4, '0')
    expect(refused(header(`0000 ${count} 0000 0000`))).toBe('dns-message-records')
    expect(refused(header(`0000 ${recordsLimit.toString(16).padStart(4, '0')} 0000 0000`))).toBe('dns-message-name')
  })

  test('DNS-004 two questions are no answer to one', () => {
    expect(refused(header('0002 0000 0000 0000'), question('0001'), question('0001'))).toBe('dns-message-question')
  })

  test('any octets are read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), octets => {
        const read = decodeMessage(octets)
        return read.ok || read.fault.at >= 0
      }),
      { numRuns: 3000 },
    )
  })

  test('any cut and any changed octet of a good message is read or refused', () => {
    const good = hex(header('0001 0001 0000 0000'), question('0010'), record('0010', '02 763d 03 c3bc00'))
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, octet, length) => {
        const changed = Buffer.from(good)
        changed[at] = octet
        decodeMessage(changed.subarray(0, length))
        return true
      }),
      { numRuns: 3000 },
    )
  })

  test('every type is told apart by its own number', () => {
    expect(new Set(Object.values(recordTypes)).size).toBe(Object.keys(recordTypes).length)
  })
})
