import { describe, expect, test } from 'vitest'
import { addressScope, parseIpAddress } from '../ip-address.ts'
import type { AggregateRecord } from './read-aggregate-reports.ts'
import {
  codesOf,
  readOne,
  type SampleRecordParts,
  sampleEvaluated,
  sampleIdentifiers,
  samplePolicy,
  sampleRecord,
  sampleReport,
  sampleResults,
} from './report.sample.ts'

/** A report whose first record is the odd one, with a plain one after it: one bad record never kills the report. */
function readRecord(parts: SampleRecordParts): { record: AggregateRecord; codes: Readonly<Record<string, number>> } {
  const report = readOne(sampleReport({ records: sampleRecord(parts) + sampleRecord() }))
  expect(report.summary.records).toBe(2)
  expect(report.recordAt(1)).toEqual(readOne(sampleReport()).recordAt(0))
  const record = report.recordAt(0)
  if (record === null) throw new Error('no record')
  const codes = codesOf(report)
  expect(record.isTolerated).toBe(Object.keys(codes).length > 0)
  return { record, codes }
}

function evaluated(disposition: string, dkim: string, spf: string, reasons = ''): SampleRecordParts {
  const verdicts = `<disposition>${disposition}</disposition><dkim>${dkim}</dkim><spf>${spf}</spf>`
  return { evaluated: `<policy_evaluated>${verdicts}${reasons}</policy_evaluated>` }
}

function results(inner: string): SampleRecordParts {
  return { results: `<auth_results>${inner}</auth_results>` }
}

const noPolicyEvaluated = { evaluated: '' }
const dkimPass = '<dkim><domain>other.example</domain><result>pass</result></dkim>'
const dkimFail = '<dkim><domain>owner.example</domain><result>fail</result></dkim>'

