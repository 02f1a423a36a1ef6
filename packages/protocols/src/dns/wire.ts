import type { Result } from '../fault.ts'
import { formatIpAddress } from '../ip-address.ts'
import { formatName, type NameFault, nameOctetsLimit, parseNameText, pointersLimit } from './name.ts'
import { type RecordType, type ResourceRecord, recordTypes } from './record.ts'

/** EDNS buffer size: fits one packet on every path in practice, so nothing is fragmented (DNS-005). */
export const ednsUdpSize = 1232

/** Records read of one message. The largest message is 64 KiB and a record takes 11 octets, so this is above need. */
export const recordsLimit = 6000

const headerOctets = 12
const classInternet = 1
const typeOpt = 41
const extendedErrorOption = 15

export interface QueryOptions {
  /** 0 to 65535, unpredictable. */
  readonly id: number
  readonly name: string
  readonly type: RecordType
  /** RD: ask a resolver; off towards an authoritative server. */
  readonly isRecursive: boolean
  readonly checkingDisabled: boolean
  /** DO: send the signatures too (RFC 4035 s3.1). AD is set in any case, so that the resolver shows its verdict (RFC 6840 s5.7). */
  readonly wantsSignatures: boolean
}

/** A query in wire form (RFC 1035 s4.1, EDNS by RFC 6891). */
export function encodeQuery(options: QueryOptions): Result<Uint8Array, NameFault> {
  const labels = parseNameText(options.name)
  if (!labels.ok) return labels
  const nameOctets = labels.value.reduce((sum, label) => sum + label.length + 1, 1)
  const out = Buffer.alloc(headerOctets + nameOctets + 4 + 11)
  out.writeUInt16BE(options.id, 0)
  out.writeUInt8(options.isRecursive ? 0x01 : 0, 2)
  out.writeUInt8(0x20 | (options.checkingDisabled ? 0x10 : 0), 3)
  out.writeUInt16BE(1, 4)
  out.writeUInt16BE(1, 10)
  let at = headerOctets
  for (const label of labels.value) {
    out[at] = label.length
    out.write(label, at + 1, 'latin1')
    at += label.length + 1
  }
  at = out.writeUInt8(0, at)
  at = out.writeUInt16BE(recordTypes[options.type], at)
  at = out.writeUInt16BE(classInternet, at)
  at = out.writeUInt8(0, at)
  at = out.writeUInt16BE(typeOpt, at)
  at = out.writeUInt16BE(ednsUdpSize, at)
  at = out.writeUInt16BE(0, at)
  out.writeUInt16BE(options.wantsSignatures ? 0x8000 : 0, at)
  return { ok: true, value: out }
}

/** A message as read. `question` is null where the server left it out. */
export interface Message {
  readonly id: number
  readonly isResponse: boolean
  readonly isTruncated: boolean
  readonly isAuthoritative: boolean
  readonly authenticData: boolean
  /** Response code, with the upper bits of EDNS where there are any. */
  readonly rcode: number
  readonly question: { readonly name: string; readonly type: number } | null
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  /** Code and text of the first extended error (RFC 8914). */
  readonly extendedError: { readonly code: number; readonly text: string } | null
}

export type MessageFault =
  | 'dns-message-short'
  | 'dns-message-question'
  | 'dns-message-name'
  | 'dns-message-record'
  | 'dns-message-records'

const typeNames: ReadonlyMap<number, RecordType> = new Map(
  (Object.keys(recordTypes) as RecordType[]).map(type => [recordTypes[type], type]),
)

/** Inside the reader only: carries a fault to `decodeMessage`, which is the one place that catches it. */
class Stop extends Error {
  readonly code: MessageFault
  readonly at: number
  constructor(code: MessageFault, at: number, text: string) {
    super(text)
    this.code = code
    this.at = at
  }
}

/**
 * Reads a message in wire form. Additional records are skipped but for OPT. A message that breaks the format anywhere
 * in its question, answer or authority section is a fault as a whole: half an answer proves nothing.
 */
export function decodeMessage(bytes: Uint8Array): Result<Message, MessageFault> {
  try {
    return { ok: true, value: readMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) }
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    return { ok: false, fault: { code: error.code, at: error.at, text: error.message } }
  }
}

