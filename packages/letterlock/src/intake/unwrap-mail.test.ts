import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { readFailureReport } from '@letterlock/protocols'
import { describe, expect, it } from 'vitest'
import { type Attachment, mail, zip } from '../../../../test/report-containers.ts'
import { found, kinds } from '../../../../test/unwrapped.ts'
import { unwrap } from './unwrap.ts'
import type { Document } from './unwrap-document.ts'

// CMS objects that OpenSSL made.
const vectors = new URL('../../../protocols/src/message/vectors/cms.json', import.meta.url)
const cms = JSON.parse(readFileSync(vectors, 'utf8')) as Readonly<
  Record<'whole' | 'streamed' | 'detached' | 'enveloped', string>
>

const xml = '<?xml version="1.0"?>\n<feedback><report_metadata/></feedback>\n'
const json = '{"organization-name": "R", "report-id": "1", "policies": []}'

const aggregate = `aggregate-xml ${xml}`

const text: Attachment = { type: 'text/plain', raw: 'See the attachment.' }
const html: Attachment = { type: 'text/html', raw: '<html><body>A report</body></html>' }

describe('mails', () => {
  it('report-tolerance 94: media types of attachments in a mail', async () => {
    for (const type of [
      'application/x-gzip',
      'application/x-zip-compressed',
      'application/octet-stream',
      'application/gzip',
      'application/zip',
    ]) {
      for (const name of ['a!b!1!2.xml.gz', undefined]) {
        const bytes = gzipSync(xml)
        expect(await kinds(mail([name === undefined ? { type, bytes } : { type, name, bytes }]))).toEqual([aggregate])
      }
    }
  })

  it('report-tolerance 95: plain XML in a mail, whatever its type and encoding', async () => {
    const plain = '<?xml version="1.0"?>\r\n<feedback/>'
    for (const type of ['text/xml', 'application/xml', 'text/plain']) {
      expect(await kinds(mail([text, { type, raw: plain }]))).toEqual([`aggregate-xml ${plain}`])
      expect(await kinds(mail([text, { type, bytes: plain }]))).toEqual([`aggregate-xml ${plain}`])
    }
    const quoted = mail([]).replace(
      '--=_b--',
      `--=_b\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<feedback a=3D"1"=\r\n/>\r\n--=_b--`,
    )
    expect(await kinds(quoted)).toEqual(['aggregate-xml <feedback a="1"/>'])
  })

  it('report-tolerance 97: a name that cannot be read is passed over, not the attachment', async () => {
    const bytes = gzipSync(xml)
    const odd = mail([{ bytes, name: '%%%' }]).replace('filename="%%%"', "filename*=x-none''%ff%fe; filename*7*=zz")
    expect(await kinds(odd)).toEqual([aggregate])
  })

  it('report-tolerance 98: the whole mail is the archive', async () => {
    const bytes = zip([{ name: 'a.xml', data: xml }])
    const whole = `From: a@reporter.example\r\nSubject: Report domain: Example.ORG Submitter: x\r\nContent-Type: application/zip; name="a.zip"\r\n\r\n`
    const encoded = whole.replace('\r\n\r\n', '\r\nContent-Transfer-Encoding: base64\r\n\r\n')
    expect(await kinds(`${encoded}${bytes.toString('base64')}`)).toEqual([aggregate])
    expect(await kinds(Buffer.concat([Buffer.from(whole), bytes]))).toEqual([aggregate])
  })

  it('report-tolerance 99: reports in forwarded mails, to three levels', async () => {
    const inner = mail([text, { name: 'a.xml.gz', bytes: gzipSync(xml) }])
    const forward = (message: string) =>
      mail([text, { type: 'message/rfc822', raw: '@' }])
        .replaceAll('=_b', `=_${message.length}`)
        .replace('\r\n@\r\n', () => `\r\n${message}\r\n`)
    expect(await kinds(forward(inner))).toEqual([aggregate])
    expect(await kinds(forward(forward(inner)))).toEqual([aggregate])
    expect(await kinds(forward(forward(forward(inner))))).toEqual([aggregate])
    expect(await kinds(forward(forward(forward(forward(inner)))))).toEqual(['unreadable too-deep'])
    const attached = mail([{ type: 'application/octet-stream', name: 'fwd.eml', bytes: inner }])
    expect(await kinds(attached)).toEqual([aggregate])
  })

  it('report-tolerance 100: signed mails, clear and opaque', async () => {
    const signature = {
      type: 'application/pkcs7-signature',
      name: 'smime.p7s',
      bytes: Buffer.from(cms.detached, 'base64'),
    }
    const clear = mail([{ type: 'text/xml', raw: '<feedback/>' }, signature], {
      type: 'multipart/signed; protocol="application/pkcs7-signature"',
    })
    expect(await kinds(clear)).toEqual(['aggregate-xml <feedback/>'])
    for (const object of [cms.whole, cms.streamed]) {
      const opaque = [
        'From: a@reporter.example',
        'Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m',
        'Content-Transfer-Encoding: base64',
        '',
        object,
      ]
      expect(await kinds(opaque.join('\r\n'))).toEqual(['aggregate-xml <feedback/>\r\n'])
    }
    const sealed = [
      'From: a@reporter.example',
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data',
      'Content-Transfer-Encoding: base64',
      '',
      cms.enveloped,
    ]
    expect(await kinds(sealed.join('\r\n'))).toEqual(['unreadable encrypted-mail'])
  })

  it('report-tolerance 101: HTML first, related parts, disclaimers behind', async () => {
    const report = { name: 'a.xml.gz', bytes: gzipSync(xml) }
    expect(await kinds(mail([html, report, { type: 'text/plain', raw: 'DISCLAIMER: From: the law' }]))).toEqual([
      aggregate,
    ])
    expect(
      await kinds(
        mail([html, { type: 'image/png', bytes: Buffer.from('\x89PNG') }, report], { type: 'multipart/related' }),
      ),
    ).toEqual([aggregate])
    expect(await kinds(`${mail([report])}\r\n-- \r\nlist footer\r\n`)).toEqual([aggregate])
  })

  it('report-tolerance 102: base64 in one line, with junk, with a footer behind', async () => {
    const body = gzipSync(xml).toString('base64')
    const wrapped = (content: string) =>
      `From: a@b.example\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}`
    for (const content of [body, body.replace(/.{5}/g, '$&!\r\n'), `${body}\r\n\r\n____ list footer ____`]) {
      expect(await kinds(wrapped(content))).toEqual([aggregate])
    }
  })

  it('report-tolerance 103: all reports of one mail', async () => {
    const message = mail([
      text,
      { name: 'a.xml.gz', bytes: gzipSync(xml) },
      { name: 'b.json', bytes: json },
      { name: 'c.zip', bytes: zip([{ name: 'c.xml', data: xml }]) },
    ])
    const documents = await found(message, 'm.eml')
    expect(documents.map(({ kind, path }) => [kind, path])).toEqual([
      ['aggregate-xml', 'm.eml/a.xml.gz'],
      ['tls-json', 'm.eml/b.json'],
      ['aggregate-xml', 'm.eml/c.zip/c.xml'],
    ])
  })

  it('report-tolerance 104: the subject decides nothing, and helps where it is there', async () => {
    const subjects: readonly (readonly [subject: string, domain: string | null])[] = [
      ['', null],
      ['=?x-odd?Q?=FF?=', null],
      ['REPORT DOMAIN: Example.ORG Submitter: x Report-ID: <1>', 'example.org'],
      ['=?utf-8?Q?Report_Domain:_b=C3=BCcher.example?=', 'xn--bcher-kva.example'],
      ['Report Domain: stalw.art; Submitter: Mail.Ru;', 'stalw.art'],
    ]
    for (const [subject, domain] of subjects) {
      const documents: Document[] = []
      const message = mail([{ name: 'a.xml.gz', bytes: gzipSync(xml) }], { subject })
      for await (const document of unwrap({ bytes: Buffer.from(message) }, { name: 'm', unpackedLimit: 1e6 }))
        documents.push(document)
      expect(documents.map(document => [document.kind, document.mail?.subjectDomain])).toEqual([
        ['aggregate-xml', domain],
      ])
    }
  })

  it('report-tolerance 120: what calls itself a packed TLS report and is plain, and other types', async () => {
    const types = [
      'application/tlsrpt+gzip',
      'application/tlsrpt+json',
      'application/tlsrpt',
      'application/json',
      'application/octet-stream',
    ]
    for (const type of types) {
      expect(await kinds(mail([text, { type, bytes: json }]))).toEqual([`tls-json ${json}`])
      expect(await kinds(mail([text, { type, bytes: gzipSync(json) }]))).toEqual([`tls-json ${json}`])
    }
  })

  it('report-tolerance 112: the mail around a TLS report tells its domain', async () => {
    const message = mail([{ type: 'application/tlsrpt+json', bytes: json }]).replace(
      'Date:',
      'TLS-Report-Domain: Example.NET\r\nDate:',
    )
    for await (const document of unwrap({ bytes: Buffer.from(message) }, { name: 'm', unpackedLimit: 1e6 })) {
      expect(document.mail).toMatchObject({
        tlsReportDomain: 'example.net',
        toDomain: 'example.org',
        fromDomain: 'reporter.example',
        date: 880_127_706,
      })
      expect(document.delivery).toBe(document.mail)
    }
  })

  it('report-tolerance 125: a feedback part in base64 or quoted-printable is decoded', async () => {
    const fields = 'Feedback-Type: auth-failure\r\nUser-Agent: a\r\nVersion: 1\r\nSource-IP: 192.0.2.1\r\n'
    const message = mail(
      [
        text,
        { type: 'message/feedback-report', bytes: fields },
        { type: 'text/rfc822-headers', raw: 'From: x@example.org' },
      ],
      { type: 'multipart/report; report-type=feedback-report' },
    )
    for await (const document of unwrap({ bytes: Buffer.from(message) }, { name: 'm', unpackedLimit: 1e6 })) {
      const result = document.kind === 'failure' ? readFailureReport(document.parts) : null
      expect(result?.ok === true && result.value).toMatchObject({
        sourceIp: '192.0.2.1',
        arrivalDate: 880_127_706,
        message: { headerFromDomain: 'example.org' },
      })
    }
  })

  it('FAIL-013 what a failure report returns is not searched for reports', async () => {
    const inner = mail([{ name: 'a.xml.gz', bytes: gzipSync(xml) }]).replaceAll('=_b', '=_inner')
    const message = mail([
      { type: 'message/feedback-report', raw: 'Feedback-Type: auth-failure' },
      { type: 'message/rfc822', raw: inner },
    ])
    expect((await found(message)).map(document => document.kind)).toEqual(['failure'])
  })

  it('a report that bounced is not one that was received', async () => {
    const sent = mail([{ name: 'a.xml.gz', bytes: gzipSync(xml) }]).replaceAll('=_b', '=_inner')
    const status: Attachment = {
      type: 'message/delivery-status',
      raw: 'Reporting-MTA: dns; mx.example\r\n\r\nAction: failed',
    }
    const bounce = mail([text, status, { type: 'message/rfc822', raw: sent }], {
      type: 'multipart/report; report-type=delivery-status',
    })
    expect((await found(bounce)).map(document => document.notes)).toEqual([['mail-without-report']])
  })

  it('report-tolerance 122: a mail with only text that tells of a failure', async () => {
    const body = 'A message failed.\r\n\r\n  Sender Domain: example.org\r\n  Sender IP Address: 192.0.2.1\r\n'
    expect((await found(mail([{ type: 'text/plain', raw: body }]))).map(document => document.kind)).toEqual(['failure'])
  })

  it('a mail without a report is told and is no mistake; what is no mail is', async () => {
    expect((await found(mail([text, html]))).map(document => [document.kind, document.notes])).toEqual([
      ['none', ['mail-without-report']],
    ])
    expect(await kinds('just text')).toEqual(['unreadable not-a-report'])
    expect(await kinds('<html><body/></html>')).toEqual(['unreadable not-a-report'])
    expect(await kinds(Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4]))).toEqual(['unreadable bad-archive'])
    expect(await kinds(Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 89) & 0xff)))).toEqual([
      'unreadable not-a-report',
    ])
  })

  it('a letter that quotes reports and mails, and a zip of other things, are no reports', async () => {
    const letter: Attachment = { type: 'text/plain', raw: `Look what they send:\r\n${xml}` }
    const photos: Attachment = {
      type: 'application/zip',
      name: 'photos.zip',
      bytes: zip([{ name: 'a.jpg', data: 'JFIF' }]),
    }
    const quoted: Attachment = { type: 'text/plain', raw: mail([text]).replaceAll('=_b', '=_q') }
    expect((await found(mail([letter, photos, quoted]))).map(document => document.notes)).toEqual([
      ['mail-without-report'],
    ])
    const named: Attachment = {
      type: 'application/zip',
      name: 'a!b!1!2.zip',
      bytes: zip([{ name: 'a.jpg', data: 'JFIF' }]),
    }
    expect(await kinds(mail([named]))).toEqual(['unreadable not-a-report'])
  })

  it('an attachment that says it is a report and cannot be read is told beside the others', async () => {
    const message = mail([
      { name: 'a!b!1!2.xml.gz', bytes: Buffer.from('1f8b0800ffffffff', 'hex') },
      { name: 'b.xml.gz', bytes: gzipSync(xml) },
    ])
    expect(await kinds(message)).toEqual(['unreadable bad-compression', aggregate])
  })
})
