import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SaxesParser } from 'saxes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../packages/letterlock/src/store/open-store.ts'
import { type IngestDocument, ingestJson } from './run-command.ts'

const corpus = process.env['LETTERLOCK_CORPUS'] ?? fileURLToPath(new URL('../../shared/corpus', import.meta.url))
const isThere = existsSync(corpus)

/** Files that hold no report that can be placed, with the code of the reason; all others are read. */
const unreadable: Readonly<Record<string, string>> = {
  'README.md': 'not-a-report',
  'aggregate/ukncsc__resx/AggregateReportDeserialiserTestsResource__CorrectlyFormedReport.xml':
    'aggregate-no-policy-domain',
  'aggregate/ukncsc__resx/AggregateReportDeserialiserTestsResource__CorrectlyFormedReportNoDeclaration.xml':
    'aggregate-no-policy-domain',
  'aggregate/ukncsc__resx/AggregateReportDeserialiserTestsResource__MultiplePolicyPublishedTags.xml':
    'aggregate-no-policy-domain',
  'aggregate/ukncsc__resx/AggregateReportDeserialiserTestsResource__MultipleReportMetadataTags.xml':
    'aggregate-no-policy-domain',
  'aggregate-invalid/trollByte__dmarc/backend__sample_reports__malformed_report.xml': 'aggregate-no-feedback',
  'containers/keltia__dmarc-cat/testdata__notempty.txt.gz': 'not-a-report',
  'failure/djav1985__v-dmarc-dashboard/unit__fixtures__dmarc__forensic-sample.xml': 'aggregate-no-date-range',
  'maps/georgestarcher__providers_default.yaml': 'not-a-report',
  'maps/parsedmarc__base_reverse_dns_map.csv': 'not-a-report',
  'maps/ukncsc__Insights_ProviderRules.json': 'tls-no-policies',
  'maps/ukncsc__ProviderRules.json': 'json-syntax',
}

/** Files with nothing in them. */
const empty = [
  'aggregate-invalid/domainaware__parsedmarc/samples__empty.xml',
  'containers/keltia__dmarc-cat/testdata__bad.zip',
  'containers/keltia__dmarc-cat/testdata__empty.txt',
]

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(corpus.length + 1))
    .sort()
}

/** Records of a report as saxes counts them; null where it does not take the file as well-formed. */
function recordsBySaxes(xml: string): number | null {
  let records = 0
  let isBroken = false
  const parser = new SaxesParser()
  parser.on('error', () => {
    isBroken = true
  })
  parser.on('closetag', tag => {
    if (tag.name === 'record') records++
  })
  parser.write(xml).close()
  return isBroken ? null : records
}

describe.skipIf(!isThere)(`the corpus${isThere ? '' : ` (skipped: there is no ${corpus})`}`, () => {
  let folder = ''
  let documents: readonly IngestDocument[] = []
  const local = (document: IngestDocument): string => document.name.slice('corpus/'.length)

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'letterlock-corpus-'))
    documents = (await ingestJson(['--data', join(folder, 'data'), corpus])).documents
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('every file has a verdict', () => {
    expect([...new Set(documents.map(local))].sort()).toEqual(filesOf(corpus))
    expect(documents.filter(document => document.verdict === 'failed')).toEqual([])
  })

  test('what is quarantined is no report that can be placed, and says why; what is empty is only noted', () => {
    const quarantined = documents.filter(document => document.verdict === 'quarantine')
    expect(Object.fromEntries(quarantined.map(document => [local(document), document.code]))).toEqual(unreadable)
    for (const document of quarantined) expect(document.reason).toMatch(/^[A-Z].*\.$/)
    expect(documents.filter(document => document.verdict === 'none').map(local)).toEqual(empty)
  })

  test('the real reports have the records that saxes counts', () => {
    const rows = new Map(documents.map(document => [local(document), document.rows]))
    const differences: string[] = []
    let compared = 0
    for (const name of filesOf(join(corpus, 'aggregate-real'))) {
      const records = recordsBySaxes(readFileSync(join(corpus, name), 'utf8'))
      if (records === null) continue
      compared++
      if (rows.get(name) !== records) differences.push(`${name}: ${rows.get(name)} instead of ${records}`)
    }
    expect(differences).toEqual([])
    expect(compared).toBeGreaterThan(280)
  })

  test('a second import adds nothing', async () => {
    const before = await countAll(join(folder, 'data'))
    const again = await ingestJson(['--data', join(folder, 'data'), corpus])
    expect(again.summary).toMatchObject({ stored: 0, tolerated: 0, overlapping: 0, failed: 0, rows: 0 })
    expect(await countAll(join(folder, 'data'))).toEqual(before)
    expect(before['report']).toBeGreaterThan(350)
  })
})

/** Rows of every table that an import fills. */
async function countAll(dataDir: string): Promise<Record<string, number>> {
  const opened = await openStore({ dataDir })
  if (opened.state !== 'opened') throw new Error(opened.state)
  const counts: Record<string, number> = {}
  const tables = [
    'delivery',
    'delivery_piece',
    'delivery_report',
    'report',
    'quarantine',
    'aggregate_row',
    'aggregate_rollup',
  ] as const
  for (const table of [...tables, 'tls_policy', 'tls_failure', 'failure_report', 'domain', 'reporter'] as const) {
    const row = await opened.store.read
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    counts[table] = Number(row.count)
  }
  await opened.store.close()
  return counts
}