function readMessage(bytes: Buffer): Message {
  if (bytes.length < headerOctets) throw new Stop('dns-message-short', bytes.length, 'the header is cut')
  const flags = bytes.readUInt16BE(2)
  const questions = bytes.readUInt16BE(4)
  if (questions > 1) throw new Stop('dns-message-question', 4, 'there is more than one question')
  const counts = [bytes.readUInt16BE(6), bytes.readUInt16BE(8), bytes.readUInt16BE(10)] as const
  if (counts[0] + counts[1] + counts[2] > recordsLimit)
    throw new Stop('dns-message-records', 6, `there are more than ${recordsLimit} records`)
  const reader = new Reader(bytes, headerOctets)
  const question = questions === 1 ? { name: reader.name(), type: reader.uint16(), class: reader.uint16() } : null
  const answers = reader.records(counts[0])
  const authorities = reader.records(counts[1])
  const opt = reader.opt(counts[2])
  return {
    id: bytes.readUInt16BE(0),
    isResponse: (flags & 0x8000) !== 0,
    isAuthoritative: (flags & 0x0400) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    rcode: (flags & 0x0f) | ((opt?.upperRcode ?? 0) << 4),
    question: question === null ? null : { name: question.name, type: question.type },
    answers,
    authorities,
    extendedError: opt?.extendedError ?? null,
  }
}

