import { outsideUnpackedLimit } from '../../packages/letterlock/src/intake/unwrap.ts'
import { mailBytesLimit, nestingLimit } from '../../packages/letterlock/src/intake/unwrap-place.ts'
import { archiveMembersLimit } from '../../packages/letterlock/src/intake/unwrap-zip.ts'
import { listLimit, messagesLimit, recordsLimit } from '../../packages/protocols/src/aggregate-report/limits.ts'
import { aggregateRefusals } from '../../packages/protocols/src/aggregate-report/refusals.ts'
import { aggregateTolerances } from '../../packages/protocols/src/aggregate-report/tolerances.ts'

import { failureTolerances } from '../../packages/protocols/src/failure-report/tolerances.ts'
import { mimePartsLimit } from '../../packages/protocols/src/message/mime.ts'
import { tlsReportBytesLimit } from '../../packages/protocols/src/tls-rpt/read-tls-report.ts'
import { tlsTolerances } from '../../packages/protocols/src/tls-rpt/tolerances.ts'
import { xmlDepthLimit, xmlTagLimit } from '../../packages/protocols/src/xml/limits.ts'

const count = (value: number) => value.toLocaleString('en-US')
const bytes = (value: number) => `${count(value / 1_048_576)} MiB`

/** What a report, or what carries it, may be at most; a file named on the command line may be larger than a mail. */
const limits: readonly (readonly [what: string, limit: string])[] = [
  ['a mail, an upload', bytes(mailBytesLimit)],
  ['everything that one of them unpacks to', bytes(outsideUnpackedLimit)],
  ['archives in archives, mails in mails', `${nestingLimit} levels`],
  ['members of one archive', count(archiveMembersLimit)],
  ['parts of one mail', count(mimePartsLimit)],
  ['a TLS report', bytes(tlsReportBytesLimit)],
  ['records of one aggregate report', count(recordsLimit)],
  ['messages of one record, and of one report', `${count(messagesLimit)} (2^40)`],
  ['results or reasons of one record', count(listLimit)],
  ['nested elements', count(xmlDepthLimit)],
  ['one tag', `${count(xmlTagLimit)} characters`],
]

/** docs/reports.md: what is read, and every departure that is tolerated or refused, by its code. */
export async function reportReference(): Promise<string> {
  const tolerances = Object.entries(aggregateTolerances).sort(([, left], [, right]) => left.entry - right.entry)
  const lines = [
    '# Reports',
    '',
    'What is read, and how odd reports are read. The tables of codes are made from the program by `npm run docs`; a test fails when they are out of date.',
    '',
    '## What is read',
    '',
    '| report | by | from |',
    '| --- | --- | --- |',
    '| aggregate (DMARC) | RFC 7489 Appendix C, RFC 9990, and everything between | XML |',
    '| TLS | RFC 8460 | JSON |',
    '| failure (DMARC, SPF, DKIM) | RFC 6591, RFC 9991; feedback about other things is told apart and noted | mail |',
    '',
    'They are found in mails, mbox files, maildir folders, gzip, zlib and zip, and in each other, up to three levels deep. What a thing is follows from its content; names and media types lie too often. Several reports in one mail or archive are all read.',
    '',
    '## How',
    '',
    '- Nothing is guessed towards *pass*. A verdict that is missing is *fail* where no result passes, else *unknown*.',
    '- One odd field never costs the record, one odd record never costs the report.',
    '- Each departure that is tolerated is stored with the report: its code, its place, the value as written and the value it was read as. The page of the report shows them.',
    '- A report that cannot be read is kept in quarantine with the reason, and can be tried again after an upgrade.',
    '- A mail in a mailbox that is larger than 25 MiB, or that breaks the connection three times, is not fetched: quarantine says so and keeps no bytes of it. The mail stays in the mailbox.',
    '- The content decides what is the same report. Some reporters use one report id for several contents; all are kept, and marked as possibly overlapping.',
    '- A report counts for the UTC day on which its period begins. Nothing is spread over days.',
    '',
    '## Tolerated in aggregate reports',
    '',
    '| code | what was found, and how it is read |',
    '| --- | --- |',
    ...tolerances.map(([code, { text }]) => `| \`${code}\` | ${text.replaceAll('|', '\\|')} |`),
    '',
    '## Tolerated in TLS reports',
    '',
    ...codeTable('what was found, and how it is read', tlsTolerances),
    '',
    '## Tolerated in failure reports',
    '',
    ...codeTable('what was found, and how it is read', failureTolerances),
    '',
    '## Limits',
    '',
    'What is over a limit is refused, or cut where the table above says so, with a reason; the rest goes on. A file that you name on the command line may be larger than a mail: see `intake.unpacked-limit` in [configuration.md](configuration.md).',
    '',
    '| what | at most |',
    '| --- | --- |',
    ...limits.map(([what, limit]) => `| ${what} | ${limit} |`),
    '',
    '## Refused',
    '',
    ...codeTable('why', aggregateRefusals),
    '',
  ]
  return lines.join('\n')
}

function codeTable(title: string, texts: Readonly<Record<string, string>>): string[] {
  const rows = Object.entries(texts).map(([code, text]) => `| \`${code}\` | ${text.replaceAll('|', '\\|')} |`)
  return [`| code | ${title} |`, '| --- | --- |', ...rows]
}
