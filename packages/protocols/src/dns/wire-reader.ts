import { formatIpAddress } from '../ip-address.ts'
import { formatName, labelOctetsLimit, nameOctetsLimit, pointersLimit } from './name.ts'
import { type RecordType, type ResourceRecord, recordTypes } from './record.ts'
import { classInternet, headerOctets, typeOpt } from './wire-query.ts'

/** Extended errors kept of one message (RFC 8914 s3 allows several): more say nothing new. */
export const extendedErrorsLimit = 8

/** Octets kept of the text of an extended error: it is a line for people, from a stranger. */
export const extendedErrorTextLimit = 256

export type MessageFault =
  | 'dns-message-short'
  | 'dns-message-question'
  | 'dns-message-name'
  | 'dns-message-record'
  | 'dns-message-records'

/** An extended error (RFC 8914 s2). */
export interface ExtendedError {
  readonly code: number
  readonly text: string
}

/** What the OPT record of an answer says. */
export interface Opt {
  readonly upperRcode: number
  readonly extendedErrors: readonly ExtendedError[]
}

/** Inside the reader only: carries a fault to `decodeMessage`, which is the one place that catches it. */
export class Stop extends Error {
  readonly code: MessageFault
  readonly at: number
  constructor(code: MessageFault, at: number, text: string) {
    super(text)
    this.code = code
    this.at = at
  }
}

const extendedErrorOption = 15
const dot = 0x2e

const typeNames: ReadonlyMap<number, RecordType> = new Map(
  (Object.keys(recordTypes) as RecordType[]).map(type => [recordTypes[type], type]),
)

/** Octets that stand for themselves in the text form of a label. */
const plainOctets: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) =>
  /[A-Za-z0-9_*-]/.test(String.fromCharCode(octet)) ? 1 : 0,
)

/** Where names are put together; used up within one call. */
const nameRoom: Buffer = Buffer.alloc(nameOctetsLimit)

/** Lengths of the labels in `nameRoom`. */
const labelLengths: Uint8Array = new Uint8Array(nameOctetsLimit)

