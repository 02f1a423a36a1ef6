import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyHash } from './body-hash.ts'
import type { Canonicalization } from './signature.ts'

const forms: readonly Canonicalization[] = ['simple', 'relaxed']

/** The words of RFC 6376 s3.4.3 and s3.4.4, one step each. */
function canonical(body: string, form: Canonicalization): string {
  if (form === 'simple') return `${withoutFinalLineEnds(body)}\r\n`
  const blanks = body.replace(/[ \t]+/g, ' ').replace(/ (?=\r\n|$)/g, '')
  const lines = withoutFinalLineEnds(blanks)
  return lines === '' ? '' : `${lines}\r\n`
}

function withoutFinalLineEnds(body: string): string {
  let end = body.length
  while (body.slice(end - 2, end) === '\r\n') end -= 2
  return body.slice(0, end)
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex')
}

describe('body hash', () => {
  const empty = {
    simple: 'frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=',
    relaxed: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  }

  test('DKIM-034 the hash of the empty body', () => {
    for (const form of forms) expect(new BodyHash(form).digest(null).toString('base64')).toBe(empty[form])
  })

  test('DKIM-033 a body of empty lines and blanks only is empty in relaxed form', () => {
    const hash = new BodyHash('relaxed')
    hash.update(Buffer.from(' \t\r\n\r\n  '))
    expect(hash.digest(null).toString('base64')).toBe(empty.relaxed)
  })

  const piece = fc.constantFrom('\r\n', '\r', '\n', ' ', '\t', 'a', 'word', '\u0000', '\r\n\r\n', '  ')

  test('DKIM-032, DKIM-033 any body in any pieces hashes as its canonical form', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.constantFrom(...forms),
        fc.integer({ min: 1, max: 9 }),
        (pieces, form, size) => {
          const body = Buffer.from(pieces.join(''), 'latin1')
          const hash = new BodyHash(form)
          for (let at = 0; at < body.length; at += size) hash.update(body.subarray(at, at + size))
          const expected = createHash('sha256')
            .update(canonical(pieces.join(''), form), 'latin1')
            .digest('hex')
          return hash.digest(null).toString('hex') === expected
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('runs of line ends larger than what is gathered are kept where something follows', () => {
    const body = Buffer.from(`a${'\r\n'.repeat(50_000)}${'word '.repeat(20_000)}b\r\n`)
    for (const form of forms) {
      const hash = new BodyHash(form)
      hash.update(body)
      const expected = createHash('sha256')
        .update(canonical(body.toString('latin1'), form), 'latin1')
        .digest('hex')
      expect(hash.digest(null).toString('hex')).toBe(expected)
    }
  })

  test('DKIM-036 with l= only so many octets are hashed, and the length tells what is left', () => {
    const hash = new BodyHash('relaxed', 5n)
    hash.update(Buffer.from('Hello there\r\n'))
    expect(hash.digest(5n).toString('hex')).toBe(createHash('sha256').update('Hello').digest('hex'))
    expect(hash.length).toBe(13n)
  })

  const stretch = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('word ', 'a line of text\r\n', 'a\nb', 'c\rd', 'a  b', '\t', ' \r\n') },
    { weight: 1, arbitrary: piece },
  )
  /** Bodies of some ten thousand octets: long stretches of one kind, so that those hashed where they lie are met too. */
  const longBody = fc
    .array(fc.tuple(stretch, fc.constantFrom(1, 2, 50, 900)), { maxLength: 12 })
    .map(parts => parts.map(([text, times]) => text.repeat(times)).join(''))

  test('DKIM-032, DKIM-033 long bodies in pieces of any size hash as their canonical form', () => {
    fc.assert(
      fc.property(longBody, fc.constantFrom(...forms), fc.constantFrom(400, 513, 4097, 70_000), (text, form, size) => {
        const body = Buffer.from(text, 'latin1')
        const hash = new BodyHash(form)
        for (let at = 0; at < body.length; at += size) hash.update(body.subarray(at, at + size))
        return hash.digest(null).toString('hex') === sha256(canonical(text, form))
      }),
      { numRuns: 1000 },
    )
  })

  test('DKIM-036 one pass serves every l= and the whole', () => {
    fc.assert(
      fc.property(
        longBody,
        fc.constantFrom(...forms),
        fc.array(fc.bigInt({ min: 0n, max: 12_000n }), { minLength: 1, maxLength: 5 }),
        (text, form, lengths) => {
          const hash = new BodyHash(form, lengths[0] ?? null)
          for (const length of [...lengths, null]) hash.want(length)
          hash.update(Buffer.from(text, 'latin1'))
          const whole = canonical(text, form)
          return [...lengths, null].every(
            length =>
              hash.digest(length).toString('hex') === sha256(length === null ? whole : whole.slice(0, Number(length))),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  const hostile: readonly (readonly [name: string, unit: string])[] = [
    ['bare LF', '\n'],
    ['bare CR', '\r'],
    ['lines that end in bare LF', 'a line of text\n'],
    ['lines that end in bare CR', 'a line of text\r'],
    ['empty lines', '\r\n'],
    ['blanks', ' '],
    ['tabs and letters in turn', 'a\t'],
    ['blanks before each line end', 'a \r\n'],
    ['a letter behind many line ends', `${'\r\n'.repeat(3000)}a`],
  ]
  for (const [name, unit] of hostile)
    test(`10 MB of ${name} are hashed in linear time`, () => {
      const cost = (octets: number) => {
        const body = Buffer.alloc(octets, unit, 'latin1')
        const times = Array.from({ length: 2 }, () => {
          const before = process.cpuUsage()
          for (const form of forms) {
            const hash = new BodyHash(form)
            hash.update(body)
            hash.digest(null)
          }
          const { user, system } = process.cpuUsage(before)
          return user + system
        })
        return Math.min(...times)
      }
      cost(1_000_000)
      const [half, whole] = [cost(5_000_000), cost(10_000_000)]
      // Twice the octets: twice the time, where a square would make it four times.
      expect(whole / half).toBeLessThan(3)
      expect(whole).toBeLessThan(2_000_000)
    })
})
