import type { TlsReportContext } from '@letterlock/protocols'
import type { Document } from './unwrap-document.ts'

/** What stands around a TLS report, for where the report itself is silent (report-tolerance 112). */
export function tlsContextOf(document: Extract<Document, { kind: 'tls-json' }>, hash: Buffer): TlsReportContext {
  const { mail, fileName } = document
  return {
    policyDomain: mail?.tlsReportDomain ?? domainOfFileName(fileName) ?? mail?.toDomain ?? null,
    submitterDomain: mail?.fromDomain ?? null,
    syntheticId: `synthetic-${hash.toString('hex').slice(0, 32)}`,
  }
}

/** RFC 8460 s5.1: the file name is submitter, `!`, policy domain, `!`, begin, `!`, end. */
function domainOfFileName(fileName: string | null): string | null {
  const parts = fileName?.split('!') ?? []
  const domain = parts.length >= 4 ? parts[1] : undefined
  return domain === undefined || domain === '' ? null : domain.toLowerCase()
}
