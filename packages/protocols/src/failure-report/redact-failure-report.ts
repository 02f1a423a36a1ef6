import { withoutComments } from './authentication-results.ts'
import type { FailureReport } from './report.ts'

/**
 * What may be kept of a failure report by default (FAIL-014): domains, addresses of hosts, authentication data, and a
 * hash of the subject by which alike messages are found. Local parts, display names, the header block, identifiers of
 * the message and comments are gone. `hash` gives a digest as text; use a keyed one (RFC 6590 s3), because subjects can
 * be guessed. Without it the subject is dropped.
 */
export function redactFailureReport(report: FailureReport, hash?: (subject: string) => string): FailureReport {
  const { message } = report
  return {
    ...report,
    userAgent: redactText(report.userAgent),
    version: redactText(report.version),
    authFailure: redactText(report.authFailure),
    identityAlignment: report.identityAlignment?.map(redactAddresses) ?? null,
    authenticationResults: report.authenticationResults.map(field => redactAddresses(withoutComments(field))),
    originalMailFrom: domainOnly(report.originalMailFrom),
    originalRcptTo: report.originalRcptTo.map(address => domainOnly(address) ?? ''),
    originalEnvelopeId: null,
    reportingMta: redactText(report.reportingMta),
    rawDeliveryResult: redactText(report.rawDeliveryResult),
    dkim: report.dkim.map(entry => ({
      domain: redactText(entry.domain),
      identity: domainOnly(entry.identity),
      selector: redactText(entry.selector),
    })),
    spfDns: report.spfDns.map(redactAddresses),
    message:
      message === null
        ? null
        : {
            headerFrom: message.headerFromDomain === null ? null : `@${message.headerFromDomain}`,
            headerFromDomain: message.headerFromDomain,
            subject: message.subject === null || hash === undefined ? null : `hash:${hash(message.subject)}`,
            messageId: null,
            headers: '',
            hasBody: message.hasBody,
          },
    deviations: report.deviations.map(({ code, at }) => ({ code, at, raw: '' })),
  }
}

function redactText(text: string | null): string | null {
  return text === null ? null : redactAddresses(text)
}

/** Takes local parts out of a text, quoted ones first; a property such as `smtp.mailfrom=` before one stays. */
function redactAddresses(text: string): string {
  return text.replace(/"[^"]*"@/g, '@').replace(/[^\s;,<>()]+/g, word => {
    const at = word.lastIndexOf('@')
    return at < 0 ? word : (/^[a-z]+\.[a-z-]+=/i.exec(word)?.[0] ?? '') + word.slice(at)
  })
}

/** `@example.org` for an address, `''` for the null path and for what has no domain. */
function domainOnly(address: string | null): string | null {
  if (address === null) return null
  const at = address.lastIndexOf('@')
  return at < 0 ? '' : `@${address.slice(at + 1).replace(/[>\s].*$/s, '')}`
}
