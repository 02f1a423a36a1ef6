import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { IntakeOp } from '../../packages/letterlock/src/store/intake-op.ts'
import type {
  AggregateHead,
  DkimResult,
  RecordColumns,
  ReportValues,
  SpfResult,
} from '../../packages/protocols/src/aggregate-report/report.ts'

/** Size of the store that the numbers of the project are stated for. */
export const population = {
  rows: 10_000_000,
  domains: 200,
  reporters: 40,
  days: 365,
  rowsPerReport: 25,
  sources: 200_000,
  /** Last day, in days since 1970: a fixed one, so that the store can be kept. */
  lastDay: 20_600,
} as const

/** Exponent at which the largest of 200 domains holds 9 % of the rows. */
const domainExponent = 0.765

/** Services that send for others; each signs with its own d= beside the domain's. A domain uses a few of them. */
const services = 40
const servicesPerDomain = 8

export const domainName = (rank: number): string => `d${rank}.example`

/** Reports of each domain by rank, largest first; they add up to all reports. */
export function reportsByDomain(reports: number): number[] {
  const weights = Array.from({ length: population.domains }, (_, rank) => (rank + 1) ** -domainExponent)
  const sum = weights.reduce((all, weight) => all + weight, 0)
  return weights.map(weight => Math.max(1, Math.round((reports * weight) / sum)))
}

/** Deliveries of one day, all domains: each one mail with one report of 25 rows. */
export function* deliveriesOfDay(dayPlace: number, perDomain: readonly number[]): Generator<IntakeOp[]> {
  for (const [rank, reports] of perDomain.entries()) {
    const due =
      Math.floor((reports * (dayPlace + 1)) / population.days) - Math.floor((reports * dayPlace) / population.days)
    for (let place = 0; place < due; place += 1) yield delivery(rank, dayPlace, place)
  }
}

const piece = deflateRawSync(Buffer.alloc(1500, 'a report mail as it was received, compressed; '))

function delivery(rank: number, dayPlace: number, place: number): IntakeOp[] {
  const random = randomOf(rank * 1_000_003 + dayPlace * 1009 + place)
  const hash = createHash('sha256').update(`${rank} ${dayPlace} ${place}`).digest()
  const day = population.lastDay - population.days + 1 + dayPlace
  const reporter = Math.floor(random() ** 2 * population.reporters)
  const head = headOf({ rank, reporter, begin: day * 86400, reportId: `${rank}.${dayPlace}.${place}` })
  const { columns, added, messages } = recordsOf(rank, random)
  return [
    {
      op: 'delivery',
      tenant: 1,
      channel: 'file',
      name: `${head.metadata.reportId}.eml`,
      receivedAt: day * 86400 + 90_000,
      hash,
      headers: null,
      envelopeFrom: null,
    },
    { op: 'piece', seq: 0, size: 1500, bytes: piece },
    { op: 'aggregate-head', path: 'report.xml', head, hash },
    { op: 'records', columns, added },
    {
      op: 'aggregate-end',
      hash,
      size: 12_000,
      summary: {
        head,
        records: columns.length,
        messages,
        isPartial: false,
        deviations: [],
        deviationCounts: {},
      },
    },
    { op: 'end', hash, size: 1500 },
  ]
}

function headOf(from: {
  readonly rank: number
  readonly reporter: number
  readonly begin: number
  readonly reportId: string
}): AggregateHead {
  const p = (['none', 'quarantine', 'reject'] as const)[from.rank % 3] ?? 'none'
  return {
    form: from.reporter % 5 === 0 ? 'rfc9990' : 'rfc7489',
    version: '1.0',
    namespace: null,
    metadata: {
      orgName: `reporter${from.reporter}.example`,
      email: `dmarc@reporter${from.reporter}.example`,
      extraContactInfo: [],
      reportId: from.reportId,
      begin: from.begin,
      end: from.begin + 86399,
      errors: [],
      generator: null,
    },
    policy: {
      domain: domainName(from.rank),
      p,
      sp: p,
      np: null,
      adkim: 'r',
      aspf: 'r',
      pct: 100,
      fo: '0',
      testing: null,
      discoveryMethod: null,
      defaulted: ['sp', 'pct', 'fo'],
    },
  }
}

