import type { DaysBack, DemoReporter } from './cast.ts'
import { drawCount, randomOf } from './random.ts'

interface TlsTrouble {
  readonly resultType: string
  readonly mx: string | null
  readonly receivingIp: string | null
  readonly since: DaysBack
  readonly until: DaysBack
  /** Failed sessions a day over all reporters, shared as their mail is. */
  readonly perDay: number
}

interface TlsDomain {
  readonly domain: string
  readonly sessionsPerDay: number
  /** How many of those that send TLS reports deliver there. */
  readonly reporters: number
  /** The policy that applied from a day on; null is no policy found. */
  readonly policies: readonly { readonly since: DaysBack; readonly mode: 'testing' | 'enforce' | null }[]
  readonly mx: readonly string[]
  readonly troubles: readonly TlsTrouble[]
}

/** What arrives at the domains: one in order, one whose backup MX presents a wrong certificate, one without policy. */
export const tlsDomains: readonly TlsDomain[] = [
  {
    domain: 'example.com',
    sessionsPerDay: 900,
    reporters: 5,
    policies: [{ since: 999, mode: 'enforce' }],
    mx: ['mx1.example.com', 'mx2.example.com'],
    troubles: [
      {
        resultType: 'certificate-not-trusted',
        mx: 'mx1.example.com',
        receivingIp: '192.0.2.25',
        since: 42,
        until: 41,
        perDay: 5,
      },
    ],
  },
  {
    domain: 'example.net',
    sessionsPerDay: 420,
    reporters: 5,
    policies: [
      { since: 999, mode: 'testing' },
      { since: 27, mode: 'enforce' },
    ],
    mx: ['mx1.example.net', 'mx2.example.net'],
    troubles: [
      {
        resultType: 'certificate-host-mismatch',
        mx: 'mx2.example.net',
        receivingIp: '2001:db8:2::25',
        since: 13,
        until: 0,
        perDay: 26,
      },
      {
        resultType: 'starttls-not-supported',
        mx: 'mx2.example.net',
        receivingIp: '198.51.100.25',
        since: 15,
        until: 12,
        perDay: 5,
      },
      { resultType: 'sts-policy-fetch-error', mx: null, receivingIp: null, since: 29, until: 28, perDay: 8 },
    ],
  },
  {
    domain: 'example.org',
    sessionsPerDay: 300,
    reporters: 2,
    policies: [{ since: 999, mode: null }],
    mx: ['mail.example.org'],
    troubles: [],
  },
]

export interface TlsReportOfDay {
  readonly domain: TlsDomain
  readonly reporter: DemoReporter
  readonly back: DaysBack
  readonly begin: number
  readonly reportId: string
}

/** One TLS report as JSON (RFC 8460 s4.4). */
export function tlsJson({ domain, reporter, back, begin, reportId }: TlsReportOfDay): string {
  const random = randomOf('tls', domain.domain, reporter.domain, back)
  const details = domain.troubles
    .filter(trouble => back <= trouble.since && back >= trouble.until)
    .map(trouble => ({ trouble, failed: drawCount(trouble.perDay * reporter.share, random) }))
    .filter(entry => entry.failed > 0)
    .map(({ trouble, failed }) => failureDetail(trouble, failed, reporter))
  const failedSessions = details.reduce((sum, detail) => sum + detail['failed-session-count'], 0)
  const sessions = drawCount(domain.sessionsPerDay * reporter.share * (0.8 + 0.4 * random()), random)
  const report = {
    'organization-name': reporter.organization,
    'date-range': { 'start-datetime': timeText(begin), 'end-datetime': timeText(begin + 86399) },
    'contact-info': `tls-reports@${reporter.domain}`,
    'report-id': reportId,
    policies: [
      {
        policy: policyOf(domain, back),
        summary: {
          'total-successful-session-count': Math.max(0, sessions - failedSessions),
          'total-failure-session-count': failedSessions,
        },
        ...(details.length === 0 ? {} : { 'failure-details': details }),
      },
    ],
  }
  return JSON.stringify(report, null, 1)
}

function failureDetail(trouble: TlsTrouble, failed: number, reporter: DemoReporter) {
  return {
    'result-type': trouble.resultType,
    'sending-mta-ip': `2001:db8:f:${reporter.organization.length.toString(16)}::1`,
    ...(trouble.mx === null ? {} : { 'receiving-mx-hostname': trouble.mx }),
    ...(trouble.receivingIp === null ? {} : { 'receiving-ip': trouble.receivingIp }),
    'failed-session-count': failed,
  }
}

function policyOf(domain: TlsDomain, back: DaysBack) {
  const mode = domain.policies.findLast(policy => policy.since >= back)?.mode ?? null
  if (mode === null) return { 'policy-type': 'no-policy-found', 'policy-domain': domain.domain }
  return {
    'policy-type': 'sts',
    'policy-string': ['version: STSv1', `mode: ${mode}`, ...domain.mx.map(mx => `mx: ${mx}`), 'max_age: 1209600'],
    'policy-domain': domain.domain,
    'mx-host': domain.mx,
  }
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
