import { alignmentPaths, authenticationClasses, rollupDispositions } from '@letterlock/posture'
import {
  dispositions,
  evaluations,
  type RecordColumns,
  recordFlagDerived,
  recordFlagTolerated,
} from '@letterlock/protocols'
import { describe, expect, test } from 'vitest'
import { handOver, ownBufferBytes } from './hand-over.ts'
import type { IntakeOp } from './intake-op.ts'
import { codeColumns, codesOfColumn } from './session.ts'

function columnsOf(length: number): RecordColumns {
  const words = (from: number) => Uint32Array.from({ length }, (_, at) => from + at)
  const bytes = (code: number) => new Uint8Array(length).fill(code)
  return {
    length,
    first: 3,
    source: words(1),
    count: Float64Array.from({ length }, (_, at) => 2 ** 40 - at),
    disposition: bytes(1),
    dkim: bytes(2),
    spf: bytes(1),
    headerFrom: words(10),
    envelopeFrom: words(20),
    envelopeTo: words(30),
    reasons: words(40),
    dkimResults: words(50),
    spfResults: words(60),
    flags: bytes(3),
  }
}

const piece = (size: number): Extract<IntakeOp, { op: 'piece' }> => ({
  op: 'piece',
  seq: 0,
  size,
  bytes: new Uint8Array(size).fill(7),
})

function deliveryOf(length: number, size: number): readonly IntakeOp[] {
  const hash = new Uint8Array(32).fill(9)
  const added = { sources: [null], names: [null], reasonSets: [[]], dkimSets: [[]], spfSets: [[]] }
  return [piece(size), { op: 'records', columns: columnsOf(length), added }, { op: 'end', hash, size }]
}

/** What the other thread gets. */
function received(deliveries: readonly (readonly IntakeOp[])[]): readonly (readonly IntakeOp[])[] {
  const sent = handOver(deliveries)
  return structuredClone(sent.deliveries, { transfer: [...sent.buffers] })
}

describe('steps on their way to another thread', () => {
  test('all values arrive, whatever their lengths', () => {
    const deliveries = [deliveryOf(25, 7001), deliveryOf(1, 1), deliveryOf(3, 0)]
    expect(received(deliveries)).toEqual([deliveryOf(25, 7001), deliveryOf(1, 1), deliveryOf(3, 0)])
    // What was given can be given again.
    expect(received(deliveries)).toEqual([deliveryOf(25, 7001), deliveryOf(1, 1), deliveryOf(3, 0)])
  })

  test('small buffers share one; from the limit on a buffer goes by itself', () => {
    expect(handOver([deliveryOf(25, 7001), deliveryOf(7, ownBufferBytes - 1)]).buffers).toHaveLength(1)
    const own = piece(ownBufferBytes)
    const { buffers } = handOver([deliveryOf(25, 7001), [own]])
    expect(buffers).toHaveLength(2)
    expect(buffers[1]).toBe(own.bytes.buffer)
  })

  test('a view of a larger buffer does not take the rest of it along', () => {
    const whole = new Uint8Array(2 * ownBufferBytes)
    const part: IntakeOp = { ...piece(10), bytes: whole.subarray(5, 15).fill(1) }
    expect(received([[part]])).toEqual([[{ ...part, bytes: new Uint8Array(10).fill(1) }]])
    expect(whole.length).toBe(2 * ownBufferBytes)
  })
})

test('every code of a row fits its bits', () => {
  for (const codes of [dispositions, evaluations, alignmentPaths, authenticationClasses, rollupDispositions])
    expect(codes.length).toBeLessThanOrEqual(codesOfColumn)
  expect(recordFlagDerived | recordFlagTolerated).toBeLessThan(codesOfColumn)
  // The first is 0 or 1: all of them stay below 2^31, which SQLite is handed as an integer.
  expect(codeColumns[0]).toBe('is_proven')
  expect(2 * codesOfColumn ** (codeColumns.length - 1)).toBeLessThanOrEqual(2 ** 31)
})
