import { canonicalName } from './name.ts'
import { recordFromFields, splitFields } from './presentation.ts'
import { type RecordType, type ResourceRecord, recordTypes } from './record.ts'
import type { Resolver, Security } from './resolver.ts'
import { literalTtl, type Override, questionKey, zoneResolver } from './zone-resolver.ts'

type Texts = Readonly<Record<string, string | readonly string[]>>

/**
 * A whole DNS as one literal: by type, then by name, the data in text form. TXT data are the text itself, one string
 * for each 255 octets. `fail` (SERVFAIL), `timeout`, `bogus` and `secure` list questions as `'txt _dmarc.example.org'`.
 */
export interface DnsLiteral {
  readonly a?: Texts
  readonly aaaa?: Texts
  readonly mx?: Texts
  readonly txt?: Texts
  readonly cname?: Texts
  readonly ns?: Texts
  readonly soa?: Texts
  readonly ptr?: Texts
  readonly tlsa?: Texts
  readonly ds?: Texts
  readonly caa?: Texts
  readonly fail?: readonly string[]
  readonly timeout?: readonly string[]
  readonly bogus?: readonly string[]
  readonly secure?: readonly string[]
  /** Names that exist without records. */
  readonly empty?: readonly string[]
}

const literalTypes = ['a', 'aaaa', 'mx', 'txt', 'cname', 'ns', 'soa', 'ptr', 'tlsa', 'ds', 'caa'] as const

/** A resolver from a literal. Throws where the literal itself is wrong: that is a mistake of who wrote it. */
export function resolverFrom(literal: DnsLiteral): Resolver {
  const records: ResourceRecord[] = []
  for (const kind of literalTypes)
    for (const [name, texts] of Object.entries(literal[kind] ?? {}))
      for (const text of typeof texts === 'string' ? [texts] : texts) records.push(recordOf(upper(kind), name, text))
  const overrides = new Map<string, Override>()
  for (const question of literal.fail ?? []) overrides.set(keyOf(question), { kind: 'temporary', cause: 'servfail' })
  for (const question of literal.timeout ?? []) overrides.set(keyOf(question), { kind: 'temporary', cause: 'timeout' })
  for (const question of literal.bogus ?? []) overrides.set(keyOf(question), { kind: 'bogus' })
  const security = new Map<string, Security>((literal.secure ?? []).map(question => [keyOf(question), 'secure']))
  return zoneResolver({ records, overrides, security, emptyNames: literal.empty ?? [], label: 'literal' })
}

function upper(kind: (typeof literalTypes)[number]): RecordType {
  const type = kind.toUpperCase()
  if (!isRecordType(type)) throw new TypeError(`${type} is no record type`)
  return type
}

function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(recordTypes, type)
}

function recordOf(type: RecordType, owner: string, text: string): ResourceRecord {
  const name = canonicalName(owner)
  if (type === 'TXT') return { type, name, ttl: literalTtl, strings: chunksOf(Buffer.from(text, 'latin1')) }
  const fields = splitFields(text)
  const record = fields.ok ? recordFromFields({ name, ttl: literalTtl, type }, fields.value, null) : fields
  if (!record.ok) throw new TypeError(`${owner}: ${record.fault.text}`)
  return record.value
}

function chunksOf(octets: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at === 0 || at < octets.length; at += 255) chunks.push(octets.subarray(at, at + 255))
  return chunks
}

function keyOf(question: string): string {
  const [type = '', name = ''] = question.split(' ')
  const wanted = type.toUpperCase()
  if (!isRecordType(wanted)) throw new TypeError(`"${question}" names no record type`)
  return questionKey(name, wanted)
}
