import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstAddress, firstAddressDomain } from './address.ts'
import { readCmsContent } from './cms.ts'
import { decodeEncodedWords } from './encoded-word.ts'
import { parametersLimit, readParameterField } from './parameters.ts'
import { decodeBase64Text, decodeQuotedPrintable, decodeTransferEncoding } from './transfer-encoding.ts'
import cms from './vectors/cms.json' with { type: 'json' }

const names = (text: string) => readParameterField(text).parameters.get('filename')

describe('encoded words', () => {
  it('RFC 2047 s8: the examples of the document', () => {
    expect(decodeEncodedWords('=?ISO-8859-1?Q?a?=')).toBe('a')
    expect(decodeEncodedWords('=?ISO-8859-1?Q?a?= b')).toBe('a b')
    expect(decodeEncodedWords('=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=')).toBe('ab')
    expect(decodeEncodedWords('=?ISO-8859-1?Q?a?=  \r\n   =?ISO-8859-1?Q?b?=')).toBe('ab')
    expect(decodeEncodedWords('=?ISO-8859-1?Q?a_b?=')).toBe('a b')
    expect(decodeEncodedWords('=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=')).toBe('a b')
    expect(decodeEncodedWords('=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>')).toBe('Keith Moore <moore@cs.utk.edu>')
    expect(decodeEncodedWords('=?ISO-8859-1?Q?Andr=E9?= Pirard')).toBe('André Pirard')
  })

  it('ISO 8859-1 and unknown charsets are read as windows-1252, the euro sign and quotes too', () => {
    for (const charset of ['windows-1252', 'iso-8859-1', 'latin1', 'cp1252', 'x-nothing'])
      expect(decodeEncodedWords(`=?${charset}?Q?=80_=93a=94_=E9?=`), charset).toBe('€ “a” é')
    // Octets that are not UTF-8 are read the same way.
    expect(decodeEncodedWords('=?utf-8?Q?=80?=')).toBe('€')
    // The five octets without a character stay what they are.
    expect(decodeEncodedWords('=?windows-1252?Q?=81=8D=8F=90=9D?=')).toBe('\x81\x8d\x8f\x90\x9d')
  })

  it('a character split over two words is joined; unknown charsets and broken words do no harm', () => {
    expect(decodeEncodedWords('=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=')).toBe('é')
    expect(decodeEncodedWords('=?utf-8?B?w6k=?=')).toBe('é')
    expect(decodeEncodedWords('=?x-nothing?Q?=E9?=')).toBe('é')
    expect(decodeEncodedWords('=?utf-8?X?abc?= =?utf-8?Q?open')).toBe('=?utf-8?X?abc?= =?utf-8?Q?open')
  })
})

describe('parameters', () => {
  it('report-tolerance 97: names split by RFC 2231, encoded by RFC 2047, cut', () => {
    // The examples of RFC 2231 s3, s4 and s4.1.
    const url = readParameterField(
      'message/external-body; access-type=URL; URL*0="ftp://"; URL*1="cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"',
    )
    expect(url.parameters.get('url')).toBe('ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar')
    const title =
      "title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\""
    expect(readParameterField(`application/x-stuff; ${title}`).parameters.get('title')).toBe(
      "This is even more ***fun*** isn't it!",
    )
    expect(names("attachment; filename*=iso-8859-1''gr%F6%DFe.xml")).toBe('größe.xml')
    expect(names('attachment; filename="=?utf-8?Q?a=21b=211=212=2Exml=2Egz?="')).toBe('a!b!1!2.xml.gz')
    expect(names('attachment; filename="receiver.example!example.org!17600')).toBe('receiver.example!example.org!17600')
    expect(names("attachment; filename*0*=x-none'%zz")).toBe("x-none'%zz")
    expect(names('attachment; filename*1="b.xml"; filename*0="a!"')).toBe('a!b.xml')
    expect(names('attachment; filename=aol com!x.xml ; size=3')).toBe('aol com!x.xml')
    expect(names('attachment; filename=report(1).xml')).toBe('report(1).xml')
    expect(names(String.raw`attachment (a; b); filename="a \"quoted\".xml"`)).toBe('a "quoted".xml')
    expect(names('attachment')).toBeUndefined()
  })

  it('a field of nothing but parameters is bounded', () => {
    const field = (count: number) => readParameterField(`a/b${';p=1'.repeat(count)};last=1`)
    expect(field(parametersLimit - 1).parameters.has('last')).toBe(true)
    expect(field(parametersLimit + 1).parameters.has('last')).toBe(false)
  })
})

