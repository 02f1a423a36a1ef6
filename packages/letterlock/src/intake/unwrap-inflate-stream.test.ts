import { deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { type Compression, StreamState, UnpackBudget } from './unwrap-inflate.ts'
import { inflateStream } from './unwrap-inflate-stream.ts'

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function inflated(bytes: Buffer, compression: Compression, size = 65_536, limit = 1e9) {
  const state = new StreamState()
  const parts: Uint8Array[] = []
  for await (const part of inflateStream(pieces(bytes, size), compression, new UnpackBudget(limit), state))
    parts.push(part)
  return { bytes: Buffer.concat(parts), fault: state.fault?.code ?? null, notes: state.notes.map(note => note.code) }
}

const text = Buffer.from(Array.from({ length: 60_000 }, (_, row) => `<r>${(row * 7919) % 100_003}</r>\n`).join(''))
const packed = gzipSync(text)

describe('compressed data as a stream', () => {
  it('pieces of any size give the same', async () => {
    for (const size of [1, 7, 8_192, 1_000_000]) {
      const small = text.subarray(0, size === 1 ? 2_000 : text.length)
      const forms: readonly (readonly [compression: Compression, bytes: Buffer])[] = [
        ['gzip', gzipSync(small)],
        ['zlib', deflateSync(small)],
        ['deflate', deflateRawSync(small)],
      ]
      for (const [compression, bytes] of forms) {
        const result = await inflated(bytes, compression, size)
        expect([result.bytes.equals(small), result.fault, result.notes]).toEqual([true, null, []])
      }
    }
  })

  it('report-tolerance 89: headers with names and comments, members, zeros behind them', async () => {
    const head = Buffer.from('1f8b081f0000000000030300616263', 'hex')
    const named = Buffer.concat([head, Buffer.from('name\0comment\0'), Buffer.from('0000', 'hex'), packed.subarray(10)])
    expect((await inflated(named, 'gzip')).bytes.equals(text)).toBe(true)
    const members = Buffer.concat([packed, packed, Buffer.alloc(100_000)])
    const result = await inflated(members, 'gzip')
    expect([result.bytes.length, result.fault, result.notes]).toEqual([text.length * 2, null, []])
  })

  it('report-tolerance 88: an early end gives what is there, as much as zlib gives', async () => {
    for (const length of [11, 500, packed.length / 2, packed.length - 9, packed.length - 3].map(Math.floor)) {
      const cut = packed.subarray(0, length)
      const result = await inflated(cut, 'gzip', 1_000)
      // 2 is Z_SYNC_FLUSH: zlib then takes an early end as an end.
      expect(result.bytes.equals(gunzipSync(cut, { finishFlush: 2 }))).toBe(true)
      expect([result.fault, result.notes]).toEqual(
        result.bytes.length === 0 ? ['bad-compression', []] : [null, ['truncated-compression']],
      )
    }
  })

  it('AGG-030 limit: the budget holds to the byte', async () => {
    expect((await inflated(packed, 'gzip', 1_000, text.length)).fault).toBeNull()
    expect((await inflated(packed, 'gzip', 1_000, text.length - 1)).fault).toBe('unpacks-too-large')
  })

  it('fuzz: agrees with zlib wherever zlib has an answer', { timeout: 3_700_000 }, async () => {
    const small = gzipSync(text.subarray(0, 3_000))
    await fuzz({
      seeds: [small, Buffer.concat([small, small]), gzipSync('')],
      words: ['\x1f\x8b\x08\0\0\0\0\0\0\x03', '\0\0\0\0', '\xff\xff', '\x03\0'],
      target: async input => {
        let expected: Buffer | null = null
        try {
          expected = gunzipSync(input, { maxOutputLength: 10_000_000 })
        } catch {
          // Damaged, cut, or not gzip: then only an answer is asked for.
        }
        const result = await inflated(input, 'gzip', 997, 10_000_000)
        if (expected !== null && (result.fault !== null || !result.bytes.equals(expected)))
          throw new Error(`differs: ${result.fault}`)
      },
    })
  })
})
