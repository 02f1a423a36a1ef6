import type { ScriptedQuery } from './servers/scripted-dns.ts'

/** Parts of a message in wire form, written down from RFC 1035 s4.1 and not with what is tested. */
export interface MessageParts {
  readonly rcode?: number
  /** Bits of the second header word beside QR: AA 0x0400, TC 0x0200, RD 0x0100, RA 0x0080, AD 0x0020. */
  readonly flags?: number
  readonly answers?: readonly Buffer[]
  readonly authorities?: readonly Buffer[]
  readonly additional?: readonly Buffer[]
  readonly id?: number
  /** The question's octets, in place of those that came; null leaves the question out. */
  readonly question?: Buffer | null
}

export const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28, OPT: 41 } as const

/** A response to a query. */
export function responseTo(query: ScriptedQuery, parts: MessageParts = {}): Buffer {
  const question = parts.question === undefined ? wireQuestion(query.name, query.type) : parts.question
  const sections = [parts.answers ?? [], parts.authorities ?? [], parts.additional ?? []]
  const header = Buffer.alloc(12)
  header.writeUInt16BE(parts.id ?? query.id, 0)
  header.writeUInt16BE(0x8000 | (parts.flags ?? 0x0180) | ((parts.rcode ?? 0) & 0x0f), 2)
  header.writeUInt16BE(question === null ? 0 : 1, 4)
  sections.forEach((section, index) => {
    header.writeUInt16BE(section.length, 6 + 2 * index)
  })
  return Buffer.concat([header, question ?? Buffer.alloc(0), ...sections.flat()])
}

export function wireQuestion(name: string, type: number): Buffer {
  return Buffer.concat([wireName(name), uint16(type), uint16(1)])
}

export function wireName(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.')
  return Buffer.concat([
    ...labels.map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ])
}

/** A record. Without `name` its owner is the name of the question, as a pointer. */
export function wireRecord(
  type: number,
  data: Buffer,
  { name, ttl = 300 }: { readonly name?: string; readonly ttl?: number } = {},
): Buffer {
  const owner = name === undefined ? Buffer.from([0xc0, 12]) : wireName(name)
  const fixed = Buffer.alloc(8)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE(ttl, 4)
  return Buffer.concat([owner, fixed, uint16(data.length), data])
}

export function txt(text: string, options: { readonly name?: string; readonly ttl?: number } = {}): Buffer {
  const octets = Buffer.from(text, 'latin1')
  const strings: Buffer[] = []
  for (let at = 0; at === 0 || at < octets.length; at += 255) {
    const string = octets.subarray(at, at + 255)
    strings.push(Buffer.from([string.length]), string)
  }
  return wireRecord(types.TXT, Buffer.concat(strings), options)
}

export function address(text: string, options: { readonly name?: string; readonly ttl?: number } = {}): Buffer {
  return wireRecord(types.A, Buffer.from(text.split('.').map(Number)), options)
}

export function cname(target: string, options: { readonly name?: string; readonly ttl?: number } = {}): Buffer {
  return wireRecord(types.CNAME, wireName(target), options)
}

export function soa(zone: string, minimum: number, ttl = 300): Buffer {
  const numbers = Buffer.alloc(20)
  numbers.writeUInt32BE(minimum, 16)
  return wireRecord(types.SOA, Buffer.concat([wireName('ns'), wireName('hostmaster'), numbers]), { name: zone, ttl })
}

/** An OPT record with extended errors (RFC 6891 s6.1.2, RFC 8914 s2). */
export function opt(...errors: readonly { readonly code: number; readonly text: string }[]): Buffer {
  const options = errors.map(({ code, text }) =>
    Buffer.concat([uint16(15), uint16(2 + text.length), uint16(code), Buffer.from(text, 'latin1')]),
  )
  const data = Buffer.concat(options)
  return Buffer.concat([Buffer.from([0]), uint16(types.OPT), uint16(1232), Buffer.alloc(4), uint16(data.length), data])
}

function uint16(value: number): Buffer {
  const octets = Buffer.alloc(2)
  octets.writeUInt16BE(value)
  return octets
}
