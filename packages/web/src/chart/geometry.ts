import { scaleLinear } from 'd3-scale'
import { stack } from 'd3-shape'
import type { Bin } from './bins.ts'

/** Measures of the drawing in CSS pixels. */
const measures = { left: 52, right: 4, flags: 14, title: 30, top: 132, between: 44, bottom: 104, axis: 24 } as const

export interface Bar {
  readonly series: number
  readonly bin: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Panel {
  readonly titleY: number
  readonly base: number
  readonly top: number
  readonly ticks: readonly { readonly value: number; readonly y: number }[]
  readonly bars: readonly Bar[]
}

export interface Geometry {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly right: number
  /** All layers. */
  readonly whole: Panel
  /** All but the last layer, on its own scale: otherwise two per cent of trouble is one pixel. */
  readonly rest: Panel
  readonly step: number
  readonly labels: readonly { readonly x: number; readonly bin: number }[]
  /** Runs of bins without reports. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[]
}

/** Where everything stands, for bars of these bins at this width. `hasFlags` leaves room for numbered marks. */
export function layOut(bins: readonly Bin[], width: number, hasFlags: boolean): Geometry {
  const left = measures.left
  const right = width - measures.right
  const step = bins.length === 0 ? 0 : (right - left) / bins.length
  const start = hasFlags ? measures.flags : 0
  const layers = bins[0]?.values.length ?? 0
  const wholeBase = start + measures.title + measures.top
  const restBase = wholeBase + measures.between + measures.bottom
  return {
    width,
    height: restBase + measures.axis,
    left,
    right,
    whole: panel(bins, { layers, base: wholeBase, height: measures.top, left, step, ticks: 4 }),
    rest: panel(bins, { layers: layers - 1, base: restBase, height: measures.bottom, left, step, ticks: 3 }),
    step,
    labels: labelled(bins, left, step),
    gaps: runs(bins).map(run => ({ from: left + run.from * step, to: left + run.to * step })),
  }
}

interface PanelSpace {
  readonly layers: number
  readonly base: number
  readonly height: number
  readonly left: number
  readonly step: number
  readonly ticks: number
}

function panel(bins: readonly Bin[], space: PanelSpace): Panel {
  const indexes = Array.from({ length: Math.max(0, space.layers) }, (_, layer) => layer)
  const most = Math.max(1, ...bins.map(bin => sumOf(bin, indexes)))
  const scale = scaleLinear().domain([0, most]).nice(space.ticks).range([0, space.height])
  const width = Math.max(4, space.step * 0.68)
  const inset = (space.step - width) / 2
  const stacked = stack<unknown, Bin, number>()
    .keys(indexes)
    .value((bin, layer) => bin.values[layer] ?? 0)([...bins])
  const bars = stacked.flatMap(layer =>
    [...layer].flatMap((point, bin): Bar[] => {
      const low = scale(point[0])
      const height = scale(point[1]) - low
      if (height <= 0) return []
      const x = space.left + bin * space.step + inset
      return [{ series: layer.key, bin, x, y: space.base - low - height, width, height }]
    }),
  )
  const ticks = scale
    .ticks(space.ticks)
    .filter(Number.isInteger)
    .map(value => ({ value, y: space.base - scale(value) }))
  return { titleY: space.base - space.height - 10, base: space.base, top: space.base - space.height, ticks, bars }
}

function sumOf(bin: Bin, layers: readonly number[]): number {
  return layers.reduce((sum, layer) => sum + (bin.values[layer] ?? 0), 0)
}

/** Least distance of two labels on the axis. */
const leastLabelGap = 64

/** Mondays where bars are days, else the first day of bars that are far enough apart. */
function labelled(bins: readonly Bin[], left: number, step: number): readonly { x: number; bin: number }[] {
  const isDaily = bins.every(bin => bin.from === bin.to)
  const found: { x: number; bin: number }[] = []
  bins.forEach((bin, index) => {
    const isMonday = new Date(`${bin.from}T00:00:00Z`).getUTCDay() === 1
    const x = left + (index + 0.5) * step
    const last = found.at(-1)
    if ((!isDaily || isMonday || bins.length < 7) && (last === undefined || x - last.x >= leastLabelGap))
      found.push({ x, bin: index })
  })
  return found
}

/** Runs of bins without reports: first bin and the one after the last. */
function runs(bins: readonly Bin[]): readonly { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  bins.forEach((bin, index) => {
    if (bin.hasReports) return
    const last = found.at(-1)
    if (last?.to === index) last.to = index + 1
    else found.push({ from: index, to: index + 1 })
  })
  return found
}
