import './chart.css'
import type { VolumeAnswer } from '@letterlock/contract'
import { useNavigate } from '@tanstack/react-router'
import { useLayoutEffect, useRef, useState } from 'react'
import { useAnswer } from '../api/answers.ts'
import { Claim } from '../components/claim.tsx'
import { EmptyScope } from '../components/empty.tsx'
import { Block } from '../components/head.tsx'
import { Legend } from '../components/legend.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Segments } from '../components/segments.tsx'
import { chartText } from '../messages/chart.ts'
import { partText } from '../messages/parts.ts'
import { type Search, withFilters } from '../scope/search.ts'
import { useFilters, useScope } from '../scope/use-scope.ts'
import { formatDay } from '../text/format.ts'
import { type Bin, binsOf, type ChartKey, chartKeys, daysPerBin, seriesOf } from './bins.ts'
import { Drawing, type Mark } from './drawing.tsx'
import { chartCsv, saveFile, standaloneSvg } from './export.ts'
import { layOut } from './geometry.ts'
import { VolumeTable } from './volume-table.tsx'

/** Messages by day under one of three keys, with legend, table and exports of the same array. */
export function VolumeChart() {
  const query = useAnswer<VolumeAnswer>('/volume')
  const [key, setKey] = useChartKey()
  const drawing = useRef<SVGSVGElement>(null)
  const [box, width] = useWidth()
  const series = seriesOf[key]
  const days = query.data?.data.days ?? []
  const length = daysPerBin(days.length, width - 56)
  const bins = binsOf(days, series, length)
  const fileName = `letterlock-volume-${key}-${query.data?.scope.from}-${query.data?.scope.to}`
  return (
    <Block
      title={chartText('title')}
      aside={query.data && <Claim claim={query.data.claim} />}
      actions={
        <>
          <Segments
            name="chart-key"
            label={chartText('key')}
            value={key}
            options={chartKeys.map(name => ({ value: name, text: chartText(name) }))}
            onChange={setKey}
          />
          <button
            type="button"
            className="btn quiet-btn"
            aria-label={partText('exportChart', { format: partText('exportSvg') })}
            onClick={() =>
              drawing.current && saveFile(`${fileName}.svg`, 'image/svg+xml', standaloneSvg(drawing.current))
            }
          >
            {partText('exportSvg')}
          </button>
          <button
            type="button"
            className="btn quiet-btn"
            data-export
            aria-label={partText('exportChart', { format: partText('exportCsv') })}
            onClick={() => saveFile(`${fileName}.csv`, 'text/csv', chartCsv(bins, series))}
          >
            {partText('exportCsv')}
          </button>
        </>
      }
    >
      <div ref={box}>
        <Loaded query={query} lines={7}>
          {answer =>
            answer.data.totals.rows === 0 ? (
              <EmptyScope />
            ) : (
              <Content {...{ answer, chartKey: key, bins, width, drawing, length }} />
            )
          }
        </Loaded>
      </div>
    </Block>
  )
}

interface ContentProps {
  readonly answer: VolumeAnswer
  readonly chartKey: ChartKey
  readonly bins: readonly Bin[]
  readonly width: number
  readonly length: number
  readonly drawing: React.RefObject<SVGSVGElement | null>
}

function Content({ answer, chartKey, bins, width, length, drawing }: ContentProps) {
  const navigate = useNavigate()
  const scope = useScope()
  const series = seriesOf[chartKey]
  const { totals, days, marks } = answer.data
  const keyWord = chartText(chartKey).toLowerCase()
  const per = length === 1 ? '' : chartText('perBin', { days: length })
  const whole = chartText('whole', { key: keyWord, per })
  const titles = {
    whole,
    rest: chartText('rest', { good: series.at(-1)?.text ?? '', per }),
    nothing: chartText('nothing', { good: series.at(-1)?.text ?? '' }),
    label: chartText('label', { title: whole, count: bins.length }),
  }
  const placed = placeMarks(days, marks, length)
  return (
    <>
      <div className="panel chart-box">
        <Drawing
          ref={drawing}
          bins={bins}
          series={series}
          geometry={layOut(bins, Math.max(280, width - 30), placed.length > 0)}
          marks={placed}
          titles={titles}
          onPick={bin => void navigate({ to: '/rows', search: withFilters(scope, { from: [bin.from], to: [bin.to] }) })}
        />
      </div>
      {marks.length > 0 && (
        <ol className="chart-marks" aria-label={chartText('marks')}>
          {marks.map((mark, index) => (
            <li key={`${mark.day}${mark.domain}${mark.after}`}>
              <span className="chart-number" aria-hidden="true">
                {index + 1}
              </span>
              <span>
                <b>{formatDay(mark.day)}</b>{' '}
                {chartText.rich('markChanged', {
                  domain: mark.domain,
                  before: <code>{mark.before}</code>,
                  after: <code>{mark.after}</code>,
                })}
              </span>
            </li>
          ))}
        </ol>
      )}
      <Legend
        total={totals.messages}
        entries={series.map(layer => ({
          slot: layer.slot,
          text: layer.text,
          count: layer.of(totals),
          filters: { [chartKey]: layer.names },
        }))}
      />
      <VolumeTable bins={bins} series={series} chartKey={chartKey} total={totals} />
    </>
  )
}

/** The key of the chart stands in the URL like every choice of the view. */
function useChartKey(): readonly [ChartKey, (key: ChartKey) => void] {
  const wanted = useFilters().key
  const navigate = useNavigate()
  const key = chartKeys.find(name => name === wanted) ?? 'outcome'
  return [
    key,
    changed =>
      void navigate({
        to: '.',
        search: (previous: Search) => ({ ...previous, key: changed === 'outcome' ? undefined : changed }),
        replace: true,
        resetScroll: false,
      }),
  ]
}

/** A mark stands between the day before the change and the day that first shows it. */
function placeMarks(
  days: VolumeAnswer['data']['days'],
  marks: VolumeAnswer['data']['marks'],
  length: number,
): readonly Mark[] {
  return marks.flatMap((mark, index) => {
    const at = days.findIndex(day => day.day === mark.day)
    return at <= 0 ? [] : [{ number: index + 1, at: at / length }]
  })
}

function useWidth(): readonly [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(1152)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    setWidth(element.clientWidth)
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [box, width]
}
