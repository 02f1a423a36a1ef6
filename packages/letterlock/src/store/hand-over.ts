import type { RecordColumns } from '@letterlock/protocols'
import type { IntakeOp } from './intake-op.ts'

/*
 * Steps on their way to another thread. A buffer that is copied or handed over costs both threads a microsecond and more,
 * however small it is, and a report brings six of them: the small ones of many deliveries go in one buffer.
 */

/** Bytes from which a buffer goes by itself: handing it over is cheaper than copying it. */
export const ownBufferBytes = 16_384

type Deliveries = readonly (readonly IntakeOp[])[]

/** Steps that are to be sent in place of the given ones, and the buffers that are handed over with them. */
export function handOver(deliveries: Deliveries): {
  readonly deliveries: Deliveries
  readonly buffers: readonly ArrayBuffer[]
} {
  let bytes = 0
  for (const steps of deliveries) for (const op of steps) bytes += bytesToMove(op)
  const shared = new SharedBuffer(bytes)
  const own: ArrayBuffer[] = []
  const moved = deliveries.map(steps =>
    steps.map(op => {
      const buffers = ownBuffers(op)
      own.push(...buffers)
      return buffers.length > 0 ? op : shared.move(op)
    }),
  )
  return { deliveries: moved, buffers: [shared.buffer, ...own] }
}

/** The buffers of a step that go by themselves. */
export function ownBuffers(op: IntakeOp): readonly ArrayBuffer[] {
  if (op.op === 'piece')
    return op.bytes.byteLength === op.bytes.buffer.byteLength ? [op.bytes.buffer].filter(isOwn) : []
  if (op.op !== 'records') return []
  // The columns of a run may share a buffer, which holds nothing else.
  return [...new Set(viewsOf(op.columns).map(({ buffer }) => buffer))].filter(isOwn)
}

function isOwn(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer.byteLength >= ownBufferBytes && buffer instanceof ArrayBuffer
}

type View = Uint8Array | Uint32Array | Float64Array

function viewsOf(columns: RecordColumns): readonly View[] {
  return Object.values(columns).filter(column => typeof column !== 'number')
}

/** Every view begins where a Float64Array may. */
const alignment = Float64Array.BYTES_PER_ELEMENT

/** Room for what `SharedBuffer.move` moves. */
function bytesToMove(op: IntakeOp): number {
  if (op.op === 'records') return viewsOf(op.columns).reduce((sum, { byteLength }) => sum + byteLength + alignment, 0)
  if (op.op === 'piece') return op.bytes.byteLength + alignment
  return 'hash' in op && op.hash !== null ? op.hash.byteLength + alignment : 0
}

/** One buffer that takes the bytes of many steps. */
class SharedBuffer {
  readonly buffer: ArrayBuffer
  readonly #bytes: Uint8Array
  #end = 0

  constructor(size: number) {
    this.buffer = new ArrayBuffer(size)
    this.#bytes = new Uint8Array(this.buffer)
  }

  /** The step with its bytes in this buffer. */
  move(op: IntakeOp): IntakeOp {
    if (op.op === 'records') return { ...op, columns: this.#columns(op.columns) }
    if (op.op === 'piece') return { ...op, bytes: this.#byteView(op.bytes) }
    return 'hash' in op && op.hash !== null ? { ...op, hash: this.#byteView(op.hash) } : op
  }

  #columns(columns: RecordColumns): RecordColumns {
    return {
      length: columns.length,
      first: columns.first,
      source: this.#wordView(columns.source),
      count: new Float64Array(this.buffer, this.#take(columns.count), columns.count.length),
      disposition: this.#byteView(columns.disposition),
      dkim: this.#byteView(columns.dkim),
      spf: this.#byteView(columns.spf),
      headerFrom: this.#wordView(columns.headerFrom),
      envelopeFrom: this.#wordView(columns.envelopeFrom),
      envelopeTo: this.#wordView(columns.envelopeTo),
      reasons: this.#wordView(columns.reasons),
      dkimResults: this.#wordView(columns.dkimResults),
      spfResults: this.#wordView(columns.spfResults),
      flags: this.#byteView(columns.flags),
    }
  }

  #byteView(view: Uint8Array): Uint8Array {
    return new Uint8Array(this.buffer, this.#take(view), view.length)
  }

  #wordView(view: Uint32Array): Uint32Array {
    return new Uint32Array(this.buffer, this.#take(view), view.length)
  }

  /** Copies the bytes of a view; gives the place where they begin. */
  #take(view: View): number {
    const begin = this.#end
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), begin)
    this.#end = Math.ceil((begin + view.byteLength) / alignment) * alignment
    return begin
  }
}
