import type { VolumeDay } from '@letterlock/contract'
import fc from 'fast-check'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { addDays } from '../text/format.ts'
import { binsOf, chartKeys, daysPerBin, seriesOf } from './bins.ts'
import { Drawing } from './drawing.tsx'
import { chartCsv, csvField } from './export.ts'
import { layOut } from './geometry.ts'

const count = fc.integer({ min: 0, max: 1_000_000 })

/** Days as the API gives them: three countings of the same messages. */
const volume: fc.Arbitrary<readonly VolumeDay[]> = fc
  .array(fc.tuple(count, count, count, count, count, count, fc.boolean()), { minLength: 1, maxLength: 120 })
  .map(days =>
    days.map(([a, b, c, d, e, f, hasReports], index): VolumeDay => {
      const has = hasReports ? 1 : 0
      const outcome = {
        broken: a * has,
        unauthenticated: b * has,
        'third-party': c * has,
        forwarded: d * has,
        unknown: e * has,
        aligned: f * has,
      }
      const messages = (a + b + c + d + e + f) * has
      return {
        day: addDays('2026-01-01', index),
        hasReports,
        messages,
        rows: has,
        outcome,
        disposition: { unknown: 0, none: messages, pass: 0, quarantine: 0, reject: 0, override: 0 },
        alignment: { unknown: 0, none: 0, spf: 0, dkim: 0, 'dkim+spf': messages },
      }
    }),
  )

const length = fc.constantFrom(1, 7, 28)

describe('the array behind chart, table and export', () => {
  test('no message is lost or doubled, whatever the key and the length of a bar', () => {
    fc.assert(
      fc.property(volume, length, fc.constantFrom(...chartKeys), (days, binDays, key) => {
        const bins = binsOf(days, seriesOf[key], binDays)
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
        expect(sum(bins.map(bin => bin.total))).toBe(sum(days.map(day => day.messages)))
        for (const bin of bins) expect(sum(bin.values)).toBe(bin.total)
        expect(bins[0]?.from).toBe(days[0]?.day)
        expect(bins.at(-1)?.to).toBe(days.at(-1)?.day)
      }),
    )
  })

  test('every value of every key belongs to exactly one layer', () => {
    expect(seriesOf.outcome.flatMap(layer => layer.names)).toHaveLength(6)
    expect(new Set(seriesOf.disposition.flatMap(layer => layer.names)).size).toBe(6)
    expect(new Set(seriesOf.alignment.flatMap(layer => layer.names)).size).toBe(5)
  })

  test('a bar is never narrower than 4 px', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_500 }), fc.integer({ min: 230, max: 1_300 }), (days, width) => {
        const bars = Math.ceil(days / daysPerBin(days, width))
        expect(width / bars).toBeGreaterThan(4)
      }),
    )
  })
})

describe('geometry', () => {
  test('stacked heights add up to the height of the total, in both panels, and layers touch', () => {
    fc.assert(
      fc.property(volume, days => {
        const bins = binsOf(days, seriesOf.outcome, 1)
        const { whole, rest } = layOut(bins, 1_000, false)
        for (const [panel, layers] of [
          [whole, 6],
          [rest, 5],
        ] as const) {
          const scale = (panel.ticks.at(-1)?.value ?? 0) / (panel.base - (panel.ticks.at(-1)?.y ?? panel.base))
          bins.forEach((bin, index) => {
            const bars = panel.bars.filter(bar => bar.bin === index)
            const total = bin.values.slice(0, layers).reduce((sum, value) => sum + value, 0)
            const height = bars.reduce((sum, bar) => sum + bar.height, 0)
            if (Number.isFinite(scale) && scale > 0) expect(height * scale).toBeCloseTo(total, 3)
            let floor = panel.base
            for (const bar of [...bars].sort((one, two) => one.series - two.series)) {
              expect(bar.y + bar.height).toBeCloseTo(floor, 6)
              floor = bar.y
            }
            expect(floor).toBeGreaterThanOrEqual(panel.top - 1e-6)
          })
        }
      }),
      { numRuns: 50 },
    )
  })

  test('days without reports are a gap, not a bar of nothing', () => {
    const days = [true, false, false, true].map((hasReports, index) => day(index, hasReports))
    const { gaps, left, step } = layOut(binsOf(days, seriesOf.outcome, 1), 456, false)
    expect(gaps).toEqual([{ from: left + step, to: left + 3 * step }])
  })
})

function day(index: number, hasReports: boolean): VolumeDay {
  const aligned = hasReports ? 5 : 0
  return {
    day: addDays('2026-08-01', index),
    hasReports,
    messages: aligned,
    rows: 1,
    outcome: { broken: 0, unauthenticated: 0, 'third-party': 0, forwarded: 0, unknown: 0, aligned },
    disposition: { unknown: 0, none: aligned, pass: 0, quarantine: 0, reject: 0, override: 0 },
    alignment: { unknown: 0, none: 0, spf: 0, dkim: 0, 'dkim+spf': aligned },
  }
}

describe('exports equal the table', () => {
  test('CSV holds the numbers of the bins, one line for each', () => {
    fc.assert(
      fc.property(volume, length, (days, binDays) => {
        const series = seriesOf.outcome
        const bins = binsOf(days, series, binDays)
        const lines = chartCsv(bins, series).trimEnd().split('\r\n')
        expect(lines[0]).toBe(
          'from,to,has_reports,broken,unauthenticated,third-party,forwarded,unknown,aligned,messages',
        )
        expect(lines.slice(1).map(line => line.split(',').slice(3).map(Number))).toEqual(
          // A day without reports has no numbers: an empty field, which reads as 0 here only.
          bins.map(bin => [...bin.values, bin.total]),
        )
        lines.slice(1).forEach((line, index) => {
          if (bins[index]?.hasReports === false) expect(line).toMatch(/,no,{7}$/)
        })
      }),
    )
  })

  test('SVG draws one piece for each number that is not 0, in the pattern of its layer', () => {
    const days = [day(0, true), day(1, false), { ...day(2, true), outcome: { ...day(2, true).outcome, broken: 3 } }]
    const series = seriesOf.outcome
    const bins = binsOf(days, series, 1)
    const drawing = renderToStaticMarkup(
      <Drawing
        bins={bins}
        series={series}
        geometry={layOut(bins, 500, false)}
        marks={[]}
        titles={{ whole: 'a', rest: 'b', nothing: 'd', label: '<c>' }}
      />,
    )
    // Broken once in each panel; aligned on two days in the upper panel only.
    expect(drawing.match(/slot-broken/g)).toHaveLength(2)
    expect(drawing.match(/slot-aligned/g)).toHaveLength(2)
    expect(drawing).toContain('no reports')
    expect(drawing).toContain('&lt;c&gt;')
  })

  test('cells that a spreadsheet would run are defused, and quoting is that of RFC 4180', () => {
    expect(['=1+1', '+1', '-1', '@a', '\tx'].map(csvField)).toEqual(["'=1+1", "'+1", "'-1", "'@a", "'\tx"])
    expect(csvField('a"b,c')).toBe('"a""b,c"')
    expect(csvField('a\nb')).toBe('"a\nb"')
    expect(csvField(-5)).toBe('-5')
  })
})
