import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { readFailureReport, readTlsReport } from '@letterlock/protocols'
import { describe, expect, it } from 'vitest'
import cms from '../../../protocols/src/message/vectors/cms.json' with { type: 'json' }
import { mailBytesLimit, outsideUnpackedLimit, unwrap } from './unwrap.ts'
import type { Document } from './unwrap-document.ts'
import { inlineBytesLimit } from './unwrap-inflate.ts'
import { jsonBytesLimit, nestingLimit } from './unwrap-walk.ts'
import { archiveMembersLimit } from './unwrap-zip.ts'

const xml = '<?xml version="1.0"?>\n<feedback><report_metadata/></feedback>\n'
const json = '{"organization-name": "R", "report-id": "1", "policies": []}'

/** What a document is, and its text; notes by their codes. */
interface Found {
  readonly kind: Document['kind']
  readonly path: string
  readonly text: string
  readonly notes: readonly string[]
}

async function found(input: Buffer | string, name = 'in', unpackedLimit = outsideUnpackedLimit): Promise<Found[]> {
  const documents: Found[] = []
  for await (const document of unwrap({ bytes: Buffer.from(input) }, { name, unpackedLimit }))
    documents.push(await told(document))
  return documents
}

async function told(document: Document): Promise<Found> {
  const notes = document.notes.map(note => note.code)
  const place = { kind: document.kind, path: document.path }
  if (document.kind === 'none') return { ...place, text: '', notes }
  if (document.kind === 'unreadable') return { ...place, text: document.fault.code, notes }
  if (document.content.kind === 'bytes')
    return { ...place, text: Buffer.from(document.content.bytes).toString('latin1'), notes }
  let text = ''
  for await (const chunk of document.content.chunks) text += Buffer.from(chunk).toString('latin1')
  const end = document.content.end()
  return { ...place, text: end.fault?.code ?? text, notes: [...notes, ...end.notes.map(note => note.code)] }
}

/** The kinds and texts of what is found. */
async function kinds(input: Buffer | string, name = 'in'): Promise<string[]> {
  return (await found(input, name)).map(({ kind, text }) => `${kind} ${text}`)
}

const aggregate = `aggregate-xml ${xml}`

interface Member {
  readonly name: string
  readonly data: Buffer | string
}

/** A zip by the reference of the format (APPNOTE 4.3), so that names and sizes can be what no packer writes. */
function zip(members: readonly Member[], options: { readonly flags?: number; readonly method?: number } = {}): Buffer {
  const flags = options.flags ?? 0
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const member of members) {
    const data = Buffer.from(member.data)
    const method = options.method ?? 8
    const packed = method === 8 ? deflateRawSync(data) : data
    const name = Buffer.from(member.name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(flags, 2)
    shared.writeUInt16LE(method, 4)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(data.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), shared, name, packed])
    const central = Buffer.concat([Buffer.from('504b01021400', 'hex'), shared, Buffer.alloc(14), name])
    central.writeUInt32LE(offset, 42)
    locals.push(local)
    directory.push(central)
    offset += local.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, ...directory, end])
}

interface Attachment {
  readonly type?: string
  readonly name?: string
  readonly bytes?: Buffer | string
  readonly raw?: string
}

function part({ type = 'application/octet-stream', name, bytes, raw }: Attachment): string {
  const disposition = name === undefined ? [] : [`Content-Disposition: attachment; filename="${name}"`]
  if (raw !== undefined) return [`Content-Type: ${type}`, ...disposition, '', raw].join('\r\n')
  const body = Buffer.from(bytes ?? '')
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n')
  return [`Content-Type: ${type}`, ...disposition, 'Content-Transfer-Encoding: base64', '', body].join('\r\n')
}

function mail(attachments: readonly Attachment[], { subject = 'hello', type = 'multipart/mixed' } = {}): string {
  const head = [
    'From: Reports <noreply@Reporter.example>',
    'To: dmarc@example.org',
    `Subject: ${subject}`,
    'Date: Fri, 21 Nov 1997 09:55:06 -0600',
    'MIME-Version: 1.0',
  ]
  const inner = attachments.map(entry => `--=_b\r\n${part(entry)}\r\n`).join('')
  return `${head.join('\r\n')}\r\nContent-Type: ${type}; boundary="=_b"\r\n\r\n${inner}--=_b--\r\n`
}

const text: Attachment = { type: 'text/plain', raw: 'See the attachment.' }
const html: Attachment = { type: 'text/html', raw: '<html><body>A report</body></html>' }

