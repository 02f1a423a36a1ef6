import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { address, checkRecord } from './check.sample.ts'
import { formatReceivedSpf, type ReceivedSpf, receivedSpfValueLimit } from './received-spf.ts'

async function written(record: string, over: Partial<ReceivedSpf> = {}): Promise<string> {
  return formatReceivedSpf({
    evaluation: await checkRecord(record),
    identity: 'mailfrom',
    ip: address('192.0.2.1'),
    helo: 'mail.example.org',
    envelopeFrom: 'user@example.org',
    receiver: 'mx.example.net',
    ...over,
  })
}

// RFC 7208 s9.1 with erratum 5436, for a field of one comment and pairs with folds between them.
const dotAtom = "[\\w!#$%&'*+/=?^`{|}~-]+(?:\\.[\\w!#$%&'*+/=?^`{|}~-]+)*"
const quoted = '"(?:[ !#-\\[\\]-~]|\\\\[ -~])*"'
const pair = `(?:client-ip|envelope-from|helo|identity|mechanism|problem|receiver)=(?:${dotAtom}|${quoted})`
const form = new RegExp(
  `^Received-SPF: (?:pass|fail|softfail|neutral|none|temperror|permerror) \\([ -'*-[\\]-~]*\\)\\r\\n\\t${pair}(?:;\\r\\n\\t${pair})*$`,
)

describe('Received-SPF', () => {
  test('SPF-103, SPF-104 result, comment, and pairs in the form of the standard', async () => {
    expect(await written('v=spf1 ip4:192.0.2.0/24 -all')).toBe(
      [
        'Received-SPF: pass (SPF of example.org is pass)',
        'client-ip=192.0.2.1;',
        'envelope-from="user@example.org";',
        'helo=mail.example.org;',
        'identity=mailfrom;',
        'mechanism="ip4:192.0.2.0/24";',
        'receiver=mx.example.net',
      ].join('\r\n\t'),
    )
    expect(await written('v=spf1')).toMatch(/^Received-SPF: neutral .*mechanism=default;/s)
    expect(await written('v=spf1 foo')).toMatch(/^Received-SPF: permerror .*problem="/s)
    expect(await written('v=spf1 -all', { identity: 'helo' })).not.toContain('envelope-from')
    expect(await written('v=spf1', { ip: address('2001:db8::1') })).toContain('client-ip="2001:db8::1"')
  })

  test('SPF-102 it is one whole field, to be put above all others', async () => {
    const [first, ...folds] = (await written('v=spf1')).split('\r\n')
    expect(first).toMatch(/^Received-SPF: /)
    expect(folds.every(line => line.startsWith('\t'))).toBe(true)
  })

  test('a value at the limit is told whole, one above is cut', async () => {
    for (const more of [0, 1]) {
      const helo = 'h'.repeat(receivedSpfValueLimit + more)
      expect(await written('v=spf1', { helo })).toContain(`helo=${'h'.repeat(receivedSpfValueLimit)};`)
    }
  })

  test('SPF-105, SPF-106 whatever the sender writes, the form holds and no line is overlong', async () => {
    const evaluation = await checkRecord('v=spf1 -all')
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom('"', '\\', ')', '(', '\r\n', 'X: y', ';', '\u0000', 'a'), { maxLength: 300 })
        .map(words => words.join('')),
    )
    fc.assert(
      fc.property(hostile, hostile, hostile, (domain, helo, envelopeFrom) => {
        const text = formatReceivedSpf({
          evaluation: { ...evaluation, domain },
          identity: 'mailfrom',
          ip: address('192.0.2.1'),
          helo,
          envelopeFrom,
          receiver: 'mx.example.net',
        })
        expect(text).toMatch(form)
        expect(Math.max(...text.split('\r\n').map(line => line.length))).toBeLessThanOrEqual(998)
      }),
      { numRuns: 300 },
    )
  })
})
