import type { TlsDeviationCode } from './read-tls-report.ts'

/** What was found in a TLS report and how it is read, for a person (report-tolerance 106 to 121, RFC 7493). */
export const tlsTolerances: Readonly<Record<TlsDeviationCode, string>> = {
  'json-byte-order-mark': 'The document begins with a byte order mark. It is taken off.',
  'json-utf-16': 'The document is UTF-16 in place of UTF-8. It is decoded.',
  'json-bad-utf-8': 'A text is no valid UTF-8. Its octets are read as Latin-1.',
  'json-duplicate-member': 'An object has two members of one name. The last one counts.',
  'json-trailing-bytes': 'Other bytes follow the document. They are ignored.',
  'tls-single-for-array':
    'A single value stands where a list belongs. It is read as a list of one, a text line by line.',
  'tls-array-for-single': 'A list stands where a single value belongs. Its first value counts.',
  'tls-other-type': 'A value is of another JSON type. Numbers are read as text, others as absent.',
  'tls-other-name': 'A member has a name that is not of RFC 8460. It is read as the one that is meant.',
  'tls-missing':
    'A member is missing. A name is filled in from the contact or the mail; a count stays unknown, which is not 0.',
  'tls-null': 'A member is null. It is read as absent.',
  'tls-date-form': 'A date departs from RFC 3339, such as one without a zone. It is read as UTC.',
  'tls-range-swapped': 'The period ends before it begins. Begin and end are swapped.',
  'tls-count-string': 'A count is a text or a fraction. It is read as a whole number.',
  'tls-count-missing': 'A failure has no count. It is read as 1.',
  'tls-value-case': 'A type has upper-case letters or blanks. It is read in lower case.',
  'tls-unknown-type': 'A policy type or result type is none of RFC 8460. It is kept as written, in lower case.',
  'tls-domain-form':
    'A domain has upper-case letters, a final dot or characters that are not ASCII. It is read as A-label.',
  'tls-domain-from-context': 'A policy names no usable domain. The one of the mail or of the file name is taken.',
  'tls-domain-unknown':
    'A policy names no usable domain, and neither does what is around the report. It stays unknown.',
  'tls-bad-ip': 'An address is none. It is read as absent.',
  'tls-text-cut': 'A text is very long. It is cut.',
}
