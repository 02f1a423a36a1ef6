import type { XmlVocabulary } from '../xml/vocabulary.ts'

/** Elements of RFC 9990 s3.1 and RFC 7489 App C, by their numbers in the scanner. */
export const element = {
  feedback: 1,
  version: 2,
  reportMetadata: 3,
  orgName: 4,
  email: 5,
  extraContactInfo: 6,
  reportId: 7,
  dateRange: 8,
  begin: 9,
  end: 10,
  error: 11,
  generator: 12,
  policyPublished: 13,
  domain: 14,
  p: 15,
  sp: 16,
  np: 17,
  adkim: 18,
  aspf: 19,
  pct: 20,
  fo: 21,
  testing: 22,
  discoveryMethod: 23,
  record: 24,
  row: 25,
  sourceIp: 26,
  count: 27,
  policyEvaluated: 28,
  disposition: 29,
  dkim: 30,
  spf: 31,
  reason: 32,
  type: 33,
  comment: 34,
  identifiers: 35,
  headerFrom: 36,
  envelopeFrom: 37,
  envelopeTo: 38,
  authResults: 39,
  selector: 40,
  result: 41,
  humanResult: 42,
  scope: 43,
} as const

const names: readonly (readonly [string, number])[] = [
  ['feedback', element.feedback],
  ['version', element.version],
  ['report_metadata', element.reportMetadata],
  ['org_name', element.orgName],
  ['email', element.email],
  ['extra_contact_info', element.extraContactInfo],
  ['report_id', element.reportId],
  ['date_range', element.dateRange],
  ['begin', element.begin],
  ['end', element.end],
  ['error', element.error],
  ['generator', element.generator],
  ['policy_published', element.policyPublished],
  ['domain', element.domain],
  ['p', element.p],
  ['sp', element.sp],
  ['np', element.np],
  ['adkim', element.adkim],
  ['aspf', element.aspf],
  ['pct', element.pct],
  ['fo', element.fo],
  ['testing', element.testing],
  ['discovery_method', element.discoveryMethod],
  ['record', element.record],
  ['row', element.row],
  ['source_ip', element.sourceIp],
  ['count', element.count],
  ['policy_evaluated', element.policyEvaluated],
  ['disposition', element.disposition],
  ['dkim', element.dkim],
  ['spf', element.spf],
  ['reason', element.reason],
  ['type', element.type],
  ['comment', element.comment],
  ['identifiers', element.identifiers],
  // Seen in 8 real reports (report-tolerance 62).
  ['identities', element.identifiers],
  ['header_from', element.headerFrom],
  ['envelope_from', element.envelopeFrom],
  ['envelope_to', element.envelopeTo],
  ['auth_results', element.authResults],
  ['selector', element.selector],
  ['result', element.result],
  ['human_result', element.humanResult],
  ['human', element.humanResult],
  ['scope', element.scope],
]

/** What the scanner needs to know of reports. */
export const vocabulary: XmlVocabulary = {
  elements: new Map(names),
  root: element.feedback,
  sections: new Set([element.reportMetadata, element.policyPublished, element.record]),
  blocks: new Set([element.record, element.policyEvaluated, element.identifiers, element.authResults]),
}

/** What an element is where it stands: nothing of the standards, a holder of elements, or a holder of text. */
export const place = { unknown: 0, container: 1, text: 2 } as const

const containers: readonly (readonly [inside: number, found: readonly number[]])[] = [
  [0, [element.feedback]],
  [element.feedback, [element.reportMetadata, element.policyPublished, element.record]],
  [element.reportMetadata, [element.dateRange]],
  [element.record, [element.row, element.policyEvaluated, element.identifiers, element.authResults]],
  [element.row, [element.policyEvaluated, element.identifiers, element.authResults]],
  [element.policyEvaluated, [element.reason]],
  [element.authResults, [element.dkim, element.spf]],
]

const times = [element.begin, element.end]
const rowTexts = [element.sourceIp, element.count]
const results = [element.domain, element.selector, element.scope, element.result, element.humanResult]

const texts: readonly (readonly [inside: number, found: readonly number[]])[] = [
  [element.feedback, [element.version]],
  [element.reportMetadata, [element.orgName, element.email, element.extraContactInfo, element.reportId]],
  [element.reportMetadata, [element.error, element.generator, ...times]],
  [element.dateRange, times],
  [element.policyPublished, [element.domain, element.p, element.sp, element.np, element.adkim, element.aspf]],
  [element.policyPublished, [element.pct, element.fo, element.testing, element.discoveryMethod]],
  [element.record, rowTexts],
  [element.row, rowTexts],
  [element.policyEvaluated, [element.disposition, element.dkim, element.spf]],
  [element.identifiers, [element.headerFrom, element.envelopeFrom, element.envelopeTo]],
  [element.reason, [element.type, element.comment]],
  [element.dkim, results],
  [element.spf, results],
]

/** One byte for each pair of numbers, which are below 64. */
const places = new Uint8Array(64 * 64)
for (const [inside, found] of containers) for (const one of found) places[inside * 64 + one] = place.container
for (const [inside, found] of texts) for (const one of found) places[inside * 64 + one] = place.text

/** What an element is where it stands: `dkim` holds elements in auth_results, and text in policy_evaluated. */
export function placeOf(inside: number, found: number): number {
  return places[inside * 64 + found] ?? place.unknown
}
