import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { xmlKeptTagLength, xmlTagsKept } from '../xml/limits.ts'
import {
  addressesRemembered,
  blockCharactersLimit,
  blocksBytesLimit,
  blocksRemembered,
  contentLeavesLimit,
  contentShapesKept,
  recordsBeforeHeadLimit,
  recordsPerRun,
  runWeightLimit,
  setsRemembered,
  shapeCharactersLimit,
  shapeLessonsLimit,
  shapeWorthRecords,
  valuesRemembered,
  valuesWeightLimit,
  valueWeight,
  weightBeforeHeadLimit,
} from './limits.ts'
import { AggregateReader } from './reader.ts'
import type { AggregateOutcome } from './reader-contract.ts'
import { readOne, sampleEvaluated, sampleMetadata, samplePolicy, sampleReport } from './report.sample.ts'

interface Run {
  readonly length: number
  readonly startsAnew: boolean
}

interface Streamed {
  readonly runs: readonly Run[]
  readonly outcome: AggregateOutcome
}

/** Reads records that are made one by one, before or behind the head. */
function stream(count: number, record: (at: number) => string, headFirst = true): Streamed {
  const runs: Run[] = []
  const reader = new AggregateReader({
    head: () => {},
    records: ({ length }, { startsAnew }) => runs.push({ length, startsAnew: startsAnew === true }),
    end: () => {},
  })
  const head = sampleMetadata + samplePolicy
  reader.push(Buffer.from(headFirst ? `<feedback>${head}` : '<feedback>'))
  for (let at = 0; at < count; at += 1_000) {
    const length = Math.min(1_000, count - at)
    reader.push(Buffer.from(Array.from({ length }, (_, index) => record(at + index)).join('')))
  }
  reader.push(Buffer.from(headFirst ? '</feedback>' : `${head}</feedback>`))
  return { runs, outcome: reader.end() }
}

const withParts = (row: string, identifiers: string, results: string) =>
  `<record><row>${row}${sampleEvaluated}</row><identifiers>${identifiers}</identifiers><auth_results>${results}</auth_results></record>`
const source = '<source_ip>192.0.2.1</source_ip><count>1</count>'
const from = '<header_from>owner.example</header_from>'
const pass = '<spf><domain>bounce.example</domain><result>pass</result></spf>'

const ofName = (name: string) => withParts(source, `<header_from>${name}</header_from>`, pass)
const ofSet = (at: number) => withParts(source, from, `<spf><domain>d${at}.example</domain><result>pass</result></spf>`)
const ofAddress = (at: number) =>
  withParts(`<source_ip>${[10, at >> 16, (at >> 8) & 255, at & 255].join('.')}</source_ip><count>1</count>`, from, pass)

/** A name of so many characters, another for each number. */
const longName = (at: number, length: number) => {
  const start = `n${at}.${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(50)}.`
  return `${start}${'w'.repeat(length - start.length - 8)}.example`
}

const isAnew = ({ runs }: Streamed) => runs.map(run => run.startsAnew)

describe('values of a report that are remembered: at the limit, and one above', { timeout: 60_000 }, () => {
  // The first place of a list stands for nothing: one value less than the limit fills it.
  test.each([
    ['names', valuesRemembered, (at: number) => ofName(`h${at}.example`)],
    ['sets of results', setsRemembered, ofSet],
    ['addresses', addressesRemembered, ofAddress],
  ])('%s', (_name, limit, record) => {
    const count = limit + 2 * recordsPerRun
    expect(isAnew(stream(count, at => record(Math.min(at, limit - 2))))).not.toContain(true)
    expect(isAnew(stream(count, at => record(Math.min(at, limit - 1))))).toContain(true)
  })

  test('weight of a run, and of all values', () => {
    const length = 250
    const weight = length + valueWeight
    const { runs } = stream(30_000, at => ofName(longName(at + 10_000, length)))
    const perRun = Math.ceil(runWeightLimit / weight)
    // The first run has the set of results too, and the name of every further one.
    expect(runs[0]?.length).toBeLessThanOrEqual(perRun)
    expect(runs[0]?.length).toBeGreaterThanOrEqual(perRun - 1)
    expect(runs[1]?.length).toBe(perRun)
    const before = runs.findIndex(run => run.startsAnew)
    const records = runs.slice(0, before).reduce((sum, run) => sum + run.length, 0)
    expect(records * weight).toBeGreaterThan(valuesWeightLimit - weight)
    expect((records - perRun) * weight).toBeLessThanOrEqual(valuesWeightLimit)
  })

  test('places of values stay true where the values start anew', () => {
    const count = setsRemembered + recordsPerRun
    const report = readOne(sampleReport({ records: Array.from({ length: count }, (_, at) => ofSet(at)).join('') }))
    const domains = [...report.records()].map(record => record.spfResults[0]?.domain)
    expect(domains.every((domain, at) => domain === `d${at}.example`)).toBe(true)
  })
})

