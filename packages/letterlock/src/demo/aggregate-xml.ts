import type { Disposition, ReasonType } from '@letterlock/protocols'
import type { ReporterStyle } from './cast.ts'
import type { DemoWay } from './streams.ts'

/** One record as a reporter writes it. */
export interface DemoRecord {
  readonly sourceIp: string
  readonly count: number
  readonly headerFrom: string
  readonly disposition: Disposition
  readonly override: ReasonType | null
  readonly isDkimAligned: boolean
  readonly isSpfAligned: boolean
  /** False where the reporter left its verdicts out. */
  readonly hasVerdict: boolean
  readonly way: DemoWay
}

/** One aggregate report before it is written. */
export interface DemoReport {
  readonly organization: string
  readonly reporterDomain: string
  readonly reportId: string
  readonly begin: number
  readonly end: number
  readonly domain: string
  readonly policy: { readonly p: string; readonly isTesting: boolean }
  readonly records: readonly DemoRecord[]
}

/** The report as XML in the form of its reporter (RFC 7489 Appendix C, or RFC 9990 s3.1). */
export function aggregateXml(report: DemoReport, style: ReporterStyle): string {
  const isNew = style.form === 'rfc9990'
  const declaration = style.hasDeclaration === false ? [] : ['<?xml version="1.0" encoding="UTF-8" ?>']
  const root = isNew ? '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">' : '<feedback>'
  const lines = [
    ...declaration,
    root,
    ...(isNew ? ['  <version>1.0</version>'] : []),
    ...metadata(report, style),
    ...policyPublished(report, style),
    ...report.records.flatMap(record => recordLines(record, style)),
    '</feedback>',
    '',
  ]
  return lines.join(style.hasWindowsLines === true ? '\r\n' : '\n')
}

function metadata(report: DemoReport, style: ReporterStyle): string[] {
  return [
    '  <report_metadata>',
    `    <org_name>${report.organization}</org_name>`,
    `    <email>dmarc-reports@${report.reporterDomain}</email>`,
    `    <extra_contact_info>https://${report.reporterDomain}/postmaster</extra_contact_info>`,
    `    <report_id>${style.hasBracketedId === true ? `&lt;${report.reportId}@${report.reporterDomain}&gt;` : report.reportId}</report_id>`,
    '    <date_range>',
    `      <begin>${report.begin}</begin>`,
    `      <end>${report.end}</end>`,
    '    </date_range>',
    ...(style.form === 'rfc9990' ? ['    <generator>Example reporter 2.1</generator>'] : []),
    '  </report_metadata>',
  ]
}

function policyPublished({ domain, policy }: DemoReport, style: ReporterStyle): string[] {
  const alignment = ['    <adkim>r</adkim>', '    <aspf>r</aspf>']
  const requested = [`    <p>${policy.p}</p>`, ...(style.hasShortPolicy === true ? [] : [`    <sp>${policy.p}</sp>`])]
  if (style.form === 'rfc9990')
    return [
      '  <policy_published>',
      `    <domain>${domain}</domain>`,
      '    <discovery_method>treewalk</discovery_method>',
      ...requested,
      `    <np>${policy.p}</np>`,
      ...alignment,
      `    <testing>${policy.isTesting ? 'y' : 'n'}</testing>`,
      '  </policy_published>',
    ]
  return [
    '  <policy_published>',
    `    <domain>${domain}</domain>`,
    ...(style.hasShortPolicy === true ? [] : alignment),
    ...requested,
    '    <pct>100</pct>',
    '  </policy_published>',
  ]
}

function recordLines(record: DemoRecord, style: ReporterStyle): string[] {
  return [
    '  <record>',
    '    <row>',
    `      <source_ip>${record.sourceIp}</source_ip>`,
    `      <count>${record.count}</count>`,
    '      <policy_evaluated>',
    `        <disposition>${record.disposition}</disposition>`,
    ...verdictLines(record, style),
    ...(record.override === null ? [] : [`        <reason><type>${record.override}</type></reason>`]),
    '      </policy_evaluated>',
    '    </row>',
    '    <identifiers>',
    ...(style.hasEnvelopes === true && record.way.spf.domain !== ''
      ? [`      <envelope_from>${record.way.spf.domain}</envelope_from>`]
      : []),
    `      <header_from>${record.headerFrom}</header_from>`,
    '    </identifiers>',
    ...authResultLines(record.way, style),
    '  </record>',
  ]
}

function verdictLines({ isDkimAligned, isSpfAligned, hasVerdict }: DemoRecord, style: ReporterStyle): string[] {
  if (!hasVerdict) return []
  const word = (isAligned: boolean) => written(isAligned ? 'pass' : 'fail', style)
  return [`        <dkim>${word(isDkimAligned)}</dkim>`, `        <spf>${word(isSpfAligned)}</spf>`]
}

function authResultLines({ dkim, spf }: DemoWay, style: ReporterStyle): string[] {
  return [
    '    <auth_results>',
    ...dkim.flatMap(signature => [
      '      <dkim>',
      `        <domain>${signature.domain}</domain>`,
      `        <selector>${signature.selector}</selector>`,
      `        <result>${written(signature.result, style)}</result>`,
      '      </dkim>',
    ]),
    '      <spf>',
    `        <domain>${spf.domain}</domain>`,
    ...(style.form === 'rfc9990' || style.hasEnvelopes === true ? ['        <scope>mfrom</scope>'] : []),
    `        <result>${style.isSloppy === true && spf.result === 'fail' ? 'hardfail' : written(spf.result, style)}</result>`,
    '      </spf>',
    '    </auth_results>',
  ]
}

function written(result: string, style: ReporterStyle): string {
  return style.isSloppy === true ? `${result.charAt(0).toUpperCase()}${result.slice(1)}` : result
}
