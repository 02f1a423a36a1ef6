import { it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { readTlsReport } from './read-tls-report.ts'

const report = JSON.stringify({
  'organization-name': 'Company-X é',
  'date-range': { 'start-datetime': '2016-04-01T00:00:00Z', 'end-datetime': '2016-04-01T23:59:59Z' },
  'contact-info': 'sts-reporting@company-x.example',
  'report-id': '5065427c \\ \u0001',
  policies: [
    {
      policy: {
        'policy-type': 'sts',
        'policy-string': ['version: STSv1', 'mode: testing', 'mx: *.mail.company-y.example', 'max_age: 86400'],
        'policy-domain': 'company-y.example',
        'mx-host': ['*.mail.company-y.example'],
      },
      summary: { 'total-successful-session-count': 5326, 'total-failure-session-count': 303.5 },
      'failure-details': [
        { 'result-type': 'certificate-expired', 'sending-mta-ip': '2001:db8::1', 'failed-session-count': -1e2 },
        {
          'result-type': null,
          'receiving-ip': '203.0.113.56',
          'failed-session-count': '200',
          'failure-reason-code': true,
        },
      ],
    },
  ],
})

const words = [
  '{',
  '}',
  '[',
  ']',
  '{"a":',
  '[[[[[[',
  ',',
  ':',
  '"',
  '\\',
  '\\u00e9',
  '\\ud83d\\ude00',
  '\\ud800',
  'null',
  'true',
  '-',
  '0',
  '1e400',
  '1e-9',
  '99999999999999999999',
  '"policies":',
  '"mx-host":',
  '"date-range":',
  '"policy-string":"',
  '\n',
  '\0',
  '\xef\xbb\xbf',
  '\xff\xfe',
  '\xfe\xff',
  '\xe9',
  ' ',
]

it('fuzz: any document is read or refused, in time that grows with it', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: [
      Buffer.from(report),
      Buffer.from(report, 'utf16le'),
      Buffer.from(JSON.stringify(JSON.parse(report), null, 2)),
    ],
    words,
    target: input => {
      const result = readTlsReport(input, { policyDomain: 'example.org', submitterDomain: null, syntheticId: '0' })
      if (!result.ok && (result.fault.at < 0 || result.fault.at > input.length + 3))
        throw new Error(`fault at ${result.fault.at}`)
    },
  })
})
