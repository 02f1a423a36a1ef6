import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resultsItemsLimit } from '../authentication-results/parse.ts'
import { readMethodResults } from './authentication-results.ts'
import type { FailureParts } from './parts.ts'
import {
  failureListLimit,
  failureTextLimit,
  incidentsLimit,
  readFailureReport,
  returnedHeadersLimit,
} from './read-failure-report.ts'
import { redactFailureReport } from './redact-failure-report.ts'
import type { FailureReport } from './report.ts'
import { labelTextLimit, looksLikeTextFailureReport } from './text-report.ts'

const nothing: FailureParts = { feedback: null, original: null, text: null, mailDate: null }
const bytes = (lines: readonly string[]) => Buffer.from(lines.join('\r\n'))

function read(fields: readonly string[], parts: Partial<FailureParts> = {}): FailureReport {
  const result = readFailureReport({ ...nothing, feedback: bytes(fields), ...parts })
  if (!result.ok) throw new Error(result.fault.text)
  return result.value
}

const codes = (report: FailureReport) => report.deviations.map(deviation => deviation.code)

const usual = ['Feedback-Type: auth-failure', 'User-Agent: Test/1.0', 'Version: 1', 'Auth-Failure: dmarc']
const original = bytes([
  'From: Some One <some.one@example.org>',
  'To: <x@reader.example>',
  'Subject: =?utf-8?Q?Rechnung_f=C3=BCr?=',
  'Message-ID: <1@example.org>',
  '',
  'Dear x',
])

/** After the example of RFC 6591 B.1. */
const example = [
  'Feedback-Type: auth-failure',
  'User-Agent: Someisp!Mail-Plugin/1.0',
  'Version: 1',
  'Original-Mail-From: anexample.reply@anexample.com',
  'Original-Envelope-Id: o3F52gxO029144',
  'Authentication-Results: mta1011.mail.tp2.someisp.com;',
  ' dkim=fail (bodyhash) header.d=anexample.com',
  'Auth-Failure: bodyhash',
  'DKIM-Canonicalized-Body: VGhpcyBpcyBhIG1lc3NhZ2UgYm9keSB0',
  ' aGF0IGdvdCBtb2RpZmllZCBpbiB0cmFuc2l0LgoKQXQgdGhlIHNhbWU',
  'DKIM-Domain: anexample.com',
  'DKIM-Identity: @anexample.com',
  'DKIM-Selector: testkey',
  'Arrival-Date: 8 Oct 2010 20:15:58 +0000 (GMT)',
  'Source-IP: 192.0.2.1',
  'Reported-Domain: anexample.com',
  'Reported-URI: http://www.example.com/',
]

