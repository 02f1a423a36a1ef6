export { unknownReporter } from './aggregate-report/head-draft.ts'
export { deviationsLimit, messagesLimit, recordsLimit, recordsPerRun } from './aggregate-report/limits.ts'
export * from './aggregate-report/read-aggregate-reports.ts'
export * from './aggregate-report/reader.ts'
export * from './aggregate-report/reader-contract.ts'
export * from './aggregate-report/refusals.ts'
export * from './aggregate-report/report.ts'
export { normaliseSource } from './aggregate-report/report-values.ts'
export * from './aggregate-report/tolerances.ts'
export { ArcSealer, type SealedSet, type SealingOptions } from './arc/seal.ts'
export type { ArcSet, ChainStatus } from './arc/set.ts'
export { type TrustedChain, trustedChain } from './arc/trusted-chain.ts'
export { type ArcCode, type ArcOptions, type ArcVerification, ArcVerifier } from './arc/verify.ts'
export { authenticate } from './authentication/authenticate.ts'
export {
  Authentication,
  type AuthenticationOptions,
  type AuthenticationReport,
  type DmarcSummary,
  type Session,
  type SpfFinding,
} from './authentication/authentication.ts'
export { checkIprev, type IprevFinding, iprevItem } from './authentication/iprev.ts'
export { RecordCache } from './authentication/record-cache.ts'
export { resultItems } from './authentication/result-items.ts'
export { formatAuthenticationResults } from './authentication-results/format.ts'
export {
  type AuthenticationResults,
  type Property,
  parseAuthenticationResults,
  type ResultItem,
  type ResultsFault,
} from './authentication-results/parse.ts'
export { registeredItems } from './authentication-results/registry.ts'
export { forgedResults } from './authentication-results/strip.ts'
export { type Certificate, readCertificate } from './dane/certificate.ts'
export { formatTlsa, type TlsaData, type TlsaUnusable, tlsaDataOf, type UsableTlsa, usableTlsa } from './dane/tlsa.ts'
export { type DaneFailure, type DaneInput, type DaneVerdict, verifyDane } from './dane/verify.ts'
export { type RawField, rawFieldsOf } from './dkim/canonical-header.ts'
export { type DkimKeyPair, generateDkimKey, keyRecordOf, keyRecordZoneLine } from './dkim/key-generation.ts'
export { type DkimKeyRecord, KeyCache, type KeyRecordFault, parseKeyRecord } from './dkim/key-record.ts'
export { DkimSigner, type SigningOptions } from './dkim/sign.ts'
export { type Canonicalization, type DkimSignature, parseSignature, type SignatureAlgorithm } from './dkim/signature.ts'
export {
  type DkimCode,
  type DkimOptions,
  type DkimResultCode,
  type DkimVerification,
  DkimVerifier,
} from './dkim/verify.ts'
export { type Author, type AuthorFault, readAuthor } from './dmarc/author-domain.ts'
export {
  adviseDisposition,
  type DispositionAction,
  type DispositionAdvice,
  type DispositionOptions,
  type EnforcementMode,
  type MessageFinding,
  type ReceiverKnowledge,
} from './dmarc/disposition.ts'
export {
  type Alignment,
  type DmarcEvaluation,
  type DmarcInput,
  type DmarcOptions,
  type DmarcReading,
  type DmarcResult,
  evaluateDmarc,
  type Identifier,
} from './dmarc/evaluate.ts'
export { appliedPolicy, discoverPolicy, type PolicyFinding } from './dmarc/policy.ts'
export {
  type DmarcDeviation,
  type DmarcRecord,
  isDmarcRecord,
  type PolicyTag,
  parseDmarcRecord,
} from './dmarc/record.ts'
export { parseReportUris, type ReportUri } from './dmarc/report-uri.ts'
export { type DmarcLookup, DmarcLookups, type TreeWalk } from './dmarc/tree-walk.ts'
export { abortableResolver } from './dns/abortable-resolver.ts'
export { type DnsLiteral, resolverFrom } from './dns/literal-resolver.ts'
export { canonicalName, parseNameText } from './dns/name.ts'
export { overlayResolver } from './dns/overlay-resolver.ts'
export * from './dns/record.ts'
export * from './dns/resolver.ts'
export { decodeMessage, type Message, type MessagePlace } from './dns/wire.ts'
export {
  encodeQuery,
  headerOctets,
  type QueryBits,
  type QueryOptions,
  queryOctetsLimit,
  writeQuery,
} from './dns/wire-query.ts'
export { lowerQuestion, matchQuestion, type QuestionMatch } from './dns/wire-question.ts'
export type { ExtendedError, MessageFault } from './dns/wire-reader.ts'
export { parseZoneFile, type ZoneFile, type ZoneFileFault } from './dns/zone-file.ts'
export { aliasesLimit, type Override, questionKey, type ZoneContents, zoneResolver } from './dns/zone-resolver.ts'
export * from './domain-name.ts'
export * from './failure-report/authentication-results.ts'
export * from './failure-report/parts.ts'
export * from './failure-report/read-failure-report.ts'
export * from './failure-report/redact-failure-report.ts'
export * from './failure-report/report.ts'
export * from './failure-report/text-report.ts'
export * from './failure-report/tolerances.ts'
export * from './fault.ts'
export * from './ip-address.ts'
export * from './message/address.ts'
export * from './message/charset.ts'
export * from './message/cms.ts'
export * from './message/date.ts'
export * from './message/encoded-word.ts'
export * from './message/header.ts'
export * from './message/line-ends.ts'
export * from './message/mime.ts'
export * from './message/parameters.ts'
export * from './message/transfer-encoding.ts'
export { coveringPattern, matchesMxPattern } from './mta-sts/mx-pattern.ts'
export {
  formatStsPolicy,
  parseStsPolicy,
  type StsMode,
  type StsPolicy,
  type StsPolicyDeviation,
  type StsPolicyFault,
  stsMaxAgeLimit,
  stsPolicyBytesLimit,
} from './mta-sts/policy.ts'
export {
  formatStsRecord,
  parseStsRecord,
  type StsRecord,
  type StsRecordFault,
  selectStsRecord,
  stsIdAt,
} from './mta-sts/record.ts'
export type { RecordField, RecordSelection } from './mta-sts/versioned-record.ts'
export { checkHost } from './spf/evaluate.ts'
export type {
  SpfCheck,
  SpfEvaluation,
  SpfLookup,
  SpfMatch,
  SpfOptions,
  SpfProblem,
  SpfResultCode,
} from './spf/evaluation.ts'
export { formatReceivedSpf, type ReceivedSpf } from './spf/received-spf.ts'
export { isSpfRecord, type Mechanism, parseSpfRecord, type SpfRecord, type SpfRecordFault } from './spf/record.ts'
export { spfTree } from './spf/tree.ts'
export type {
  SpfTree,
  SpfTreeCode,
  SpfTreeNode,
  SpfTreeProblem,
  SpfTreeQuestion,
  SpfTreeTerm,
} from './spf/tree-shape.ts'
export * from './tls-rpt/read-tls-report.ts'
export { parseTlsRptRecord, selectTlsRptRecord, type TlsRptRecord, type TlsRptRecordFault } from './tls-rpt/record.ts'
export * from './tls-rpt/report.ts'
export * from './tls-rpt/tolerances.ts'