interface Records {
  readonly columns: RecordColumns
  readonly added: ReportValues
  readonly messages: number
}

/** 25 rows: two thirds of known services, signed and aligned, the rest unaligned or forged from many addresses. */
function recordsOf(rank: number, random: () => number): Records {
  const length = population.rowsPerReport
  const sources: (string | null)[] = [null]
  const dkimSets: DkimResult[][] = [[]]
  const spfSets: SpfResult[][] = [[]]
  const domain = domainName(rank)
  const columns = emptyColumns(length)
  let messages = 0
  for (let row = 0; row < length; row += 1) {
    const kind = random()
    const service = (rank * 7 + Math.floor(random() ** 1.5 * servicesPerDomain)) % services
    const isForged = kind > 0.8
    const isAligned = kind < 0.66
    const count = 1 + Math.floor(random() ** 4 * 400)
    messages += count
    columns.count[row] = count
    columns.source[row] = sources.push(sourceOf(isForged, service, random)) - 1
    columns.disposition[row] = isAligned ? 1 : (([1, 3, 4] as const)[rank % 3] ?? 1)
    columns.dkim[row] = isAligned ? 2 : 1
    columns.spf[row] = isAligned && kind < 0.5 ? 2 : 1
    columns.headerFrom[row] = random() < 0.9 ? 1 : 2
    columns.dkimResults[row] = isForged ? 0 : dkimSets.push(signatures(domain, service, isAligned, kind)) - 1
    columns.spfResults[row] = spfSets.push([envelope(domain, service, kind)]) - 1
  }
  const names = [null, domain, `news.${domain}`]
  return { columns, added: { sources, names, reasonSets: [[]], dkimSets, spfSets }, messages }
}

function emptyColumns(length: number): RecordColumns {
  return {
    length,
    first: 0,
    source: new Uint32Array(length),
    count: new Float64Array(length),
    disposition: new Uint8Array(length),
    dkim: new Uint8Array(length),
    spf: new Uint8Array(length),
    headerFrom: new Uint32Array(length),
    envelopeFrom: new Uint32Array(length),
    envelopeTo: new Uint32Array(length),
    reasons: new Uint32Array(length),
    dkimResults: new Uint32Array(length),
    spfResults: new Uint32Array(length),
    flags: new Uint8Array(length),
  }
}

/** A service has some hundred addresses; who forges comes from anywhere. */
function sourceOf(isForged: boolean, service: number, random: () => number): string {
  const known = services * 200
  const place = isForged
    ? known + Math.floor(random() * (population.sources - known))
    : service * 200 + Math.floor(random() ** 3 * 200)
  return `10.${place >> 16}.${(place >> 8) & 255}.${place & 255}`
}

function signatures(domain: string, service: number, isAligned: boolean, kind: number): DkimResult[] {
  const own: DkimResult = {
    domain,
    selector: `s${Math.floor(kind * 4)}`,
    result: 'pass',
    humanResult: null,
  }
  const theirs: DkimResult = { domain: `service${service}.example`, selector: 'k1', result: 'pass', humanResult: null }
  return isAligned ? [own, theirs] : [theirs]
}

function envelope(domain: string, service: number, kind: number): SpfResult {
  if (kind > 0.8) return { domain, scope: 'mfrom', result: 'softfail', humanResult: null }
  const name = kind < 0.5 ? `bounce.${domain}` : `bounce.service${service}.example`
  return { domain: name, scope: 'mfrom', result: 'pass', humanResult: null }
}

/** Mulberry32: the same store every time. */
function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
