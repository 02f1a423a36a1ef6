import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { codesOf, read, readOne, sampleMetadata, samplePolicy, sampleRecord, sampleReport } from './report.sample.ts'

const plain = readOne(sampleReport())

/** The records of a report are those of the plain sample. */
function expectPlainRecords(document: string | Uint8Array): ReturnType<typeof readOne> {
  const report = readOne(document)
  expect([...report.records()].map(record => ({ ...record, isTolerated: false }))).toEqual([...plain.records()])
  return report
}

describe('reading what is wrong in the XML', () => {
  test('the plain sample has no deviation', () => {
    expect(codesOf(plain)).toEqual({})
    expect(plain.recordAt(0)).toEqual({
      sourceIp: '192.0.2.1',
      count: 2,
      disposition: 'none',
      dkim: 'pass',
      spf: 'fail',
      reasons: [],
      headerFrom: 'owner.example',
      envelopeFrom: 'bounce.example',
      envelopeTo: null,
      dkimResults: [{ domain: 'owner.example', selector: 's1', result: 'pass', humanResult: null }],
      spfResults: [{ domain: 'bounce.example', scope: 'mfrom', result: 'pass', humanResult: null }],
      isDerived: false,
      isTolerated: false,
    })
  })

  test('report-tolerance 01: a UTF-8 byte order mark is left out', () => {
    const report = expectPlainRecords(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(sampleReport())]))
    expect(codesOf(report)).toEqual({ 'byte-order-mark': 1 })
  })

  test.each([
    ['little endian with a mark', false, true],
    ['little endian without a mark', false, false],
    ['big endian with a mark', true, true],
    ['big endian without a mark', true, false],
  ])('report-tolerance 02: UTF-16, %s', (_name, isBig, hasMark) => {
    const text = sampleReport({ metadata: sampleMetadata.replace('receiver.example<', 'Zürich 🦊<') })
    const bytes = Buffer.from(hasMark ? `\ufeff${text}` : text, 'utf16le')
    const report = expectPlainRecords(isBig ? bytes.swap16() : bytes)
    expect(report.head.metadata.orgName).toBe('Zürich 🦊')
    expect(codesOf(report)).toEqual({ 'utf-16': 1 })
  })

  test('report-tolerance 03: Latin-1 bytes under UTF-8 are read as windows-1252', () => {
    const text = sampleReport({ metadata: sampleMetadata.replace('receiver.example<', 'Z\xfcrich \x80<') })
    const report = expectPlainRecords(Buffer.from(text, 'latin1'))
    expect(report.head.metadata.orgName).toBe('Zürich €')
    expect(report.summary.deviations).toMatchObject([{ code: 'charset-fallback', value: 'Zürich €' }])
  })

  test('report-tolerance 04: without a declaration or an encoding it is UTF-8', () => {
    for (const prolog of ['', '<?xml version="1.0"?>']) {
      const metadata = sampleMetadata.replace('receiver.example<', 'Zürich<')
      const report = expectPlainRecords(sampleReport({ prolog, metadata }))
      expect(report.head.metadata.orgName).toBe('Zürich')
      expect(codesOf(report)).toEqual({})
    }
  })

  test('report-tolerance 05: white space and text before the declaration are left out', () => {
    expect(codesOf(expectPlainRecords(`\r\n\t ${sampleReport()}`))).toEqual({})
    expect(codesOf(expectPlainRecords(`Report follows\n${sampleReport()}`))).toEqual({ 'text-before-root': 1 })
  })

  test.each([
    '<?xml version="1.0" encoding="UTF-8" standalone="yess"?>',
    '<?xml version="1.0"encoding="UTF-8"?>',
    '<?xml version="1.0" encoding="UTF-8">',
    '<?xml?>',
  ])('report-tolerance 06: a broken declaration is left out: %s', prolog => {
    expect(codesOf(expectPlainRecords(sampleReport({ prolog })))).toEqual({ 'declaration-broken': 1 })
  })

  test('report-tolerance 07: bytes decide before the declared encoding', () => {
    const metadata = sampleMetadata.replace('receiver.example<', 'Zürich<')
    const lies = expectPlainRecords(sampleReport({ prolog: '<?xml version="1.0" encoding="ISO-8859-1"?>', metadata }))
    expect(lies.head.metadata.orgName).toBe('Zürich')
    expect(codesOf(lies)).toEqual({ 'charset-declared-wrong': 1 })
    const unknown = expectPlainRecords(sampleReport({ prolog: '<?xml version="1.0" encoding="x-mystery"?>' }))
    expect(codesOf(unknown)).toEqual({})
    const cyrillic = sampleReport({
      prolog: '<?xml version="1.0" encoding="windows-1251"?>',
      metadata: sampleMetadata.replace('receiver.example<', '\xcf\xee\xf7\xf2\xe0<'),
    })
    const declared = expectPlainRecords(Buffer.from(cyrillic, 'latin1'))
    expect(declared.head.metadata.orgName).toBe('Почта')
    expect(codesOf(declared)).toEqual({})
  })

  test.each([
    ['<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">', 'urn:ietf:params:xml:ns:dmarc-2.0', 'rfc9990'],
    ['<feedback xmlns="urn:other">', 'urn:other', 'rfc7489'],
    ['<feedback xmlns="http://dmarc.org/dmarc-xml/0.1">', 'http://dmarc.org/dmarc-xml/0.1', 'rfc7489'],
  ])('report-tolerance 08: any default namespace is read by local names: %s', (root, namespace, form) => {
    const report = expectPlainRecords(sampleReport({ root }))
    expect(report.head).toMatchObject({ namespace, form })
  })

  test('report-tolerance 09: so is a misspelt namespace', () => {
    const report = expectPlainRecords(sampleReport({ root: '<feedback xmlns="http//dmarc.org/dmarc-xml/0.1">' }))
    expect(report.head).toMatchObject({ namespace: 'http//dmarc.org/dmarc-xml/0.1', form: 'rfc7489' })
  })

  test('report-tolerance 10: prefixed elements are the same elements', () => {
    const prefixed = sampleReport({ prolog: '', root: '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">' })
      .replaceAll(/<(\/?)(\w)/g, '<$1d:$2')
      .replace('xmlns=', 'xmlns:d=')
    const report = expectPlainRecords(prefixed)
    expect(report.head).toMatchObject({ namespace: 'urn:ietf:params:xml:ns:dmarc-2.0', form: 'rfc9990' })
  })

  test('report-tolerance 11: a stray xs:schema that is never closed is left out', () => {
    const schema =
      '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://dmarc.org/dmarc-xml/0.1">'
    const around = expectPlainRecords(sampleReport({ prolog: `<?xml version="1.0"?> ${schema}` }))
    expect(codesOf(around)).toEqual({ 'root-wrapped': 1 })
    expect(around.summary.isPartial).toBe(false)
    const within = expectPlainRecords(sampleReport({ root: `<feedback>${schema}` }))
    expect(codesOf(within)).toEqual({ 'element-unclosed': 1, 'unknown-element': 1 })
  })

  test('report-tolerance 12: a document type is not followed, and a used entity refuses the document', () => {
    const prolog = '<!DOCTYPE feedback [<!ENTITY x "a>b"><!ENTITY y SYSTEM "file:///etc/passwd">]>'
    expect(codesOf(expectPlainRecords(sampleReport({ prolog })))).toEqual({ doctype: 1 })
    for (const used of ['&x;', '&y;', '&#65;&x;']) {
      const metadata = sampleMetadata.replace('receiver.example<', `${used}<`)
      expect(read(sampleReport({ prolog, metadata }))).toMatchObject({
        reports: [],
        fault: { code: 'aggregate-entity-used' },
      })
    }
    const between = sampleReport({ prolog, records: `&x;${sampleRecord()}` })
    expect(read(between)).toMatchObject({ reports: [], fault: { code: 'aggregate-entity-used' } })
    const inAttribute = sampleReport({ prolog, root: '<feedback a="&x;">' })
    expect(read(inAttribute)).toMatchObject({ reports: [], fault: { code: 'aggregate-entity-used' } })
  })

  test('report-tolerance 13: control characters are taken out', () => {
    const metadata = sampleMetadata.replace('receiver.example<', 'rec\x07ei\0ver&#8;\t.example<')
    const report = expectPlainRecords(sampleReport({ metadata }))
    expect(report.head.metadata.orgName).toBe('receiver\t.example')
    expect(codesOf(report)).toEqual({ 'control-characters': 1 })
  })

  test('report-tolerance 14: a raw ampersand stands for itself', () => {
    const metadata = sampleMetadata.replace('receiver.example<', 'A & B &nbsp; &amp; &#67; &#x44; &#99999999;<')
    const report = expectPlainRecords(sampleReport({ metadata }))
    expect(report.head.metadata.orgName).toBe('A & B &nbsp; & C D &#99999999;')
    expect(codesOf(report)).toEqual({ 'raw-ampersand': 1 })
  })

  test('report-tolerance 15: raw angle brackets in a text or an e-mail stand for themselves', () => {
    const metadata = sampleMetadata
      .replace('>dmarc@receiver.example<', '><dmarc@receiver.example><')
      .replace('>receiver.example<', '>a < b > c <d e> </> <1><')
    const report = expectPlainRecords(sampleReport({ metadata }))
    expect(report.head.metadata.email).toBe('<dmarc@receiver.example>')
    expect(report.head.metadata.orgName).toBe('a < b > c <d e> </> <1>')
    expect(codesOf(report)).toEqual({ 'raw-angle': 5 })
    const unclosed = readOne(
      sampleReport({ metadata: sampleMetadata.replace('>dmarc@receiver.example<', '><postmaster><') }),
    )
    expect(unclosed.head.metadata.email).toBe('<postmaster>')
  })

  test.each(['</feedback', '</feed', ''])('report-tolerance 16: the end of the root is missing: "%s"', end => {
    const report = expectPlainRecords(sampleReport({ end }))
    expect(report.summary.isPartial).toBe(false)
    expect(codesOf(report)['document-cut']).toBe(1)
  })

  test('report-tolerance 17: cut inside a record, the complete records are kept and the report is partial', () => {
    const second = sampleRecord({ count: '<count>5</count>' })
    const cuts = [
      10,
      second.indexOf('<count>') + 8,
      second.indexOf('</auth_results>'),
      second.length - '</record>'.length,
    ]
    for (const cut of cuts) {
      const report = readOne(sampleReport({ records: sampleRecord() + second.slice(0, cut), end: '' }))
      expect(report.summary).toMatchObject({ records: 1, messages: 2, isPartial: true })
      expect(codesOf(report)).toEqual({ 'record-cut': 1 })
    }
  })

  test('report-tolerance 18: two roots are two reports', () => {
    const second = sampleReport({ metadata: sampleMetadata.replace('>r1<', '>r2<') })
    const { reports, fault } = read(sampleReport() + second)
    expect(fault).toBeNull()
    expect(reports.map(report => report.head.metadata.reportId)).toEqual(['r1', 'r2'])
    expect(reports.map(report => report.summary.records)).toEqual([1, 1])
    // Also where the first is never closed.
    const unclosed = read(sampleReport({ end: '' }) + second)
    expect(unclosed.reports.map(report => report.summary.records)).toEqual([1, 1])
  })

  test('report-tolerance 19: NUL bytes and junk after the root are ignored', () => {
    expect(codesOf(expectPlainRecords(`${sampleReport()}\0\0\0\0`))).toEqual({})
    expectPlainRecords(`${sampleReport()}\n-- \nbye < > & ]]>`)
    expectPlainRecords(`${sampleReport()}<br></html>`)
  })

  test.each(['unused', ' Unused\r\n'])('report-tolerance 20: the word "%s" is a quiet note', text => {
    expect(read(text)).toMatchObject({ reports: [], fault: null, note: { code: 'unused' } })
  })

  test.each(['', ' \r\n', '\0\0\0', '\ufeff'])('report-tolerance 21: an empty file is a quiet note', text => {
    expect(read(text)).toMatchObject({ reports: [], fault: null, note: { code: 'empty' } })
  })

  test.each([
    ['Dear customer, your report is attached', 'aggregate-not-xml'],
    ['{"organization-name":"x"}', 'aggregate-not-xml'],
    ['<?xml version="1.0"?>', 'aggregate-not-xml'],
    ['unused but more', 'aggregate-not-xml'],
    ['<html><body><p>Not found<br></body></html>', 'aggregate-no-feedback'],
    ['<?xml version="1.0"?><invalid_root><data>x</data></invalid_root>', 'aggregate-no-feedback'],
  ])('report-tolerance 22: what is no report is refused with a reason: %s', (text, code) => {
    const { reports, fault } = read(text)
    expect(reports).toEqual([])
    expect(fault?.code).toBe(code)
  })

  test('report-tolerance 23: CRLF, CDATA, comments and lang attributes are plain XML', () => {
    const document = sampleReport({
      metadata: sampleMetadata
        .replace('<org_name>receiver.example', '<org_name><![CDATA[R & D <x>]]> one<!-- < -- > -->two')
        .replace('<date_range>', "<extra_contact_info lang='de' >Seite</extra_contact_info ><date_range>"),
    }).replaceAll(/(<\/\w+>)</g, '$1\r\n<')
    const report = expectPlainRecords(document)
    expect(report.head.metadata).toMatchObject({ orgName: 'R & D <x> onetwo', extraContactInfo: ['Seite'] })
    expect(codesOf(report)).toEqual({})
  })

  test('report-tolerance 24: elements come in any order', () => {
    const metadata =
      '<report_metadata><date_range><end>1795391999</end><begin>1795305600</begin></date_range><report_id>r1</report_id>' +
      '<email>dmarc@receiver.example</email><org_name>receiver.example</org_name></report_metadata>'
    const results =
      '<auth_results><spf><result>pass</result><scope>mfrom</scope><domain>bounce.example</domain></spf>' +
      '<dkim><result>pass</result><selector>s1</selector><domain>owner.example</domain></dkim></auth_results>'
    const identifiers =
      '<identifiers><header_from>owner.example</header_from><envelope_from>bounce.example</envelope_from></identifiers>'
    const row =
      '<row><policy_evaluated><spf>fail</spf><dkim>pass</dkim><disposition>none</disposition></policy_evaluated><count>2</count><source_ip>192.0.2.1</source_ip></row>'
    const report = expectPlainRecords(
      `<feedback><record>${results}${identifiers}${row}</record>${samplePolicy}${metadata}</feedback>`,
    )
    expect(report.head).toEqual(plain.head)
    expect(codesOf(report)).toEqual({})
  })

  test('report-tolerance 25: names of elements and attributes are compared without case', () => {
    const upper = sampleReport({ prolog: '' }).replaceAll(/<\/?\w+>/g, tag => tag.toUpperCase())
    const report = expectPlainRecords(upper)
    expect(report.head).toEqual(plain.head)
    const space = expectPlainRecords(sampleReport({ root: '<Feedback XMLNS="urn:ietf:params:xml:ns:dmarc-2.0">' }))
    expect(space.head.form).toBe('rfc9990')
  })

  test('report-tolerance 26: unknown elements are kept as raw extras', () => {
    const policy = samplePolicy.replace(
      '<p>',
      '<rf>afrf</rf><ri>86400</ri><v>DMARC1</v><rua>mailto:a@b.example</rua><p>',
    )
    const extension = '<extension><x:record xmlns:x="urn:x"><x:count>99</x:count></x:record></extension>'
    const report = expectPlainRecords(sampleReport({ policy: policy + extension }))
    expect(report.head.policy).toEqual(plain.head.policy)
    expect(report.summary.deviations.map(deviation => deviation.raw)).toEqual([
      '<rf>afrf',
      '<ri>86400',
      '<v>DMARC1',
      '<rua>mailto:a@b.example',
      '<extension>99',
    ])
    // AGG-025: an extension is no departure, so it does not mark a record.
    const inRecord = readOne(sampleReport({ records: sampleRecord({ results: '<auth_results/><x:y>1</x:y>' }) }))
    expect(inRecord.recordAt(0)?.isTolerated).toBe(false)
    const np = readOne(sampleReport({ policy: samplePolicy.replace('<p>', '<np>quarantine</np><p>') }))
    expect(np.head).toMatchObject({ form: 'rfc9990', policy: { np: 'quarantine' } })
  })
})
