import type { DaysBack } from './cast.ts'
import type { DemoMail } from './demo-mails.ts'
import { mailOf } from './mail.ts'

/** Days of the forger's wave at example.org; one receiver sends failure reports about it. */
const waveDays: ReadonlySet<DaysBack> = new Set([10, 11, 12, 13])

/** Failure reports (RFC 9991, form of RFC 6591) about forged mail. */
export function failureMails(back: DaysBack, begin: number): DemoMail[] {
  if (!waveDays.has(back)) return []
  const receivedAt = begin + 36_000 + back
  const source = `203.0.113.${back}`
  const boundary = '=_failure'
  const text = [
    'From: <failure-reports@hosteria.example>',
    'To: <dmarc-failures@reports.example.com>',
    'Subject: Failure report for example.org',
    `Date: ${dateText(receivedAt)}`,
    `Message-ID: <${receivedAt}.failure@hosteria.example>`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=feedback-report; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'A message that claims to be from example.org failed DMARC.',
    `--${boundary}`,
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: auth-failure',
    'User-Agent: Example/1.0',
    'Reporting-MTA: dns; hosteria.example',
    'Version: 1',
    'Auth-Failure: dmarc',
    'Identity-Alignment: dkim, spf',
    'Original-Mail-From: <invoice@example.org>',
    `Arrival-Date: ${dateText(receivedAt - 60)}`,
    `Source-IP: ${source}`,
    'Reported-Domain: example.org',
    'Delivery-Result: delivered',
    'Authentication-Results: mx.hosteria.example; dmarc=fail header.from=example.org; spf=softfail smtp.mailfrom=example.org',
    `--${boundary}`,
    'Content-Type: text/rfc822-headers',
    '',
    'From: Accounts <invoice@example.org>',
    'To: <someone@hosteria.example>',
    'Subject: Overdue invoice',
    `Message-ID: <${back}.forged@example.org>`,
    `--${boundary}--`,
    '',
  ].join('\r\n')
  return [{ name: `failure-${back}.eml`, receivedAt, bytes: Buffer.from(text) }]
}

/** A report that asks for an entity: it is never resolved, so the report cannot be read and goes to quarantine. */
export function unreadableMail(begin: number): DemoMail {
  const xml = [
    '<?xml version="1.0"?>',
    '<!DOCTYPE feedback [<!ENTITY org SYSTEM "file:///etc/hostname">]>',
    '<feedback><report_metadata><org_name>&org;</org_name></report_metadata></feedback>',
    '',
  ].join('\n')
  const receivedAt = begin + 50_000
  const bytes = mailOf({
    from: 'reports@bulk.example',
    to: 'dmarc@reports.example.com',
    subject: 'Report Domain: example.org Submitter: bulk.example Report-ID: 1',
    sentAt: receivedAt,
    id: '1@bulk.example',
    attachment: { type: 'text/xml', name: 'bulk.example!example.org!report.xml', bytes: Buffer.from(xml) },
  })
  return { name: 'bulk.example!example.org!report.xml', receivedAt, bytes }
}

function dateText(seconds: number): string {
  return new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')
}
