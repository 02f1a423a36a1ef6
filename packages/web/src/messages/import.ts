import { translator } from '../text/message.tsx'

/** Files dropped onto the page: progress and what became of each. */
export const importText = translator({
  drop: 'Drop report mails and files to import them.',
  readOnly: 'This instance shows demonstration data and takes no files.',
  title: 'Import',
  progress: '{done, number} of {all, plural, one {# file} other {# files}}',
  finished: '{all, plural, one {# file} other {# files}} done.',
  summary:
    '{stored, plural, one {# new report} other {# new reports}}, {known, number} known already, {quarantined, number} not readable, {notes, number} without a report.',
  summaryOverlap: '{count, plural, one {# has} other {# have}} the id of another report and other content.',
  waiting: 'waiting',
  sending: 'sending',
  nothing: 'no report inside',
  stored: '{kind}, {rows, plural, one {# row} other {# rows}}, {messages, plural, one {# message} other {# messages}}',
  storedTls: '{kind}, {messages, plural, one {# session} other {# sessions}}',
  known: '{kind}, known already',
  overlapping: '{kind}, stored; its id was used for other content before',
  quarantine: 'Could not be read: {reason}',
  note: '{reason}',
  failed: 'The file could not be stored: {reason}',
  deviations: '{count, plural, one {# deviation} other {# deviations}} tolerated',
  aggregate: 'aggregate report',
  tls: 'TLS report',
  failure: 'failure report',
  none: 'no report',
  moreDocuments: '{count, number} more in this file',
  moreFiles: '{count, number} more files',
  openQuarantine: 'Open the quarantine',
  retry: 'Send {count, plural, one {the failed file} other {# failed files}} again',
  close: 'Close',
  files: 'Files',
})
