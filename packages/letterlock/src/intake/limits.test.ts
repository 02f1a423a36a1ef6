import { describe, expect, it } from 'vitest'
import type { IntakeStore } from '../store/intake-op.ts'
import { heldBytes, StepSink } from './step-sink.ts'
import { outsideUnpackedLimit, unwrap } from './unwrap.ts'
import { type Document, headerTextLimit } from './unwrap-document.ts'
import { label, nameLimit } from './unwrap-place.ts'
import { zipInMemoryLimit } from './unwrap-zip.ts'

describe('limits of the intake, at the limit and one above', () => {
  it('characters of a name in a path', () => {
    expect(label('n'.repeat(nameLimit))).toBe('n'.repeat(nameLimit))
    expect(label('n'.repeat(nameLimit + 1))).toBe(`${'n'.repeat(nameLimit)}…`)
  })

  it('characters of a header block that is kept', async () => {
    const kept = async (length: number) => {
      const start = 'From: a@reporter.example\r\nContent-Type: text/xml\r\nX-Long: '
      const mail = `${start}${'x'.repeat(length - start.length - 4)}\r\n\r\n<feedback/>`
      const input = { bytes: Buffer.from(mail) }
      const found: Document[] = []
      for await (const one of unwrap(input, { name: 'a', unpackedLimit: outsideUnpackedLimit })) found.push(one)
      return found[0]?.mail?.headers.length
    }
    expect(await kept(headerTextLimit)).toBe(headerTextLimit)
    expect(await kept(headerTextLimit + 1)).toBe(headerTextLimit)
  })

  it('bytes of a zip that comes as a stream', { timeout: 60_000 }, async () => {
    async function* zip(length: number): AsyncGenerator<Uint8Array> {
      const piece = Buffer.alloc(1_048_576)
      piece.write('PK\u0003\u0004')
      for (let left = length; left > 0; left -= piece.length) yield piece.subarray(0, left)
    }
    const codeOf = async (length: number) => {
      const options = { name: 'a.zip', unpackedLimit: outsideUnpackedLimit }
      for await (const document of unwrap({ stream: zip(length) }, options))
        return document.kind === 'unreadable' ? document.fault.code : document.kind
      return null
    }
    expect(await codeOf(zipInMemoryLimit)).toBe('bad-archive')
    expect(await codeOf(zipInMemoryLimit + 1)).toBe('too-large')
  })

  it('bytes of pieces that are held before a delivery goes to the store as a stream', async () => {
    let streams = 0
    const store: IntakeStore = {
      writeMany: async () => [],
      writeStream: async steps => {
        streams++
        for await (const step of steps) void step
        return { deliveryId: null, name: '', documents: [] }
      },
    }
    const finished = (bytes: number) => {
      const sink = new StepSink(store)
      sink.push({ op: 'piece', seq: 0, size: bytes, bytes: new Uint8Array(bytes) })
      return sink.finish()
    }
    expect('steps' in finished(heldBytes)).toBe(true)
    expect(streams).toBe(0)
    const stream = finished(heldBytes + 1)
    expect('verdict' in stream && (await stream.verdict).documents).toEqual([])
    expect(streams).toBe(1)
  })
})
