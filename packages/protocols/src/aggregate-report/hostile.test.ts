import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { xmlDepthLimit, xmlDoctypeLimit, xmlTagLimit, xmlTextLimit } from '../xml/limits.ts'
import { DeviationLog } from './deviation-log.ts'
import { element } from './elements.ts'
import { deviationsLimit, recordsLimit, recordsPerRun } from './limits.ts'
import { AggregateReader } from './reader.ts'
import type { AggregateOutcome } from './reader-contract.ts'
import { read, readOne, sampleMetadata, samplePolicy, sampleRecord, sampleReport } from './report.sample.ts'
import { ReportDraft } from './report-draft.ts'

/** Reads without keeping anything. */
function outcomeOf(pieces: Iterable<Uint8Array>): AggregateOutcome & { readonly records: number } {
  let records = 0
  const reader = new AggregateReader({
    head: () => {},
    records: columns => {
      records += columns.length
    },
    end: () => {},
  })
  for (const piece of pieces) if (!reader.push(piece)) break
  return { ...reader.end(), records }
}

function* repeated(start: string, piece: string, count: number, end: string): Iterable<Uint8Array> {
  yield Buffer.from(start)
  const together = 1_000
  const bytes = Buffer.from(piece.repeat(together))
  for (let done = 0; done < count; done += together)
    yield count - done >= together ? bytes : Buffer.from(piece.repeat(count - done))
  yield Buffer.from(end)
}

const open = `<feedback>${sampleMetadata}${samplePolicy}`

describe('limits, at the limit and one above', () => {
  test('AGG-030 32 levels of elements are read, 33 are refused', () => {
    const nested = (levels: number) => `${'<x>'.repeat(levels - 1)}${'</x>'.repeat(levels - 1)}`
    const report = readOne(sampleReport({ policy: samplePolicy + nested(xmlDepthLimit) }))
    expect(report.summary.records).toBe(1)
    expect(read(sampleReport({ policy: samplePolicy + nested(xmlDepthLimit + 1) }))).toMatchObject({
      reports: [],
      fault: { code: 'aggregate-depth' },
    })
  })

  test('a tag of the limit is read, one above is refused', () => {
    const tag = (length: number) => `<feedback a="${'x'.repeat(length - 15)}">`
    expect(readOne(sampleReport({ root: tag(xmlTagLimit) })).summary.records).toBe(1)
    expect(read(sampleReport({ root: tag(xmlTagLimit + 1) })).fault?.code).toBe('aggregate-tag-long')
  })

  test('a document type of the limit is skipped, one above is refused', () => {
    const doctype = (length: number) => `<!DOCTYPE feedback [${' '.repeat(length - 22)}]>`
    expect(readOne(sampleReport({ prolog: doctype(xmlDoctypeLimit) })).summary.records).toBe(1)
    expect(read(sampleReport({ prolog: doctype(xmlDoctypeLimit + 1) })).fault?.code).toBe('aggregate-doctype-long')
    expect(read('<!DOCTYPE feedback [').fault?.code).toBe('aggregate-doctype-long')
  })

  test('a text of the limit is whole, one above is cut, and told', () => {
    const comment = (length: number) => `<record><row><count>${' '.repeat(length - 1)}7</count></row></record>`
    expect(readOne(sampleReport({ records: comment(xmlTextLimit) })).recordAt(0)?.count).toBe(7)
    const cut = readOne(sampleReport({ records: sampleRecord() + comment(xmlTextLimit + 1) }))
    expect(cut.summary.deviationCounts['text-long']).toBe(1)
    expect(cut.summary.records).toBe(1)
  })

  test('AGG-030 2,000,000 records are read, one more is refused', () => {
    let given = 0
    const sink = {
      head: () => {},
      end: () => {},
      records: (columns: { length: number }) => {
        given += columns.length
      },
    }
    const draft = new ReportDraft(sink, {}, new DeviationLog(), () => undefined)
    draft.head.openPolicy(0)
    draft.head.policy(element.domain, 'owner.example', 0)
    draft.head.metadata(element.begin, '1795305600', 0)
    draft.head.metadata(element.end, '1795391999', 0)
    draft.head.policy(element.p, 'none', 0)
    draft.head.closePolicy()
    draft.head.closeMetadata()
    const endOne = () => {
      draft.record.begin(0)
      draft.record.putCount(1)
      return draft.endRecord()
    }
    for (let index = 1; index < recordsLimit; index += 1) endOne()
    expect(endOne()).toBeNull()
    expect(given).toBeGreaterThan(recordsLimit - recordsPerRun)
    expect(endOne()).toBe('aggregate-records')
  })

  test('deviations are counted beyond the number that is kept', () => {
    const summary = readOne(sampleReport({ records: sampleRecord({ count: '' }).repeat(deviationsLimit + 1) })).summary
    expect(summary.deviations).toHaveLength(deviationsLimit)
    expect(summary.deviationCounts).toEqual({ 'count-missing': deviationsLimit + 1 })
  })
})

