import { apiReference } from './api-reference.ts'
import { cliReference } from './cli-reference.ts'
import { configurationReference } from './configuration-reference.ts'
import { jsonReference } from './json-reference.ts'
import { reportReference } from './report-reference.ts'
import { senderReference } from './sender-reference.ts'
import { standardsTable } from './standards-table.ts'

/** Documents that are made from the program, by path. */
export const generatedDocuments: Readonly<Record<string, () => Promise<string>>> = {
  'docs/api.md': apiReference,
  'docs/cli.md': cliReference,
  'docs/json.md': jsonReference,
  'docs/reports.md': reportReference,
  'docs/senders.md': senderReference,
  'docs/configuration.md': configurationReference,
  'docs/standards.md': standardsTable,
}