/** Reads names and records of one message, which stands in `bytes` from `from` to `to`. Throws `Stop`. */
export class WireReader {
  readonly #bytes: Uint8Array
  readonly #from: number
  readonly #to: number
  /** Name of the question, once it is known: most records bear it as a pointer. */
  #questionName: string | null = null
  #at: number
  #nameEnd = 0
  #labels = 0
  #isPlain = true

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes
    this.#from = from
    this.#to = to
    this.#at = from + headerOctets
  }

  /** Reads the question; its name only where it is not known. */
  question(known: string | undefined): { readonly name: string; readonly type: number } {
    if (known !== undefined) this.skipName()
    const name = known ?? this.name()
    this.#questionName = name
    const type = this.uint16()
    this.uint16()
    return { name, type }
  }

  #stop(code: MessageFault, at: number, text: string): never {
    throw new Stop(code, at - this.#from, text)
  }

  #need(octets: number, end = this.#to): void {
    if (this.#at + octets > end) this.#stop('dns-message-record', this.#at, 'the message ends within a record')
  }

  uint8(): number {
    this.#need(1)
    const value = this.#bytes[this.#at] ?? 0
    this.#at += 1
    return value
  }

  uint16(): number {
    this.#need(2)
    const at = this.#at
    this.#at = at + 2
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0)
  }

  uint32(): number {
    const upper = this.uint16()
    return upper * 0x10000 + this.uint16()
  }

  /** The octets up to `end`, as a copy: the message is not kept alive by one record. */
  #rest(end: number): Uint8Array {
    const from = this.#at
    if (from > end) this.#stop('dns-message-record', from, 'a record is longer than its length says')
    this.#at = end
    const octets = new Uint8Array(end - from)
    // Copied by hand: a view made only to be copied costs more than the few octets of most records.
    if (octets.length > 64) octets.set(this.#bytes.subarray(from, end))
    else for (let index = 0; index < octets.length; index += 1) octets[index] = this.#bytes[from + index] ?? 0
    return octets
  }

  /** A name in text form. */
  name(): string {
    const start = this.#at
    const bytes = this.#bytes
    if (this.#questionName !== null && bytes[start] === 0xc0 && bytes[start + 1] === headerOctets) {
      this.#need(2)
      this.#at = start + 2
      return this.#questionName
    }
    this.skipName()
    return this.#isPlain ? nameRoom.toString('latin1', 0, this.#nameEnd) : this.#escapedName()
  }

  /** The name that was walked last, from its octets and the lengths of its labels. */
  #escapedName(): string {
    const labels: string[] = []
    for (let index = 0, at = 0; index < this.#labels; index += 1) {
      const length = labelLengths[index] ?? 0
      labels.push(nameRoom.toString('latin1', at, at + length))
      at += length + 1
    }
    return formatName(labels)
  }

  /** Goes over one name and stands behind it; its labels, with a dot between each two, are then in `nameRoom`. */
  skipName(): void {
    const bytes = this.#bytes
    const to = this.#to
    let at = this.#at
    let after = -1
    let out = 0
    let labels = 0
    let pointers = 0
    let plain = 1
    for (;;) {
      if (at >= to) this.#stop('dns-message-name', at, 'the message ends within a name')
      const length = bytes[at] ?? 0
      if (length === 0) break
      if (length >= 0xc0) {
        if (at + 1 >= to) this.#stop('dns-message-name', at, 'the message ends within a pointer')
        const target = this.#from + (((length & 0x3f) << 8) | (bytes[at + 1] ?? 0))
        pointers += 1
        // RFC 1035 s4.1.4: a pointer leads to a prior occurrence; only that ends every chain.
        if (target >= at || pointers > pointersLimit) this.#stop('dns-message-name', at, 'a pointer leads in a circle')
        if (after === -1) after = at + 2
        at = target
        continue
      }
      if (length > labelOctetsLimit) this.#stop('dns-message-name', at, 'a label is of an unknown kind')
      // On the wire a name has one octet more than here at its front, and the root at its end.
      if (out + length + (labels === 0 ? 2 : 3) > nameOctetsLimit)
        this.#stop('dns-message-name', at, `a name exceeds ${nameOctetsLimit} octets`)
      if (at + 1 + length > to) this.#stop('dns-message-name', at, 'the message ends within a label')
      if (labels > 0) nameRoom[out++] = dot
      labelLengths[labels++] = length
      for (const end = at + 1 + length; ++at < end; ) {
        const octet = bytes[at] ?? 0
        plain &= plainOctets[octet] ?? 0
        nameRoom[out++] = octet
      }
    }
    this.#at = after === -1 ? at + 1 : after
    this.#nameEnd = out
    this.#labels = labels
    this.#isPlain = plain === 1
  }

  records(count: number): ResourceRecord[] {
    const records: ResourceRecord[] = []
    for (let index = 0; index < count; index += 1) {
      const record = this.#record()
      if (record !== null) records.push(record)
    }
    return records
  }

  #record(): ResourceRecord | null {
    const name = this.name()
    const type = this.uint16()
    const recordClass = this.uint16()
    // RFC 2181 s8: a TTL with the top bit set counts as 0.
    const ttlRaw = this.uint32()
    const ttl = ttlRaw > 0x7fffffff ? 0 : ttlRaw
    const length = this.uint16()
    this.#need(length)
    const end = this.#at + length
    if (recordClass !== classInternet || type === typeOpt) {
      this.#at = end
      return null
    }
    const record = this.#data(name, ttl, type, end)
    if (this.#at !== end) this.#stop('dns-message-record', this.#at, `a ${record.type} record does not fit its length`)
    return record
  }

  #data(name: string, ttl: number, typeNumber: number, end: number): ResourceRecord {
    const type = typeNames.get(typeNumber)
    switch (type) {
      case 'A':
        return { name, ttl, type, address: this.#ipv4(end) }
      case 'AAAA':
        return { name, ttl, type, address: this.#ipv6(end) }
      case 'NS':
      case 'CNAME':
      case 'PTR':
        return { name, ttl, type, target: this.name() }
      case 'MX':
        return { name, ttl, type, preference: this.uint16(), exchange: this.name() }
      case 'TXT':
        return { name, ttl, type, strings: this.#strings(end) }
      case 'SOA':
        return this.#soa({ name, ttl })
      case 'TLSA': {
        const [usage, selector, matchingType] = [this.uint8(), this.uint8(), this.uint8()]
        return { name, ttl, type, usage, selector, matchingType, data: this.#rest(end) }
      }
      case 'DS': {
        const [keyTag, algorithm, digestType] = [this.uint16(), this.uint8(), this.uint8()]
        return { name, ttl, type, keyTag, algorithm, digestType, digest: this.#rest(end) }
      }
      case 'DNSKEY': {
        const [flags, protocol, algorithm] = [this.uint16(), this.uint8(), this.uint8()]
        return { name, ttl, type, flags, protocol, algorithm, key: this.#rest(end) }
      }
      case 'RRSIG':
        return this.#rrsig({ name, ttl }, end)
      case 'CAA': {
        const flags = this.uint8()
        const tagLength = this.uint8()
        return { name, ttl, type, flags, tag: this.#text(tagLength, end), value: this.#rest(end) }
      }
      case 'SVCB':
      case 'HTTPS':
        return { name, ttl, type, data: this.#rest(end) }
      case undefined:
        return { name, ttl, type: `TYPE${typeNumber}`, data: this.#rest(end) }
    }
  }

  #ipv4(end: number): string {
    if (end - this.#at !== 4) this.#stop('dns-message-record', this.#at, 'an A record has other than 4 octets')
    const bytes = this.#bytes
    const at = this.#at
    this.#at = end
    return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
  }

  #ipv6(end: number): string {
    if (end - this.#at !== 16) this.#stop('dns-message-record', this.#at, 'an AAAA record has other than 16 octets')
    // Not by parseIpAddress: what stands in an AAAA record is IPv6, v4-mapped or not.
    return formatIpAddress({ family: 6, octets: this.#rest(end) })
  }

  #text(length: number, end: number): string {
    this.#need(length, end)
    const from = this.#at
    this.#at += length
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + from, length).toString('latin1')
  }

  #strings(end: number): Uint8Array[] {
    const strings: Uint8Array[] = []
    while (this.#at < end) {
      const length = this.uint8()
      this.#need(length, end)
      strings.push(this.#rest(this.#at + length))
    }
    return strings
  }

  #soa({ name, ttl }: { readonly name: string; readonly ttl: number }): ResourceRecord {
    const primary = this.name()
    const mailbox = this.name()
    const serial = this.uint32()
    const refresh = this.uint32()
    const retry = this.uint32()
    const expire = this.uint32()
    return { name, ttl, type: 'SOA', primary, mailbox, serial, refresh, retry, expire, minimum: this.uint32() }
  }

  #rrsig({ name, ttl }: { readonly name: string; readonly ttl: number }, end: number): ResourceRecord {
    const [covered, algorithm, labels, originalTtl] = [this.uint16(), this.uint8(), this.uint8(), this.uint32()]
    const [expiration, inception, keyTag] = [this.uint32(), this.uint32(), this.uint16()]
    const signer = this.name()
    const signature = this.#rest(end)
    const times = { originalTtl, expiration, inception }
    return { name, ttl, type: 'RRSIG', covered, algorithm, labels, ...times, keyTag, signer, signature }
  }

  /** Walks the additional section for OPT; what else stands there is not ours to trust. */
  opt(count: number): Opt | null {
    let found: Opt | null = null
    for (let index = 0; index < count; index += 1) {
      this.skipName()
      const type = this.uint16()
      this.uint16()
      const ttl = this.uint32()
      const length = this.uint16()
      this.#need(length)
      const end = this.#at + length
      if (type === typeOpt && found === null) found = { upperRcode: ttl >>> 24, extendedErrors: this.#options(end) }
      this.#at = end
    }
    return found
  }

  #options(end: number): readonly ExtendedError[] {
    if (this.#at === end) return noErrors
    const errors: ExtendedError[] = []
    while (this.#at + 4 <= end && errors.length < extendedErrorsLimit) {
      const option = this.uint16()
      const length = this.uint16()
      const next = this.#at + length
      if (next > end) break
      if (option === extendedErrorOption && length >= 2) {
        const code = this.uint16()
        const octets = Math.min(next - this.#at, extendedErrorTextLimit)
        const text = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, octets).toString('utf8')
        errors.push({ code, text })
      }
      this.#at = next
    }
    return errors
  }
}

const noErrors: readonly ExtendedError[] = []
