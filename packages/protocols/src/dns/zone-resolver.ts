import { canonicalName, withoutFinalDot } from './name.ts'
import type { RecordType, ResourceRecord } from './record.ts'
import type { Alias, Answer, Outcome, Question, Resolver, Security, TemporaryCause } from './resolver.ts'

/** Alias steps followed in one answer; more is a loop or an attack (resolvers in use stop between 8 and 20). */
export const aliasesLimit = 12

/** Seconds that an answer holds where a literal does not say. */
export const literalTtl = 300

/** How a question is answered besides by records. */
export type Override = { readonly kind: 'temporary'; readonly cause: TemporaryCause } | { readonly kind: 'bogus' }

/** Records and exceptions that stand for the whole DNS. Keys are `name/TYPE` in canonical form (`questionKey`). */
export interface ZoneContents {
  readonly records: Iterable<ResourceRecord>
  readonly overrides?: ReadonlyMap<string, Override>
  /** What a question is answered with where none is listed; `insecure` by default. */
  readonly security?: ReadonlyMap<string, Security>
  /** Names that exist though nothing stands at them. */
  readonly emptyNames?: Iterable<string>
  readonly label: string
  /** Milliseconds since 1970 that every answer carries. */
  readonly at?: number
}

/** The key of a question in the maps of `ZoneContents`. */
export function questionKey(name: string, type: RecordType): string {
  return `${canonicalName(name)}/${type}`
}

/**
 * A resolver that answers from records alone: aliases are followed, `*` stands for what does not exist below its
 * parent (RFC 4592), a name with something below it exists (RFC 8020 s2), all else is NXDOMAIN.
 */
export function zoneResolver(contents: ZoneContents): Resolver {
  const records = new Map<string, ResourceRecord[]>()
  const names = new Set<string>()
  const exists = (name: string) => {
    for (let at = canonicalName(name); !names.has(at); at = parentOf(at)) {
      names.add(at)
      if (at === '') break
    }
  }
  for (const record of contents.records) {
    const key = `${canonicalName(record.name)}/${record.type}`
    const list = records.get(key)
    if (list === undefined) records.set(key, [record])
    else list.push(record)
    exists(record.name)
  }
  for (const name of contents.emptyNames ?? []) exists(name)
  for (const key of contents.overrides?.keys() ?? []) exists(key.slice(0, key.lastIndexOf('/')))
  const world: World = { contents, records, names }
  return { query: question => Promise.resolve(answer(world, question)) }
}

interface World {
  readonly contents: ZoneContents
  readonly records: ReadonlyMap<string, readonly ResourceRecord[]>
  readonly names: ReadonlySet<string>
}

function answer(world: World, question: Question): Answer {
  const { type } = question
  const chain: Alias[] = []
  const raw: ResourceRecord[] = []
  let name = withoutFinalDot(question.name)
  const security = securityOf(world, questionKey(name, type))
  for (;;) {
    const wanted = canonicalName(name)
    const override = world.contents.overrides?.get(`${wanted}/${type}`)
    if (override !== undefined && !(override.kind === 'bogus' && question.checkingDisabled === true))
      return built(world, { outcome: override, chain, raw })
    const owner = ownerOf(world, wanted)
    if (owner === null) return built(world, { outcome: { kind: 'nxdomain', ttl: literalTtl, security }, chain, raw })
    const found = world.records.get(`${owner}/${type}`)
    if (found !== undefined) {
      const records = found.map(record => named(record, name))
      const ttl = Math.min(...records.map(record => record.ttl), ...chain.map(alias => alias.ttl))
      raw.push(...records)
      return built(world, { outcome: { kind: 'records', records, ttl, security }, chain, raw })
    }
    const alias = world.records.get(`${owner}/CNAME`)?.[0]
    if (alias?.type !== 'CNAME')
      return built(world, { outcome: { kind: 'nodata', ttl: literalTtl, security }, chain, raw })
    if (chain.length === aliasesLimit)
      return built(world, { outcome: { kind: 'temporary', cause: 'servfail' }, chain, raw })
    chain.push({ name, target: alias.target, ttl: alias.ttl })
    raw.push(named(alias, name))
    name = alias.target
  }
}

/** A record under the name that was asked: records of a wildcard stand at another. */
function named<Kind extends ResourceRecord>(record: Kind, name: string): Kind {
  return record.name === name ? record : { ...record, name }
}

/** The name whose records answer: itself, or the wildcard of its closest encloser (RFC 4592 s3.3.1); null if neither. */
function ownerOf(world: World, wanted: string): string | null {
  if (world.names.has(wanted)) return wanted
  let encloser = parentOf(wanted)
  while (encloser !== '' && !world.names.has(encloser)) encloser = parentOf(encloser)
  const wildcard = encloser === '' ? '*' : `*.${encloser}`
  return world.names.has(wildcard) ? wildcard : null
}

function parentOf(name: string): string {
  const dot = name.indexOf('.')
  return dot === -1 ? '' : name.slice(dot + 1)
}

function securityOf(world: World, key: string): Security {
  return world.contents.security?.get(key) ?? 'insecure'
}

const rcodes = { records: 0, nodata: 0, nxdomain: 3, bogus: 2 } as const
const causeRcodes: Readonly<Partial<Record<TemporaryCause, number>>> = { servfail: 2, 'not-implemented': 4, refused: 5 }

function built(
  world: World,
  found: { readonly outcome: Outcome; readonly chain: readonly Alias[]; readonly raw: readonly ResourceRecord[] },
): Answer {
  const { outcome, chain, raw } = found
  const rcode = outcome.kind === 'temporary' ? (causeRcodes[outcome.cause] ?? null) : rcodes[outcome.kind]
  const authenticData = 'security' in outcome && outcome.security === 'secure'
  const { label, at = 0 } = world.contents
  return { outcome, chain, raw, server: label, at, authenticData, rcode, extendedError: null }
}
