import { blockProbesLimit, blocksBytesLimit, blocksRemembered } from './limits.ts'

const firstSlots = 64
const firstArena = 2_048

/**
 * What parts of records said, by the part as written. Records repeat: the same policy_evaluated, identifiers and
 * auth_results stand in thousands of them. Only parts without any departure are remembered, so nothing goes untold.
 * The bytes are kept in one arena and compared in full; a table of strings would cost three times as much to ask.
 */
export class BlockMemory<T> {
  #slots = new Int32Array(firstSlots)
  readonly #parts: T[] = []
  readonly #hashes: number[] = []
  readonly #starts: number[] = []
  readonly #lengths: number[] = []
  #arena = new DataView(new ArrayBuffer(firstArena))
  #used = 0
  /** Slot and hash of the last part that was asked for and not found; -1 where there is no room. */
  #slot = -1
  #hash = 0

  /** The part that the bytes from `from` to `to` say, where they were met before. */
  find(bytes: DataView, from: number, to: number): T | undefined {
    const hash = hashOf(bytes, from, to)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let probe = 0; probe < blockProbesLimit; probe += 1) {
      const entry = (this.#slots[slot] ?? 0) - 1
      if (entry === -1) {
        this.#slot = slot
        this.#hash = hash
        return undefined
      }
      if (this.#hashes[entry] === hash && this.#isEqual(entry, bytes, from, to)) return this.#parts[entry]
      slot = (slot + 1) & mask
    }
    this.#slot = -1
    return undefined
  }

  /** Keeps what the bytes say that the last `find` asked for. */
  remember(bytes: DataView, from: number, to: number, part: T): void {
    if (this.#slot === -1) return
    if (this.#parts.length >= blocksRemembered || this.#used + to - from > blocksBytesLimit) {
      this.#forget()
      this.#slot = this.#hash & (this.#slots.length - 1)
    } else if (this.#parts.length * 2 >= this.#slots.length) {
      this.#makeSlots()
      this.#slot = this.#freeSlot(this.#hash)
      if (this.#slot === -1) return
    }
    this.#reserve(to - from)
    const shift = this.#used - from
    let at = from
    for (; at + 4 <= to; at += 4) this.#arena.setInt32(at + shift, bytes.getInt32(at))
    for (; at < to; at += 1) this.#arena.setUint8(at + shift, bytes.getUint8(at))
    this.#starts.push(this.#used)
    this.#lengths.push(to - from)
    this.#hashes.push(this.#hash)
    this.#parts.push(part)
    this.#used += to - from
    this.#slots[this.#slot] = this.#parts.length
    this.#slot = -1
  }

  #isEqual(entry: number, bytes: DataView, from: number, to: number): boolean {
    if (this.#lengths[entry] !== to - from) return false
    const arena = this.#arena
    const start = this.#starts[entry] ?? 0
    const shift = start - from
    let at = from
    for (; at + 4 <= to; at += 4) if (arena.getInt32(at + shift) !== bytes.getInt32(at)) return false
    for (; at < to; at += 1) if (arena.getUint8(at + shift) !== bytes.getUint8(at)) return false
    return true
  }

  #makeSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (const [entry, hash] of this.#hashes.entries()) {
      const slot = this.#freeSlot(hash)
      if (slot !== -1) this.#slots[slot] = entry + 1
    }
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1
    for (let probe = 0; probe < blockProbesLimit; probe += 1) {
      const slot = (hash + probe) & mask
      if (this.#slots[slot] === 0) return slot
    }
    return -1
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#arena.byteLength) return
    const larger = new Uint8Array(Math.max(this.#arena.byteLength * 2, this.#used + count))
    larger.set(new Uint8Array(this.#arena.buffer))
    this.#arena = new DataView(larger.buffer)
  }

  #forget(): void {
    this.#slots.fill(0)
    this.#parts.length = 0
    this.#hashes.length = 0
    this.#starts.length = 0
    this.#lengths.length = 0
    this.#used = 0
  }
}

/** Multiplicative hash in two lanes of 32 bits, so that the processor can work on both at a time. */
function hashOf(bytes: DataView, from: number, to: number): number {
  let even = to - from
  let odd = 0x2545f491
  let at = from
  for (; at + 8 <= to; at += 8) {
    even = Math.imul(even ^ bytes.getInt32(at), 0x9e3779b1)
    odd = Math.imul(odd ^ bytes.getInt32(at + 4), 0x85ebca6b)
    even ^= even >>> 15
    odd ^= odd >>> 13
  }
  for (; at < to; at += 1) even = Math.imul(even ^ bytes.getUint8(at), 0x9e3779b1)
  const hash = Math.imul(even ^ (odd >>> 7) ^ odd, 0x85ebca6b)
  return (hash ^ (hash >>> 16)) | 0
}