describe('reading what is wrong in records', () => {
  test('report-tolerance 49: no records are a valid empty report', () => {
    const report = readOne(sampleReport({ records: '' }))
    expect(report.summary).toMatchObject({ records: 0, messages: 0, isPartial: false })
    expect(codesOf(report)).toEqual({})
  })

  test.each(['<record></record>', '<record/>', '<record>\n </record>', '<record><row></row><identifiers/></record>'])(
    'report-tolerance 50: an empty record is left out and flagged: %s',
    empty => {
      const report = readOne(sampleReport({ records: empty + sampleRecord() }))
      expect(report.summary.records).toBe(1)
      expect(codesOf(report)).toEqual({ 'record-empty': 1 })
    },
  )

  test('report-tolerance 51: a single record is a list of one', () => {
    expect([...readOne(sampleReport()).records()]).toHaveLength(1)
  })

  test('report-tolerance 52: values in capital letters are the same values', () => {
    const { record, codes } = readRecord({
      ...evaluated('None', 'Pass', 'FAIL'),
      ...results(
        '<dkim><domain>d.example</domain><result>Pass</result></dkim><spf><domain>s.example</domain><scope>MFROM</scope><result>SoftFail</result></spf>',
      ),
    })
    expect(record).toMatchObject({ disposition: 'none', dkim: 'pass', spf: 'fail' })
    expect(record.dkimResults).toEqual([{ domain: 'd.example', selector: null, result: 'pass', humanResult: null }])
    expect(record.spfResults).toEqual([{ domain: 's.example', scope: 'mfrom', result: 'softfail', humanResult: null }])
    expect(codes).toEqual({ 'value-case': 6 })
  })

  test('report-tolerance 53: padded values are trimmed', () => {
    const { record, codes } = readRecord(evaluated(' quarantine ', 'pass\n', '\tfail'))
    expect(record).toMatchObject({ disposition: 'quarantine', dkim: 'pass', spf: 'fail' })
    expect(codes).toEqual({ 'value-padded': 3 })
  })

  test('report-tolerance 54: disposition pass is pass in the new form and none in the old', () => {
    const records = sampleRecord(evaluated('pass', 'pass', 'fail'))
    const newForm = readOne(sampleReport({ records, root: '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">' }))
    expect(newForm.recordAt(0)?.disposition).toBe('pass')
    expect(codesOf(newForm)).toEqual({})
    // The sample has pct, which the new form has not.
    const oldForm = readOne(sampleReport({ records }))
    expect(oldForm.head.form).toBe('rfc7489')
    expect(oldForm.recordAt(0)).toMatchObject({ disposition: 'none', isTolerated: true })
    expect(codesOf(oldForm)).toEqual({ 'disposition-pass': 1 })
    const undecided = readOne(sampleReport({ records, policy: samplePolicy.replace('<pct>100</pct>', '') }))
    expect(undecided.head.form).toBe('rfc9990')
    expect(undecided.recordAt(0)?.disposition).toBe('pass')
  })

  test.each(['softfail', '15', ''])('report-tolerance 55: disposition "%s" is unknown', written => {
    const { record, codes } = readRecord(evaluated(written, 'pass', 'fail'))
    expect(record).toMatchObject({ disposition: 'unknown', dkim: 'pass', spf: 'fail' })
    expect(codes).toEqual({ 'disposition-unknown': 1 })
  })

  test.each(['none', 'softfail', 'neutral', 'temperror', 'permerror', 'hardfail'])(
    'report-tolerance 56: a verdict %s is fail, with the raw value kept',
    written => {
      const { record, codes } = readRecord(evaluated('none', written, 'pass'))
      expect(record).toMatchObject({ dkim: 'fail', spf: 'pass', isDerived: false })
      expect(codes).toEqual({ 'evaluation-other': 1 })
      const report = readOne(sampleReport({ records: sampleRecord(evaluated('none', written, 'pass')) }))
      expect(report.summary.deviations).toMatchObject([{ raw: written, value: 'fail' }])
    },
  )

  test('report-tolerance 57: a missing verdict is fail where nothing passes, else unknown, never pass', () => {
    const onlyDisposition = '<policy_evaluated><disposition>none</disposition></policy_evaluated>'
    const passing = readRecord({ evaluated: onlyDisposition })
    expect(passing.record).toMatchObject({ disposition: 'none', dkim: 'unknown', spf: 'unknown', isDerived: false })
    expect(passing.codes).toEqual({ 'evaluation-missing': 2 })
    const failing = readRecord({ evaluated: onlyDisposition, ...results(dkimFail) })
    expect(failing.record).toMatchObject({ dkim: 'fail', spf: 'fail', isDerived: true })
    const half = readRecord({ evaluated: onlyDisposition, ...results(dkimFail + dkimPass) })
    expect(half.record).toMatchObject({ dkim: 'unknown', spf: 'fail', isDerived: true })
    const empty = readRecord({ ...evaluated('none', '', ''), ...results(dkimFail) })
    expect(empty.record).toMatchObject({ dkim: 'fail', spf: 'fail', isDerived: true })
    const silent = readRecord({ evaluated: onlyDisposition, results: '' })
    expect(silent.record).toMatchObject({ dkim: 'unknown', spf: 'unknown', isDerived: false })
    const odd = readRecord(evaluated('none', 'maybe', 'pass'))
    expect(odd.record).toMatchObject({ dkim: 'unknown', spf: 'pass' })
  })

  test('report-tolerance 57: what was missing once is told for every record', () => {
    const evaluatedPart = '<policy_evaluated><disposition>none</disposition></policy_evaluated>'
    const records = sampleRecord({ evaluated: evaluatedPart, ...results(dkimFail) }).repeat(3)
    const report = readOne(sampleReport({ records }))
    expect(codesOf(report)).toEqual({ 'evaluation-missing': 6 })
    expect([...report.records()].map(record => record.isDerived)).toEqual([true, true, true])
  })

  test('report-tolerance 58: without policy_evaluated the same holds, and the disposition is unknown', () => {
    const failing = readRecord({ ...noPolicyEvaluated, ...results(dkimFail) })
    expect(failing.record).toMatchObject({ disposition: 'unknown', dkim: 'fail', spf: 'fail', isDerived: true })
    expect(readRecord(noPolicyEvaluated).record).toMatchObject({ dkim: 'unknown', spf: 'unknown' })
  })

  test('report-tolerance 59: a reason in plain text is a comment of type other', () => {
    const { record, codes } = readRecord(evaluated('none', 'fail', 'fail', '<reason>known list</reason>'))
    expect(record.reasons).toEqual([{ type: 'other', comment: 'known list', arc: false }])
    expect(codes).toEqual({ 'reason-text': 1 })
  })

  test.each(['<reason/>', '<reason></reason>', '<reason><type/></reason>', '<reason><type></type><comment/></reason>'])(
    'report-tolerance 60: an empty reason is left out: %s',
    reason => {
      const { record, codes } = readRecord(evaluated('none', 'fail', 'fail', reason))
      expect(record.reasons).toEqual([])
      expect(codes).toEqual({ 'reason-empty': 1 })
    },
  )

  test('report-tolerance 61: unknown types are kept raw, several reasons are a list, arc=pass is a flag', () => {
    const reasons =
      '<reason><type>phase_of_moon</type><comment>full</comment></reason>' +
      '<reason><type>local_policy</type><comment>arc=pass as[1].d=a.example</comment></reason>' +
      '<reason><type>forwarded</type></reason><reason><type>sampled_out</type><comment/></reason>'
    const { record, codes } = readRecord(evaluated('none', 'fail', 'fail', reasons))
    expect(record.reasons).toEqual([
      { type: 'other', rawType: 'phase_of_moon', comment: 'full', arc: false },
      { type: 'local_policy', comment: 'arc=pass as[1].d=a.example', arc: true },
      { type: 'forwarded', comment: null, arc: false },
      { type: 'sampled_out', comment: null, arc: false },
    ])
    expect(codes).toEqual({ 'reason-type-unknown': 1 })
  })

  test('report-tolerance 62: identities is identifiers', () => {
    const { record, codes } = readRecord({ identifiers: sampleIdentifiers.replaceAll('identifiers', 'identities') })
    expect(record).toMatchObject({ headerFrom: 'owner.example', envelopeFrom: 'bounce.example' })
    expect(codes).toEqual({ identities: 1 })
  })

  test('report-tolerance 63: without identifiers header_from is the policy domain', () => {
    const { record, codes } = readRecord({ identifiers: '' })
    expect(record).toMatchObject({ headerFrom: 'owner.example', envelopeFrom: null, envelopeTo: null })
    expect(codes).toEqual({ 'header-from-missing': 1 })
  })

  test('report-tolerance 64: an empty header_from is the policy domain', () => {
    const { record, codes } = readRecord({ identifiers: '<identifiers><header_from/></identifiers>' })
    expect(record.headerFrom).toBe('owner.example')
    expect(codes).toEqual({ 'header-from-missing': 1 })
  })

  test('report-tolerance 65: envelope_from and envelope_to are null where absent', () => {
    const bare = readRecord({ identifiers: '<identifiers><header_from>sub.owner.example</header_from></identifiers>' })
    expect(bare.record).toMatchObject({ headerFrom: 'sub.owner.example', envelopeFrom: null, envelopeTo: null })
    expect(bare.codes).toEqual({})
    // RFC 9990: there and empty is the null path.
    const path = readRecord({
      identifiers:
        '<identifiers><envelope_to>Rcpt.example</envelope_to><envelope_from/><header_from>owner.example</header_from></identifiers>',
    })
    expect(path.record).toMatchObject({ envelopeFrom: '', envelopeTo: 'rcpt.example' })
  })

  test('names that are no domains are kept as they are, addresses give their domain', () => {
    const odd = readRecord({ identifiers: '<identifiers><header_from>Not A Domain</header_from></identifiers>' })
    expect(odd.record.headerFrom).toBe('not a domain')
    expect(odd.codes).toEqual({ 'name-unusable': 1 })
    const address = readRecord({
      identifiers:
        '<identifiers><header_from>Owner.Example.</header_from><envelope_from>x@Bücher.example</envelope_from></identifiers>',
    })
    expect(address.record).toMatchObject({ headerFrom: 'owner.example', envelopeFrom: 'xn--bcher-kva.example' })
    expect(address.codes).toEqual({ 'name-address': 1 })
    const twice = readOne(
      sampleReport({
        records: sampleRecord({ identifiers: '<identifiers><header_from>a b</header_from></identifiers>' }).repeat(2),
      }),
    )
    expect(codesOf(twice)).toEqual({ 'name-unusable': 2 })
  })

  test('report-tolerance 66: auth_results missing or empty are empty lists', () => {
    const missing = readRecord({ results: '' })
    expect(missing.record).toMatchObject({ dkimResults: [], spfResults: [], dkim: 'pass' })
    expect(missing.codes).toEqual({ 'auth-results-missing': 1 })
    for (const written of ['<auth_results/>', '<auth_results> </auth_results>'])
      expect(readRecord({ results: written }).record).toMatchObject({ dkimResults: [], spfResults: [] })
  })

  test('report-tolerance 67: a missing spf is an empty list', () => {
    const { record, codes } = readRecord(results(dkimPass))
    expect(record.spfResults).toEqual([])
    expect(record.dkimResults).toHaveLength(1)
    expect(codes).toEqual({})
  })

  test('report-tolerance 68: spf without a domain has none', () => {
    const { record } = readRecord(results('<spf><result>none</result></spf><spf><domain/><result>fail</result></spf>'))
    expect(record.spfResults).toEqual([
      { domain: null, scope: null, result: 'none', humanResult: null },
      { domain: null, scope: null, result: 'fail', humanResult: null },
    ])
  })

  test('report-tolerance 69: several spf are a list', () => {
    const { record } = readRecord(
      results(
        '<spf><domain>a.example</domain><result>pass</result></spf><spf><domain>b.example</domain><result>fail</result></spf>',
      ),
    )
    expect(record.spfResults.map(result => [result.domain, result.result])).toEqual([
      ['a.example', 'pass'],
      ['b.example', 'fail'],
    ])
  })

  test.each([
    ['hardfail', 'fail'],
    ['unknown', 'temperror'],
    ['error', 'permerror'],
  ])('report-tolerance 70: spf %s is %s, with the raw value kept', (written, result) => {
    const { record, codes } = readRecord(results(`<spf><domain>a.example</domain><result>${written}</result></spf>`))
    expect(record.spfResults).toEqual([
      { domain: 'a.example', scope: null, result, rawResult: written, humanResult: null },
    ])
    expect(codes).toEqual({ 'result-mapped': 1 })
  })

  test('report-tolerance 71: the scope is absent or helo', () => {
    const spf = (scope: string) => results(`<spf><domain>a.example</domain>${scope}<result>pass</result></spf>`)
    expect(readRecord(spf('')).record.spfResults[0]?.scope).toBeNull()
    expect(readRecord(spf('<scope>helo</scope>')).record.spfResults[0]?.scope).toBe('helo')
    const odd = readRecord(spf('<scope>pra</scope>'))
    expect(odd.record.spfResults[0]?.scope).toBeNull()
    expect(odd.codes).toEqual({ 'scope-unknown': 1 })
  })

  test('report-tolerance 72: every DKIM result is kept, up to 100', () => {
    const dkim = (count: number) =>
      Array.from(
        { length: count },
        (_, at) => `<dkim><domain>d${at}.example</domain><selector>s${at}</selector><result>fail</result></dkim>`,
      ).join('')
    const twelve = readRecord(results(dkim(12)))
    expect(twelve.record.dkimResults.map(result => result.domain)).toEqual(
      Array.from({ length: 12 }, (_, at) => `d${at}.example`),
    )
    expect(readRecord(results(dkim(100))).codes).toEqual({})
    const more = readRecord(results(dkim(101)))
    expect(more.record.dkimResults).toHaveLength(100)
    expect(more.codes).toEqual({ 'list-long': 1 })
  })

  test('report-tolerance 73: a DKIM result that says nothing is left out, else its parts are null', () => {
    const empty = readRecord(results('<dkim><domain/><selector/><result/></dkim><dkim/>'))
    expect(empty.record.dkimResults).toEqual([])
    expect(empty.codes).toEqual({ 'result-empty': 2 })
    const half = readRecord(
      results('<dkim><domain/><result>none</result></dkim><dkim><domain>d.example</domain><result/></dkim>'),
    )
    expect(half.record.dkimResults).toEqual([
      { domain: null, selector: null, result: 'none', humanResult: null },
      { domain: 'd.example', selector: null, result: 'unknown', humanResult: null },
    ])
    expect(half.codes).toEqual({ 'result-unknown': 1 })
  })

  test.each([
    ['invalid', 'neutral'],
    ['unknown', 'neutral'],
    ['bogus', 'unknown'],
  ])('report-tolerance 74: DKIM %s is %s, with the raw value kept', (written, result) => {
    const { record } = readRecord(results(`<dkim><domain>d.example</domain><result>${written}</result></dkim>`))
    expect(record.dkimResults).toEqual([
      { domain: 'd.example', selector: null, result, rawResult: written, humanResult: null },
    ])
  })

  test('report-tolerance 74: DKIM permerror is a result of its own', () => {
    const { record, codes } = readRecord(results('<dkim><domain>d.example</domain><result>permerror</result></dkim>'))
    expect(record.dkimResults[0]).toEqual({
      domain: 'd.example',
      selector: null,
      result: 'permerror',
      humanResult: null,
    })
    expect(codes).toEqual({})
  })

  test('report-tolerance 75: a selector absent or empty is null', () => {
    const { record, codes } = readRecord(
      results(`${dkimPass}<dkim><domain>d.example</domain><selector/><result>pass</result></dkim>`),
    )
    expect(record.dkimResults.map(result => result.selector)).toEqual([null, null])
    expect(codes).toEqual({})
  })

  test('report-tolerance 76: human_result and human are kept', () => {
    const { record } = readRecord(
      results(
        '<dkim><domain>d.example</domain><result>fail</result><human_result>body hash &lt;mismatch&gt;</human_result></dkim>' +
          '<spf><domain>s.example</domain><result>fail</result><human>not allowed</human></spf>',
      ),
    )
    expect(record.dkimResults[0]?.humanResult).toBe('body hash <mismatch>')
    expect(record.spfResults[0]?.humanResult).toBe('not allowed')
  })

  test.each(['<source_ip/>', '<source_ip> </source_ip>', ''])(
    'report-tolerance 77: an empty source_ip keeps the record without an address: "%s"',
    source => {
      const { record, codes } = readRecord({ source })
      expect(record).toMatchObject({ sourceIp: null, count: 2 })
      expect(codes).toEqual({ 'source-empty': 1 })
    },
  )

  test.each([
    'X.X.X.X',
    '192.0.2.256',
    '192.0.2',
    '192.0.2.01',
    'mail.example',
    '::1::',
    '[2001:db8::1]',
    '1.2.3.4/24',
  ])('report-tolerance 78: so does one that is no address: %s', written => {
    const { record, codes } = readRecord({ source: `<source_ip>${written}</source_ip>` })
    expect(record).toMatchObject({ sourceIp: null, count: 2 })
    expect(codes).toEqual({ 'source-unusable': 1 })
    const report = readOne(sampleReport({ records: sampleRecord({ source: `<source_ip>${written}</source_ip>` }) }))
    expect(report.summary.deviations[0]?.raw).toBe(written)
  })

  test('report-tolerance 79: a padded source_ip is trimmed', () => {
    const { record, codes } = readRecord({ source: '<source_ip> 192.0.2.1\n</source_ip>' })
    expect(record.sourceIp).toBe('192.0.2.1')
    expect(codes).toEqual({ 'value-padded': 1 })
  })

  test('report-tolerance 80: an IPv4 address written as IPv6 is IPv4', () => {
    for (const written of ['::ffff:192.0.2.1', '::FFFF:C000:0201']) {
      const { record, codes } = readRecord({ source: `<source_ip>${written}</source_ip>` })
      expect(record.sourceIp).toBe('192.0.2.1')
      expect(codes).toEqual({ 'source-mapped': 1 })
    }
    const six = readRecord({ source: '<source_ip>2001:0DB8:0:0:0:0:0:1</source_ip>' })
    expect(six.record.sourceIp).toBe('2001:db8::1')
    expect(six.codes).toEqual({})
  })

  test('report-tolerance 81: private and reserved addresses are kept and known as such', () => {
    for (const [written, scope] of [
      ['10.1.2.3', 'private'],
      ['127.0.0.1', 'loopback'],
      ['fe80::1', 'link-local'],
      ['100.64.0.1', 'shared'],
      ['0.0.0.0', 'reserved'],
      ['255.255.255.255', 'reserved'],
    ] as const) {
      const { record } = readRecord({ source: `<source_ip>${written}</source_ip>` })
      const address = parseIpAddress(record.sourceIp ?? '')
      expect(record.sourceIp).toBe(written)
      expect(address === null ? null : addressScope(address)).toBe(scope)
    }
  })

  test.each(['', '<count/>', '<count> </count>'])('report-tolerance 82: a missing count is 1: "%s"', count => {
    const { record, codes } = readRecord({ count })
    expect(record.count).toBe(1)
    expect(codes).toEqual({ 'count-missing': 1 })
  })

  test('report-tolerance 82: so is one that is no number', () => {
    const { record, codes } = readRecord({ count: '<count>many</count>' })
    expect(record.count).toBe(1)
    expect(codes).toEqual({ 'count-unusable': 1 })
  })

  test('report-tolerance 83: count 3.0 is 3', () => {
    const { record, codes } = readRecord({ count: '<count>3.0</count>' })
    expect(record.count).toBe(3)
    expect(codes).toEqual({ 'count-fraction': 1 })
  })

  test.each(['-3', '-0.5', '1e20', '100000000000000000000', '1099511627777', `${'9'.repeat(400)}`])(
    'report-tolerance 84: count %s drops the record and flags it',
    written => {
      const report = readOne(
        sampleReport({ records: sampleRecord({ count: `<count>${written}</count>` }) + sampleRecord() }),
      )
      expect(report.summary).toMatchObject({ records: 1, messages: 2 })
      expect(codesOf(report)['count-out-of-range']).toBe(1)
    },
  )

  test('report-tolerance 84: 2^40 messages are the most of a record and of a report', () => {
    const most = sampleRecord({ count: '<count>1099511627776</count>' })
    const one = sampleRecord({ count: '<count>1</count>' })
    const zero = sampleRecord({ count: '<count>0</count>' })
    expect(readOne(sampleReport({ records: most + zero })).summary).toMatchObject({ records: 2, messages: 2 ** 40 })
    const over = readOne(sampleReport({ records: most + one + zero }))
    expect(over.summary).toMatchObject({ records: 2, messages: 2 ** 40 })
    expect(codesOf(over)).toEqual({ 'total-out-of-range': 1 })
  })

  test('report-tolerance 85: of elements that are there twice the first counts', () => {
    const { record, codes } = readRecord({
      source: '<source_ip>192.0.2.1</source_ip><source_ip>192.0.2.9</source_ip>',
      count: '<count>2</count><count>9</count>',
      evaluated: sampleEvaluated + sampleEvaluated.replace('pass', 'fail'),
      identifiers: sampleIdentifiers + sampleIdentifiers.replaceAll('example', 'test'),
      results: sampleResults + sampleResults.replaceAll('pass', 'fail'),
    })
    expect({ ...record, isTolerated: false }).toEqual(readOne(sampleReport()).recordAt(0))
    expect(codes).toEqual({ 'element-repeated': 5 })
    const within = readRecord({
      evaluated: sampleEvaluated.replace('<spf>', '<dkim>fail</dkim><spf>'),
      identifiers: sampleIdentifiers.replace('<header', '<header_from>first.example</header_from><header'),
      results: sampleResults.replace('<selector>', '<domain>other.example</domain><selector>'),
    })
    expect(within.record).toMatchObject({ dkim: 'pass', headerFrom: 'first.example' })
    expect(within.record.dkimResults[0]?.domain).toBe('owner.example')
    expect(within.codes).toEqual({ 'element-repeated': 3 })
  })
})
