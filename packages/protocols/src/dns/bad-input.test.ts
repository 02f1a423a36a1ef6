import { describe, expect, test } from 'vitest'
import { pointersLimit } from './name.ts'
import { decodeMessage } from './wire.ts'

function header(answers: number): Buffer {
  const out = Buffer.alloc(12)
  out.writeUInt16BE(0x8180, 2)
  out.writeUInt16BE(answers, 6)
  return out
}

/** Labels of one letter, each of which points to the one before: the longest chain that a message can hold. */
function chain(length: number): Buffer {
  const out = Buffer.alloc(1 + length * 4)
  for (let index = 0; index < length; index += 1) {
    const at = 1 + index * 4
    out.writeUInt8(1, at)
    out.write('a', at + 1, 'latin1')
    out.writeUInt16BE(0xc000 | (index === 0 ? 12 : 12 + at - 4), at + 2)
  }
  return out
}

/** A record with this data whose owner is a pointer; type 0xfff0 is none that is read into members. */
function record(pointer: number, data: Buffer, type = 0xfff0): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc000 | pointer, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

const refused = (bytes: Buffer) => {
  const read = decodeMessage(bytes)
  return read.ok ? null : read.fault.code
}

describe('compression', () => {
  test('chains of pointers are followed to the limit, and a loop is refused wherever it begins', () => {
    const long = (pointers: number) => {
      const data = chain(pointers - 1)
      return Buffer.concat([header(2), record(24 + data.length - 4, data, 0xfff0)])
    }
    // The owner of the first record lies in its own data: pointers lead back only, so that is refused.
    expect(refused(long(10))).toBe('dns-message-name')
    for (const bytes of ['c00c', '01 61 c00c', '01 61 c00e', 'c00e c00c', 'c0ff', 'ffff'])
      expect([
        bytes,
        refused(Buffer.concat([header(1), Buffer.from(bytes.replace(/ /g, ''), 'hex'), Buffer.alloc(10)])),
      ]).toEqual([bytes, 'dns-message-name'])
  })

  test('a message of nothing but names with the longest chains is read in bounded time', () => {
    const names = chain(pointersLimit - 1)
    const first = Buffer.concat([Buffer.from([0]), Buffer.alloc(10)])
    first.writeUInt16BE(0xfff0, 1)
    first.writeUInt16BE(1, 3)
    first.writeUInt16BE(names.length, 9)
    // The chain lies in the data of the first record, behind its 11 octets; its own offsets begin there.
    const shifted = Buffer.from(names)
    for (let at = 3; at < shifted.length; at += 4) shifted.writeUInt16BE(shifted.readUInt16BE(at) + 11, at)
    const last = 12 + 11 + shifted.length - 4
    const count = 5_000
    const bytes = Buffer.concat([
      header(count + 1),
      first,
      shifted,
      ...Array.from({ length: count }, () => record(last, Buffer.alloc(0))),
    ])
    expect(bytes.length).toBeLessThanOrEqual(65_535)
    const start = process.cpuUsage()
    const read = decodeMessage(bytes)
    const { user } = process.cpuUsage(start)
    expect(read.ok && read.value.answers).toHaveLength(count + 1)
    expect(read.ok && read.value.answers[1]?.name).toBe(Array.from({ length: pointersLimit - 1 }, () => 'a').join('.'))
    expect(user).toBeLessThan(500_000)
  })
})

describe('lengths that lie', () => {
  const whole = Buffer.concat([
    header(1),
    Buffer.from('036162630000100001000000050006', 'hex'),
    Buffer.from('\x05hello', 'latin1'),
  ])

  test('a message that is cut anywhere is refused', () => {
    expect(refused(whole)).toBeNull()
    for (let length = 0; length < whole.length; length += 1) expect(refused(whole.subarray(0, length))).not.toBeNull()
  })

  test('counts that promise more than there is are refused, for every section', () => {
    for (const at of [4, 6, 8, 10]) {
      const bytes = Buffer.from(whole)
      bytes.writeUInt16BE(bytes.readUInt16BE(at) + 1, at)
      expect([at, refused(bytes) !== null]).toEqual([at, true])
    }
  })

  test('a string or a record that says it is longer than the message is refused', () => {
    const string = Buffer.from(whole)
    string.writeUInt8(255, string.length - 6)
    expect(refused(string)).toBe('dns-message-record')
    const data = Buffer.from(whole)
    data.writeUInt16BE(0xffff, data.length - 8)
    expect(refused(data)).toBe('dns-message-record')
  })
})
