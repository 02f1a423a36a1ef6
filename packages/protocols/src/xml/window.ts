import { Buffer } from 'node:buffer'
import { sniffUnits, type XmlUnits } from './encoding.ts'

/**
 * Bytes looked at together. A string of up to 96 KiB is made where the runtime makes small objects; from 128 KiB on it
 * gets pages of its own each time, which costs eight times as much a byte. Every limit of characters is below half.
 */
const windowBytes = 98_304

const nothing = Buffer.alloc(0)

/** The bytes of a window that is used no more: the next one takes them. */
let spare: Buffer | null = null

function takeBytes(): Buffer {
  const bytes = spare ?? Buffer.from(new ArrayBuffer(windowBytes))
  spare = null
  return bytes
}

/**
 * The part of a document that is being looked at, as one string with a unit for each octet (or pair, in UTF-16).
 * Bytes are gathered until the window is full, so that pieces of any size cost the same and give the same.
 */
export class XmlWindow {
  /** Characters are octets (latin1), or UTF-16 units. */
  text = ''
  units: XmlUnits = 'octets'
  hasMark = false
  /** Changes when places in `text` change their meaning. */
  serial = 0
  #bytes: Buffer = takeBytes()
  /** The octets of `text`, where characters are octets. */
  view: DataView = new DataView(this.#bytes.buffer)
  #length = 0
  #swapped = 0
  #start = 0
  #isSniffed = false

  /** Takes bytes from `from` on until the window is full. Gives how many it took. */
  fill(bytes: Uint8Array, from: number): number {
    const wanted = Math.min(this.#length + bytes.length - from, windowBytes)
    const taken = wanted - this.#length
    this.#bytes.set(from === 0 && taken === bytes.length ? bytes : bytes.subarray(from, from + taken), this.#length)
    this.#length = wanted
    return taken
  }

  get isFull(): boolean {
    return this.#length >= windowBytes
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** Makes `text` of the bytes at hand. */
  read(): void {
    if (!this.#isSniffed) this.#sniff()
    if (this.units === 'octets') {
      this.text = this.#bytes.toString('latin1', 0, this.#length)
      return
    }
    const even = this.#length & ~1
    if (this.units === 'utf-16be' && even > this.#swapped) this.#bytes.subarray(this.#swapped, even).swap16()
    this.#swapped = even
    this.text = this.#bytes.toString('utf16le', 0, even)
  }

  /** A copy of a part of `text` that does not keep the window alive. */
  copy(from: number, to: number): string {
    if (this.units === 'octets') return this.#bytes.toString('latin1', from, to)
    return this.#bytes.toString('utf16le', from * 2, to * 2)
  }

  /** Lets go of the first `count` characters of `text`. */
  drop(count: number): void {
    const gone = this.units === 'octets' ? count : count * 2
    this.#bytes.copyWithin(0, gone, this.#length)
    this.#length -= gone
    this.#swapped = Math.max(0, this.#swapped - gone)
    this.#start += gone
    this.serial += 1
    this.text = ''
  }

  /** Byte offset in the document of a place in `text`. */
  offset(at: number): number {
    return this.#start + (this.units === 'octets' ? at : at * 2)
  }

  /** Lets go of everything. */
  release(): void {
    spare = this.#bytes
    this.#bytes = nothing
    this.#length = 0
    this.text = ''
  }

  #sniff(): void {
    const { units, mark } = sniffUnits(this.#bytes.subarray(0, Math.min(4, this.#length)))
    this.units = units
    this.hasMark = mark > 0
    this.#isSniffed = true
    if (mark === 0) return
    this.#bytes.copyWithin(0, mark, this.#length)
    this.#length -= mark
    this.#start = mark
  }
}