describe('hostile documents have a verdict in bounded time and memory', () => {
  test('200,000 nested elements', () => {
    expect(outcomeOf(repeated(open, '<a>', 200_000, ''))).toMatchObject({
      reports: 0,
      fault: { code: 'aggregate-depth' },
    })
    expect(outcomeOf(repeated('', '<a>', 200_000, ''))).toMatchObject({
      reports: 0,
      fault: { code: 'aggregate-depth' },
    })
    // What can stand only in one place ends what was not closed: it never gets deep.
    expect(outcomeOf(repeated(`${open}<record>`, '<row>', 200_000, ''))).toMatchObject({ reports: 1, records: 0 })
  })

  test('100,000 attributes', () => {
    expect(outcomeOf(repeated('<feedback', ' a="b"', 100_000, `>${open.slice(10)}</feedback>`))).toMatchObject({
      reports: 0,
      fault: { code: 'aggregate-tag-long' },
    })
  })

  test('an entity bomb is never expanded', () => {
    const levels = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('')
    const bomb = `<!DOCTYPE feedback [<!ENTITY l0 "lol">${levels}]>`
    const metadata = sampleMetadata.replace('receiver.example<', '&l9;<')
    expect(read(sampleReport({ prolog: bomb, metadata })).fault?.code).toBe('aggregate-entity-used')
    expect(readOne(sampleReport({ prolog: bomb })).summary.records).toBe(1)
  })

  test.each([
    ['one text', 'x'],
    ['one text of references', '&amp;'],
    ['one comment', '<!-- - -'],
    ['tags without an end', '<a '],
    ['angle brackets', '<'],
    ['ampersands', '&'],
    ['end tags', '</x>'],
    ['unfinished end tags', '</row '],
    ['CDATA starts', '<![CDATA['],
    ['quotes in tags', '<a "'],
    ['instructions', '<?a '],
    ['declarations', '<!a '],
    ['empty sections', '<record>'],
    ['NUL bytes', '\0'],
    ['DKIM results in one record', '<dkim><domain>a.example</domain><result>pass</result></dkim>'],
    ['blocks without an end', '<record><row><auth_results>'],
  ])('2 MB of %s', (_name, piece) => {
    const count = Math.floor(2_000_000 / piece.length)
    const inComment = outcomeOf(repeated(`${open}<record><row><policy_evaluated><reason><comment>`, piece, count, ''))
    expect(inComment.reports + (inComment.fault === null ? 0 : 1)).toBe(1)
    const inResults = outcomeOf(
      repeated(`${open}<record><auth_results>`, piece, count, '</auth_results></record></feedback>'),
    )
    expect(inResults.reports + (inResults.fault === null ? 0 : 1)).toBe(1)
    outcomeOf(repeated('', piece, count, ''))
  })

  test('time grows with the size, not faster', () => {
    const pieces = ['<a ', '<', '&', '</row ', '<a "', '<record><row><auth_results>', '<!a ', '<record><identifiers>']
    for (const piece of pieces) {
      const seconds = (bytes: number) => {
        const before = process.cpuUsage()
        outcomeOf(repeated(`${open}<record><auth_results><dkim><domain>`, piece, Math.floor(bytes / piece.length), ''))
        const { user, system } = process.cpuUsage(before)
        return (user + system) / 1e6
      }
      seconds(250_000)
      const small = Math.min(seconds(250_000), seconds(250_000), seconds(250_000))
      const large = Math.min(seconds(2_000_000), seconds(2_000_000))
      // Eight times the bytes: 8 where time is linear, 64 where it is quadratic. Short times are mostly noise.
      expect(large, piece).toBeLessThan(40 * Math.max(small, 0.02))
    }
  })

  test('a name that nearly fills the window is refused', () => {
    // Met by fuzzing: the scanner waited for what follows the name, for ever.
    for (const length of [xmlTagLimit, 70_000, 98_000])
      expect(outcomeOf([Buffer.from(`${open}<${'x'.repeat(length)}>${' '.repeat(200_000)}`)]).fault?.code).toBe(
        'aggregate-tag-long',
      )
  })

  test('attributes of 30,000 characters of any kind are read in bounded time', () => {
    // A word without a value was met by fuzzing.
    for (const piece of ['x', ' ', 'x ', '=', 'x=', '"', 'x=\'"', 'x="', 'x="" ', "x=''", '/', '/x']) {
      const before = process.cpuUsage()
      outcomeOf(repeated('', `<feedback ${piece.repeat(Math.floor(30_000 / piece.length))}>`, 100, ''))
      const { user } = process.cpuUsage(before)
      expect(user / 1e6, piece).toBeLessThan(5)
    }
  })

  test('UTF-16 with an odd last byte, and only marks', () => {
    expect(readOne(Buffer.concat([Buffer.from(sampleReport(), 'utf16le'), Buffer.from([0x3c])])).summary.records).toBe(
      1,
    )
    expect(read(Buffer.from([0xff, 0xfe])).note?.code).toBe('empty')
    expect(read(Buffer.from([0xff, 0xfe, 0x3c])).reports).toEqual([])
  })

  test('long tags and texts in UTF-16 are decided too', () => {
    const wide = (text: string) => Buffer.from(text, 'utf16le')
    expect(outcomeOf([wide(`<feedback ${'a="b" '.repeat(100_000)}`)]).fault?.code).toBe('aggregate-tag-long')
    const long = sampleReport({ metadata: sampleMetadata.replace('receiver.example<', `${'x'.repeat(500_000)}<`) })
    expect(readOne(wide(long)).summary.deviationCounts['text-long']).toBe(2)
  })
})

