import type { Ref } from 'react'
import { chartText } from '../messages/chart.ts'
import { countDays, formatCount, formatDay, formatDays, formatDayYear, formatMonth } from '../text/format.ts'
import type { Bin, Series } from './bins.ts'
import type { Geometry, Panel } from './geometry.ts'

export interface Mark {
  readonly number: number
  /** Place on the axis, in bins. */
  readonly at: number
}

interface DrawingProps {
  readonly bins: readonly Bin[]
  readonly series: readonly Series[]
  readonly geometry: Geometry
  readonly marks: readonly Mark[]
  readonly titles: { readonly whole: string; readonly rest: string; readonly nothing: string; readonly label: string }
  readonly onPick?: (bin: Bin) => void
  readonly ref?: Ref<SVGSVGElement>
}

/** Two panels over one time axis, drawn at the measured width so that text keeps its size. */
export function Drawing({ bins, series, geometry, marks, titles, onPick, ref }: DrawingProps) {
  const { width, height, rest, left, step } = geometry
  return (
    <svg
      ref={ref}
      className="chart"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={titles.label}
    >
      {marks.map(mark => {
        const x = Math.round(left + mark.at * step) + 0.5
        return (
          <g key={mark.number}>
            <line className="chart-mark" x1={x} x2={x} y1="18" y2={rest.base} />
            <rect className="chart-flag" x={x - 9} y="1" width="18" height="18" rx="4" />
            <text className="chart-flag-text" x={x} y="14" textAnchor="middle">
              {mark.number}
            </text>
          </g>
        )
      })}
      <PanelDrawing panel={geometry.whole} title={titles.whole} {...{ series, geometry }} />
      <PanelDrawing
        panel={rest.bars.length > 0 ? rest : { ...rest, ticks: [] }}
        title={rest.bars.length > 0 ? titles.rest : titles.nothing}
        {...{ series, geometry }}
      />
      {geometry.labels.map((label, index) => (
        <g key={label.bin}>
          <line className="chart-tick" x1={label.x} x2={label.x} y1={rest.base} y2={rest.base + 4} />
          <text
            x={Math.min(label.x, geometry.right)}
            y={rest.base + 17}
            textAnchor={label.x > geometry.right - 24 ? 'end' : 'middle'}
          >
            {axisLabel(bins, label.bin, geometry.labels[index - 1]?.bin)}
          </text>
        </g>
      ))}
      {bins.map((bin, index) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the pointer; the table below has the links
        <rect
          key={bin.from}
          className="chart-column"
          x={left + index * step}
          y={geometry.whole.top}
          width={step}
          height={rest.base - geometry.whole.top}
          onClick={() => onPick?.(bin)}
        >
          <title>{describe(bin, series)}</title>
        </rect>
      ))}
    </svg>
  )
}

function PanelDrawing({
  panel,
  title,
  series,
  geometry,
}: {
  readonly panel: Panel
  readonly title: string
  readonly series: readonly Series[]
  readonly geometry: Geometry
}) {
  const { left, right, gaps } = geometry
  const base = Math.round(panel.base) + 0.5
  return (
    <g>
      {panel.ticks.map(tick => (
        <g key={tick.value}>
          {tick.value > 0 && (
            <line
              className="chart-grid"
              x1={left}
              x2={right}
              y1={Math.round(tick.y) + 0.5}
              y2={Math.round(tick.y) + 0.5}
            />
          )}
          <text x={left - 8} y={tick.y + 4} textAnchor="end">
            {formatCount(tick.value)}
          </text>
        </g>
      ))}
      {panel.bars.map(bar => (
        <rect
          key={`${bar.series}.${bar.bin}`}
          className={`slot-${series[bar.series]?.slot ?? 'unknown'}`}
          x={bar.x.toFixed(1)}
          y={bar.y.toFixed(2)}
          width={bar.width.toFixed(1)}
          // One pixel of the surface parts the pieces, where there is room for it.
          height={(bar.height > 3 ? bar.height - 1 : bar.height).toFixed(2)}
        />
      ))}
      <line className="chart-base" x1={left} x2={right} y1={base} y2={base} />
      {gaps.map(gap => (
        <g key={gap.from}>
          <line className="chart-gap-ground" x1={gap.from} x2={gap.to} y1={base} y2={base} />
          <line className="chart-gap" x1={gap.from} x2={gap.to} y1={base} y2={base} />
          <GapText from={gap.from} to={gap.to} base={base} />
        </g>
      ))}
      <text className="chart-title" x={left} y={panel.titleY}>
        {title}
      </text>
    </g>
  )
}

/** Says "no reports" over a gap, in two lines where it is narrow; the table says it for gaps that are narrower still. */
function GapText({ from, to, base }: { readonly from: number; readonly to: number; readonly base: number }) {
  const x = (from + to) / 2
  const text = chartText('noReports')
  if (to - from > 66)
    return (
      <text x={x} y={base - 6} textAnchor="middle">
        {text}
      </text>
    )
  if (to - from < 34) return null
  const words = text.split(' ')
  return (
    <text x={x} y={base - 6 - 12 * (words.length - 1)} textAnchor="middle">
      {words.map((word, line) => (
        <tspan key={word} x={x} dy={line === 0 ? 0 : 12}>
          {word}
        </tspan>
      ))}
    </text>
  )
}

/**
 * The first day of a bar; month and year where a bar is longer than any month. Where the axis goes over more than one
 * year, the first label and the first of each year say it.
 */
function axisLabel(bins: readonly Bin[], bin: number, before: number | undefined): string {
  const { from = '', to = '' } = bins[bin] ?? {}
  if (countDays(from, to) > 31) return formatMonth(from)
  const year = from.slice(0, 4)
  if (bins[0]?.from.slice(0, 4) === bins.at(-1)?.to.slice(0, 4)) return formatDay(from, Number(year))
  const isFirst = before === undefined || bins[before]?.from.slice(0, 4) !== year
  return isFirst ? formatDayYear(from) : formatDay(from, Number(year))
}

function describe(bin: Bin, series: readonly Series[]): string {
  const days = formatDays(bin.from, bin.to)
  if (!bin.hasReports) return `${days}: ${chartText('noReports')}`
  const parts = series.flatMap((layer, index) => {
    const value = bin.values[index] ?? 0
    return value === 0 ? [] : [`${layer.text} ${formatCount(value)}`]
  })
  return `${days}: ${chartText('messages', { count: bin.total })}\n${parts.join('\n')}`
}
