import type { XmlDeviation } from '../xml/handler.ts'

/** One departure that is read all the same. */
export interface Tolerance {
  /** Entry of the tolerance specification; several departures can belong to one. */
  readonly entry: number
  /** What was found and how it is read, for a person. */
  readonly text: string
}

/** Departures in values and structure; those of XML itself have their names from the scanner. */
export type ReportDeviation =
  | 'root-wrapped'
  | 'unknown-element'
  | 'org-name-missing'
  | 'email-missing'
  | 'report-id-missing'
  | 'time-fraction'
  | 'time-iso'
  | 'time-milliseconds'
  | 'time-unusable'
  | 'value-padded'
  | 'range-reversed'
  | 'range-half'
  | 'range-empty'
  | 'range-over-day'
  | 'section-repeated'
  | 'policy-value-empty'
  | 'policy-value-unknown'
  | 'policy-domain-missing'
  | 'domain-differs'
  | 'domain-u-label'
  | 'name-unusable'
  | 'name-address'
  | 'record-empty'
  | 'record-cut'
  | 'value-case'
  | 'disposition-pass'
  | 'disposition-unknown'
  | 'evaluation-other'
  | 'evaluation-unknown'
  | 'evaluation-missing'
  | 'reason-text'
  | 'reason-empty'
  | 'reason-type-unknown'
  | 'identities'
  | 'header-from-missing'
  | 'auth-results-missing'
  | 'result-mapped'
  | 'result-unknown'
  | 'scope-unknown'
  | 'result-empty'
  | 'list-long'
  | 'source-empty'
  | 'source-unusable'
  | 'source-mapped'
  | 'count-missing'
  | 'count-unusable'
  | 'count-fraction'
  | 'count-out-of-range'
  | 'total-out-of-range'
  | 'element-repeated'

export type AggregateDeviation = XmlDeviation | ReportDeviation

