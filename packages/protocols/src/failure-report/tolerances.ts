import type { FailureDeviationCode } from './read-failure-report.ts'

/** What was found in a failure report and how it is read, for a person (report-tolerance 122 to 129). */
export const failureTolerances: Readonly<Record<FailureDeviationCode, string>> = {
  'failure-text-only': 'The mail has no machine-readable part. The text for people is read by its labels.',
  'failure-no-type': 'The report names no kind of feedback. It is one about authentication where it says what failed.',
  'failure-unknown-type': 'The kind of feedback is not known. It is read as other feedback.',
  'failure-two-dates': 'The report has Arrival-Date and Received-Date. The first one counts.',
  'failure-date-missing':
    'The report has no usable Arrival-Date. The date of the report mail is taken where there is one.',
  'failure-date-form': 'The date names a zone by letters, or none. The zone is looked up; without one it is UTC.',
  'failure-repeated-field': 'A field that may stand once is repeated. The first one counts.',
  'failure-source-ip-form': 'Source-IP has more than an address, or writes it in another form. The address is taken.',
  'failure-bad-source-ip': 'Source-IP is no address. The source stays unknown.',
  'failure-delivery-result':
    'Delivery-Result is none of RFC 6591. It is read as the value that is meant, else as other.',
  'failure-incidents': 'Incidents is no number that RFC 5965 allows. It is read as 1.',
  'failure-no-message': 'The report returns no message and no header of one.',
  'failure-domain-form': 'Reported-Domain is no domain name. It is left out.',
}
