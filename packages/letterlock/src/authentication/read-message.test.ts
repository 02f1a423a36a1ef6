import {
  DkimSigner,
  generateDkimKey,
  headerBlockLimit,
  rawFieldsOf,
  readHeaderBlock,
  resolverFrom,
} from '@letterlock/protocols'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageReader } from './read-message.ts'

const pair = generateDkimKey('ed25519')
const now = 1_795_521_600
const resolver = resolverFrom({
  txt: { 's._domainkey.example.org': pair.record, '_dmarc.example.org': 'v=DMARC1; p=reject' },
})
const given = { ip: null, helo: null, mailFrom: null, arrivedAt: now }

async function read(pieces: readonly Uint8Array[]) {
  const reader = new MessageReader({ name: 'm', given, usesHeaders: false, resolver, now })
  for (const piece of pieces) reader.push(piece)
  return await reader.end()
}

const message = 'From: a@example.org\r\nSubject: x\r\n\r\nOne \r\n\r\n.\rTwo\r\n\r\n'
const bytes = Buffer.from(message)
const block = readHeaderBlock(bytes)
const signer = new DkimSigner(rawFieldsOf(bytes, block), {
  domain: 'example.org',
  selector: 's',
  key: pair.privateKey,
  now,
})
signer.body(bytes.subarray(block.bodyAt))
const signed = `${signer.end()}\r\n${message}`

/** Cuts at the given places, in any order. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map(place => place % text.length))].sort((a, b) => a - b)
  return [...ends, text.length].map((end, index) => Buffer.from(text.slice(ends[index - 1] ?? 0, end)))
}

const bare = signed.replaceAll('\r\n', '\n')

describe('a message in pieces', () => {
  test.each([
    ['CRLF', signed],
    ['bare line feeds', bare],
  ])('however it is cut, it verifies as a whole: %s', async (_, text) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: text.length * 4 }), { maxLength: 12 }), async places => {
        const found = await read(cut(text, places))
        expect(found.ok && found.message.report.dkim.map(({ result }) => result)).toEqual(['pass'])
        expect(found.ok && found.message.bytes).toBe(text.length)
      }),
      { numRuns: 60 },
    )
  })

  test('octet by octet', async () => {
    const found = await read([...Buffer.from(bare)].map(octet => Uint8Array.of(octet)))
    expect(found.ok && found.message.report.dmarc.result).toBe('pass')
  })
})

describe('a header beyond what is read says nothing, since a second From may stand behind it', () => {
  const withHeader = (octets: number) => {
    const start = 'From: a@example.org\r\n'
    const field = 'X: y\r\n'.repeat(1000)
    let text = start
    while (text.length + field.length < octets) text += `X: ${'y'.repeat(5994)}\r\n`
    return Buffer.from(`${text}X: ${'y'.repeat(octets - text.length - 7)}\r\n\r\nbody`)
  }

  test('at the limit it is read, one octet above it is not', async () => {
    const atLimit = await read([withHeader(headerBlockLimit)])
    expect(atLimit.ok).toBe(true)
    const above = await read([withHeader(headerBlockLimit + 1)])
    expect(above).toMatchObject({ ok: false, fault: { code: 'header-long', at: headerBlockLimit } })
  })
})

test('any octets: an answer or a fault with its place, never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async octets => {
      const found = await read([octets])
      if (!found.ok) expect(found.fault.at).toBeGreaterThanOrEqual(0)
      const headed = await read([Buffer.concat([Buffer.from('From: a@example.org\n'), octets])])
      if (headed.ok) expect(headed.message.report.dmarc.result).not.toBe('pass')
    }),
    { numRuns: 200 },
  )
})