describe('failure reports', () => {
  it('RFC 6591 AppB: a report after the example of the document', () => {
    expect(read(example, { original })).toMatchObject({
      feedbackType: 'auth-failure',
      authFailure: 'bodyhash',
      originalMailFrom: 'anexample.reply@anexample.com',
      originalEnvelopeId: 'o3F52gxO029144',
      methods: [{ method: 'dkim', result: 'fail', domain: 'anexample.com' }],
      dkim: [{ domain: 'anexample.com', identity: '@anexample.com', selector: 'testkey' }],
      arrivalDate: Date.UTC(2010, 9, 8, 20, 15, 58) / 1000,
      sourceIp: '192.0.2.1',
      reportedDomains: ['anexample.com'],
      incidents: 1,
      deviations: [],
    })
  })

  it('report-tolerance 122: text for people is read by its labels', () => {
    const text = bytes([
      'A message claiming to be from you has failed the published DMARC policy for your domain.',
      '',
      '  Sender Domain: example.org',
      '  Sender IP Address: 203.0.113.68',
      '  Received date: Mon, 07 Apr 2025 23:16:09 +0200',
      '  DMARC Results: None, Reject',
      '',
      '------ This is a copy of the headers that were received before the error was detected.',
      '',
      'From: <user@example.org>',
      'Subject: Payment',
    ])
    const result = readFailureReport({ ...nothing, text })
    expect(result.ok && result.value).toMatchObject({
      feedbackType: 'auth-failure',
      reportedDomains: ['example.org'],
      sourceIp: '203.0.113.68',
      arrivalDate: Date.UTC(2025, 3, 7, 21, 16, 9) / 1000,
      deliveryResult: 'reject',
      message: { headerFromDomain: 'example.org', subject: 'Payment', hasBody: false },
      deviations: [{ code: 'failure-text-only' }],
    })
    const letter = bytes(['Sender Domain: example.org', 'Hello'])
    expect(readFailureReport({ ...nothing, text: letter })).toMatchObject({
      ok: false,
      fault: { code: 'failure-no-feedback' },
    })
  })

  it('report-tolerance 123: Source-IP with more than the address', () => {
    const source = (text: string) => read([...usual, `Source-IP: ${text}`], { original })
    expect(source('192.0.2.1 (mail.example.org)')).toMatchObject({
      sourceIp: '192.0.2.1',
      deviations: [{ code: 'failure-date-missing' }, { code: 'failure-source-ip-form' }],
    })
    expect(source('[192.0.2.1]').sourceIp).toBe('192.0.2.1')
    expect(source('IPv6:2001:DB8::1').sourceIp).toBe('2001:db8::1')
    expect(source('2001:db8::1').sourceIp).toBe('2001:db8::1')
    expect(source('unknown').sourceIp).toBeNull()
    expect(codes(source('unknown'))).toContain('failure-bad-source-ip')
  })

  it('report-tolerance 124: Delivery-Result in other words, unknown, missing', () => {
    const result = (text: string) => read([...usual, `Delivery-Result: ${text}`])
    expect(result('delivered')).toMatchObject({ deliveryResult: 'delivered', rawDeliveryResult: 'delivered' })
    expect(result('smg-policy-action')).toMatchObject({
      deliveryResult: 'policy',
      rawDeliveryResult: 'smg-policy-action',
    })
    expect(result('Reject (550)')).toMatchObject({ deliveryResult: 'reject', rawDeliveryResult: 'Reject (550)' })
    expect(result('into the sea')).toMatchObject({ deliveryResult: 'other', rawDeliveryResult: 'into the sea' })
    expect(read(usual)).toMatchObject({ deliveryResult: null, rawDeliveryResult: null })
  })

  it('report-tolerance 125: wrapped fields and empty lines before them', () => {
    const report = read([
      '',
      '',
      'Feedback-Type: auth-failure',
      'Authentication-Results: mx.example;',
      '\tdkim=none;',
      '   spf=softfail smtp.mailfrom=a@example.org',
    ])
    expect(report.methods).toEqual([
      { method: 'dkim', result: 'none', domain: null },
      { method: 'spf', result: 'softfail', domain: 'example.org' },
    ])
  })

  it('report-tolerance 126: Arrival-Date with a zone name, missing, or as Received-Date', () => {
    const named = read([...usual, 'Arrival-Date: Thu, 8 Mar 2005 14:00:00 EDT'], { original })
    expect([named.arrivalDate, codes(named)]).toEqual([Date.UTC(2005, 2, 8, 18) / 1000, ['failure-date-form']])
    expect(read(usual, { mailDate: 1_700_000_000 })).toMatchObject({ arrivalDate: 1_700_000_000 })
    expect(read(usual).arrivalDate).toBeNull()
    const received = 'Received-Date: Wed, 14 Apr 2010 12:15:31 -0700 (PDT)'
    expect(read([...usual, received], { original })).toMatchObject({
      arrivalDate: Date.UTC(2010, 3, 14, 19, 15, 31) / 1000,
      deviations: [],
    })
    expect(codes(read([...usual, received, 'Arrival-Date: Wed, 14 Apr 2010 12:15:31 -0700']))).toContain(
      'failure-two-dates',
    )
  })

  it('report-tolerance 127: feedback that is not about authentication is told apart', () => {
    expect(read(['Feedback-Type: abuse', 'User-Agent: A/1', 'Version: 1']).feedbackType).toBe('abuse')
    expect(read(['Feedback-Type: Fraud']).feedbackType).toBe('fraud')
    const unknown = read(['Feedback-Type: dmarc-thing'], { original })
    expect([unknown.feedbackType, codes(unknown)]).toEqual(['other', ['failure-unknown-type', 'failure-date-missing']])
    expect(read(['Auth-Failure: spf']).feedbackType).toBe('auth-failure')
    expect(read(['Source-IP: 192.0.2.1']).feedbackType).toBe('other')
  })

  it('report-tolerance 128: fields absent or given twice', () => {
    const bare = read(['Feedback-Type: auth-failure'])
    expect(bare).toMatchObject({
      authFailure: null,
      identityAlignment: null,
      dkim: [],
      sourceIp: null,
      originalMailFrom: null,
    })
    const twice = read([
      ...usual,
      'Auth-Failure: spf',
      'Identity-Alignment: spf, dkim',
      'DKIM-Domain: a.example',
      'DKIM-Selector: s1',
      'DKIM-Domain: b.example',
      'DKIM-Selector: s2',
    ])
    expect(twice).toMatchObject({
      authFailure: 'dmarc',
      identityAlignment: ['spf', 'dkim'],
      dkim: [
        { domain: 'a.example', identity: null, selector: 's1' },
        { domain: 'b.example', identity: null, selector: 's2' },
      ],
    })
    expect(codes(twice)).toContain('failure-repeated-field')
    expect(read([...usual, 'Original-Mail-From: <>']).originalMailFrom).toBe('')
  })

  it('report-tolerance 129: of a whole returned message only what is needed is kept', () => {
    const fields = [
      ...usual,
      'Original-Mail-From: <"Some One"@example.org>',
      'Original-Rcpt-To: <x.reader@reader.example>',
      'Original-Envelope-Id: abc',
      'Authentication-Results: mx.example (x.reader@reader.example asked); dkim=fail header.i=some.one@example.org; spf=fail smtp.mailfrom="Some One"@example.org',
      'DKIM-Domain: example.org',
      'DKIM-Identity: some.one@example.org',
      'SPF-DNS: txt : example.org : "v=spf1 exists:some.one@x.example -all"',
      'Source-IP: 192.0.2.1 (some.one@example.org)',
      'Delivery-Result: told some.one@example.org',
    ]
    const report = read(fields, { original })
    expect(report.message).toMatchObject({
      subject: 'Rechnung für',
      headerFrom: 'Some One <some.one@example.org>',
      hasBody: true,
    })
    const redacted = redactFailureReport(report, subject => `h${subject.length}`)
    const text = JSON.stringify(redacted)
    for (const secret of ['Some', 'some.one', 'x.reader', 'Rechnung', 'Dear', 'abc']) expect(text).not.toContain(secret)
    expect(redacted).toMatchObject({
      originalMailFrom: '@example.org',
      originalRcptTo: ['@reader.example'],
      sourceIp: '192.0.2.1',
      dkim: [{ domain: 'example.org', identity: '@example.org', selector: null }],
      message: {
        headerFrom: '@example.org',
        headerFromDomain: 'example.org',
        subject: 'hash:h12',
        headers: '',
        hasBody: true,
      },
    })
    expect(redacted.methods).toEqual(report.methods)
    expect(redactFailureReport(report).message?.subject).toBeNull()
  })

  it('FAIL-014 no local part survives, whatever it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,300}$/), local => {
        const secret = `zq${local}zq`
        const fields = [
          ...usual,
          `Original-Mail-From: ${secret}@example.org`,
          `Authentication-Results: a; spf=fail smtp.mailfrom=${secret}@example.org`,
          `User-Agent: by ${secret}@example.org`,
        ]
        expect(JSON.stringify(redactFailureReport(read(fields)))).not.toContain('zq')
      }),
    )
  })

  it('FAIL-012 results come from Authentication-Results, with or without the name of the server', () => {
    expect(readMethodResults('dmarc=fail (p=none; dis=none) header.from=example.com')).toEqual([
      { method: 'dmarc', result: 'fail', domain: 'example.com' },
    ])
    expect(
      readMethodResults('mx.example 1; dkim=pass header.i=@Example.org; spf=hardfail smtp.helo=h.example; iprev=odd'),
    ).toEqual([
      { method: 'dkim', result: 'pass', domain: 'example.org' },
      { method: 'spf', result: 'fail', domain: 'h.example' },
      { method: 'iprev', result: 'unknown', domain: null },
    ])
  })

  it('FAIL-012 a broken statement costs its own property, or itself, and never another', () => {
    const read = (field: string) =>
      readMethodResults(field).map(({ method, result, domain }) => `${method} ${result} ${domain}`)
    expect(read('dkim=fail; spf=softfail smtp.mailfrom=a@b.example')).toEqual([
      'dkim fail null',
      'spf softfail b.example',
    ])
    expect(read('mx.example; dmarc=fail action=none header.from=a.example; spf=pass smtp.mailfrom=b.example')).toEqual([
      'dmarc fail null',
      'spf pass b.example',
    ])
    expect(read('mx.example; =odd; spf=fail (a; dkim=pass) smtp.helo="h.example"')).toEqual(['spf fail h.example'])
    // What a quoted string holds is no statement, closed or not.
    expect(read('dkim=fail header.i="x; spf=pass; y"; =')).toEqual(['dkim fail null'])
    expect(read('mx.example; dkim=fail header.i="x; spf=pass')).toEqual(['dkim fail null'])
    // AR-006: nothing is known of the form of another version.
    expect(read('mx.example 2; spf=pass')).toEqual([])
    expect(read('mx.example; none')).toEqual([])
  })

  it('limit: as many results are read as an Authentication-Results field may have', () => {
    const field = (count: number) => Array.from({ length: count }, () => 'spf=fail').join(';')
    for (const name of ['', 'mx.example;']) {
      expect(readMethodResults(name + field(resultsItemsLimit))).toHaveLength(resultsItemsLimit)
      const more = readMethodResults(name + field(resultsItemsLimit + 1))
      expect(more.length).toBeLessThanOrEqual(resultsItemsLimit)
    }
  })

  it('MAIL-012 limit: Incidents is a 32-bit number, else 1', () => {
    const incidents = (text: string) => read([...usual, `Incidents: ${text}`]).incidents
    expect([
      incidents('7'),
      incidents(String(incidentsLimit)),
      incidents(String(incidentsLimit + 1)),
      incidents('-3'),
      incidents('many'),
    ]).toEqual([7, incidentsLimit, 1, 1, 1])
  })

  it('limit: characters of a text, entries of a list, bytes of returned headers', () => {
    const agent = (length: number) =>
      read(['Feedback-Type: auth-failure', `User-Agent: ${'a'.repeat(length)}`, 'Version: 1', 'Auth-Failure: dmarc'])
        .userAgent
    expect(agent(failureTextLimit)).toHaveLength(failureTextLimit)
    expect(agent(failureTextLimit + 1)).toHaveLength(failureTextLimit)
    const recipients = (count: number) =>
      read([...usual, ...Array.from({ length: count }, (_, at) => `Original-Rcpt-To: <${at}@owner.example>`)])
        .originalRcptTo
    expect(recipients(failureListLimit)).toHaveLength(failureListLimit)
    expect(recipients(failureListLimit + 1)).toHaveLength(failureListLimit)
    const returned = (length: number) => {
      const start = 'From: a@owner.example\r\nX-Long: '
      const header = `${start}${'x'.repeat(length - start.length - 4)}\r\n\r\n`
      return read(usual, { original: Buffer.from(header) }).message?.headers.length
    }
    expect(returned(returnedHeadersLimit)).toBe(returnedHeadersLimit)
    expect(returned(returnedHeadersLimit + 1)).toBe(returnedHeadersLimit)
  })

  it('limit: bytes of a text that are searched for labels', () => {
    const text = (before: number) =>
      Buffer.from(`${'\n'.repeat(before)}Sender Domain: a.example\nSender IP: 192.0.2.1\n`)
    const own = text(0).length
    expect(looksLikeTextFailureReport(text(labelTextLimit - own))).toBe(true)
    // The second label is cut.
    expect(looksLikeTextFailureReport(text(labelTextLimit - own + 15))).toBe(false)
  })

  it('parts without any field are refused with the cause', () => {
    expect(readFailureReport({ ...nothing, feedback: Buffer.from('no fields') })).toMatchObject({
      ok: false,
      fault: { code: 'failure-no-fields' },
    })
    expect(readFailureReport(nothing)).toMatchObject({ ok: false, fault: { code: 'failure-no-feedback' } })
  })

  it('any bytes give an answer', () => {
    const piece = fc.constantFrom(
      'Feedback-Type:',
      'Source-IP:',
      'Arrival-Date:',
      'Authentication-Results:',
      '(',
      '"',
      '@',
      ';',
      '=',
      '\r\n',
      ' ',
      'a',
      '\0',
      '<',
      '>',
      '\xff',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.array(piece, { maxLength: 60 }), (feedback, message) => {
        const result = readFailureReport({
          ...nothing,
          feedback: Buffer.from(feedback.join('')),
          original: Buffer.from(message.join('')),
        })
        if (result.ok) redactFailureReport(result.value)
      }),
    )
  })
})
