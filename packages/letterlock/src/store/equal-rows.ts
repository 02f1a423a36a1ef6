import type { ReportKind } from './schema.ts'

/** What makes two rows of a table equal: every column but the place where they are stored and what we derive. */
const comparedColumns = {
  aggregate_row: [
    'source',
    'messages',
    'disposition',
    'dkim',
    'spf',
    'header_from',
    'envelope_from',
    'envelope_to',
    'reason_set',
    'dkim_set',
    'spf_set',
    'flags',
  ],
  tls_policy: ['domain', 'policy_type', 'policy_string', 'mx_hosts', 'successful', 'failed'],
  tls_failure: [
    'domain',
    'result_type',
    'sending_ip',
    'receiving_ip',
    'receiving_mx',
    'receiving_helo',
    'sessions',
    'additional_information',
    'reason_code',
  ],
} as const

/** The order of rows is the reporter's whim: both sides are compared as multisets. A row comes back for a difference. */
function differenceOf(table: keyof typeof comparedColumns): string {
  const columns = comparedColumns[table].join(', ')
  // Rows of a TLS report may stand under several domains; the index is entered by each of them.
  const side = (weight: number) =>
    `SELECT ${columns}, ${weight} AS weight FROM ${table}
     WHERE tenant = ? AND domain IN (SELECT id FROM domain WHERE tenant = ?) AND day = ? AND report = ?`
  return `SELECT 1 AS found FROM (${side(1)} UNION ALL ${side(-1)}) AS both_sides
    GROUP BY ${columns} HAVING sum(weight) <> 0 LIMIT 1`
}

/** Queries that give a row when two reports of a kind have different rows. */
export const equalRowsSql = {
  aggregate: [differenceOf('aggregate_row')],
  tls: [differenceOf('tls_policy'), differenceOf('tls_failure')],
  // The identity of a failure report is its content.
  failure: [],
} as const satisfies Record<ReportKind, readonly string[]>
