import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { describe, expect, it } from 'vitest'
import { boundaryLimit, mimeDepthLimit, mimePartsLimit, partContent, readMimeMessage } from './mime.ts'

const corpus =
  process.env['LETTERLOCK_CORPUS'] ?? fileURLToPath(new URL('../../../../../shared/corpus', import.meta.url))

const bytes = (text: string) => Buffer.from(text, 'latin1')
const lines = (...text: readonly string[]) => bytes(text.join('\r\n'))

function parts(message: Buffer): { type: string; name: string | null; text: string }[] {
  return readMimeMessage(message).parts.map(part => ({
    type: part.mediaType,
    name: part.fileName,
    text: Buffer.from(partContent(message, part)).toString('latin1'),
  }))
}

const gzip = Buffer.from('H4sIAAAAAAAAA0vKBAA2aR5rAgAAAA==', 'base64')

describe('MIME parts', () => {
  it('RFC 2046 s5.1.1: the example of the document', () => {
    const message = lines(
      'From: Nathaniel Borenstein <nsb@bellcore.com>',
      'MIME-Version: 1.0',
      'Content-type: multipart/mixed; boundary="simple boundary"',
      '',
      'This is the preamble.  It is to be ignored.',
      '--simple boundary',
      '',
      'This is implicitly typed plain US-ASCII text.',
      'It does NOT end with a linebreak.',
      '--simple boundary',
      'Content-type: text/plain; charset=us-ascii',
      '',
      'This is explicitly typed plain US-ASCII text.',
      'It DOES end with a linebreak.',
      '',
      '--simple boundary--',
      '',
      'This is the epilogue.  It is also to be ignored.',
    )
    expect(parts(message)).toEqual([
      {
        type: 'text/plain',
        name: null,
        text: 'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.',
      },
      {
        type: 'text/plain',
        name: null,
        text: 'This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n',
      },
    ])
  })

  it('report-tolerance 94: media types of compressed parts, with and without name', () => {
    for (const type of [
      'application/x-gzip',
      'application/x-zip-compressed',
      'application/octet-stream; name="a!b!1!2.xml.gz"',
    ]) {
      const message = lines(`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', '', gzip.toString('base64'))
      expect(parts(message).map(part => part.text)).toEqual([gzip.toString('latin1')])
    }
  })

  it('report-tolerance 95: text in any encoding of transfer', () => {
    const xml = '<feedback a="1">\r\n</feedback>'
    const encodings: readonly (readonly [name: string, body: string])[] = [
      ['7bit', xml],
      ['8bit', xml],
      ['binary', xml],
      ['quoted-printable', '<feedback a=3D"1"=\r\n>=0D=0A</feedback>'],
      ['Base64', bytes(xml).toString('base64')],
      ['x-unknown', xml],
    ]
    for (const [name, body] of encodings) {
      const message = lines('Content-Type: text/xml', `Content-Transfer-Encoding: ${name}`, '', body)
      expect(parts(message)).toEqual([{ type: 'text/xml', name: null, text: xml }])
    }
  })

  it('report-tolerance 96: ContentType in place of Content-Type', () => {
    const message = lines(
      'ContentType: multipart/mixed; boundary=b',
      '',
      '--b',
      'ContentType: application/gzip',
      'Content-Transfer-Encoding: base64',
      '',
      gzip.toString('base64'),
      '--b--',
    )
    expect(parts(message)).toEqual([{ type: 'application/gzip', name: null, text: gzip.toString('latin1') }])
    expect(readMimeMessage(message).deviations).toEqual(['mime-content-type-alias'])
  })

  it('a boundary that is missing is found, one that never occurs leaves the body whole', () => {
    const missing = lines('Content-Type: multipart/mixed', '', '--odd', 'Content-Type: text/xml', '', '<a/>', '--odd--')
    expect(parts(missing)).toEqual([{ type: 'text/xml', name: null, text: '<a/>' }])
    const absent = lines('Content-Type: multipart/mixed; boundary=other', '', '--odd', '', '<a/>', '--odd--')
    expect(parts(absent)).toHaveLength(1)
    expect(readMimeMessage(absent).deviations).toEqual(['mime-no-boundary'])
  })

  it('a message cut in its last part gives the part as far as it goes', () => {
    const message = lines('Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'one', '--b', '', 'tw')
    expect(parts(message).map(part => part.text)).toEqual(['one', 'tw'])
    expect(readMimeMessage(message).deviations).toEqual(['mime-not-closed'])
  })

  it('one boundary may begin with another, and lines may be longer than a boundary', () => {
    const message = lines(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: multipart/alternative; boundary=bb',
      '',
      '--bb',
      '',
      'one',
      '--bb',
      '',
      'two',
      '--bb--',
      '--b ',
      '',
      'three',
      '--bx',
      '--b--',
    )
    expect(parts(message).map(part => part.text)).toEqual(['one', 'two', 'three\r\n--bx'])
  })

  it('limit: levels of multiparts', () => {
    const nested = (depth: number) => {
      const open = Array.from(
        { length: depth },
        (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
      )
      return readMimeMessage(bytes(`${open.join('')}\r\ntext`))
    }
    expect(nested(mimeDepthLimit).deviations).not.toContain('mime-too-deep')
    expect(nested(mimeDepthLimit + 1).deviations).toContain('mime-too-deep')
  })

  it('limit: number of parts', () => {
    const many = (count: number) =>
      readMimeMessage(bytes(`Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(count)}--b--`))
    const full = many(mimePartsLimit)
    expect([full.parts.length, full.deviations]).toEqual([mimePartsLimit, []])
    const over = many(mimePartsLimit + 1)
    expect([over.parts.length, over.deviations]).toEqual([mimePartsLimit, ['mime-too-many-parts']])
  })

  it('time grows with the length, whatever the boundary', () => {
    const cpu = (work: () => unknown) => {
      const start = process.cpuUsage()
      work()
      return process.cpuUsage(start).user
    }
    const long = '-'.repeat(boundaryLimit)
    const hostile = (size: number) => [
      bytes(
        `Content-Type: multipart/mixed; boundary="${long}"\n\n${`\n--${long.slice(1)}`.repeat(size / long.length)}`,
      ),
      bytes(`Content-Type: multipart/mixed; boundary="${long}"\n\n${'-'.repeat(size)}`),
      bytes(`Content-Type: multipart/mixed; boundary=b\n\n${'\n--'.repeat(size / 3)}`),
      bytes('Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(size / 46)),
    ]
    hostile(100_000).map(readMimeMessage)
    for (const message of hostile(4_000_000)) expect(cpu(() => readMimeMessage(message))).toBeLessThan(1_500_000)
  })
})

interface Leaf {
  readonly type: string
  readonly name: string
  readonly content: Buffer
  readonly encoding: 'base64' | 'quoted-printable' | '7bit'
}
type Tree = Leaf | { readonly parts: readonly Tree[] }

const leaf: fc.Arbitrary<Leaf> = fc.record({
  type: fc.constantFrom('application/gzip', 'application/octet-stream', 'application/zip'),
  name: fc.stringMatching(/^[a-z0-9!. ]{0,20}[a-z]\.xml$/),
  content: fc.uint8Array({ maxLength: 400 }).map(octets => Buffer.from(octets)),
  encoding: fc.constantFrom('base64', 'quoted-printable'),
})
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({ parts: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }) }),
  ),
})).tree

let boundaries = 0

// A quoted-printable body ends with a soft line end: the other implementation gives the line end before a boundary to
// the part, RFC 2046 s5.1.1 to the boundary.
function written(node: Tree, newline: string): string {
  if ('parts' in node) {
    boundaries += 1
    const boundary = `=_${boundaries}`
    const inner = node.parts.map(part => `--${boundary}${newline}${written(part, newline)}${newline}`).join('')
    return `Content-Type: multipart/mixed; boundary="${boundary}"${newline}${newline}${inner}--${boundary}--`
  }
  const body =
    node.encoding === 'base64'
      ? node.content.toString('base64').replace(/.{76}/g, `$&${newline}`)
      : `${[...node.content]
          .map(
            (byte, at) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}${at % 20 === 19 ? `=${newline}` : ''}`,
          )
          .join('')}=`
  const head = [
    `Content-Type: ${node.type}; name="${node.name}"`,
    'Content-Disposition: attachment',
    `Content-Transfer-Encoding: ${node.encoding}`,
  ]
  return `${head.join(newline)}${newline}${newline}${body}`
}

const sample = (bytes: Uint8Array | ArrayBuffer) => Buffer.from(bytes as ArrayBuffer).toString('hex')

async function oracle(message: Buffer): Promise<{ type: string; name: string | null; content: string }[]> {
  const email = await PostalMime.parse(message, { attachmentEncoding: 'arraybuffer' })
  return email.attachments.map(attachment => ({
    type: attachment.mimeType,
    name: attachment.filename?.trim() ?? null,
    content: sample(attachment.content as ArrayBuffer),
  }))
}

describe('beside postal-mime', () => {
  it('the attachments of generated mails are the same', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.constantFrom('\r\n', '\n'), async (node, newline) => {
        const message = bytes(
          `From: a@example.org${newline}MIME-Version: 1.0${newline}${written({ parts: [node] }, newline)}${newline}`,
        )
        const ours = readMimeMessage(message).parts.map(part => ({
          type: part.mediaType,
          name: part.fileName,
          content: sample(partContent(message, part)),
        }))
        expect(ours).toEqual(await oracle(message))
      }),
      { numRuns: 200 },
    )
  })

  it('the attachments of every mail of the corpus are the same', async context => {
    if (!existsSync(corpus)) return context.skip('needs the corpus of reports, ../shared/corpus')
    const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.eml'))
    expect(files.length).toBeGreaterThan(10)
    for (const file of files) {
      const message = readFileSync(join(corpus, file))
      const theirs = (await oracle(message)).filter(part => !/^(?:message|text)\//.test(part.type))
      const ours = readMimeMessage(message)
        .parts.filter(part => !/^(?:message|text)\//.test(part.mediaType))
        .map(part => ({ type: part.mediaType, name: part.fileName, content: sample(partContent(message, part)) }))
      expect([file, ours]).toEqual([file, theirs])
    }
  })
})
