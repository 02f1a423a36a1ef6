/** Why a document is refused. All else is tolerated. */
export type AggregateRefusal =
  | 'aggregate-not-xml'
  | 'aggregate-no-feedback'
  | 'aggregate-no-policy-domain'
  | 'aggregate-no-date-range'
  | 'aggregate-entity-used'
  | 'aggregate-depth'
  | 'aggregate-tag-long'
  | 'aggregate-doctype-long'
  | 'aggregate-records'
  | 'aggregate-head-late'

/** The same in words for a person. */
export const aggregateRefusals: Readonly<Record<AggregateRefusal, string>> = {
  'aggregate-not-xml': 'The document is not XML: it has no element at all.',
  'aggregate-no-feedback': 'The document is XML, but no aggregate report: it has no feedback element.',
  'aggregate-no-policy-domain':
    'The report names no policy domain, and neither does the mail or the name of the file that brought it.',
  'aggregate-no-date-range': 'The report has no usable date_range, so it belongs to no day.',
  'aggregate-entity-used':
    'The document uses an entity that it would define itself. Definitions are never followed, because they can hide attacks.',
  'aggregate-depth': 'Elements are nested deeper than 32 levels. No report is; this can only be an attack.',
  'aggregate-tag-long': 'A tag is longer than 32,768 characters. No report has such; this can only be an attack.',
  'aggregate-doctype-long': 'The document type declaration is longer than 32,768 characters, or never ends.',
  'aggregate-records': 'The report has more than 2,000,000 records.',
  'aggregate-head-late':
    'Too many records stand before the head of the report: what they belong to would be known only after all of them.',
}
