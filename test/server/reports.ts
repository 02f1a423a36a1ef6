/** One record of a report that a test writes. */
export interface TestRecord {
  readonly ip: string
  readonly count: number
  readonly disposition: 'none' | 'quarantine' | 'reject'
  readonly dkim: 'pass' | 'fail'
  readonly spf: 'pass' | 'fail'
  readonly headerFrom: string
  /** d= of the one signature, its selector and result; null: no signature. */
  readonly signature: { readonly domain: string; readonly selector: string; readonly result: string } | null
  readonly envelope: { readonly domain: string; readonly result: string }
  readonly reason?: string
}

export interface TestReport {
  readonly id: string
  readonly domain: string
  readonly reporter: string
  /** UTC days since 1970. */
  readonly day: number
  readonly p?: string
  /** RFC 9990 form with this `testing` tag; absent: RFC 7489 form. */
  readonly testing?: 'y' | 'n'
  readonly records: readonly TestRecord[]
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The report as XML. */
export function testReportXml(report: TestReport): string {
  const { id, domain, reporter, day, p = 'none', testing } = report
  const namespace = testing === undefined ? '' : ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"'
  const tags = testing === undefined ? '<pct>100</pct>' : `<testing>${testing}</testing>`
  return `<?xml version="1.0" encoding="UTF-8"?>
<feedback${namespace}><version>1.0</version><report_metadata><org_name>${escaped(reporter)}</org_name>
<email>dmarc@reporter.example</email><report_id>${escaped(id)}</report_id>
<date_range><begin>${day * 86_400}</begin><end>${day * 86_400 + 86_399}</end></date_range></report_metadata>
<policy_published><domain>${escaped(domain)}</domain><p>${p}</p><sp>${p}</sp>${tags}</policy_published>
${report.records.map(recordXml).join('\n')}
</feedback>`
}

function recordXml(record: TestRecord): string {
  const { signature, envelope, reason } = record
  const dkim =
    signature === null
      ? ''
      : `<dkim><domain>${escaped(signature.domain)}</domain><selector>${escaped(signature.selector)}</selector><result>${signature.result}</result></dkim>`
  return `<record><row><source_ip>${record.ip}</source_ip><count>${record.count}</count><policy_evaluated>
<disposition>${record.disposition}</disposition><dkim>${record.dkim}</dkim><spf>${record.spf}</spf>
${reason === undefined ? '' : `<reason><type>${reason}</type></reason>`}</policy_evaluated></row>
<identifiers><header_from>${escaped(record.headerFrom)}</header_from></identifiers>
<auth_results>${dkim}<spf><domain>${escaped(envelope.domain)}</domain><scope>mfrom</scope><result>${envelope.result}</result></spf></auth_results></record>`
}

/** A TLS report with one policy for each entry. */
export function testTlsJson(report: {
  readonly id: string
  readonly reporter: string
  readonly day: number
  readonly policies: readonly {
    readonly domain: string
    readonly type: string
    readonly lines?: readonly string[]
    readonly mxHosts?: readonly string[]
    readonly successful: number
    readonly failed: number
    readonly failures?: readonly { readonly type: string; readonly mx?: string; readonly count: number }[]
  }[]
}): string {
  const at = (seconds: number) => new Date(seconds * 1_000).toISOString()
  return JSON.stringify({
    'organization-name': report.reporter,
    'date-range': { 'start-datetime': at(report.day * 86_400), 'end-datetime': at(report.day * 86_400 + 86_399) },
    'contact-info': 'tls@reporter.example',
    'report-id': report.id,
    policies: report.policies.map(policy => ({
      policy: {
        'policy-type': policy.type,
        'policy-string': policy.lines ?? [],
        'policy-domain': policy.domain,
        ...(policy.mxHosts === undefined ? {} : { 'mx-host': policy.mxHosts }),
      },
      summary: {
        'total-successful-session-count': policy.successful,
        'total-failure-session-count': policy.failed,
      },
      'failure-details': (policy.failures ?? []).map(failure => ({
        'result-type': failure.type,
        'sending-mta-ip': '192.0.2.9',
        'receiving-ip': '198.51.100.25',
        'failed-session-count': failure.count,
        ...(failure.mx === undefined ? {} : { 'receiving-mx-hostname': failure.mx }),
      })),
    })),
  })
}