/** Every departure that is tolerated, by its code. */
export const aggregateTolerances: Readonly<Record<AggregateDeviation, Tolerance>> = {
  'byte-order-mark': { entry: 1, text: 'A byte order mark stands at the start; it is left out.' },
  'utf-16': { entry: 2, text: 'The document is UTF-16.' },
  'charset-fallback': { entry: 3, text: 'The bytes are not UTF-8; they are read as windows-1252.' },
  'text-before-root': { entry: 5, text: 'Text stands before the first element; it is left out.' },
  'declaration-broken': { entry: 6, text: 'The XML declaration is broken; it is left out.' },
  'charset-declared-wrong': { entry: 7, text: 'Another charset is declared, but the bytes are UTF-8.' },
  'root-wrapped': { entry: 11, text: 'The report stands inside another element; that is left out.' },
  'element-unclosed': { entry: 11, text: 'An element is not closed; it ends where its parent ends.' },
  'stray-end-tag': { entry: 11, text: 'An end tag has no start tag; it is left out.' },
  doctype: { entry: 12, text: 'A document type declaration is there; it is not followed.' },
  'control-characters': { entry: 13, text: 'Control characters stand in the text; they are left out.' },
  'raw-ampersand': { entry: 14, text: 'An ampersand stands for itself.' },
  'raw-angle': { entry: 15, text: 'An angle bracket stands for itself.' },
  'attributes-broken': { entry: 15, text: 'The attributes of a tag are broken; they are left out.' },
  'document-cut': { entry: 16, text: 'The document ends before its last element is closed; no record is lost.' },
  'record-cut': { entry: 17, text: 'The document ends inside a record; the records before it are kept.' },
  'text-after-root': { entry: 19, text: 'Text stands after the report; it is left out.' },
  'text-long': { entry: 15, text: 'A text is longer than any report needs; it is cut.' },
  'unknown-element': { entry: 26, text: 'An element is not part of the standards; its text is kept here.' },
  'org-name-missing': {
    entry: 27,
    text: 'org_name is missing; the reporter is named by an e-mail address or the file.',
  },
  'email-missing': { entry: 28, text: 'email is empty.' },
  'report-id-missing': { entry: 29, text: 'report_id is missing; one is made from the content.' },
  'time-fraction': { entry: 34, text: 'A time has a fraction of a second; it is left out.' },
  'time-iso': { entry: 35, text: 'A time is written as a date; without a zone it is UTC.' },
  'time-milliseconds': { entry: 36, text: 'A time is in milliseconds or less; it is divided down to seconds.' },
  'time-unusable': { entry: 35, text: 'A time cannot be read.' },
  'value-padded': { entry: 37, text: 'White space stands around a value; it is left out.' },
  'range-reversed': { entry: 38, text: 'The period ends before it begins; the two are swapped.' },
  'range-half': { entry: 38, text: 'Only one end of the period can be read; it stands for both.' },
  'range-empty': { entry: 39, text: 'The period begins and ends in the same second.' },
  'range-over-day': { entry: 40, text: 'The period is longer than 24 hours; all of it counts for the day it begins.' },
  'section-repeated': { entry: 43, text: 'A section is there twice; the first complete one counts.' },
  'policy-value-empty': { entry: 45, text: 'A tag of the policy is empty or nil; it counts as absent.' },
  'policy-value-unknown': {
    entry: 46,
    text: 'A tag of the policy has a value that is none of its own; it counts as absent.',
  },
  'policy-domain-missing': { entry: 48, text: 'The report names no domain; the mail or the name of the file does.' },
  'domain-differs': { entry: 48, text: 'The name of the file says another domain; the report counts.' },
  'domain-u-label': { entry: 48, text: 'A domain is written in Unicode; it is turned into A-labels.' },
  'name-unusable': { entry: 48, text: 'A name is no domain name; it is kept as it is.' },
  'name-address': { entry: 48, text: 'An address stands where a domain belongs; its domain counts.' },
  'record-empty': { entry: 50, text: 'A record is empty; it is left out.' },
  'value-case': { entry: 52, text: 'A value is written in capital letters.' },
  'disposition-pass': { entry: 54, text: 'The disposition pass is not of the old form; it is read as none.' },
  'disposition-unknown': { entry: 55, text: 'The disposition is none of the standards; it is unknown.' },
  'evaluation-other': { entry: 56, text: 'A verdict is neither pass nor fail; it is read as fail.' },
  'evaluation-unknown': { entry: 57, text: 'A verdict cannot be read; it is unknown.' },
  'evaluation-missing': { entry: 57, text: 'A verdict is missing; it is fail where no result passes, else unknown.' },
  'reason-text': { entry: 59, text: 'A reason is plain text; it is read as a comment of type other.' },
  'reason-empty': { entry: 60, text: 'A reason has no type; it is left out.' },
  'reason-type-unknown': { entry: 61, text: 'The type of a reason is none of the standards; it is read as other.' },
  identities: { entry: 62, text: 'identifiers are called identities.' },
  'header-from-missing': { entry: 63, text: 'header_from is missing; the policy domain stands for it.' },
  'auth-results-missing': { entry: 66, text: 'auth_results is missing; no result is known.' },
  'result-mapped': {
    entry: 70,
    text: 'A result is none of the standards; it is read as the nearest that is not pass.',
  },
  'result-unknown': { entry: 74, text: 'A result cannot be read; it is unknown.' },
  'scope-unknown': { entry: 71, text: 'The scope of an SPF result is none of the standards; it is left out.' },
  'result-empty': { entry: 73, text: 'A DKIM or SPF result is empty; it is left out.' },
  'list-long': { entry: 72, text: 'A record or the report lists more than 100 of one kind; the rest is left out.' },
  'source-empty': { entry: 77, text: 'source_ip is missing; the source is unknown.' },
  'source-unusable': { entry: 78, text: 'source_ip is no address; the source is unknown.' },
  'source-mapped': { entry: 80, text: 'source_ip is an IPv4 address written as IPv6; it is read as IPv4.' },
  'count-missing': { entry: 82, text: 'count is missing; it is read as 1.' },
  'count-unusable': { entry: 82, text: 'count is no number; it is read as 1.' },
  'count-fraction': { entry: 83, text: 'count has a fraction; the whole part counts.' },
  'count-out-of-range': { entry: 84, text: 'count is negative or over 2^40; the record is left out.' },
  'total-out-of-range': {
    entry: 84,
    text: 'With this record the report would count over 2^40 messages; it is left out.',
  },
  'element-repeated': { entry: 85, text: 'An element is there twice; the first counts.' },
}
