import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { unwrap } from './unwrap.ts'

const xml = Buffer.from('<?xml version="1.0"?><feedback><record/></feedback>')
const gzip = gzipSync(xml)

/** One member, with the bytes that a packer writes for it. */
const zip = Buffer.from(
  'UEsDBBQAAAAIAAAAIVzw5EDKGQAAACYAAAAFAAAAYS54bWyzSUtNTUlKTM62sylKTc4vSrGz0Ycz4HIAUEsBAhQDFAAAAAgAAAAhXPDkQMoZAAAAJgAAAAUAAAAAAAAAAAAAAIABAAAAAGEueG1sUEsFBgAAAAABAAEAMwAAADwAAAAAAA==',
  'base64',
)

const mail = Buffer.from(
  [
    'From: a@reporter.example',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: auth-failure',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'From: x@example.org',
    '',
    '--b',
    'Content-Type: application/gzip; name="a!b!1!2.xml.gz"',
    'Content-Transfer-Encoding: base64',
    '',
    gzip.toString('base64'),
    '--b',
    'Content-Type: application/zip',
    'Content-Transfer-Encoding: base64',
    '',
    zip.toString('base64'),
    '--b--',
  ].join('\r\n'),
)

it('fuzz: any bytes give at least one document, within the budget', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: [
      xml,
      gzip,
      gzipSync(gzip),
      zip,
      deflateSync(xml),
      deflateRawSync(xml),
      mail,
      Buffer.from('{"policies": []}'),
      Buffer.concat([gzip, gzip]),
    ],
    words: [
      'PK\x03\x04',
      'PK\x01\x02',
      'PK\x05\x06',
      'PK\x06\x06',
      'PK\x06\x07',
      '\x1f\x8b\x08',
      '\xff\xff\xff\xff',
      '\0\0\0\0',
      '--b',
      'Content-Type: message/rfc822\r\n\r\n',
      '\r\n\r\n',
      '<feedback>',
      '{',
      '\xff\xfe',
    ],
    target: async input => {
      const half = input.length >> 1
      async function* stream() {
        yield input.subarray(0, half)
        yield input.subarray(half)
      }
      for (const source of [{ bytes: input }, { stream: stream() }]) {
        let documents = 0
        for await (const document of unwrap(source, { name: 'in', unpackedLimit: 1_000_000 })) {
          documents += 1
          if (document.kind === 'aggregate-xml' && document.content.kind === 'stream') {
            for await (const chunk of document.content.chunks) void chunk
          }
        }
        if (documents === 0) throw new Error('no document')
      }
    },
  })
})