describe('report-tolerance 24: records before the head', { timeout: 60_000 }, () => {
  const lateRuns = Math.floor(recordsBeforeHeadLimit / recordsPerRun) + 1

  test('as many records as are held are read, one run more is refused', () => {
    const record = ofName('owner.example')
    const held = stream(recordsBeforeHeadLimit, () => record, false)
    expect(held.outcome).toMatchObject({ reports: 1, fault: null })
    expect(held.runs.reduce((sum, run) => sum + run.length, 0)).toBe(recordsBeforeHeadLimit)
    const late = stream(lateRuns * recordsPerRun, () => record, false)
    expect(late.outcome).toMatchObject({ reports: 0, fault: { code: 'aggregate-head-late' } })
    // Behind the head there is no such limit.
    expect(stream(lateRuns * recordsPerRun, () => record).outcome.fault).toBeNull()
  })

  test('so much weight is held, a run more is refused', () => {
    const length = 250
    const record = (at: number) => ofName(longName(at + 100_000, length))
    const most = Math.floor(weightBeforeHeadLimit / (length + valueWeight)) - 2
    expect(stream(most, record, false).outcome).toMatchObject({ reports: 1, fault: null })
    const oneRun = Math.ceil(runWeightLimit / (length + valueWeight))
    expect(stream(most + oneRun, record, false).outcome.fault?.code).toBe('aggregate-head-late')
  })
})

/** Names of the SPF results of the records, as they were read. */
function domainsOf(records: readonly string[]): readonly (string | null | undefined)[] {
  const report = readOne(sampleReport({ records: records.join('') }))
  expect(report.summary.deviationCounts).toEqual({})
  return [...report.records()].map(record => record.spfResults[0]?.domain)
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `d${at}.example`)

describe('beyond what is remembered, records are read the same', { timeout: 60_000 }, () => {
  test('parts, by number and by bytes', () => {
    for (const count of [blocksRemembered, blocksRemembered + 1]) {
      const records = Array.from({ length: count }, (_, at) => ofSet(at))
      expect(domainsOf([...records, ...records.slice(0, 3)])).toEqual([...numbered(count), ...numbered(3)])
    }
    const long = (at: number) => ofSet(at).replace('<auth_results>', `<auth_results>${' '.repeat(1_900)}`)
    const count = Math.ceil(blocksBytesLimit / 1_900)
    expect(domainsOf(Array.from({ length: count + 1 }, (_, at) => long(at)))).toEqual(numbered(count + 1))
  })

  test('a part of the longest kind, and one above', () => {
    const own = ofSet(0).split('<auth_results>')[1]?.split('</auth_results>')[0]?.length ?? 0
    for (const length of [blockCharactersLimit - 15, blockCharactersLimit - 14, blockCharactersLimit, 3_000]) {
      const padded = `<auth_results>${' '.repeat(length - own)}`
      const records = Array.from({ length: 5 }, (_, at) => ofSet(at).replace('<auth_results>', padded))
      expect(domainsOf([...records, ...records])).toEqual([...numbered(5), ...numbered(5)])
    }
  })

  test('the text around the items of a record', () => {
    const own = ofSet(0).length
    for (const length of [shapeCharactersLimit - own, shapeCharactersLimit, shapeCharactersLimit + 1]) {
      const padded = `<record><!--${'-x'.repeat(length >> 1)}-->`
      expect(domainsOf(numbered(20).map((_, at) => ofSet(at).replace('<record>', padded)))).toEqual(numbered(20))
    }
  })

  test('ways to write a record, and a part', () => {
    // Each way of writing is gone before it was worth learning, more often than lessons are given.
    const ways = (shapeLessonsLimit + 2) * 2
    const written = Array.from({ length: ways * 3 }, (_, at) => {
      const spaces = ' '.repeat(at % ways)
      return ofSet(at).replaceAll('<identifiers>', `${spaces}<identifiers>`).replace('<spf>', `${spaces}<spf>`)
    })
    expect(domainsOf(written)).toEqual(numbered(ways * 3))
    const worth = (shapeWorthRecords + 1) * contentShapesKept * 3
    const turns = Array.from({ length: worth }, (_, at) => {
      const spaces = ' '.repeat(Math.floor(at / (shapeWorthRecords + 1)))
      return ofSet(at).replaceAll('<spf>', `${spaces}<spf>`)
    })
    expect(domainsOf(turns)).toEqual(numbered(worth))
  })

  test('elements of a part', () => {
    for (const leaves of [contentLeavesLimit, contentLeavesLimit + 1]) {
      const empty = '<spf><domain>d.example</domain><result>none</result></spf>'.repeat((leaves - 2) >> 1)
      const odd =
        leaves % 2 === 0 ? '' : '<dkim><domain>d.example</domain><selector>s</selector><result>none</result></dkim>'
      const records = numbered(6).map((_, at) => ofSet(at).replace('</auth_results>', `${empty}${odd}</auth_results>`))
      expect(domainsOf(records)).toEqual(numbered(6))
    }
  })

  test('spellings of tags, by number and by length', () => {
    const prefixes = Array.from({ length: Math.ceil(xmlTagsKept / 4) + 2 }, (_, at) => `p${at}:`)
    const longest = 'q'.repeat(xmlKeptTagLength - 'header_from:'.length)
    const names = [...prefixes, `${longest}:`, `${longest}q:`, `${longest}${'q'.repeat(200)}:`]
    const records = names.map((prefix, at) =>
      ofSet(at).replace(/(<\/?)(header_from|spf|domain|result)>/g, (_, start, name) => `${start}${prefix}${name}>`),
    )
    expect(domainsOf([...records, ...records])).toEqual([...numbered(names.length), ...numbered(names.length)])
  })
})
