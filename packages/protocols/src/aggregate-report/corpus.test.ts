import { Buffer, isUtf8 } from 'node:buffer'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { SaxesParser } from 'saxes'
import { describe, expect, test } from 'vitest'
import { read, readOne } from './report.sample.ts'

const corpus =
  process.env['LETTERLOCK_CORPUS'] ?? fileURLToPath(new URL('../../../../../shared/corpus', import.meta.url))
const isMissing = !existsSync(join(corpus, 'aggregate-real'))

/** A record by its paths, each with all its texts. */
type PathRecord = ReadonlyMap<string, readonly string[]>

/** Records of a document by saxes, with a path for every text; null where it is not well-formed. */
function bySaxes(bytes: Uint8Array): readonly PathRecord[] | null {
  if (!isUtf8(bytes)) return null
  const records: Map<string, string[]>[] = []
  let record = new Map<string, string[]>()
  const open: string[] = []
  let text = ''
  let isWellFormed = true
  const parser = new SaxesParser()
  parser.on('error', () => {
    isWellFormed = false
  })
  parser.on('opentag', tag => {
    open.push(tag.name.replace(/^.*:/, ''))
    text = ''
    if (open.length === 2 && open[1] === 'record') record = new Map()
  })
  parser.on('text', piece => {
    text += piece
  })
  parser.on('cdata', piece => {
    text += piece
  })
  parser.on('closetag', () => {
    const path = open.slice(2).join('/')
    const texts = record.get(path) ?? []
    texts.push(text.trim())
    record.set(path, texts)
    if (open.length === 2 && open[1] === 'record') records.push(record)
    open.pop()
    text = ''
  })
  parser.write(Buffer.from(bytes).toString('utf8')).close()
  return isWellFormed ? records : null
}

function bytesOf(file: string): Uint8Array {
  const bytes = readFileSync(file)
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(corpus, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => /\.xml(\.gz)?$/.test(file))
    .sort()
    .map(file => join(corpus, folder, file))
}

/** Lower case without a final dot, null for nothing: what both readers have to agree on for names. */
const name = (text: string | null | undefined) => (text ? text.toLowerCase().replace(/\.$/, '') : null)

/** What a document holds, told in the same words from both readers. */
function compare(file: string): 'agree' | 'not well-formed' {
  const bytes = bytesOf(file)
  const expected = bySaxes(bytes)
  if (expected === null) return 'not well-formed'
  const report = readOne(bytes)
  const first = (record: PathRecord, path: string) => record.get(path)?.[0]
  const theirs = expected.map(record => ({
    ip: first(record, 'row/source_ip'),
    count: Number(first(record, 'row/count')),
    verdicts: ['disposition', 'dkim', 'spf'].map(
      part => first(record, `row/policy_evaluated/${part}`)?.toLowerCase() ?? 'unknown',
    ),
    from: name(first(record, 'identifiers/header_from') ?? first(record, 'identities/header_from')),
    envelope: name(first(record, 'identifiers/envelope_from') ?? first(record, 'identities/envelope_from')),
    selectors: (record.get('auth_results/dkim/selector') ?? []).filter(text => text !== ''),
    spfDomains: (record.get('auth_results/spf/domain') ?? []).map(name).filter(text => text !== null),
    comments: (record.get('row/policy_evaluated/reason/comment') ?? []).filter(text => text !== ''),
  }))
  const ours = [...report.records()].map(record => ({
    ip: record.sourceIp,
    count: record.count,
    verdicts: [record.disposition, record.dkim, record.spf],
    from: record.headerFrom,
    envelope: record.envelopeFrom || null,
    selectors: record.dkimResults.flatMap(result => result.selector ?? []),
    spfDomains: record.spfResults.flatMap(result => result.domain ?? []),
    comments: record.reasons.flatMap(reason => reason.comment ?? []),
  }))
  expect(ours.length, file).toBe(theirs.length)
  for (const [index, their] of theirs.entries()) {
    const our = ours[index]
    // Verdicts that the tolerance specification turns into fail, and a missing header_from, have tests of their own.
    const verdicts = their.verdicts.map(word => (/^(pass|fail|quarantine|reject|unknown)$/.test(word) ? word : null))
    expect(
      {
        ...our,
        from: their.from === null ? null : our?.from,
        verdicts: our?.verdicts.map((word, at) => (verdicts[at] === null ? null : word)),
      },
      file,
    ).toEqual({ ...their, verdicts })
  }
  return 'agree'
}

