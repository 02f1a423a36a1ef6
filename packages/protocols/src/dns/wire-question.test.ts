import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatName, nameOctetsLimit, parseNameText, pointersLimit } from './name.ts'
import { decodeMessage } from './wire.ts'
import { encodeQuery, queryOctetsLimit, writeQuery } from './wire-query.ts'
import { lowerQuestion, matchQuestion } from './wire-question.ts'
import { extendedErrorsLimit, extendedErrorTextLimit } from './wire-reader.ts'

const hex = (...parts: string[]) => Buffer.from(parts.join('').replace(/\s/g, ''), 'hex')
const exampleOrg = '07 6578616d706c65 03 6f7267 00'
const message = (question: string, counts = '0001 0000 0000 0000') => hex('1234 8180', counts, question)
const bits = { isRecursive: true, checkingDisabled: false, wantsSignatures: false, isPlain: false }

function match(octets: Uint8Array, name: string, type: 'A' | 'TXT' = 'A') {
  return matchQuestion(octets, { from: 0, to: octets.length }, { name, type })
}

describe('questions', () => {
  it('DNS-004 the same, in another case, another, none', () => {
    const ours = message(`${exampleOrg} 0001 0001`)
    expect(match(ours, 'example.org')).toBe('same')
    expect(match(ours, 'example.org.')).toBe('same')
    expect(match(ours, 'Example.Org')).toBe('other-case')
    for (const name of [
      'example.com',
      'xample.org',
      'example.orga',
      'example',
      'org',
      '',
      'example.org.x',
      'a.example.org',
      'exampl.e.org',
    ])
      expect(match(ours, name), name).toBe('other')
    expect(match(ours, 'example.org', 'TXT')).toBe('other')
    expect(match(message(`${exampleOrg} 0001 0003`), 'example.org')).toBe('other')
    expect(match(message('', '0000 0000 0000 0000'), 'example.org')).toBe('none')
    expect(
      match(message(`${exampleOrg} 0001 0001 ${exampleOrg} 0001 0001`, '0002 0000 0000 0000'), 'example.org'),
    ).toBe('other')
    expect(match(message('00 0001 0001'), '')).toBe('same')
    expect(match(message('00 0001 0001'), '.')).toBe('same')
  })

  it('a dot within a label is not the dot between two', () => {
    const dotted = message('0b 6578616d706c652e6f7267 00 0001 0001')
    expect(match(dotted, 'example.org')).toBe('other')
    expect(match(dotted, 'example\\.org')).toBe('same')
    expect(match(dotted, 'example\\046ORG')).toBe('other-case')
    expect(match(message(`${exampleOrg} 0001 0001`), 'example\\.org')).toBe('other')
  })

  it('cut anywhere it is another', () => {
    const ours = message(`${exampleOrg} 0001 0001`)
    for (let length = 0; length < ours.length; length += 1)
      expect(match(ours.subarray(0, length), 'example.org'), `${length}`).toBe('other')
    expect(match(message('c00c 0001 0001'), 'example.org')).toBe('other')
  })

  it('what was written is the same, and with one octet changed it is not', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 30 }).map(octets => Buffer.from(octets).toString('latin1'))
    fc.assert(
      fc.property(
        fc.array(label, { maxLength: 6 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (labels, at, change) => {
          const name = formatName(labels)
          const query = encodeQuery({ id: 1, name, type: 'A', bits })
          if (!query.ok) return
          expect(match(query.value, name)).toBe('same')
          const changed = Uint8Array.from(query.value)
          const place = 12 + (at % (query.value.length - 12 - 11))
          changed[place] = (changed[place] ?? 0) ^ change
          expect(match(changed, name)).not.toBe('same')
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('in lower case after lowerQuestion, and no octet else is touched', () => {
    const octets = Buffer.concat([message('07 4578614d506c65 03 4f7267 00 0001 0001'), Buffer.from('ABC')])
    lowerQuestion(octets, 0)
    expect(octets).toEqual(Buffer.concat([message(`${exampleOrg} 0001 0001`), Buffer.from('ABC')]))
  })
})

describe('queries', () => {
  it('RFC 6891 s7: without OPT where the server does not know it', () => {
    const query = encodeQuery({ id: 0x1234, name: 'example.org', type: 'A', bits: { ...bits, isPlain: true } })
    expect(query.ok && Buffer.from(query.value)).toEqual(hex('1234 0120 0001 0000 0000 0000', exampleOrg, '0001 0001'))
  })

  it('stand where they are put, in whatever was there', () => {
    const room = new Uint8Array(1000).fill(0xff)
    const alone = encodeQuery({ id: 7, name: 'example.org', type: 'TXT', bits })
    const written = writeQuery(room, 100, { id: 7, name: 'example.org', type: 'TXT', bits })
    if (!alone.ok || !written.ok) throw new Error('not written')
    expect(room.subarray(100, written.value)).toEqual(alone.value)
    expect([room[99], room[written.value]]).toEqual([0xff, 0xff])
  })

  it('the longest name takes all the room, one octet more is refused', () => {
    const long = `${'a'.repeat(63)}.`.repeat(3)
    const query = encodeQuery({ id: 1, name: `${long}${'b'.repeat(61)}`, type: 'A', bits })
    expect(query.ok && query.value.length).toBe(queryOctetsLimit)
    expect(encodeQuery({ id: 1, name: `${long}${'b'.repeat(62)}`, type: 'A', bits })).toMatchObject({
      ok: false,
      fault: { code: 'dns-name-long' },
    })
    expect(encodeQuery({ id: 1, name: `${'a'.repeat(64)}.org`, type: 'A', bits })).toMatchObject({
      ok: false,
      fault: { code: 'dns-name-label-long' },
    })
  })

  it('DNS-007 a name in another script is not asked for as something else', () => {
    // U+0161 would be an `a` if only its lower octet went out.
    expect(encodeQuery({ id: 1, name: '\u0161.example', type: 'A', bits })).toMatchObject({
      ok: false,
      fault: { code: 'dns-name-character' },
    })
  })
})

describe('limits of the reader', () => {
  const withOptions = (options: Buffer) => {
    const length = options.length.toString(16).padStart(4, '0')
    const read = decodeMessage(
      Buffer.concat([
        message(`${exampleOrg} 0001 0001 00 0029 04d0 00000000 ${length}`, '0001 0000 0000 0001'),
        options,
      ]),
    )
    if (!read.ok) throw new Error(read.fault.text)
    return read.value.extendedErrors
  }

  it(`RFC 8914: ${extendedErrorsLimit} extended errors are kept, one more is not`, () => {
    const errors = (count: number) =>
      Buffer.concat(
        Array.from({ length: count }, (_, index) => hex('000f 0002', `00${index.toString(16).padStart(2, '0')}`)),
      )
    expect(withOptions(errors(extendedErrorsLimit)).length).toBe(extendedErrorsLimit)
    expect(withOptions(errors(extendedErrorsLimit + 1)).at(-1)?.code).toBe(extendedErrorsLimit - 1)
  })

  it(`${extendedErrorTextLimit} octets of their text are kept, one more is not`, () => {
    for (const length of [extendedErrorTextLimit, extendedErrorTextLimit + 1]) {
      const [error] = withOptions(
        Buffer.concat([hex('000f', (length + 2).toString(16).padStart(4, '0'), '0006'), Buffer.alloc(length, 'x')]),
      )
      expect(error).toEqual({ code: 6, text: 'x'.repeat(extendedErrorTextLimit) })
    }
  })

  it('options that are cut off, or of another kind, are passed over', () => {
    expect(withOptions(hex('000a 0002 0102 000f 0002 0016'))).toEqual([{ code: 22, text: '' }])
    expect(withOptions(hex('000f 0009 0006'))).toEqual([])
    expect(withOptions(hex('000f 0001 06'))).toEqual([])
  })

  it(`a name through ${pointersLimit} pointers is read, through one more it is not; each leads back`, () => {
    const read = (pointers: number) => {
      // A root label, then pointers, each to the one before it.
      const chain = Buffer.alloc(1 + 2 * (pointers - 1))
      for (let index = 1; index < pointers; index += 1)
        chain.writeUInt16BE(0xc000 | (index === 1 ? dataAt : dataAt + 2 * index - 3), 2 * index - 1)
      const last = 0xc000 | (pointers === 1 ? dataAt : dataAt + 2 * pointers - 3)
      const unknown = Buffer.concat([hex('00 fff0 0001 00000000', chain.length.toString(16).padStart(4, '0')), chain])
      const target = Buffer.concat([hex('00 0005 0001 00000000 0002'), Buffer.from([last >> 8, last & 0xff])])
      return decodeMessage(Buffer.concat([message('00 0001 0001', '0001 0002 0000 0000'), unknown, target]))
    }
    const dataAt = 12 + 5 + 11
    expect(read(pointersLimit)).toMatchObject({ ok: true })
    expect(read(pointersLimit + 1)).toMatchObject({ ok: false, fault: { code: 'dns-message-name' } })
  })

  it(`a name of ${nameOctetsLimit} octets is read, of one more it is not`, () => {
    const read = (last: number) => {
      const labels = [63, 63, 63, last].map(length => Buffer.concat([Buffer.from([length]), Buffer.alloc(length, 'a')]))
      return decodeMessage(Buffer.concat([message('', '0001 0000 0000 0000'), ...labels, hex('00 0001 0001')]))
    }
    const longest = read(61)
    expect(longest.ok && parseNameText(longest.value.question?.name ?? '').ok).toBe(true)
    expect(read(62)).toMatchObject({ ok: false, fault: { code: 'dns-message-name' } })
  })

  it('a message is read where it stands, and no octet beyond it', () => {
    const one = message(`${exampleOrg} 0010 0001 c00c 0010 0001 0000012c 0002 0161`, '0001 0001 0000 0000')
    const bytes = Buffer.concat([Buffer.alloc(7, 0xff), one, one])
    const place = { from: 7, to: 7 + one.length }
    expect(decodeMessage(bytes, place)).toEqual(decodeMessage(one))
    expect(decodeMessage(bytes, { ...place, to: place.to - 1 })).toMatchObject({ ok: false })
    expect(decodeMessage(bytes, { ...place, questionName: 'EXAMPLE.org' })).toMatchObject({
      ok: true,
      value: { question: { name: 'EXAMPLE.org', type: 16 }, answers: [{ name: 'EXAMPLE.org' }] },
    })
  })
})
