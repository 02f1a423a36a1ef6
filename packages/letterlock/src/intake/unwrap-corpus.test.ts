import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFailureReport, readTlsReport } from '@letterlock/protocols'
import { describe, expect, it } from 'vitest'
import { tlsContextOf } from './tls-context.ts'
import { unwrap } from './unwrap.ts'

const corpus =
  process.env['LETTERLOCK_CORPUS'] ?? fileURLToPath(new URL('../../../../../shared/corpus', import.meta.url))
const hasCorpus = existsSync(corpus)

/**
 * What each file holds, found by reading it. `xml N`: an aggregate report of N bytes. `tls`: reporter, policy domain and
 * sessions that succeeded and failed. `failure`: kind of feedback, source, reported domain, From of the message.
 */
const expected: Readonly<Record<string, string>> = {
  'containers/domainaware__parsedmarc/samples__extract_report__changed-input.xml': 'xml 15157',
  'containers/domainaware__parsedmarc/samples__extract_report__nice-input.xml': 'xml 15159',
  'containers/domainaware__parsedmarc/samples__extract_report__nice-input.xml.zip': 'xml 15159',
  'containers/georgestarcher__dmarcgo/testdata__fixtures__aol.com!georgestarcher.com!1342497600!1342584000.zip':
    'xml 984',
  'containers/keltia__dmarc-cat/testdata__bad.zip': 'none empty',
  'containers/keltia__dmarc-cat/testdata__empty.txt': 'none empty',
  'containers/keltia__dmarc-cat/testdata__notempty.txt.gz': 'unreadable not-a-report',
  'containers/msimerson__mail-dmarc/t__fixtures__test_dmarc.xml': 'xml 1101',
  'containers/msimerson__mail-dmarc/t__fixtures__test_dmarc.xml.zip': 'xml 1101',
  'containers/tierpod__dmarc-report-converter/pkg__dmarc__testdata__test.xml': 'xml 1861',
  'containers/tierpod__dmarc-report-converter/pkg__dmarc__testdata__test.xml.gz': 'xml 1861',
  'containers/tierpod__dmarc-report-converter/pkg__dmarc__testdata__test.xml.gz.gz': 'xml 1861',
  // A made-up form that no document defines. Its reader refuses it, because it has no date_range.
  'failure/djav1985__v-dmarc-dashboard/unit__fixtures__dmarc__forensic-sample.xml': 'xml 1472',
  'failure/domainaware__parsedmarc/samples__failure__[Netease DMARC Failure Report] Rent Reminder.eml':
    'failure auth-failure 167.89.69.24 cardinal.com cardinal.com',
  'failure/domainaware__parsedmarc/samples__failure__dmarc_ruf_report_linkedin.crlf.eml':
    'failure auth-failure 10.10.10.10 example.com example.com',
  'failure/domainaware__parsedmarc/samples__failure__exim_plain_text_only_no_arf_part.eml':
    'failure auth-failure 203.0.113.68 example.com example.com',
  'failure/stalwartlabs__mail-auth/resources__arf__001.eml': 'failure abuse null  example.net',
  'failure/stalwartlabs__mail-auth/resources__arf__002.eml': 'failure abuse 192.0.2.1 example.net example.net',
  'failure/stalwartlabs__mail-auth/resources__arf__003.eml': 'failure auth-failure 192.0.2.1 example.net example.net',
  'smtp_tls/cry-inc__dmarc-report-viewer/testdata__smtp-tls-reports__google.json': 'tls Google Inc.: foo-bar.io 1/0',
  'smtp_tls/cry-inc__dmarc-report-viewer/testdata__smtp-tls-reports__no-contact.json': 'tls server.com: server.com 1/0',
  'smtp_tls/cry-inc__dmarc-report-viewer/testdata__smtp-tls-reports__no-policy.json': 'tls Google Inc.: foo-bar.io 1/0',
  'smtp_tls/cry-inc__dmarc-report-viewer/testdata__smtp-tls-reports__no_ip_and_mx.json':
    'tls Microsoft Corporation: xxxxxxxx.xx 0/3',
  'smtp_tls/cry-inc__dmarc-report-viewer/testdata__smtp-tls-reports__rfc-example.json':
    'tls Company-X: company-y.example 5326/303',
  'smtp_tls/dmarc-analyzer-net__DmarcAnalyzerApp/src__api.tests__Fixtures__sample-google-tls.json':
    'tls Example Mail Provider: acme.example 100/2, beta.example 50/0, acme.example 10/1',
  'smtp_tls/dmarc-analyzer-net__DmarcAnalyzerApp/src__api.tests__Fixtures__sample-successonly-tls.json':
    'tls Clean Reporter: acme.example 5000/0',
  'smtp_tls/domainaware__parsedmarc/samples__smtp_tls__google.com_smtp_tls_report.eml':
    'tls Google Inc.: cardinalhealth.ca 48/0',
  'smtp_tls/domainaware__parsedmarc/samples__smtp_tls__rfc8460.json': 'tls Company-X: company-y.example 5326/303',
  'smtp_tls/isseis__tlsrpt-digest/testdata__tlsrpt_success_google_2.eml': 'tls Google Inc.: example.com 4/0',
  'smtp_tls/isseis__tlsrpt-digest/testdata__tlsrpt_success_microsoft.eml': 'tls Microsoft Corporation: example.com 2/0',
  'smtp_tls/mjl-__mox/testdata__tlsreports__microsoft.eml': 'tls Microsoft Corporation: test.xmox.nl 2/0',
  'smtp_tls/robalexdev__tlsrpt-be/report-2.json': 'tls Example LLC.: example.org 13/0',
  'smtp_tls/stalwartlabs__mail-auth/resources__tlsrpt__rpt01.eml': 'tls Company-X: company-y.example 5326/303',
  'smtp_tls/stalwartlabs__mail-auth/resources__tlsrpt__rpt02.json': 'tls Google Inc.: example.com 23/1',
}

