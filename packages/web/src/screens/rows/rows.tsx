import './rows.css'
import type { AggregateRow, RowsAnswer } from '@letterlock/contract'
import { usePages } from '../../api/answers.ts'
import { Address, Breakable } from '../../components/breakable.tsx'
import { Claim } from '../../components/claim.tsx'
import { EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { Outcome } from '../../components/outcome.tsx'
import { Paged } from '../../components/paged.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { alignmentText, dispositionText } from '../../messages/outcome.ts'
import { rowsText } from '../../messages/rows.ts'
import { ReportLink, ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDay } from '../../text/format.ts'

/** The rows that make a number; they add up to it. */
export function Rows() {
  const query = usePages<RowsAnswer>('/rows', answer => answer.data.nextCursor)
  const first = query.data?.pages[0]
  return (
    <>
      <Head title={rowsText('title')}>
        {first && (
          <p>
            {rowsText('lede', {
              ...first.data.total,
              order: first.scope.domains?.length === 1 ? 'one' : 'many',
            })}
          </p>
        )}
      </Head>
      <Filters>
        {first && <Claim claim={first.claim} />}
        <TableExports path="/rows" />
      </Filters>
      <Paged query={query} lines={12}>
        {pages => {
          const rows = pages.flatMap(page => page.data.rows)
          if (rows.length === 0) return <EmptyScope />
          return <RowTable rows={rows} total={pages[0].data.total} />
        }}
      </Paged>
    </>
  )
}

/** Also on the page of a report. */
export function RowTable({
  rows,
  total,
}: {
  readonly rows: readonly AggregateRow[]
  readonly total: RowsAnswer['data']['total']
}) {
  return (
    <table className="table blocks rows">
      <caption className="vh">{rowsText('caption')}</caption>
      <TableHead
        columns={[
          rowsText('day'),
          rowsText('source'),
          rowsText('sender'),
          rowsText('from'),
          rowsText('authentication'),
          rowsText('disposition'),
          rowsText('outcome'),
          numbers(rowsText('messages')),
        ]}
      />
      <tbody>
        {rows.map(row => (
          <Line key={`${row.report} ${row.seq}`} row={row} />
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={7}>
            {rowsText('total')}
            {total.rows > rows.length && (
              <span className="small">{rowsText('shown', { shown: rows.length, all: total.rows })}</span>
            )}
          </th>
          <td className="n" data-total={total.messages}>
            {formatCount(total.messages)}
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

function Line({ row }: { readonly row: AggregateRow }) {
  const { source } = row
  const network = [source.asn === null ? null : `AS${source.asn}`, source.country].filter(part => part !== null)
  return (
    <tr className="line">
      <th scope="row" className="nowrap">
        <ReportLink report={row.report} className="num" data-row>
          {formatDay(row.day)}
        </ReportLink>
        <span className="small">{row.reporter.name}</span>
      </th>
      <td data-label={rowsText('source')}>
        {source.ip === null ? rowsText('noAddress') : <Address ip={source.ip} />}
        {source.ptr !== null && (
          <span className="small">
            <Breakable text={source.ptr} />
          </span>
        )}
        <span className="small">{network.join(', ')}</span>
      </td>
      <td data-label={rowsText('sender')}>
        <ScopeLink to="/senders" view={{ open: row.sender.key }} className="num">
          <Breakable text={row.sender.name} />
        </ScopeLink>
      </td>
      <td data-label={rowsText('from')}>
        {row.headerFrom === null ? rowsText('noName') : <Breakable text={row.headerFrom} />}
        <span className="small">
          {row.envelopeFrom === null || row.envelopeFrom === '' ? (
            rowsText(row.envelopeFrom === '' ? 'nullPath' : 'noName')
          ) : (
            <Breakable text={row.envelopeFrom} />
          )}
        </span>
      </td>
      <td data-label={rowsText('authentication')}>
        <Results row={row} />
      </td>
      <td data-label={rowsText('disposition')}>
        {dispositionText(row.disposition)}
        {row.reasons.length > 0 && (
          <span className="small">
            {rowsText('override', {
              types: row.reasons
                .map(reason => [reason.rawType ?? reason.type, reason.comment].filter(part => part !== null).join(': '))
                .join('; '),
            })}
          </span>
        )}
      </td>
      <td data-label={rowsText('outcome')}>
        <Outcome outcome={row.outcome} />
        <span className="small">{rowsText('path', { path: alignmentText(row.alignment) })}</span>
        {row.isDerived && <span className="small">{rowsText('derived')}</span>}
        {row.isTolerated && <span className="small">{rowsText('tolerated')}</span>}
      </td>
      <td className="n" data-label={rowsText('messages')}>
        {formatCount(row.messages)}
      </td>
    </tr>
  )
}

const alignedWords = { pass: 'aligned', fail: 'notAligned', unknown: 'unknown' } as const

/** Each result with its domain, after the reporter's word on alignment of the method. */
function Results({ row }: { readonly row: AggregateRow }) {
  return (
    <ul>
      <li>
        {rowsText('dkim')} {rowsText(alignedWords[row.reported.dkim])}
        {row.dkimResults.length === 0 && <span className="small">{rowsText('noResult')}</span>}
        {row.dkimResults.map(result => (
          <span key={[result.domain, result.selector, result.result].join(' ')} className="small">
            {result.rawResult ?? result.result}{' '}
            <code>
              <Breakable text={`d=${result.domain ?? '?'}`} />
            </code>{' '}
            {result.selector !== null && (
              <code>
                <Breakable text={`s=${result.selector}`} />
              </code>
            )}
          </span>
        ))}
      </li>
      <li>
        {rowsText('spf')} {rowsText(alignedWords[row.reported.spf])}
        {row.spfResults.length === 0 && <span className="small">{rowsText('noResult')}</span>}
        {row.spfResults.map(result => (
          <span key={[result.domain, result.scope, result.result].join(' ')} className="small">
            {result.rawResult ?? result.result}{' '}
            <code>
              <Breakable text={result.domain ?? '?'} />
            </code>{' '}
            {result.scope}
          </span>
        ))}
      </li>
    </ul>
  )
}
