import { createHash } from 'node:crypto'
import type { AggregateHead, DkimResult, RecordColumns, ReportValues, SpfResult } from '@letterlock/protocols'
import type { IntakeOp } from '../packages/letterlock/src/store/intake-op.ts'

/** Numbers that look random and are the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** What a made-up store of reports is like. */
export interface ReportShape {
  readonly domains: number
  readonly reporters: number
  /** Days that reports of one time are about. */
  readonly days: number
  readonly sources: number
  readonly recordsPerReport: number
  /** Bytes of the piece that is kept of each report mail, as compressed. */
  readonly pieceBytes: number
}

const firstDay = 20_000
const services = Array.from({ length: 40 }, (_, at) => `service${at}.example`)

/** Services that one domain sends by. */
const servicesOfDomain = 10

/** Picks by a power law: the first of 200 gets 9 %. */
export function powerLaw(random: () => number, count: number): number {
  return Math.min(count - 1, Math.floor(count * random() ** 2.3 * 0.98))
}

function columns(length: number): RecordColumns {
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

function headOf(of: { domain: string; reporter: string; day: number; id: number }): AggregateHead {
  const begin = (firstDay + of.day) * 86_400
  return {
    form: 'rfc7489',
    version: '1.0',
    namespace: null,
    metadata: {
      orgName: of.reporter,
      email: `dmarc@${of.reporter}`,
      extraContactInfo: [],
      reportId: `${of.id}.${of.domain}`,
      begin,
      end: begin + 86_399,
      errors: [],
      generator: null,
    },
    policy: {
      domain: of.domain,
      p: 'none',
      sp: null,
      np: null,
      adkim: 'r',
      aspf: 'r',
      pct: 100,
      fo: '0',
      testing: null,
      discoveryMethod: null,
      defaulted: ['sp', 'fo'],
    },
  }
}

/** Readers keep each set of a report once. */
function setPlace<T>(sets: T[][], set: T[]): number {
  const text = JSON.stringify(set)
  const known = sets.findIndex(other => JSON.stringify(other) === text)
  return known === -1 ? sets.push(set) - 1 : known
}

const signature = (domain: string, service: number): DkimResult => ({
  domain,
  selector: `k${service % 3}`,
  result: 'pass',
  humanResult: null,
})

const envelope = (name: string, isForged: boolean): SpfResult => ({
  domain: `bounce.${name}`,
  scope: 'mfrom',
  result: isForged ? 'softfail' : 'pass',
  humanResult: null,
})

const address = (source: number) =>
  `${11 + (source >> 16)}.${(source >> 8) & 255}.${source & 255}.${(source * 7) & 255}`

/** One delivery with one report, in the steps that intake would give. Ever the same for the same seed and id. */
export function reportSteps(shape: ReportShape, random: () => number, id: number, dayBase = 0): readonly IntakeOp[] {
  const domainAt = powerLaw(random, shape.domains)
  const domain = `domain${domainAt}.example`
  const reporter = `reporter${powerLaw(random, shape.reporters)}.example`
  const day = dayBase + Math.floor(random() * shape.days)
  const length = shape.recordsPerReport
  const run = columns(length)
  const sources = new Map<string | null, number>([[null, 0]])
  const names: (string | null)[] = [null, domain, ...services.map(service => `bounce.${service}`)]
  const dkimSets: DkimResult[][] = [[]]
  const spfSets: SpfResult[][] = [[]]
  const ownPass: DkimResult = { domain, selector: 's1', result: 'pass', humanResult: null }
  for (let at = 0; at < length; at++) {
    const service = (domainAt * 7 + powerLaw(random, servicesOfDomain)) % services.length
    const name = services[service] ?? ''
    const isForged = random() < 0.15
    const ip = address(isForged ? Math.floor(random() * shape.sources) : service * 50 + Math.floor(random() * 50))
    const place = sources.get(ip) ?? sources.size
    sources.set(ip, place)
    run.source[at] = place
    run.count[at] = 1 + Math.floor(random() * 40)
    run.disposition[at] = 1
    run.dkim[at] = isForged ? 1 : 2
    run.spf[at] = random() < 0.5 ? 1 : 2
    run.headerFrom[at] = 1
    run.envelopeFrom[at] = 2 + service
    run.dkimResults[at] = isForged ? 0 : setPlace(dkimSets, [ownPass, signature(name, service)])
    run.spfResults[at] = setPlace(spfSets, [envelope(name, isForged)])
  }
  const added: ReportValues = { sources: [...sources.keys()], names, reasonSets: [[]], dkimSets, spfSets }
  const head = headOf({ domain, reporter, day, id })
  const hash = createHash('sha256').update(`report ${id}`).digest()
  const summary = {
    head,
    records: length,
    messages: run.count.reduce((sum, count) => sum + count, 0),
    isPartial: false,
    deviations: [],
    deviationCounts: {},
  }
  const bytes = Buffer.alloc(shape.pieceBytes, createHash('sha256').update(`bytes ${id}`).digest())
  return [
    {
      op: 'delivery',
      tenant: 1,
      channel: 'file',
      name: `report-${id}.eml`,
      receivedAt: (firstDay + day + 1) * 86_400,
      hash: null,
      headers: `From: dmarc@${reporter}\nSubject: Report domain: ${domain}\n`.repeat(8),
      envelopeFrom: null,
    },
    { op: 'piece', seq: 0, size: 7_000, bytes },
    { op: 'aggregate-head', path: 'report.xml.gz', head, hash },
    { op: 'records', columns: run, added },
    { op: 'aggregate-end', hash, size: 20_000, summary },
    { op: 'end', hash: createHash('sha256').update(bytes).digest(), size: 7_000 },
  ]
}