async function outcome(file: string): Promise<string> {
  const bytes = readFileSync(join(corpus, file))
  const outcomes: string[] = []
  for await (const document of unwrap({ bytes }, { name: file, unpackedLimit: 1e9 })) {
    if (document.kind === 'none') outcomes.push(`none ${document.notes.at(-1)?.code}`)
    else if (document.kind === 'unreadable') outcomes.push(`unreadable ${document.fault.code}`)
    else if (document.kind === 'failure') {
      const result = readFailureReport(document.parts)
      if (!result.ok) outcomes.push(result.fault.code)
      else {
        const { feedbackType, sourceIp, reportedDomains, message } = result.value
        outcomes.push(`failure ${feedbackType} ${sourceIp} ${reportedDomains.join()} ${message?.headerFromDomain}`)
      }
    } else if (document.kind === 'tls-json') {
      const result = readTlsReport(document.content.bytes, tlsContextOf(document, Buffer.alloc(32)))
      if (!result.ok) outcomes.push(result.fault.code)
      else {
        const policies = result.value.policies.map(
          policy => `${policy.policyDomain} ${policy.successfulSessions}/${policy.failedSessions}`,
        )
        outcomes.push(`tls ${result.value.organizationName}: ${policies.join(', ')}`)
      }
    } else if (document.content.kind === 'bytes') outcomes.push(`xml ${document.content.bytes.length}`)
  }
  return outcomes.join('; ')
}

describe.skipIf(!hasCorpus)('containers, failure and TLS reports of the corpus', () => {
  it.each(Object.entries(expected))('%s', async (file, text) => {
    expect(await outcome(file)).toBe(text)
  })

  it('no file of these folders is left out', () => {
    const files = ['containers', 'failure', 'smtp_tls'].flatMap(folder =>
      readdirSync(join(corpus, folder), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name).slice(corpus.length + 1)),
    )
    expect(files.sort()).toEqual(Object.keys(expected).sort())
  })

  it('every aggregate mail and file of the corpus holds exactly one report', async () => {
    const files = ['aggregate', 'aggregate-real'].flatMap(folder =>
      readdirSync(join(corpus, folder), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name)),
    )
    expect(files.length).toBeGreaterThan(300)
    for (const file of files) {
      const found: string[] = []
      for await (const document of unwrap({ bytes: readFileSync(file) }, { name: 'x', unpackedLimit: 1e9 }))
        found.push(document.kind)
      expect([file, found]).toEqual([file, ['aggregate-xml']])
    }
  })
})
