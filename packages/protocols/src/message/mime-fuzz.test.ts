import { it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { firstAddressDomain } from './address.ts'
import { readCmsContent } from './cms.ts'
import { parseMessageDate } from './date.ts'
import { decodeEncodedWords } from './encoded-word.ts'
import { partContent, readMimeMessage } from './mime.ts'
import cms from './vectors/cms.json' with { type: 'json' }

const mail = [
  'Received: from a (b [192.0.2.1])\r\n\tby c; Mon, 7 Apr 2025 10:10:06 -0600 (UTC)',
  'From: "Reports, of =?utf-8?Q?B=C3=BCcher?=" <noreply@reporter.example>',
  'Subject: =?utf-8?B?UmVwb3J0?= =?iso-8859-1?Q?Domain:_a?=',
  'Date: Fri, 9 May 2025 16:54:30 EDT',
  'Content-Type: multipart/report; report-type="tlsrpt";\r\n boundary="=_one"',
  '',
  'preamble',
  '--=_one',
  'Content-Type: multipart/alternative; boundary==_two',
  '',
  '--=_two',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'a=C3=A9=',
  'b  ',
  '--=_two--',
  '--=_one',
  'Content-Type: application/gzip; name*0*=utf-8\'\'a%21b; name*1="!1!2.xml.gz"',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename="a!b!1!2.xml.gz"',
  '',
  'H4sIAAAAAAAAA0vKBAA2aR5rAgAAAA==',
  '--=_one--',
  '',
].join('\r\n')

const words = [
  '--=_one',
  '--=_one--',
  '\r\n--=_two\r\n',
  '\n\n',
  '\r\n\r\n',
  '\r\n ',
  '\n\t',
  'Content-Type:',
  'ContentType:',
  'multipart/mixed; boundary=',
  'boundary="',
  'message/rfc822',
  'Content-Transfer-Encoding: base64\r\n',
  '=?utf-8?Q?',
  '?=',
  '=?',
  '"',
  '\\',
  '(',
  ')',
  ';',
  '*0*=',
  "''",
  '%',
  '=',
  '<',
  '>',
  '@',
  '\0',
  '\xff',
  'From ',
]

it('fuzz: any message gives parts within its bytes, in time that grows with them', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: [Buffer.from(mail), Buffer.from(mail.replaceAll('\r\n', '\n'))],
    words,
    target: input => {
      const message = readMimeMessage(input)
      for (const part of message.parts) {
        if (part.start > part.end || part.end > input.length) throw new Error(`part from ${part.start} to ${part.end}`)
        partContent(input, part)
      }
      for (const field of message.header.fields) {
        const value = message.header.value(field)
        decodeEncodedWords(value)
        firstAddressDomain(value)
        parseMessageDate(value)
      }
    },
  })
})

it('fuzz: any CMS object gives an answer', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: [cms.whole, cms.streamed, cms.enveloped].map(text => Buffer.from(text, 'base64')),
    words: ['\x30\x80', '\x24\x80', '\x04\x01a', '\0\0', '\xa0\x80', '\x30\x84\xff\xff\xff\xff', '\x30\x00', '\x1f'],
    target: input => readCmsContent(input),
  })
})