describe.skipIf(isMissing)('reports of the corpus (skipped where the corpus is not there)', () => {
  test('the 300 real files give the same records and sums as saxes', { timeout: 120_000 }, () => {
    const files = filesOf('aggregate-real')
    expect(files).toHaveLength(300)
    const outcomes = files.map(compare)
    expect(outcomes.filter(outcome => outcome === 'agree').length).toBeGreaterThan(290)
  })

  test('every real file is one report without a fault', () => {
    for (const file of filesOf('aggregate-real')) expect(readOne(bytesOf(file)).summary.isPartial, file).toBe(false)
  })

  test('the samples that are well-formed reports give what saxes gives', () => {
    const refused = Object.keys(expectations).filter(file => expectations[file]?.fault !== undefined)
    const files = filesOf('aggregate').filter(file => !refused.some(end => file.endsWith(end)))
    const outcomes = files.map(file => [file.slice(corpus.length), compare(file)] as const)
    const odd = outcomes.filter(([, outcome]) => outcome !== 'agree').map(([file]) => file.split('__').at(-1))
    expect(odd).toEqual(
      ['ikea.com!example.de!1538690400!1538776800.xml', 'invalid_utf_8.xml', 'invalid_xml.xml'].filter(file =>
        odd.includes(file),
      ),
    )
  })

  test.each(['aggregate', 'aggregate-invalid'])(
    'every sample in %s is read or refused for the right reason',
    folder => {
      const found = filesOf(folder).map(file => {
        const { reports, fault, note } = read(bytesOf(file))
        const [report] = reports
        const key = file.split('/').at(-1)?.split('__').at(-1) ?? ''
        const said = fault?.code ?? note?.code
        return [
          key,
          said === undefined
            ? {
                records: report?.summary.records,
                messages: report?.summary.messages,
                form: report?.head.form,
                domain: report?.head.policy.domain,
              }
            : { fault: said },
        ] as const
      })
      for (const [key, outcome] of found) expect(outcome, key).toEqual(expectations[key])
    },
  )

  test('what is wrong in the samples is told', () => {
    const codes = (end: string) => {
      const file = [...filesOf('aggregate'), ...filesOf('aggregate-invalid')].find(path => path.endsWith(end)) ?? ''
      return Object.keys(readOne(bytesOf(file)).summary.deviationCounts).sort()
    }
    expect(codes('1538690400!1538776800.xml')).toEqual(['root-wrapped'])
    expect(codes('invalid_utf_8.xml')).toEqual([
      'charset-fallback',
      'domain-u-label',
      'org-name-missing',
      'range-empty',
    ])
    expect(codes('invalid_xml.xml')).toEqual(['name-unusable', 'raw-angle'])
    expect(codes('report_with_upper_cased_pass.xml')).toEqual(['range-over-day', 'value-case', 'value-padded'])
  })
})

interface Expectation {
  readonly fault?: string
  readonly records?: number
  readonly messages?: number
  readonly form?: 'rfc7489' | 'rfc9990'
  readonly domain?: string
}

