import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { readTlsReport } from '@letterlock/protocols'
import { describe, expect, it } from 'vitest'
import { type Attachment, mail, pieces, zip } from '../../../../test/report-containers.ts'
import { found, kinds, told } from '../../../../test/unwrapped.ts'
import { mailBytesLimit, unwrap } from './unwrap.ts'
import { inlineBytesLimit } from './unwrap-inflate.ts'
import { jsonBytesLimit, nestingLimit } from './unwrap-place.ts'
import { archiveMembersLimit } from './unwrap-zip.ts'

const xml = '<?xml version="1.0"?>\n<feedback><report_metadata/></feedback>\n'
const json = '{"organization-name": "R", "report-id": "1", "policies": []}'

const aggregate = `aggregate-xml ${xml}`

const text: Attachment = { type: 'text/plain', raw: 'See the attachment.' }

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

  it('report-tolerance 20, 21: empty files and the word unused are quiet', async () => {
    expect((await found('')).map(document => [document.kind, document.notes])).toEqual([['none', ['empty']]])
    expect((await found(' \r\n\0')).map(document => [document.kind, document.notes])).toEqual([['none', ['empty']]])
    expect((await found('unused\n')).map(document => [document.kind, document.notes])).toEqual([['none', ['unused']]])
    expect((await found(gzipSync('Unused'))).map(document => [document.kind, document.notes])).toEqual([
      ['none', ['unused']],
    ])
  })

  it('archives: encrypted members, unknown methods, damage, other packers', async () => {
    expect(await kinds(zip([{ name: 'a.xml', data: xml }], { flags: 1 }))).toEqual(['unreadable encrypted-archive'])
    expect(await kinds(zip([{ name: 'a.xml', data: xml }], { method: 99 }))).toEqual(['unreadable bad-archive'])
    expect(await kinds(zip([{ name: 'a.xml', data: xml }], { method: 0 }))).toEqual([aggregate])
    expect(await kinds(zip([{ name: 'a.xml', data: xml }]).subarray(0, 60))).toEqual(['unreadable bad-archive'])
    // Made by the zipfile module of Python 3.11.
    const packed =
      'UEsDBBQAAAAIAAAAIVzw5EDKGQAAACYAAAAFAAAAYS54bWyzSUtNTUlKTM62sylKTc4vSrGz0Ycz4HIAUEsBAhQDFAAAAAgAAAAhXPDkQMoZAAAAJgAAAAUAAAAAAAAAAAAAAIABAAAAAGEueG1sUEsFBgAAAAABAAEAMwAAADwAAAAAAA=='
    expect(await kinds(Buffer.from(packed, 'base64'))).toEqual(['aggregate-xml <feedback><record></record></feedback>'])
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

  it('AGG-030 what is cut by a limit, or damaged further out, is refused and never read in part', async () => {
    const rows = Buffer.from(
      Array.from({ length: 400_000 }, (_, row) => `<record>${Math.imul(row, 2_654_435_761)}</record>`).join(''),
    )
    const packed = gzipSync(Buffer.concat([Buffer.from('<feedback>'), rows]), { level: 1 })
    const upload = async (bytes: Buffer, bytesLimit: number) => {
      const documents: string[] = []
      const source = { stream: pieces(bytes, 65_536) }
      for await (const document of unwrap(source, { name: 'x', bytesLimit, unpackedLimit: 1e9 })) {
        documents.push((await told(document)).text.slice(0, 20))
      }
      return documents
    }
    expect(await upload(packed, packed.length)).toEqual(['<feedback><record>0<'])
    expect(await upload(packed, packed.length - 1)).toEqual(['too-large'])
    const twice = gzipSync(packed, { level: 0 })
    expect(await upload(twice, twice.length - 1)).toEqual(['too-large'])
    twice[twice.length - 8] = (twice[twice.length - 8] ?? 0) ^ 1
    expect(await upload(twice, 1e9)).toEqual(['bad-compression'])
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