class Reader {
  private readonly bytes: Buffer
  private at: number

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes
    this.at = at
  }

  private need(octets: number, end = this.bytes.length): void {
    if (this.at + octets > end) throw new Stop('dns-message-record', this.at, 'the message ends within a record')
  }

  uint8(): number {
    this.need(1)
    this.at += 1
    return this.bytes.readUInt8(this.at - 1)
  }

  uint16(): number {
    this.need(2)
    this.at += 2
    return this.bytes.readUInt16BE(this.at - 2)
  }

  uint32(): number {
    this.need(4)
    this.at += 4
    return this.bytes.readUInt32BE(this.at - 4)
  }

  /** The octets up to `end`, as a copy: the message buffer is not kept alive by one record. */
  rest(end: number): Uint8Array {
    if (this.at > end) throw new Stop('dns-message-record', this.at, 'a record is longer than its length says')
    const from = this.at
    this.at = end
    return new Uint8Array(this.bytes.subarray(from, end))
  }

  name(): string {
    const labels: string[] = []
    let at = this.at
    let after = -1
    let octets = 1
    let pointers = 0
    for (;;) {
      const length = this.bytes[at]
      if (length === undefined) throw new Stop('dns-message-name', at, 'the message ends within a name')
      if (length === 0) break
      if ((length & 0xc0) === 0xc0) {
        const low = this.bytes[at + 1]
        if (low === undefined) throw new Stop('dns-message-name', at, 'the message ends within a pointer')
        const target = ((length & 0x3f) << 8) | low
        pointers += 1
        // RFC 1035 s4.1.4: a pointer leads to a prior occurrence; only that ends every chain.
        if (target >= at || pointers > pointersLimit)
          throw new Stop('dns-message-name', at, 'a pointer leads in a circle')
        if (after === -1) after = at + 2
        at = target
        continue
      }
      if ((length & 0xc0) !== 0) throw new Stop('dns-message-name', at, 'a label is of an unknown kind')
      octets += length + 1
      if (octets > nameOctetsLimit) throw new Stop('dns-message-name', at, `a name exceeds ${nameOctetsLimit} octets`)
      if (at + 1 + length > this.bytes.length) throw new Stop('dns-message-name', at, 'the message ends within a label')
      labels.push(this.bytes.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
    this.at = after === -1 ? at + 1 : after
    return formatName(labels)
  }

  records(count: number): ResourceRecord[] {
    const records: ResourceRecord[] = []
    for (let index = 0; index < count; index += 1) {
      const record = this.record()
      if (record !== null) records.push(record)
    }
    return records
  }

  private record(): ResourceRecord | null {
    const name = this.name()
    const type = this.uint16()
    const recordClass = this.uint16()
    // RFC 2181 s8: a TTL with the top bit set counts as 0.
    const ttlRaw = this.uint32()
    const ttl = ttlRaw > 0x7fffffff ? 0 : ttlRaw
    const length = this.uint16()
    this.need(length)
    const end = this.at + length
    if (recordClass !== classInternet || type === typeOpt) {
      this.at = end
      return null
    }
    const record = this.data({ name, ttl }, type, end)
    if (this.at !== end)
      throw new Stop('dns-message-record', this.at, `a ${record.type} record does not fit its length`)
    return record
  }

  private data(head: { name: string; ttl: number }, type: number, end: number): ResourceRecord {
    const known = typeNames.get(type)
    switch (known) {
      case 'A':
      case 'AAAA':
        return { ...head, type: known, address: formatAddress(this.rest(end), known) }
      case 'NS':
      case 'CNAME':
      case 'PTR':
        return { ...head, type: known, target: this.name() }
      case 'MX':
        return { ...head, type: known, preference: this.uint16(), exchange: this.name() }
      case 'TXT':
        return { ...head, type: known, strings: this.strings(end) }
      case 'SOA':
        return this.soa(head)
      case 'TLSA': {
        const [usage, selector, matchingType] = [this.uint8(), this.uint8(), this.uint8()]
        return { ...head, type: known, usage, selector, matchingType, data: this.rest(end) }
      }
      case 'DS': {
        const [keyTag, algorithm, digestType] = [this.uint16(), this.uint8(), this.uint8()]
        return { ...head, type: known, keyTag, algorithm, digestType, digest: this.rest(end) }
      }
      case 'DNSKEY': {
        const [flags, protocol, algorithm] = [this.uint16(), this.uint8(), this.uint8()]
        return { ...head, type: known, flags, protocol, algorithm, key: this.rest(end) }
      }
      case 'RRSIG':
        return this.rrsig(head, end)
      case 'CAA': {
        const flags = this.uint8()
        const tagLength = this.uint8()
        return { ...head, type: known, flags, tag: this.text(tagLength, end), value: this.rest(end) }
      }
      case 'SVCB':
      case 'HTTPS':
        return { ...head, type: known, data: this.rest(end) }
      case undefined:
        return { ...head, type: `TYPE${type}`, data: this.rest(end) }
    }
  }

  private text(length: number, end: number): string {
    this.need(length, end)
    this.at += length
    return this.bytes.toString('latin1', this.at - length, this.at)
  }

  private strings(end: number): Uint8Array[] {
    const strings: Uint8Array[] = []
    while (this.at < end) {
      const length = this.uint8()
      this.need(length, end)
      strings.push(this.rest(this.at + length))
    }
    return strings
  }

  private soa(head: { name: string; ttl: number }): ResourceRecord {
    const primary = this.name()
    const mailbox = this.name()
    const [serial, refresh, retry, expire, minimum] = [
      this.uint32(),
      this.uint32(),
      this.uint32(),
      this.uint32(),
      this.uint32(),
    ]
    return { ...head, type: 'SOA', primary, mailbox, serial, refresh, retry, expire, minimum }
  }

  private rrsig(head: { name: string; ttl: number }, end: number): ResourceRecord {
    const [covered, algorithm, labels, originalTtl] = [this.uint16(), this.uint8(), this.uint8(), this.uint32()]
    const [expiration, inception, keyTag] = [this.uint32(), this.uint32(), this.uint16()]
    const signer = this.name()
    const signature = this.rest(end)
    return {
      ...head,
      type: 'RRSIG',
      covered,
      algorithm,
      labels,
      originalTtl,
      expiration,
      inception,
      keyTag,
      signer,
      signature,
    }
  }

  /** Walks the additional section for OPT; what else stands there is not ours to trust. */
  opt(count: number): { upperRcode: number; extendedError: Message['extendedError'] } | null {
    let found: { upperRcode: number; extendedError: Message['extendedError'] } | null = null
    for (let index = 0; index < count; index += 1) {
      this.name()
      const type = this.uint16()
      this.uint16()
      const ttl = this.uint32()
      const length = this.uint16()
      this.need(length)
      const end = this.at + length
      if (type === typeOpt && found === null) found = { upperRcode: ttl >>> 24, extendedError: this.extendedError(end) }
      this.at = end
    }
    return found
  }

  private extendedError(end: number): Message['extendedError'] {
    while (this.at + 4 <= end) {
      const option = this.uint16()
      const length = this.uint16()
      const next = this.at + length
      if (next > end) return null
      if (option === extendedErrorOption && length >= 2) {
        const code = this.uint16()
        return { code, text: this.bytes.toString('utf8', this.at, next) }
      }
      this.at = next
    }
    return null
  }
}

function formatAddress(octets: Uint8Array, type: 'A' | 'AAAA'): string {
  if (octets.length !== (type === 'A' ? 4 : 16))
    throw new Stop('dns-message-record', 0, `an ${type} record has ${octets.length} octets`)
  // Not by parseIpAddress: what stands in an AAAA record is IPv6, v4-mapped or not.
  return formatIpAddress({ family: type === 'A' ? 4 : 6, octets })
}
