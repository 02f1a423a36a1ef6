import { blockProbesLimit, blocksBytesLimit, blocksRemembered } from './limits.ts'

const firstSlots = 64
const firstArena = 2_048
const smallArena = 65_536
/** A power of two. */
const recentLengths = 64

/**
 * What parts of records said, by the part as written. Records repeat: the same policy_evaluated, identifiers and
 * auth_results stand in thousands of them. Only parts without any departure are remembered, so nothing goes untold.
 * The bytes are kept in one arena and compared in full; a table of strings would cost three times as much to ask.
 */
export class BlockMemory<T> {
  /** Two numbers for each slot, side by side for the cache: entry plus one (zero is free), and hash. */
  #slots = new Int32Array(firstSlots * 2)
  /** Two numbers for each entry: where its bytes begin in the arena, and where they end. */
  #spans = new Int32Array(firstSlots)
  readonly #parts: T[] = []
  /** The entry that was found last among those of a length, plus one: what comes again soon needs no hash. */
  readonly #recent = new Int32Array(recentLengths)
  #arena = new DataView(new ArrayBuffer(firstArena))
  #used = 0
  /** Slot and hash of the last part that was asked for and not found; -1 where there is no room. */
  #slot = -1
  #hash = 0

  /** The part that the bytes from `from` to `to` say, where they were met before. */
  find(bytes: DataView, from: number, to: number): T | undefined {
    const length = (to - from) & (recentLengths - 1)
    const recent = (this.#recent[length] ?? 0) - 1
    if (recent !== -1 && this.#isEqual(recent, bytes, from, to)) return this.#parts[recent]
    const hash = hashOf(bytes, from, to)
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (hash << 1) & mask
    for (let probe = 0; probe < blockProbesLimit; probe += 1) {
      const entry = (slots[slot] ?? 0) - 1
      if (entry === -1) {
        this.#slot = slot
        this.#hash = hash
        return undefined
      }
      if (slots[slot + 1] === hash && this.#isEqual(entry, bytes, from, to)) {
        this.#recent[length] = entry + 1
        return this.#parts[entry]
      }
      slot = (slot + 2) & mask
    }
    this.#slot = -1
    return undefined
  }

  /** Keeps what the bytes say that the last `find` asked for. */
  remember(bytes: DataView, from: number, to: number, part: T): void {
    if (this.#slot === -1) return
    const length = to - from
    if (this.#parts.length >= blocksRemembered || this.#used + length > blocksBytesLimit) {
      this.forget()
      this.#slot = (this.#hash << 1) & (this.#slots.length - 1)
    } else if (this.#parts.length * 4 >= this.#slots.length) {
      this.#makeSlots()
      this.#slot = freeSlot(this.#slots, this.#hash)
      if (this.#slot === -1) return
    }
    this.#reserve(length)
    copy(bytes, from, to, this.#arena, this.#used)
    const entry = this.#parts.length
    this.#spans[entry * 2] = this.#used
    this.#spans[entry * 2 + 1] = this.#used + length
    this.#parts.push(part)
    this.#used += length
    this.#slots[this.#slot] = entry + 1
    this.#slots[this.#slot + 1] = this.#hash
    this.#slot = -1
  }

  /** Whether it takes no more memory than it does for a small report. */
  get isSmall(): boolean {
    return this.#arena.byteLength <= smallArena
  }

  forget(): void {
    if (this.#parts.length > 0) {
      this.#slots.fill(0)
      this.#recent.fill(0)
    }
    this.#parts.length = 0
    this.#used = 0
    this.#slot = -1
  }

  #isEqual(entry: number, bytes: DataView, from: number, to: number): boolean {
    const start = this.#spans[entry * 2] ?? 0
    if ((this.#spans[entry * 2 + 1] ?? 0) - start !== to - from) return false
    const arena = this.#arena
    const shift = start - from
    let at = from
    for (; at + 8 <= to; at += 8) {
      const differs = arena.getInt32(at + shift, true) ^ bytes.getInt32(at, true)
      if ((differs | (arena.getInt32(at + shift + 4, true) ^ bytes.getInt32(at + 4, true))) !== 0) return false
    }
    for (; at < to; at += 1) if (arena.getUint8(at + shift) !== bytes.getUint8(at)) return false
    return true
  }

  #makeSlots(): void {
    const old = this.#slots
    const slots = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += 2) {
      const hash = old[at + 1] ?? 0
      const slot = old[at] === 0 ? -1 : freeSlot(slots, hash)
      if (slot === -1) continue
      slots[slot] = old[at] ?? 0
      slots[slot + 1] = hash
    }
    this.#slots = slots
    const spans = new Int32Array(slots.length / 2)
    spans.set(this.#spans)
    this.#spans = spans
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#arena.byteLength) return
    const larger = new Uint8Array(Math.max(this.#arena.byteLength * 2, this.#used + count))
    larger.set(new Uint8Array(this.#arena.buffer))
    this.#arena = new DataView(larger.buffer)
  }
}

function copy(bytes: DataView, from: number, to: number, arena: DataView, place: number): void {
  const shift = place - from
  let at = from
  for (; at + 4 <= to; at += 4) arena.setInt32(at + shift, bytes.getInt32(at, true), true)
  for (; at < to; at += 1) arena.setUint8(at + shift, bytes.getUint8(at))
}

function freeSlot(slots: Int32Array, hash: number): number {
  const mask = slots.length - 1
  let slot = (hash << 1) & mask
  for (let probe = 0; probe < blockProbesLimit; probe += 1) {
    if (slots[slot] === 0) return slot
    slot = (slot + 2) & mask
  }
  return -1
}

/** Multiplicative hash in two lanes of 32 bits, so that the processor can work on both at a time. */
function hashOf(bytes: DataView, from: number, to: number): number {
  let even = to - from
  let odd = 0x2545f491
  let at = from
  for (; at + 8 <= to; at += 8) {
    even = Math.imul(even ^ bytes.getInt32(at, true), 0x9e3779b1)
    odd = Math.imul(odd ^ bytes.getInt32(at + 4, true), 0x85ebca6b)
    even ^= even >>> 15
    odd ^= odd >>> 13
  }
  for (; at < to; at += 1) even = Math.imul(even ^ bytes.getUint8(at), 0x9e3779b1)
  const hash = Math.imul(even ^ (odd >>> 7) ^ odd, 0x85ebca6b)
  return (hash ^ (hash >>> 16)) | 0
}
