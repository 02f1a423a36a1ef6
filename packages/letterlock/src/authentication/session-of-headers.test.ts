import { formatIpAddress, parseIpAddress, readHeaderBlock } from '@letterlock/protocols'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readReceived, receivedFieldsLimit, sessionOfHeaders } from './session-of-headers.ts'

const told = (value: string) => {
  const { ip, helo, by, at } = readReceived(value, 1)
  return [ip === null ? null : formatIpAddress(ip), helo, by, at]
}
const of = (fields: readonly string[], given: string | null = null) => {
  const session = sessionOfHeaders(
    readHeaderBlock(Buffer.from([...fields, '', ''].join('\r\n'))),
    given === null ? null : parseIpAddress(given),
  )
  return { ...session, ip: session.ip === null ? null : formatIpAddress(session.ip) }
}

describe('Received as servers in use write it', () => {
  test.each([
    [
      'Postfix',
      'from mx.example.org (unknown [192.0.2.1]) by in.example.net (Postfix) with ESMTPS id 4X; Tue, 24 Nov 2026 10:00:00 +0000',
      ['192.0.2.1', 'mx.example.org', 'in.example.net', 1_795_514_400],
    ],
    [
      'Exim',
      'from [192.0.2.1] (port=5 helo=mx.example.org) by in.example.net with esmtps (TLS1.3) id 1a; Tue, 24 Nov 2026 11:00:00 +0100',
      ['192.0.2.1', 'mx.example.org', 'in.example.net', 1_795_514_400],
    ],
    [
      'Sendmail',
      'from mx.example.org (IDENT:root@host.example.org [192.0.2.1]) by in.example.net (8.17/8.17) with ESMTP id x; Tue, 24 Nov 2026 10:00:00 GMT',
      ['192.0.2.1', 'mx.example.org', 'in.example.net', 1_795_514_400],
    ],
    [
      'qmail',
      'from unknown (HELO mx.example.org) (192.0.2.1) by 0 with SMTP; 24 Nov 2026 10:00:00 -0000',
      ['192.0.2.1', 'mx.example.org', '0', 1_795_514_400],
    ],
    [
      'Exchange',
      'from AM0.outlook.example (2001:db8:10a6::1) by AS8.outlook.example (2001:db8:10a6::2) with Microsoft SMTP Server id 15; Tue, 24 Nov 2026 10:00:00 +0000',
      ['2001:db8:10a6::1', 'AM0.outlook.example', 'AS8.outlook.example', 1_795_514_400],
    ],
    [
      'with an IPv6 literal',
      'from mx.example.org (mx.example.org. [IPv6:2001:db8::1]) by in.example.net',
      ['2001:db8::1', 'mx.example.org', 'in.example.net', null],
    ],
    [
      'where the HELO name is an address that the server did not see',
      'from [10.1.1.1] (host.example.org [192.0.2.1]) by in.example.net',
      ['192.0.2.1', '[10.1.1.1]', 'in.example.net', null],
    ],
    [
      'of a message made on the server',
      'by in.example.net (Postfix, from userid 0) id 4X',
      [null, null, 'in.example.net', null],
    ],
    ['that is none', 'nothing to see', [null, null, null, null]],
  ])('%s', (_, value, expected) => {
    expect(told(value)).toEqual(expected)
  })

  test('whatever stands there, nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
        readReceived(text, 1)
        readReceived(`from ${text} by x; ${text}`, 1)
      }),
    )
  })
})

describe('the field that counts', () => {
  const inner = 'Received: from a (a [10.0.0.1]) by store.example.net'
  const border = 'Received: from mx.example.org (x [192.0.2.1]) by border.example.net'
  const forged = 'Received: from f (f [203.0.113.9]) by nobody.example'

  test('is the topmost with an address outside of private networks', () => {
    expect(of([inner, border, forged])).toMatchObject({ ip: '192.0.2.1', helo: 'mx.example.org' })
    expect(of([inner])).toMatchObject({ ip: null, helo: null })
    expect(of(['X: y']).notes[0]).toContain('does not tell who handed the message over')
  })

  test('is the one with the given address, where there is one', () => {
    expect(of([inner, border, forged], '203.0.113.9').helo).toBe('f')
    expect(of([inner, border], '198.51.100.1')).toMatchObject({ ip: null, helo: null })
  })

  test('is looked for in the first fields only: at the limit it is found, one below it is not', () => {
    const above = (count: number) => Array.from({ length: count }, () => inner)
    expect(of([...above(receivedFieldsLimit - 1), border]).ip).toBe('192.0.2.1')
    expect(of([...above(receivedFieldsLimit), border]).ip).toBeNull()
  })
})

test.each([
  ['Return-Path: <b@example.org>', 'b@example.org'],
  ['Return-Path: b@example.org', 'b@example.org'],
  ['Return-Path: <>', ''],
  ['Return-Path: nonsense', null],
  ['X: y', null],
])('the bounce address of %s', (field, mailFrom) => {
  expect(of([field]).mailFrom).toBe(mailFrom)
})
