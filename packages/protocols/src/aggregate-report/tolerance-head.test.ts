import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { unknownReporter } from './head-draft.ts'
import { codesOf, read, readOne, sampleMetadata, samplePolicy, sampleRecord, sampleReport } from './report.sample.ts'

const plain = readOne(sampleReport())

function withMetadata(from: string, to: string): string {
  return sampleReport({ metadata: sampleMetadata.replace(from, to) })
}

function withPolicy(from: string, to: string): string {
  return sampleReport({ policy: samplePolicy.replace(from, to) })
}

function withRange(begin: string, end: string): string {
  return withMetadata('<begin>1795305600</begin><end>1795391999</end>', `<begin>${begin}</begin><end>${end}</end>`)
}

const orgName = '<org_name>receiver.example</org_name>'

describe('reading what is wrong in metadata and policy', () => {
  test.each(['', '<org_name/>', '<org_name> </org_name>'])(
    'report-tolerance 27: without org_name the reporter is named by e-mail, mail, file name: "%s"',
    written => {
      const byEmail = withMetadata(orgName, written)
      expect(readOne(byEmail).head.metadata.orgName).toBe('receiver.example')
      const bare = byEmail.replace('<email>dmarc@receiver.example</email>', '')
      const fileName = 'Filer.Example!owner.example!1!2.xml'
      expect(readOne(bare, { mailFromDomain: 'Mailer.example', fileName }).head.metadata.orgName).toBe('mailer.example')
      expect(readOne(bare, { fileName }).head.metadata.orgName).toBe('filer.example')
      expect(readOne(bare).head.metadata.orgName).toBe(unknownReporter)
      expect(codesOf(readOne(bare))).toMatchObject({ 'org-name-missing': 1 })
    },
  )

  test('report-tolerance 28: a missing or empty email is null', () => {
    for (const written of ['', '<email></email>']) {
      const report = readOne(withMetadata('<email>dmarc@receiver.example</email>', written))
      expect(report.head.metadata.email).toBeNull()
    }
  })

  test('report-tolerance 29: without a report_id one is made from the content', () => {
    const missing = withMetadata('<report_id>r1</report_id>', '')
    const report = readOne(missing)
    expect(report.head.metadata.reportId).toMatch(/^synthetic-[0-9a-f]{32}$/)
    expect(codesOf(report)).toEqual({ 'report-id-missing': 1 })
    expect(readOne(missing).head.metadata.reportId).toBe(report.head.metadata.reportId)
    expect(readOne(missing.replace('r1', '')).head.metadata.reportId).toBe(report.head.metadata.reportId)
    const other = readOne(missing.replace('<count>2</count>', '<count>3</count>'))
    expect(other.head.metadata.reportId).not.toBe(report.head.metadata.reportId)
    expect(readOne(withMetadata('>r1<', '> <')).head.metadata.reportId).toMatch(/^synthetic-/)
  })

  test('report-tolerance 30: a report_id with < > @ is kept as written', () => {
    for (const id of ['<20261124.1@receiver.example>', 'owner.example:1@x', '<a@b']) {
      const escaped = readOne(withMetadata('>r1<', `>${id.replaceAll('<', '&lt;')}<`))
      expect(escaped.head.metadata.reportId).toBe(id)
    }
    expect(readOne(withMetadata('>r1<', '><20261124.1@receiver.example><')).head.metadata.reportId).toBe(
      '<20261124.1@receiver.example>',
    )
  })

  test('report-tolerance 31: the same id with other content gives both, each with its own content', () => {
    const one = readOne(sampleReport())
    const other = readOne(sampleReport({ records: sampleRecord({ count: '<count>9</count>' }) }))
    expect(one.head).toEqual(other.head)
    expect([one.summary.messages, other.summary.messages]).toEqual([2, 9])
  })

  test('report-tolerance 32: reading a report twice gives the same twice', () => {
    const document = sampleReport()
    expect(JSON.stringify(readOne(document))).toBe(JSON.stringify(readOne(document)))
  })

  test('report-tolerance 33: the reporter stands beside an id that several of them use', () => {
    const document = withMetadata('>r1<', '>owner.example.1795305600.1795391999<')
    const other = document.replace(orgName, '<org_name>other.example</org_name>')
    expect(readOne(document).head.metadata.reportId).toBe(readOne(other).head.metadata.reportId)
    expect(readOne(document).head.metadata.orgName).not.toBe(readOne(other).head.metadata.orgName)
  })

  test('report-tolerance 34: a fraction of a second is left out', () => {
    const report = readOne(withRange('1795305600.123', '1795391999.9'))
    expect(report.head.metadata).toMatchObject({ begin: 1_795_305_600, end: 1_795_391_999 })
    expect(codesOf(report)).toEqual({ 'time-fraction': 2 })
  })

  test.each([
    ['2026-11-22T00:00:00Z', 1_795_305_600],
    ['2026-11-22', 1_795_305_600],
    ['2026-11-22 00:00:00', 1_795_305_600],
    ['2026-11-22T01:00:00+01:00', 1_795_305_600],
    ['2026-11-21T19:30:00.250-04:30', 1_795_305_600],
  ])('report-tolerance 35: a date instead of seconds, UTC where no zone is given: %s', (text, seconds) => {
    const report = readOne(withRange(text, '1795391999'))
    expect(report.head.metadata.begin).toBe(seconds)
    expect(codesOf(report)).toEqual({ 'time-iso': 1 })
  })

  test('report-tolerance 35: what is no date is not guessed at', () => {
    for (const text of ['2026-02-31', '2026-13-01', 'yesterday', '-5', '1e9', '22.11.2026']) {
      expect(read(withRange(text, text)).fault?.code).toBe('aggregate-no-date-range')
      const half = readOne(withRange(text, '1795391999'))
      expect(half.head.metadata).toMatchObject({ begin: 1_795_391_999, end: 1_795_391_999 })
      expect(codesOf(half)).toEqual({ 'time-unusable': 1, 'range-half': 1 })
    }
  })

  test('report-tolerance 36: milliseconds are divided', () => {
    const report = readOne(withRange('1795305600000', '1795391999999'))
    expect(report.head.metadata).toMatchObject({ begin: 1_795_305_600, end: 1_795_391_999 })
    expect(codesOf(report)).toEqual({ 'time-milliseconds': 2 })
    // 1e11 itself is a second of the year 5138; one more is milliseconds.
    expect(readOne(withRange('100000000000', '100000000000')).head.metadata.begin).toBe(100_000_000_000)
    expect(readOne(withRange('100000000001', '100000000001')).head.metadata.begin).toBe(100_000_000)
  })

  test('report-tolerance 37: white space around numbers is left out', () => {
    const report = readOne(
      sampleReport({
        metadata: sampleMetadata.replace('1795305600', ' 1795305600\n'),
        records: sampleRecord({ count: '<count>\t2 </count>' }),
      }),
    )
    expect(report.head.metadata.begin).toBe(1_795_305_600)
    expect(report.recordAt(0)?.count).toBe(2)
    expect(codesOf(report)).toEqual({ 'value-padded': 2 })
  })

  test('report-tolerance 38: an end before the begin is swapped and flagged', () => {
    const report = readOne(withRange('1795391999', '1795305600'))
    expect(report.head.metadata).toMatchObject({ begin: 1_795_305_600, end: 1_795_391_999 })
    expect(codesOf(report)).toEqual({ 'range-reversed': 1 })
  })

  test('report-tolerance 39: a range of no length is accepted', () => {
    const report = readOne(withRange('1795305600', '1795305600'))
    expect(report.head.metadata).toMatchObject({ begin: 1_795_305_600, end: 1_795_305_600 })
    expect(codesOf(report)).toEqual({ 'range-empty': 1 })
  })

  test('report-tolerance 40: begin and end of odd periods are kept, longer ones are flagged', () => {
    const week = readOne(withRange('1795305600', '1795910400'))
    expect(week.head.metadata).toMatchObject({ begin: 1_795_305_600, end: 1_795_910_400 })
    expect(codesOf(week)).toEqual({ 'range-over-day': 1 })
    const day = readOne(withRange('1795309200', '1795395600'))
    expect(day.head.metadata).toMatchObject({ begin: 1_795_309_200, end: 1_795_395_600 })
    expect(codesOf(day)).toEqual({})
    expect(codesOf(readOne(withRange('1795309200', '1795395601')))).toEqual({ 'range-over-day': 1 })
    expect(codesOf(readOne(withRange('1795305600', '1795309200')))).toEqual({})
  })

  test('report-tolerance 41: times are UTC seconds in any time zone of the reader', () => {
    const zone = process.env['TZ']
    try {
      for (const place of ['Pacific/Kiritimati', 'America/St_Johns']) {
        process.env['TZ'] = place
        expect(readOne(withRange('2026-11-22', '2026-11-22 23:59:59')).head.metadata).toMatchObject({
          begin: 1_795_305_600,
          end: 1_795_391_999,
        })
      }
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    }
  })

  test.each([
    ['', null],
    ['<version>0.1</version>', '0.1'],
    ['<version>1.0</version>', '1.0'],
    ['<version>two</version>', 'two'],
  ])('report-tolerance 42: version only informs: "%s"', (version, expected) => {
    const report = readOne(sampleReport({ version }))
    expect(report.head).toEqual({ ...plain.head, version: expected })
    expect(codesOf(report)).toEqual({})
  })

  test('report-tolerance 43: the first complete policy_published counts', () => {
    const other = samplePolicy.replace('<p>reject</p>', '<p>none</p>')
    const both = readOne(sampleReport({ policy: samplePolicy + other }))
    expect(both.head.policy).toEqual(plain.head.policy)
    expect(codesOf(both)).toEqual({ 'section-repeated': 1 })
    const first = '<policy_published><domain>half.example</domain></policy_published>'
    expect(readOne(sampleReport({ policy: first + samplePolicy })).head.policy).toEqual(plain.head.policy)
  })

  test('report-tolerance 44: absent tags have their defaults and say so', () => {
    const policy = '<policy_published><domain>owner.example</domain><p>quarantine</p></policy_published>'
    const report = readOne(sampleReport({ policy }))
    expect(report.head.policy).toEqual({
      domain: 'owner.example',
      p: 'quarantine',
      sp: 'quarantine',
      np: null,
      adkim: 'r',
      aspf: 'r',
      pct: 100,
      fo: '0',
      testing: null,
      discoveryMethod: null,
      defaulted: ['adkim', 'aspf', 'sp', 'pct', 'fo'],
    })
    expect(codesOf(report)).toEqual({})
    expect(plain.head.policy.defaulted).toEqual([])
  })

  test('report-tolerance 45: empty tags are as absent', () => {
    const policy =
      '<policy_published><domain>owner.example</domain><p>reject</p><sp/><adkim></adkim><aspf> </aspf><pct></pct></policy_published>'
    const report = readOne(sampleReport({ policy }))
    expect(report.head.policy).toMatchObject({ sp: 'reject', adkim: 'r', aspf: 'r', pct: 100 })
    expect(report.head.policy.defaulted).toEqual(['adkim', 'aspf', 'sp', 'pct', 'fo'])
    expect(codesOf(report)).toEqual({ 'policy-value-empty': 4 })
  })

  test('report-tolerance 46: nil is as absent, and so is a value that is none', () => {
    const nil = readOne(sampleReport({ policy: samplePolicy.replace('>reject<', '>nil<').replace('>none<', '>nil<') }))
    expect(nil.head.policy).toMatchObject({ p: null, sp: null, defaulted: ['sp'] })
    expect(codesOf(nil)).toEqual({ 'policy-value-empty': 2 })
    const odd = readOne(withPolicy('<pct>100</pct>', '<pct>101</pct>').replace('<sp>none</sp>', '<sp>delete</sp>'))
    expect(odd.head.policy).toMatchObject({ pct: 100, sp: 'reject', defaulted: ['sp', 'pct'] })
    expect(codesOf(odd)).toEqual({ 'policy-value-unknown': 2 })
  })

  test('report-tolerance 47: extra_contact_info and error are lists', () => {
    const listed = withMetadata(
      '<date_range>',
      '<extra_contact_info>https://a.example</extra_contact_info><extra_contact_info>b</extra_contact_info>' +
        '<error>one\n  two</error><error lang="en">three</error><error/><date_range>',
    )
    expect(readOne(listed).head.metadata).toMatchObject({
      extraContactInfo: ['https://a.example', 'b'],
      errors: ['one\n  two', 'three'],
    })
    expect(plain.head.metadata).toMatchObject({ extraContactInfo: [], errors: [] })
  })

  test('report-tolerance 48: the domain of the report wins over the file name, as A-label', () => {
    const differs = readOne(sampleReport(), { fileName: 'receiver.example!other.example!1!2.xml.gz' })
    expect(differs.head.policy.domain).toBe('owner.example')
    expect(codesOf(differs)).toEqual({ 'domain-differs': 1 })
    const unicode = readOne(withPolicy('>owner.example<', '>Bücher.Example.<'))
    expect(unicode.head.policy.domain).toBe('xn--bcher-kva.example')
    expect(codesOf(unicode)).toEqual({ 'domain-u-label': 1 })
    const missing = withPolicy('<domain>owner.example</domain>', '')
    expect(readOne(missing, { fileName: '/tmp/r!Owner.example!1!2.xml' }).head.policy.domain).toBe('owner.example')
    expect(readOne(missing, { mailPolicyDomain: 'Mail.example' }).head.policy.domain).toBe('mail.example')
  })

  test('AGG-029 without a policy domain anywhere, or a usable date_range, the report is refused', () => {
    const noDomain = withPolicy('<domain>owner.example</domain>', '<domain>not a domain</domain>')
    expect(read(noDomain).fault).toMatchObject({ code: 'aggregate-no-policy-domain' })
    const noRange = withMetadata('<date_range><begin>1795305600</begin><end>1795391999</end></date_range>', '')
    expect(read(noRange).fault).toMatchObject({ code: 'aggregate-no-date-range' })
    // The other report of the same document is read.
    const { reports, fault } = read(noRange + sampleReport())
    expect(reports).toHaveLength(1)
    expect(fault?.code).toBe('aggregate-no-date-range')
  })

  test.each([
    ['<np>none</np>', '', 'rfc9990'],
    ['<testing>n</testing>', '', 'rfc9990'],
    ['<discovery_method>psl</discovery_method>', '', 'rfc9990'],
    ['', '<generator>G 1</generator>', 'rfc9990'],
    ['', '', 'rfc7489'],
  ])('AGG-031 the form is decided by elements, never by version: %s%s', (policy, metadata, form) => {
    const document = sampleReport({
      version: '<version>1.0</version>',
      metadata: sampleMetadata.replace('<date_range>', `${metadata}<date_range>`),
      policy: samplePolicy.replace('<p>', `${policy}<p>`),
    })
    expect(readOne(document).head.form).toBe(form)
  })

  test('AGG-031 an old namespace decides before the elements', () => {
    const policy = samplePolicy.replace('<p>', '<np>none</np><p>')
    const root = '<feedback xmlns="http://dmarc.org/dmarc-xml/0.1">'
    expect(readOne(sampleReport({ root, policy })).head.form).toBe('rfc7489')
  })

  test('the head waits for a policy that stands after the records', () => {
    const records = sampleRecord().repeat(9_000)
    const report = readOne(`<feedback>${sampleMetadata}${records}${samplePolicy}</feedback>`)
    expect(report.head).toEqual(plain.head)
    expect(report.summary).toMatchObject({ records: 9_000, messages: 18_000 })
    expect(report.runs.map(run => [run.first, run.length])).toEqual([
      [0, 4_096],
      [4_096, 4_096],
      [8_192, 808],
    ])
    expect(report.recordAt(8_999)).toEqual(plain.recordAt(0))
    expect(report.recordAt(9_000)).toBeNull()
  })

  test('places of values stay true where the policy domain is known only at the end', () => {
    const records = Array.from({ length: 9_000 }, (_, index) =>
      sampleRecord({
        identifiers: index % 2 ? '' : `<identifiers><header_from>h${index}.example</header_from></identifiers>`,
      }),
    )
    const report = readOne(`<feedback>${sampleMetadata}${records.join('')}${samplePolicy}</feedback>`)
    expect(report.recordAt(8_998)?.headerFrom).toBe('h8998.example')
    expect(report.recordAt(1)?.headerFrom).toBe('owner.example')
    expect(report.recordAt(8_999)?.headerFrom).toBe('owner.example')
  })

  test('long texts of the head are cut', () => {
    const report = readOne(Buffer.from(withMetadata('receiver.example<', `${'é'.repeat(2_001)}<`)))
    expect(report.head.metadata.orgName).toBe('é'.repeat(2_000))
    expect(codesOf(report)).toEqual({ 'text-long': 1 })
    expect(codesOf(readOne(withMetadata('receiver.example<', `${'é'.repeat(2_000)}<`)))).toEqual({})
  })
})