describe('pieces', () => {
  const odd = sampleReport({
    metadata: sampleMetadata
      .replace('receiver.example<', 'Zürich & <b> <![CDATA[<é>]]>&amp;<')
      .replace('>dmarc@', '><!-- c --><dmarc@'),
    policy: `${samplePolicy}<extension a='>'><x:y xmlns:x="urn:x">1</x:y></extension>`,
    records:
      sampleRecord({ count: '<COUNT >3</COUNT >', source: '<source_ip>::ffff:192.0.2.1</source_ip>' }) + sampleRecord(),
    end: '</feedback>\n<?xml version="1.0"?><feedback></feedback>',
  })

  test('the result is the same wherever the bytes are divided', () => {
    const bytes = Buffer.from(odd)
    const whole = JSON.stringify(read(bytes))
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const reader = new Gathering()
      reader.push(bytes.subarray(0, cut))
      reader.push(bytes.subarray(cut))
      expect(reader.finish(), `cut at ${cut}`).toBe(whole)
    }
    const reader = new Gathering()
    for (const byte of bytes) reader.push(Uint8Array.of(byte))
    expect(reader.finish()).toBe(whole)
  })

  test('the result is the same wherever the end of a window falls', () => {
    // A window is 98,304 bytes; white space in front moves its end through the document.
    const expected = JSON.stringify(read(odd).reports.map(report => [...report.records(), report.head]))
    for (const step of [98_304, 196_608]) {
      for (let shift = 0; shift <= Buffer.byteLength(odd); shift += 3) {
        const found = read(' '.repeat(step - shift) + odd).reports.map(report => [...report.records(), report.head])
        expect(JSON.stringify(found), `shifted by ${shift}`).toBe(expected)
      }
    }
  })
})

/** What a reader gave, as text that can be compared with the whole reading. */
class Gathering {
  readonly #pieces: Uint8Array[] = []

  push(piece: Uint8Array): void {
    this.#pieces.push(piece)
  }

  finish(): string {
    const runs: unknown[] = []
    const reader = new AggregateReader({
      head: head => runs.push(head),
      records: (columns, added) => runs.push(columns, added),
      end: summary => runs.push(summary),
    })
    for (const piece of this.#pieces) reader.push(piece)
    const direct: unknown[] = []
    const whole = new AggregateReader({
      head: head => direct.push(head),
      records: (columns, added) => direct.push(columns, added),
      end: summary => direct.push(summary),
    })
    const bytes = Buffer.concat(this.#pieces)
    whole.push(bytes)
    expect(reader.end()).toEqual(whole.end())
    expect(JSON.stringify(runs)).toBe(JSON.stringify(direct))
    return JSON.stringify(read(bytes))
  }
}
