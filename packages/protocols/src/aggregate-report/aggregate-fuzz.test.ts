import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { messagesLimit } from './limits.ts'
import { type AggregateReports, readAggregateReports } from './read-aggregate-reports.ts'
import { aggregateTolerances } from './tolerances.ts'
import seeds from './vectors/fuzz-seeds.json' with { type: 'json' }

const elements = [
  'feedback',
  'report_metadata',
  'policy_published',
  'record',
  'row',
  'policy_evaluated',
  'identifiers',
  'auth_results',
  'dkim',
  'reason',
  'domain',
  'count',
  'x:y',
]
const words = [
  ...elements.map(name => `<${name}>`),
  ...elements.map(name => `</${name}>`),
  '<record/>',
  '<count>-1</count>',
  '<source_ip>0.0.0.0</source_ip>',
  '<result>pass</result>',
  '<',
  '>',
  '&',
  '&x;',
  '&#0;',
  '&#xD800;',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?xml version="1.0" encoding="koi8-r"?>',
  '?>',
  '<!DOCTYPE x [',
  ']>',
  '"',
  "'",
  ' a="b"',
  '\xef\xbb\xbf',
  '\xe9',
  '\xc3\xa9',
  '\0',
  '\x07',
  '\r\n',
]

/** What has to hold for every report, whatever stood in the document. */
function check({ reports }: AggregateReports): void {
  for (const report of reports) {
    const { summary, head } = report
    if (head.metadata.begin > head.metadata.end) throw new Error('the period runs backwards')
    if (head.policy.domain !== head.policy.domain.toLowerCase()) throw new Error('the domain is no key')
    let records = 0
    let messages = 0
    for (const record of report.records()) {
      records += 1
      messages += record.count
      if (record.headerFrom === null) throw new Error('a record has no header_from')
    }
    for (const run of report.runs) {
      const highest = (column: Uint32Array) => column.reduce((most, place) => Math.max(most, place), 0)
      const { sources, names, reasonSets, dkimSets, spfSets } = report.values
      if (highest(run.source) >= sources.length) throw new Error('a source is not there')
      if (highest(run.headerFrom) >= names.length) throw new Error('a name is not there')
      if (highest(run.envelopeFrom) >= names.length || highest(run.envelopeTo) >= names.length)
        throw new Error('a name is not there')
      if (highest(run.reasons) >= reasonSets.length) throw new Error('reasons are not there')
      if (highest(run.dkimResults) >= dkimSets.length) throw new Error('DKIM results are not there')
      if (highest(run.spfResults) >= spfSets.length) throw new Error('SPF results are not there')
    }
    if (records !== summary.records || messages !== summary.messages) throw new Error('the sums do not agree')
    if (messages > messagesLimit) throw new Error('too many messages')
    for (const code of Object.keys(summary.deviationCounts))
      if (!Object.hasOwn(aggregateTolerances, code)) throw new Error(`no such deviation: ${code}`)
  }
}

/** All of a reading that does not depend on where things stand. */
function told({ reports, fault, note }: AggregateReports): string {
  const of = reports.map(({ head, summary, records }) => {
    const { 'utf-16': _wide, 'byte-order-mark': _mark, ...counts } = summary.deviationCounts
    return [head, summary.records, summary.isPartial, counts, [...records()]]
  })
  return JSON.stringify([of, fault?.code, note?.code])
}

it('fuzz: any document gives reports whose sums and places agree, or a reason', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: seeds.documents.map(document => Buffer.from(document, 'latin1')),
    words,
    target: input => check(readAggregateReports(input, { fileName: 'r.example!o.example!1!2.xml' })),
  })
})

// In UTF-16 no part of a record is remembered by its octets, so this compares the quick way of reading with the plain.
it('fuzz: what is remembered gives the same as what is read anew', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: seeds.documents.map(document => Buffer.from(document, 'latin1')),
    words: words.filter(word => /^[\x01-\x7f]*$/.test(word)),
    target: input => {
      if (input.length < 4 || input.length > 40_000 || input.some(octet => octet === 0 || octet > 0x7f)) return
      const wide = Buffer.from(input.toString('latin1'), 'utf16le')
      expect(told(readAggregateReports(input))).toBe(told(readAggregateReports(wide)))
    },
  })
})

it('without the word pass in it, no document gives a pass', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: seeds.documents.map(document => Buffer.from(document.replaceAll('pass', 'maybe'), 'latin1')),
    words: words.filter(word => !word.includes('pass')),
    target: input => {
      for (const { records } of readAggregateReports(input).reports)
        for (const record of records())
          if (JSON.stringify([record.disposition, record.dkim, record.spf]).includes('pass'))
            throw new Error('a pass came from nowhere')
    },
  })
})