describe('transfer encodings', () => {
  it('report-tolerance 102: large base64 gives what small base64 gives', () => {
    const content = Buffer.from(Array.from({ length: 60_000 }, (_, at) => (at * 7919) >> 3))
    const text = content.toString('base64')
    const written = [text, text.replace(/.{76}/g, '$&\r\n'), `${text}==\r\n`, text.replace(/.{9}/g, '$& !*\u00ff\r\n')]
    for (const one of written)
      expect(content.equals(decodeTransferEncoding(Buffer.from(one, 'latin1'), 'base64'))).toBe(true)
    const url = content.toString('base64url')
    expect(content.equals(decodeTransferEncoding(Buffer.from(url), 'base64'))).toBe(true)
    const pieces = Array.from({ length: 20_000 }, (_, at) => Buffer.from(`${at}`).toString('base64')).join('\n')
    const joined = Array.from({ length: 20_000 }, (_, at) => `${at}`).join('')
    expect(Buffer.from(decodeTransferEncoding(Buffer.from(pieces), 'base64')).toString()).toBe(joined)
  })

  it('report-tolerance 102: base64 unwrapped, with junk, in pieces', () => {
    const content = Buffer.from('<feedback>é</feedback> and more of it to fill some lines of base64 text')
    const text = content.toString('base64')
    expect(decodeBase64Text(text)).toEqual(content)
    expect(decodeBase64Text(text.replace(/.{7}/g, '$&\r\n'))).toEqual(content)
    expect(decodeBase64Text(text.replace(/.{9}/g, '$& !*\r\n'))).toEqual(content)
    expect(decodeBase64Text(`${text}\r\n\r\n`)).toEqual(content)
    const pieces = `${content.subarray(0, 10).toString('base64')}\n${content.subarray(10).toString('base64')}`
    expect(decodeBase64Text(pieces)).toEqual(content)
  })

  it('RFC 2045 s6.7: quoted-printable, with what is broken left as it is', () => {
    const decode = (text: string) => Buffer.from(decodeQuotedPrintable(Buffer.from(text))).toString()
    expect(decode("Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.")).toBe(
      "Now's the time for all folk to come to the aid of their country.",
    )
    expect(decode('a=3Db=C3=A9  \r\nc = d=4')).toBe('a=bé\r\nc = d=4')
    expect(decode('a=\t \nb=')).toBe('ab')
    expect(decode('<p=3D"x"/>\n')).toBe('<p="x"/>\n')
  })

  it('any octets survive both encodings', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), octets => {
        const bytes = Buffer.from(octets)
        expect(decodeBase64Text(bytes.toString('base64'))).toEqual(bytes)
        const quoted = [...bytes].map(byte => `=${byte.toString(16).padStart(2, '0')}`).join('')
        expect(Buffer.from(decodeQuotedPrintable(Buffer.from(quoted)))).toEqual(bytes)
      }),
    )
  })
})

describe('addresses', () => {
  it('the domain of the first address, whatever stands around it', () => {
    const domain = (list: string) => firstAddressDomain(list)
    expect(domain('"Reports, <x@evil.example>" <noreply@Reports.Example>')).toBe('reports.example')
    expect(domain('noreply@example.org (DMARC <a@b.example>)')).toBe('example.org')
    expect(domain('group: a@example.org, b@example.net;')).toBe('example.org')
    expect(domain('<@relay.example:user@example.org>')).toBe('example.org')
    expect(domain('=?utf-8?q?a?= <dmarc@bücher.example>')).toBe('xn--bcher-kva.example')
    expect(domain('"a@b" <"x y"@example.org>, c@example.net')).toBe('example.org')
    expect(domain('undisclosed-recipients:;')).toBeNull()
    expect(domain('<user@[192.0.2.1]>')).toBeNull()
    expect(firstAddress('<>')).toBe('')
  })
})

describe('opaque signatures', () => {
  const der = (text: string) => Buffer.from(text, 'base64')

  it('RFC 5652 s5.2: the content of what OpenSSL signs, whole and streamed', () => {
    for (const text of [cms.whole, cms.streamed]) {
      const content = readCmsContent(der(text))
      expect(content.kind === 'content' && Buffer.from(content.bytes).toString()).toBe(cms.content)
    }
  })

  it('what is encrypted, detached or no CMS is told apart', () => {
    expect(readCmsContent(der(cms.enveloped)).kind).toBe('enveloped')
    expect(readCmsContent(der(cms.detached)).kind).toBe('detached')
    expect(readCmsContent(Buffer.from('not der')).kind).toBe('unreadable')
    expect(readCmsContent(Buffer.alloc(100_000, 0x30)).kind).toBe('unreadable')
    expect(readCmsContent(Buffer.from('3080'.repeat(50_000), 'hex')).kind).toBe('unreadable')
  })

  it('any change to an object gives an answer', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(600), (at, byte, length) => {
        const bytes = der(cms.streamed)
        bytes[at % bytes.length] = byte
        expect(readCmsContent(bytes.subarray(0, length)).kind).toBeTypeOf('string')
      }),
    )
  })
})