/** By the end of the file's name; every number was read off the file. */
const expectations: Readonly<Record<string, Expectation>> = {
  'multiple_records.xml': { records: 3, messages: 14, form: 'rfc7489', domain: 'example.com' },
  'valid_report.xml': { records: 1, messages: 5, form: 'rfc7489', domain: 'example.com' },
  'multiple_auth_results.xml': { records: 1, messages: 7, form: 'rfc7489', domain: 'example.com' },
  'sample_report.xml': { records: 2, messages: 7, form: 'rfc7489', domain: 'example.com' },
  '259ee316_google-report.xml': { records: 2, messages: 128, form: 'rfc7489', domain: 'example.com' },
  'google-report.xml': { records: 2, messages: 128, form: 'rfc7489', domain: 'example.com' },
  'sample-zoho-aggregate.xml': {
    records: 3,
    messages: 3,
    form: 'rfc7489',
    domain: '000fb7a64b524d7bb8fe8fc8831716a2.com',
  },
  'google.com!georgestarcher.com!1783382400!1783468799.xml': {
    records: 1,
    messages: 1,
    form: 'rfc9990',
    domain: 'georgestarcher.com',
  },
  'aggregate-report-v1.xml': { records: 1, messages: 12, form: 'rfc7489', domain: 'example.com' },
  'aggregate-report-dmarc2.xml': { records: 1, messages: 7, form: 'rfc9990', domain: 'example.com' },
  'sample-rua-dmarc-report.xml': { records: 5, messages: 1672, form: 'rfc7489', domain: 'example.com' },
  'addisonfoods.com!example.com!1536105600!1536191999.xml': {
    records: 1,
    messages: 1,
    form: 'rfc7489',
    domain: 'example.com',
  },
  'rfc9990-example.net!example.com!1700000000!1700086399.xml': {
    records: 2,
    messages: 7,
    form: 'rfc9990',
    domain: 'example.com',
  },
  'example.net!example.com!1529366400!1529452799.xml': {
    records: 1,
    messages: 1,
    form: 'rfc7489',
    domain: 'example.com',
  },
  'invalid_utf_8.xml': { records: 1, messages: 1, form: 'rfc7489', domain: 'example.com' },
  'ikea.com!example.de!1538690400!1538776800.xml': { records: 1, messages: 1, form: 'rfc7489', domain: 'example.de' },
  'rfc9990-sample.xml': { records: 1, messages: 123, form: 'rfc9990', domain: 'example.com' },
  'usssa.com!example.com!1538784000!1538870399.xml': {
    records: 2,
    messages: 2,
    form: 'rfc7489',
    domain: 'example.com',
  },
  'old_draft_from_wiki.xml': { records: 1, messages: 2, form: 'rfc7489', domain: 'example.com' },
  'invalid_xml.xml': { records: 1, messages: 1, form: 'rfc7489', domain: 'example.com' },
  'fastmail.com!example.com!1516060800!1516147199!102675056.xml.gz': {
    records: 1,
    messages: 1,
    form: 'rfc7489',
    domain: 'indemed.com',
  },
  'rfc9990-modern-synthetic.xml.gz': { records: 2, messages: 3, form: 'rfc9990', domain: 'example.test' },
  'solamora.xml': { records: 1, messages: 2, form: 'rfc7489', domain: 'bix-business.com' },
  'webde.xml': { records: 1, messages: 1, form: 'rfc9990', domain: 'foobar.com' },
  'yahoo.xml': { records: 1, messages: 1, form: 'rfc7489', domain: 'random.org' },
  'google.xml': { records: 1, messages: 1, form: 'rfc9990', domain: 'foo-bar.io' },
  '004.xml': { records: 1, messages: 123, form: 'rfc9990', domain: 'example.com' },
  '001.xml': { records: 1, messages: 123, form: 'rfc9990', domain: 'example.com' },
  '003.xml': { records: 4, messages: 9, form: 'rfc7489', domain: 'stalw.art' },
  'rfc9990-multi-auth-overrides.xml': { records: 2, messages: 15, form: 'rfc9990', domain: 'example.net' },
  'rfc9990-namespaced-legacy-fields.xml': { records: 1, messages: 3, form: 'rfc9990', domain: 'example.com' },
  'report_with_upper_cased_pass.xml': { records: 1, messages: 1, form: 'rfc7489', domain: 'example.com' },
  'CorrectlyFormedReport.xml': { fault: 'aggregate-no-policy-domain' },
  'CorrectlyFormedReportNoDeclaration.xml': { fault: 'aggregate-no-policy-domain' },
  'MultipleReportMetadataTags.xml': { fault: 'aggregate-no-policy-domain' },
  'MultiplePolicyPublishedTags.xml': { fault: 'aggregate-no-policy-domain' },
  'malformed_report.xml': { fault: 'aggregate-no-feedback' },
  'empty.xml': { fault: 'empty' },
}
