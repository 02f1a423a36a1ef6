import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReportTime } from './date-time.ts'
import {
  readTlsReport,
  type TlsReportContext,
  tlsCountLimit,
  tlsDeviationsLimit,
  tlsPartsLimit,
  tlsReportBytesLimit,
  tlsTextLimit,
} from './read-tls-report.ts'
import type { TlsReport } from './report.ts'

const context: TlsReportContext = { policyDomain: null, submitterDomain: null, syntheticId: 'synthetic-00' }

const policy = {
  policy: { 'policy-type': 'sts', 'policy-domain': 'example.org' },
  summary: { 'total-successful-session-count': 5, 'total-failure-session-count': 1 },
}

const report = {
  'organization-name': 'Reporter',
  'date-range': { 'start-datetime': '2026-01-11T00:00:00Z', 'end-datetime': '2026-01-11T23:59:59Z' },
  'contact-info': 'tls@reporter.example',
  'report-id': 'one',
  policies: [policy] as unknown,
}

function read(document: unknown, around: Partial<TlsReportContext> = {}) {
  return readTlsReport(Buffer.from(JSON.stringify(document)), { ...context, ...around })
}

function good(document: unknown, around: Partial<TlsReportContext> = {}): TlsReport {
  const result = read(document, around)
  if (!result.ok) throw new Error(result.fault.text)
  return result.value
}

const codes = (value: TlsReport) => value.deviations.map(deviation => deviation.code)
const withPolicy = (members: object) => ({
  ...report,
  policies: [{ ...policy, policy: { ...policy.policy, ...members } }],
})
const withDetails = (details: unknown) => ({ ...report, policies: [{ ...policy, 'failure-details': details }] })