describe('containers', () => {
  it('report-tolerance 86: the bytes decide, names and types lie', async () => {
    expect(await kinds(gzipSync(xml), 'report.zip')).toEqual([aggregate])
    expect(await kinds(zip([{ name: 'a.xml', data: xml }]), 'report.xml.gz')).toEqual([aggregate])
    expect(await kinds(xml, 'report.zip')).toEqual([aggregate])
    const zipped = zip([{ name: 'a.xml', data: xml }])
    expect(await kinds(mail([{ type: 'application/gzip', name: 'a.gz', bytes: zipped }]))).toEqual([aggregate])
    expect(await kinds(mail([{ type: 'image/png', name: 'a!b!1!2.xml.gz', bytes: gzipSync(xml) }]))).toEqual([
      aggregate,
    ])
  })

  it('report-tolerance 87: compression and archives in each other, to three levels with one budget', async () => {
    expect(await kinds(gzipSync(gzipSync(xml)))).toEqual([aggregate])
    expect(await kinds(zip([{ name: 'b.zip', data: zip([{ name: 'a.xml', data: xml }]) }]))).toEqual([aggregate])
    expect(await kinds(zip([{ name: 'a.xml.gz', data: gzipSync(xml) }]))).toEqual([aggregate])
    const nested = (levels: number) =>
      Array.from({ length: levels }).reduce<Buffer>(inner => gzipSync(inner), Buffer.from(xml))
    expect(await kinds(nested(nestingLimit))).toEqual([aggregate])
    expect(await kinds(nested(nestingLimit + 1))).toEqual(['unreadable too-deep'])
    const half = `<feedback>${' '.repeat(600_000)}</feedback>`
    const twice = mail([
      { name: 'a.xml.gz', bytes: gzipSync(half) },
      { name: 'b.xml.gz', bytes: gzipSync(half) },
    ])
    expect((await found(twice, 'in', 1_300_000)).map(document => document.kind)).toEqual([
      'aggregate-xml',
      'aggregate-xml',
    ])
    expect((await found(twice, 'in', 1_000_000)).map(document => document.text).at(-1)).toBe('unpacks-too-large')
  })

  it('report-tolerance 88: a cut gzip gives what can be unpacked', async () => {
    const rows = `<feedback>${Array.from({ length: 500 }, (_, row) => `<record>${row * 7919}</record>`).join('')}</feedback>`
    const packed = gzipSync(rows)
    const [document] = await found(packed.subarray(0, packed.length / 2))
    expect(document?.kind).toBe('aggregate-xml')
    expect(rows.startsWith(document?.text ?? '?')).toBe(true)
    expect(document?.text.length).toBeGreaterThan(1_000)
    expect(document?.notes).toEqual(['truncated-compression'])
    const damaged = Buffer.from(packed)
    damaged.fill(0xff, packed.length / 2, packed.length / 2 + 50)
    expect(await kinds(damaged)).toEqual(['unreadable bad-compression'])
    const wrongSum = Buffer.from(packed)
    wrongSum.writeUInt32LE(1, packed.length - 8)
    expect(await kinds(wrongSum)).toEqual(['unreadable bad-compression'])
  })

  it('report-tolerance 89: several gzip members, zeros and other bytes behind them', async () => {
    const members = Buffer.concat([gzipSync(xml.slice(0, 20)), gzipSync(xml.slice(20))])
    expect(await kinds(members)).toEqual([aggregate])
    expect(await kinds(Buffer.concat([members, Buffer.alloc(500)]))).toEqual([aggregate])
    const [junk] = await found(Buffer.concat([members, Buffer.from('-- \r\nlist footer')]))
    expect([junk?.text, junk?.notes]).toEqual([xml, ['trailing-bytes']])
    expect(await kinds(Buffer.concat([zip([{ name: 'a.xml', data: xml }]), Buffer.alloc(10)]))).toEqual([aggregate])
  })

  it('report-tolerance 90: zlib and raw deflate without a gzip header, and a broken header', async () => {
    expect(await kinds(deflateSync(xml))).toEqual([aggregate])
    expect(await kinds(deflateRawSync(xml))).toEqual([aggregate])
    const broken = gzipSync(xml)
    broken[2] = 9
    const [document] = await found(broken)
    expect([document?.text, document?.notes]).toEqual([xml, ['broken-compression-header']])
  })

  it('report-tolerance 91: all reports of one zip', async () => {
    const archive = zip([
      { name: 'a.xml', data: xml },
      { name: 'b.json', data: json },
      { name: 'c.xml', data: `${xml} ` },
    ])
    expect(await kinds(archive)).toEqual([aggregate, `tls-json ${json}`, `${aggregate} `])
  })

  it('report-tolerance 92: other files before the report are passed over', async () => {
    const archive = zip([
      { name: 'readme.txt', data: 'Read me' },
      { name: 'a.csv', data: 'ip,count\n' },
      { name: 'a.html', data: '<html></html>' },
      { name: 'x', data: xml },
    ])
    expect(await kinds(archive)).toEqual([aggregate])
    expect(await kinds(zip([{ name: 'readme.txt', data: 'Read me' }]))).toEqual(['unreadable not-a-report'])
    expect(await kinds(zip([]))).toEqual(['unreadable not-a-report'])
  })

  it('report-tolerance 93: names of members are labels: folders, climbing, none, with blanks', async () => {
    const names = [
      'dir/',
      '/etc/passwd',
      '../../x.xml',
      'C:\\a\\b.xml',
      '',
      'aol com!x!1!2.xml',
      'no-extension',
      'a\u0000\n\u0007b.xml',
    ]
    const archive = zip(names.map(name => ({ name, data: xml })))
    const documents = await found(archive, 'in.zip')
    expect(documents.map(document => document.kind)).toEqual(Array.from({ length: 7 }, () => 'aggregate-xml'))
    expect(documents.map(document => document.path)).toEqual([
      'in.zip//etc/passwd',
      'in.zip/../../x.xml',
      'in.zip/C:\\a\\b.xml',
      'in.zip/',
      'in.zip/aol com!x!1!2.xml',
      'in.zip/no-extension',
      'in.zip/a b.xml',
    ])
    const fileNames: (string | null)[] = []
    for await (const document of unwrap({ bytes: archive }, { name: 'in.zip', unpackedLimit: 1e6 }))
      fileNames.push(document.fileName)
    expect(fileNames).toEqual(['passwd', 'x.xml', 'b.xml', 'in.zip', 'aol com!x!1!2.xml', 'no-extension', 'a b.xml'])
  })

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

  it('report-tolerance 122: a mail with only text that tells of a failure', async () => {
    const body = 'A message failed.\r\n\r\n  Sender Domain: example.org\r\n  Sender IP Address: 192.0.2.1\r\n'
    expect((await found(mail([{ type: 'text/plain', raw: body }]))).map(document => document.kind)).toEqual(['failure'])
  })

  it('report-tolerance 20, 21: empty files and the word unused are quiet', async () => {
    expect((await found('')).map(document => [document.kind, document.notes])).toEqual([['none', ['empty']]])
    expect((await found(' \r\n\0')).map(document => [document.kind, document.notes])).toEqual([['none', ['empty']]])
    expect((await found('unused\n')).map(document => [document.kind, document.notes])).toEqual([['none', ['unused']]])
    expect((await found(gzipSync('Unused'))).map(document => [document.kind, document.notes])).toEqual([
      ['none', ['unused']],
    ])
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

  it('archives: encrypted members, unknown methods, damage, other packers', async () => {
    expect(await kinds(zip([{ name: 'a.xml', data: xml }], { flags: 1 }))).toEqual(['unreadable encrypted-archive'])
    expect(await kinds(zip([{ name: 'a.xml', data: xml }], { method: 99 }))).toEqual(['unreadable bad-archive'])
    expect(await kinds(zip([{ name: 'a.xml', data: xml }], { method: 0 }))).toEqual([aggregate])
    expect(await kinds(zip([{ name: 'a.xml', data: xml }]).subarray(0, 60))).toEqual(['unreadable bad-archive'])
    const folder = mkdtempSync(join(tmpdir(), 'unwrap-'))
    try {
      writeFileSync(join(folder, 'a.xml'), xml)
      execFileSync('python3', [
        '-c',
        'import zipfile,sys; z=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED); z.write(sys.argv[2],"a.xml"); z.close()',
        join(folder, 'a.zip'),
        join(folder, 'a.xml'),
      ])
      expect(await kinds(readFileSync(join(folder, 'a.zip')))).toEqual([aggregate])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('AGG-030 limit: members of archives', async () => {
    const many = (count: number) => zip(Array.from({ length: count }, (_, at) => ({ name: `${at}.xml`, data: xml })))
    expect((await kinds(many(archiveMembersLimit))).every(kind => kind === aggregate)).toBe(true)
    const over = await kinds(many(archiveMembersLimit + 1))
    expect([over.length, over.at(-1)]).toEqual([archiveMembersLimit + 1, 'unreadable too-many-members'])
  })

  it('AGG-030 limit: bytes of a mail, of an upload, of what they unpack to', async () => {
    const head = mail([text])
    expect((await found(head.padEnd(mailBytesLimit, '\n'))).map(document => document.kind)).toEqual(['none'])
    expect(await kinds(head.padEnd(mailBytesLimit + 1, '\n'))).toEqual(['unreadable too-large'])
    const limited = async (size: number) => {
      const documents: string[] = []
      for await (const document of unwrap(
        { bytes: Buffer.from(xml.padEnd(size)) },
        { name: 'x', bytesLimit: 1_000, unpackedLimit: 1e6 },
      ))
        documents.push(document.kind)
      return documents
    }
    expect([await limited(1_000), await limited(1_001)]).toEqual([['aggregate-xml'], ['unreadable']])
    const unpacked = (size: number) => found(gzipSync(xml.padEnd(size)), 'x', 10_000_000)
    expect((await unpacked(10_000_000))[0]?.text.length).toBe(10_000_000)
    expect((await unpacked(10_000_001))[0]?.text).toBe('unpacks-too-large')
  })

  it('TLSRPT-031 limit: bytes of a JSON document', async () => {
    const packed = (size: number) => found(gzipSync(json.padEnd(size)))
    const [full] = await packed(jsonBytesLimit)
    expect([full?.kind, full?.text.length]).toEqual(['tls-json', jsonBytesLimit])
    expect((await packed(jsonBytesLimit + 1)).map(document => document.text)).toEqual(['too-large'])
    const context = { policyDomain: null, submitterDomain: null, syntheticId: '' }
    expect(readTlsReport(Buffer.from(full?.text ?? ''), context)).toMatchObject({
      ok: false,
      fault: { code: 'tls-no-date-range' },
    })
  })

  it('streams give the same as bytes, in pieces of any size', async () => {
    const large = `<feedback>${Array.from({ length: 300_000 }, (_, row) => `<record>${row}</record>`).join('')}</feedback>`
    expect(large.length).toBeGreaterThan(inlineBytesLimit)
    const inputs = [
      xml,
      large,
      gzipSync(large),
      gzipSync(gzipSync(large)),
      zip([{ name: 'a.xml', data: large }]),
      mail([{ name: 'a.gz', bytes: gzipSync(large) }]),
      json,
      'text',
    ]
    for (const input of inputs.map(entry => Buffer.from(entry))) {
      const whole = (await found(input, 'in', 1e9)).map(({ kind, text }) => ({ kind, text }))
      for (const size of [1_000, 65_536]) {
        const streamed: { kind: string; text: string }[] = []
        for await (const document of unwrap({ stream: pieces(input, size) }, { name: 'in', unpackedLimit: 1e9 })) {
          const { kind, text } = await told(document)
          streamed.push({ kind, text })
        }
        expect(streamed.map(({ kind }) => kind)).toEqual(whole.map(({ kind }) => kind))
        expect(streamed.map(({ text }) => text).join() === whole.map(({ text }) => text).join()).toBe(true)
      }
    }
  })

  it('a stream is read to its end, so that a tap sees all bytes, also where nobody reads the document', async () => {
    const large = Buffer.from(`<feedback>${'<record/>'.repeat(1_000_000)}</feedback>`)
    let seen = 0
    async function* tapped() {
      for await (const piece of pieces(large, 65_536)) {
        seen += piece.length
        yield piece
      }
    }
    for await (const document of unwrap({ stream: tapped() }, { name: 'in', unpackedLimit: 1e9 }))
      expect(document.kind).toBe('aggregate-xml')
    expect(seen).toBe(large.length)
  })

  it('a large zip is read from its file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unwrap-'))
    try {
      const filler = Buffer.from(Array.from({ length: 6_000_000 }, (_, at) => Math.imul(at, 2654435761) >>> 24))
      const archive = zip([
        { name: 'a.bin', data: filler },
        { name: 'b.xml', data: xml },
        { name: 'c.xml', data: `<feedback>${'<record/>'.repeat(600_000)}</feedback>` },
      ])
      const path = join(folder, 'a.zip')
      writeFileSync(path, archive)
      const documents: [string, number][] = []
      for await (const document of unwrap(
        { stream: pieces(archive, 65_536), path },
        { name: 'a.zip', unpackedLimit: 1e9 },
      )) {
        const { kind, text } = await told(document)
        documents.push([kind, text.length])
      }
      expect(documents).toEqual([
        ['aggregate-xml', xml.length],
        ['aggregate-xml', 5_400_021],
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

it('the gzip of this runtime agrees with what is unpacked', async () => {
  const packed = gzipSync(xml)
  expect((await found(packed))[0]?.text).toBe(gunzipSync(packed).toString())
})
