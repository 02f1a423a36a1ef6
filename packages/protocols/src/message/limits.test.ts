import { describe, expect, it } from 'vitest'
import { addressTextLimit, firstAddressDomain } from './address.ts'
import { cmsDepthLimit, cmsValuesLimit, readCmsContent } from './cms.ts'
import { dateTextLimit, parseMessageDate } from './date.ts'
import { fileNameLimit, readMimeMessage } from './mime.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
const idSignedData = hex('06092a864886f70d010702')
const idData = hex('06092a864886f70d010701')

/** A value of DER with its length in three octets (X.690 s8.1.3). */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, 0x83, body.length >> 16, (body.length >> 8) & 255, body.length & 255]), body])
}

/** SignedData around an octet string (RFC 5652 s3, s5.1, s5.2). */
function signed(octets: Buffer): Buffer {
  const content = der(0x30, idData, der(0xa0, octets))
  return der(0x30, idSignedData, der(0xa0, der(0x30, hex('020101'), der(0x31), content, der(0x31))))
}

describe('limits of messages, at the limit and one above', () => {
  it('characters of an address list', () => {
    const list = (length: number) => `${'x'.repeat(length - 13)}@owner.example`.slice(-length)
    expect(firstAddressDomain(list(addressTextLimit))).toBe('owner.example')
    expect(firstAddressDomain(list(addressTextLimit + 1))).toBe('owner.exampl')
  })

  it('characters of a date', () => {
    const date = 'Mon, 7 Apr 2025 23:16:00 +0200'
    const written = (length: number) => `${' '.repeat(length - date.length)}${date}`
    expect(parseMessageDate(written(dateTextLimit))?.seconds).toBe(Date.UTC(2025, 3, 7, 21, 16) / 1000)
    // The last digit of the zone is beyond it.
    expect(parseMessageDate(written(dateTextLimit + 1))?.seconds).not.toBe(Date.UTC(2025, 3, 7, 21, 16) / 1000)
  })

  it('characters of a file name', () => {
    const nameOf = (length: number) =>
      readMimeMessage(Buffer.from(`Content-Disposition: attachment; filename="${'n'.repeat(length)}"\r\n\r\n`)).parts[0]
        ?.fileName?.length
    expect(nameOf(fileNameLimit)).toBe(fileNameLimit)
    expect(nameOf(fileNameLimit + 1)).toBe(fileNameLimit)
  })

  it('levels of an octet string in pieces', () => {
    const nested = (levels: number): Buffer =>
      levels === 0 ? der(0x04, Buffer.from('x')) : der(0x24, nested(levels - 1))
    const found = Array.from({ length: cmsDepthLimit + 4 }, (_, levels) => {
      const content = readCmsContent(signed(nested(levels)))
      return content.kind === 'content' ? content.bytes.length : 0
    })
    // The levels of the object around it count too.
    const levels = found.indexOf(0)
    expect(levels).toBeGreaterThan(0)
    expect(levels).toBeLessThanOrEqual(cmsDepthLimit)
    expect(found).toEqual([...Array(levels).fill(1), ...Array(found.length - levels).fill(0)])
  })

  it('pieces of an octet string', () => {
    const lengthOf = (pieces: number) => {
      const content = readCmsContent(signed(der(0x24, ...Array(pieces).fill(hex('040178')))))
      return content.kind === 'content' ? content.bytes.length : -1
    }
    const around = 20
    expect(lengthOf(cmsValuesLimit - around)).toBe(cmsValuesLimit - around)
    expect(lengthOf(cmsValuesLimit + around)).toBeLessThan(cmsValuesLimit)
  })
})
