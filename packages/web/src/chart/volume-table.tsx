import type { VolumeAnswer } from '@letterlock/contract'
import { chartText } from '../messages/chart.ts'
import { partText } from '../messages/parts.ts'
import { ScopeLink } from '../scope/scope-link.tsx'
import { formatCount, formatDays } from '../text/format.ts'
import type { Bin, ChartKey, Series } from './bins.ts'

interface VolumeTableProps {
  readonly bins: readonly Bin[]
  readonly series: readonly Series[]
  readonly chartKey: ChartKey
  readonly total: VolumeAnswer['data']['totals']
}

/** The chart in numbers; each leads to its rows. */
export function VolumeTable({ bins, series, chartKey, total }: VolumeTableProps) {
  return (
    <details className="as-table">
      <summary>{partText('viewAsTable')}</summary>
      <table className="table blocks">
        <caption className="vh">{chartText('caption', { key: chartText(chartKey) })}</caption>
        <thead>
          <tr>
            <th scope="col">{chartText('day')}</th>
            {series.map(layer => (
              <th key={layer.text} scope="col" className="n">
                {layer.text}
              </th>
            ))}
            <th scope="col" className="n">
              {chartText('total')}
            </th>
          </tr>
        </thead>
        <tbody>
          {bins.map(bin => (
            <Line key={bin.from} {...{ bin, series, chartKey }} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{chartText('total')}</th>
            {series.map(layer => (
              <td key={layer.text} className="n" data-label={layer.text}>
                {formatCount(layer.of(total))}
              </td>
            ))}
            <td className="n" data-label={chartText('total')}>
              {formatCount(total.messages)}
            </td>
          </tr>
        </tfoot>
      </table>
    </details>
  )
}

function Line({ bin, series, chartKey }: Omit<VolumeTableProps, 'bins' | 'total'> & { readonly bin: Bin }) {
  const days = { from: [bin.from], to: [bin.to] }
  if (!bin.hasReports)
    return (
      <tr className="line">
        <th scope="row">{formatDays(bin.from, bin.to)}</th>
        <td className="n quiet" colSpan={series.length + 1}>
          {chartText('noReports')}
        </td>
      </tr>
    )
  return (
    <tr className="line">
      <th scope="row">{formatDays(bin.from, bin.to)}</th>
      {series.map((layer, index) => {
        const value = bin.values[index] ?? 0
        return (
          <td key={layer.text} className={value === 0 ? 'n zero' : 'n'} data-label={layer.text}>
            {value === 0 ? (
              '0'
            ) : (
              <ScopeLink to="/rows" filters={{ ...days, [chartKey]: layer.names }} className="num">
                {formatCount(value)}
              </ScopeLink>
            )}
          </td>
        )
      })}
      <td className="n" data-label={chartText('total')}>
        <ScopeLink to="/rows" filters={days} className="num">
          {formatCount(bin.total)}
        </ScopeLink>
      </td>
    </tr>
  )
}
