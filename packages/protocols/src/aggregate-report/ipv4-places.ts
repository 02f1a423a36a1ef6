import { addressesRemembered } from './limits.ts'

const firstSlots = 64
const slotsLimit = addressesRemembered * 2

/** Places of IPv4 addresses, by the address as a number of 32 bits. */
export class Ipv4Places {
  /** Two numbers for each slot, side by side for the cache: place plus one (zero is free), and address. */
  #slots = new Int32Array(firstSlots * 2)
  #size = 0

  /** The place of an address, -1 where it is not known. */
  find(address: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (slotOf(address) << 1) & mask
    for (;;) {
      const place = slots[slot] ?? 0
      if (place === 0) return -1
      if (slots[slot + 1] === address) return place - 1
      slot = (slot + 2) & mask
    }
  }

  /** Only for an address that `find` does not know. */
  add(address: number, place: number): void {
    if (this.#size * 4 >= this.#slots.length) this.#makeRoom()
    this.#put(address, place + 1)
    this.#size += 1
  }

  #put(address: number, placeAndOne: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (slotOf(address) << 1) & mask
    while (slots[slot] !== 0) slot = (slot + 2) & mask
    slots[slot] = placeAndOne
    slots[slot + 1] = address
  }

  /** Twice the slots; at the limit all is forgotten, so that memory stays flat. */
  #makeRoom(): void {
    const old = this.#slots
    if (old.length >= slotsLimit * 2) {
      old.fill(0)
      this.#size = 0
      return
    }
    this.#slots = new Int32Array(old.length * 2)
    for (let slot = 0; slot < old.length; slot += 2) {
      const place = old[slot] ?? 0
      if (place !== 0) this.#put(old[slot + 1] ?? 0, place)
    }
  }
}

function slotOf(address: number): number {
  const mixed = Math.imul(address ^ (address >>> 15), 0x9e3779b1)
  return mixed ^ (mixed >>> 13)
}

/** What stands for "no IPv4 address" beside numbers of 32 bits. */
export const noIpv4 = 0x1_0000_0000

/**
 * The characters from `from` to `to` as an IPv4 address of 32 bits, signed; `noIpv4` where they are anything but four
 * decimal numbers up to 255 without leading zeros. The same grammar as `parseIpAddress`, without making a string.
 */
export function readIpv4(text: string, from: number, to: number): number {
  let address = 0
  let octet = -1
  let dots = 0
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x2e) {
      if (octet === -1 || dots === 3) return noIpv4
      address = (address << 8) | octet
      octet = -1
      dots += 1
    } else {
      if (code < 0x30 || code > 0x39 || octet === 0) return noIpv4
      octet = octet === -1 ? code - 0x30 : octet * 10 + code - 0x30
      if (octet > 255) return noIpv4
    }
  }
  return octet === -1 || dots !== 3 ? noIpv4 : (address << 8) | octet
}