describe('TLS reports', () => {
  it('RFC 8460 s4.4: a report by the letter has no deviation', () => {
    const value = good(report)
    expect(value).toMatchObject({
      organizationName: 'Reporter',
      contactInfo: 'tls@reporter.example',
      reportId: 'one',
      begin: Date.UTC(2026, 0, 11) / 1000,
      end: Date.UTC(2026, 0, 12) / 1000 - 1,
      deviations: [],
    })
    expect(value.policies).toEqual([
      {
        policyType: 'sts',
        policyString: [],
        policyDomain: 'example.org',
        mxHost: [],
        successfulSessions: 5,
        failedSessions: 1,
        failureDetails: [],
      },
    ])
  })

  it('report-tolerance 106: policy-string as text is split into lines', () => {
    const value = good(withPolicy({ 'policy-string': 'version: STSv1\r\nmode: enforce\nmx: *.example.org' }))
    expect(value.policies[0]?.policyString).toEqual(['version: STSv1', 'mode: enforce', 'mx: *.example.org'])
    expect(codes(value)).toEqual(['tls-single-for-array'])
  })

  it('report-tolerance 107: mx-host as text, as list, and as mx-host-pattern', () => {
    expect(good(withPolicy({ 'mx-host': '*.Example.org.' })).policies[0]?.mxHost).toEqual(['*.example.org'])
    expect(good(withPolicy({ 'mx-host': ['a.example', 'b.example'] })).policies[0]?.mxHost).toEqual([
      'a.example',
      'b.example',
    ])
    const pattern = good(withPolicy({ 'mx-host-pattern': ['a.example', '*.b.example'] }))
    expect([pattern.policies[0]?.mxHost, codes(pattern)]).toEqual([['a.example', '*.b.example'], ['tls-other-name']])
    expect(good(withPolicy({ 'mx-host': ['mx: a.example'] })).policies[0]?.mxHost).toEqual(['a.example'])
  })

  it('report-tolerance 108: contact-info null or missing is null', () => {
    expect(good({ ...report, 'contact-info': null }).contactInfo).toBeNull()
    expect(good({ ...report, 'contact-info': undefined }).contactInfo).toBeNull()
  })

  it('report-tolerance 109: dates without zone, with offset, fraction, blank, as numbers, at midnight', () => {
    const day = Date.UTC(2023, 0, 10) / 1000
    const forms: readonly (readonly [text: string, seconds: number])[] = [
      ['2023-01-10T00:00:00', day],
      ['2023-01-10T02:00:00+02:00', day],
      ['2023-01-09T19:00:00-0500', day],
      ['2023-01-10T00:00:00.500Z', day],
      ['2023-01-10 00:00:00', day],
      ['2023-01-10 00:00:00 UTC', day],
      ['2023-01-10', day],
      ['2023-01-10T00:00Z', day],
      ['2023-01-09T24:00:00Z', day],
      [String(day), day],
      [String(day * 1000), day],
    ]
    for (const [text, seconds] of forms)
      expect([text, parseReportTime(text)]).toEqual([text, { seconds, isStrict: text === '2023-01-10T02:00:00+02:00' }])
    for (const text of ['', 'today', '2023-02-30T00:00:00Z', '2023-01-10T25:00:00Z', '12'])
      expect(parseReportTime(text)).toBeNull()
    const midnight = { 'start-datetime': '2026-01-11T00:00:00Z', 'end-datetime': '2026-01-12T00:00:00Z' }
    expect(good({ ...report, 'date-range': midnight }).end).toBe(Date.UTC(2026, 0, 12) / 1000)
    const numbers = { 'start-datetime': day, 'end-datetime': day + 86_399 }
    expect(good({ ...report, 'date-range': numbers })).toMatchObject({ begin: day, end: day + 86_399 })
    const swapped = { 'start-datetime': '2026-01-12T00:00:00Z', 'end-datetime': '2026-01-11T00:00:00Z' }
    expect(codes(good({ ...report, 'date-range': swapped }))).toEqual(['tls-range-swapped'])
  })

  it('report-tolerance 110: counts as text', () => {
    const summary = { 'total-successful-session-count': ' 12 ', 'total-failure-session-count': '3.0' }
    const value = good({ ...report, policies: [{ ...policy, summary }] })
    expect(value.policies[0]).toMatchObject({ successfulSessions: 12, failedSessions: 3 })
    expect(codes(value)).toEqual(['tls-count-string', 'tls-count-string'])
  })

  it('report-tolerance 111: a missing summary is unknown, not 0', () => {
    const value = good({ ...report, policies: [{ policy: policy.policy }] })
    expect(value.policies[0]).toMatchObject({ successfulSessions: null, failedSessions: null })
    expect(codes(value)).toContain('tls-missing')
  })

  it('report-tolerance 112: a missing policy-domain comes from around the report, else it is unknown', () => {
    const nameless = { ...report, policies: [{ ...policy, policy: { 'policy-type': 'no-policy-found' } }] }
    const found = good(nameless, { policyDomain: 'Example.NET' })
    expect([found.policies[0]?.policyDomain, codes(found)]).toEqual(['example.net', ['tls-domain-from-context']])
    const unknown = good(nameless)
    expect([unknown.policies[0]?.policyDomain, codes(unknown)]).toEqual([null, ['tls-domain-unknown']])
  })

  it('TLSRPT-032 the report is right where the mail says another domain', () => {
    expect(good(report, { policyDomain: 'other.example' }).policies[0]?.policyDomain).toBe('example.org')
  })

  it('report-tolerance 113: types in upper case and unknown ones', () => {
    const upper = good(withPolicy({ 'policy-type': 'STS' }))
    expect([upper.policies[0]?.policyType, codes(upper)]).toEqual(['sts', ['tls-value-case']])
    const details = [
      { 'result-type': 'Certificate-Expired', 'failed-session-count': 1 },
      { 'result-type': 'new-thing', 'failed-session-count': 1 },
    ]
    const value = good(withDetails(details))
    expect(value.policies[0]?.failureDetails.map(detail => detail.resultType)).toEqual([
      'certificate-expired',
      'new-thing',
    ])
    expect(codes(value)).toEqual(['tls-value-case', 'tls-unknown-type'])
  })

  it('report-tolerance 114: missing addresses and host are null, bad ones too', () => {
    const value = good(
      withDetails([{ 'result-type': 'validation-failure', 'failed-session-count': 2, 'receiving-ip': 'none' }]),
    )
    expect(value.policies[0]?.failureDetails[0]).toEqual({
      resultType: 'validation-failure',
      sendingMtaIp: null,
      receivingMxHostname: null,
      receivingMxHelo: null,
      receivingIp: null,
      failedSessionCount: 2,
      additionalInformation: null,
      failureReasonCode: null,
    })
    expect(codes(value)).toEqual(['tls-bad-ip'])
  })

  it('report-tolerance 115: a missing failed-session-count is 1 and flagged', () => {
    const value = good(withDetails([{ 'result-type': 'certificate-expired' }]))
    expect([value.policies[0]?.failureDetails[0]?.failedSessionCount, codes(value)]).toEqual([1, ['tls-count-missing']])
  })

  it('report-tolerance 116: failure-details null or one object, policies one object, empty or null', () => {
    expect(good(withDetails(null)).policies[0]?.failureDetails).toEqual([])
    expect(
      good(withDetails({ 'result-type': 'tlsa-invalid', 'failed-session-count': 4 })).policies[0]?.failureDetails,
    ).toHaveLength(1)
    expect(good({ ...report, policies: policy }).policies).toHaveLength(1)
    expect(good({ ...report, policies: [] }).policies).toEqual([])
    expect(good({ ...report, policies: null }).policies).toEqual([])
  })

  it('report-tolerance 117: domains in any case, with a final dot, as U-labels', () => {
    expect(good(withPolicy({ 'policy-domain': 'Example.ORG.' })).policies[0]?.policyDomain).toBe('example.org')
    expect(good(withPolicy({ 'policy-domain': 'bücher.example' })).policies[0]?.policyDomain).toBe(
      'xn--bcher-kva.example',
    )
  })

  it('report-tolerance 119: members with the names that are not of the RFC', () => {
    const both = { 'additional-info-uri': 'https://a.example', 'failure-error-code': 'E1' }
    const value = good(withDetails([{ 'result-type': 'validation-failure', 'failed-session-count': 1, ...both }]))
    expect(value.policies[0]?.failureDetails[0]).toMatchObject({
      additionalInformation: 'https://a.example',
      failureReasonCode: 'E1',
    })
    expect(codes(value)).toEqual(['tls-other-name', 'tls-other-name'])
  })

  it('report-tolerance 121: several policies of one domain stay apart', () => {
    const policies = ['sts', 'tlsa', 'no-policy-found'].map(type => ({
      ...policy,
      policy: { 'policy-type': type, 'policy-domain': 'example.org' },
    }))
    const value = good({ ...report, policies })
    expect(value.policies.map(entry => [entry.policyType, entry.successfulSessions])).toEqual([
      ['sts', 5],
      ['tlsa', 5],
      ['no-policy-found', 5],
    ])
  })

  it('names that are missing are filled and said', () => {
    const nameless = { ...report, 'organization-name': null, 'report-id': '' }
    expect(good(nameless)).toMatchObject({ organizationName: 'reporter.example', reportId: 'synthetic-00' })
    expect(good({ ...nameless, 'contact-info': null }, { submitterDomain: 'from.example' }).organizationName).toBe(
      'from.example',
    )
  })

  it('TLSRPT-031 what cannot be placed is refused with the cause', () => {
    const refusal = (document: unknown) => {
      const result = read(document)
      return result.ok ? null : result.fault.code
    }
    expect(refusal([report])).toBe('tls-not-object')
    expect(refusal({ ...report, policies: undefined })).toBe('tls-no-policies')
    expect(refusal({ ...report, 'date-range': undefined })).toBe('tls-no-date-range')
    expect(refusal({ ...report, 'date-range': { 'start-datetime': 'x', 'end-datetime': 'y' } })).toBe(
      'tls-no-date-range',
    )
    expect(refusal(withDetails([{ 'failed-session-count': -1 }]))).toBe('tls-bad-count')
    expect(refusal(withDetails([{ 'failed-session-count': tlsCountLimit }]))).toBeNull()
    expect(refusal(withDetails([{ 'failed-session-count': tlsCountLimit + 1 }]))).toBe('tls-bad-count')
    expect(readTlsReport(Buffer.from('<xml/>'), context)).toMatchObject({ ok: false, fault: { code: 'json-syntax' } })
  })

  it('TLSRPT-031 limit: 16 MiB are read, one byte more is refused', () => {
    const text = JSON.stringify(report)
    const padded = (size: number) => readTlsReport(Buffer.from(text.padEnd(size, ' ')), context)
    expect(padded(tlsReportBytesLimit).ok).toBe(true)
    expect(padded(tlsReportBytesLimit + 1)).toMatchObject({ ok: false, fault: { code: 'tls-too-large' } })
  })

  it('limit: policies, failure details and lines together', () => {
    const details = (count: number) => {
      const text = JSON.stringify(withDetails([])).replace(
        '"failure-details":[]',
        `"failure-details":[${Array(count).fill('{}')}]`,
      )
      return readTlsReport(Buffer.from(text), context)
    }
    // One policy counts beside the details.
    const most = details(tlsPartsLimit - 1)
    expect(most.ok && most.value.policies[0]?.failureDetails.length).toBe(tlsPartsLimit - 1)
    expect(details(tlsPartsLimit)).toMatchObject({ ok: false, fault: { code: 'tls-too-many-parts' } })
    const policies = (count: number) => read({ ...report, policies: Array(count).fill({}) })
    expect(policies(tlsPartsLimit).ok).toBe(true)
    expect(policies(tlsPartsLimit + 1)).toMatchObject({ ok: false, fault: { code: 'tls-too-many-parts' } })
    const lines = (count: number) => read(withPolicy({ 'mx-host': Array(count).fill('mx.example.org') }))
    expect(lines(tlsPartsLimit - 1).ok).toBe(true)
    expect(lines(tlsPartsLimit)).toMatchObject({ ok: false, fault: { code: 'tls-too-many-parts' } })
    const inOneText = withPolicy({ 'policy-string': Array(10).fill('x\n'.repeat(20_000)) })
    expect(read(inOneText)).toMatchObject({ ok: false, fault: { code: 'tls-too-many-parts' } })
  })

  it('limit: characters of a text', () => {
    const longest = good({ ...report, 'report-id': 'x'.repeat(tlsTextLimit) })
    expect([longest.reportId.length, codes(longest)]).toEqual([tlsTextLimit, []])
    const longer = good({ ...report, 'report-id': 'x'.repeat(tlsTextLimit + 1) })
    expect([longer.reportId.length, codes(longer)]).toEqual([tlsTextLimit, ['tls-text-cut']])
  })

  it('limit: deviations that are kept', () => {
    const kept = (count: number) => good(withDetails(Array(count).fill(null))).deviations.length
    expect(kept(tlsDeviationsLimit)).toBe(tlsDeviationsLimit)
    expect(kept(tlsDeviationsLimit + 1)).toBe(tlsDeviationsLimit)
  })

  it('any JSON in any place gives an answer', () => {
    const names = [
      'policies',
      'policy',
      'summary',
      'date-range',
      'failure-details',
      'mx-host',
      'policy-string',
      'policy-domain',
      'failed-session-count',
    ]
    const anything = fc.letrec(tie => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value')),
        tie('object'),
      ),
      object: fc.dictionary(fc.constantFrom(...names), tie('value')),
    })).object
    fc.assert(fc.property(anything, extra => void read({ ...report, ...(extra as object) })))
  })
})
