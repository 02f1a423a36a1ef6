import './tls.css'
import type { TlsResultsAnswer } from '@letterlock/contract'
import { usePages } from '../../api/answers.ts'
import { Breakable } from '../../components/breakable.tsx'
import { Claim } from '../../components/claim.tsx'
import { EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { Paged } from '../../components/paged.tsx'
import { ReportDay } from '../../components/report-day.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { policyTypeText, tlsText } from '../../messages/tls.ts'
import { formatCount } from '../../text/format.ts'

/** Sessions of each policy in each report: the rows behind the sums of Inbound TLS. */
export function TlsResults() {
  const query = usePages<TlsResultsAnswer>('/tls/results', answer => answer.data.nextCursor)
  const first = query.data?.pages[0]
  const total = first?.data.total
  return (
    <>
      <Head title={tlsText('resultsTitle')}>
        {total && <p>{tlsText('resultsLede', total)}</p>}
        <p>{tlsText('resultsNote')}</p>
      </Head>
      <Filters>
        {first && <Claim claim={first.claim} />}
        <TableExports path="/tls/results" />
      </Filters>
      <Paged query={query}>
        {pages => {
          const rows = pages.flatMap(page => page.data.results)
          if (rows.length === 0) return <EmptyScope />
          return <ResultTable rows={rows} total={pages[0].data.total} />
        }}
      </Paged>
    </>
  )
}

interface ResultTableProps {
  readonly rows: TlsResultsAnswer['data']['results']
  readonly total: TlsResultsAnswer['data']['total']
}

function ResultTable({ rows, total }: ResultTableProps) {
  return (
    <table className="table blocks">
      <caption className="vh">{tlsText('resultsTitle')}</caption>
      <TableHead
        columns={[
          tlsText('day'),
          tlsText('reporter'),
          tlsText('domain'),
          tlsText('type'),
          tlsText('counted'),
          numbers(tlsText('successful')),
          numbers(tlsText('failed')),
          numbers(tlsText('detailed')),
        ]}
      />
      <tbody>
        {rows.map((row, index) => (
          <tr
            // biome-ignore lint/suspicious/noArrayIndexKey: policies of a report have no other name than their place
            key={`${row.report} ${index}`}
            className={row.isCounted ? 'line' : 'line uncounted'}
          >
            <ReportDay report={row.report} day={row.day} />
            <td data-label={tlsText('reporter')}>{row.reporter.name}</td>
            <td data-label={tlsText('domain')}>
              <Breakable text={row.domain} />
            </td>
            <td data-label={tlsText('type')}>{policyTypeText(row.policyType)}</td>
            <td data-label={tlsText('counted')}>{tlsText(row.isCounted ? 'yes' : 'no')}</td>
            <td className="n" data-label={tlsText('successful')}>
              {row.successful === null ? tlsText('noSummary') : formatCount(row.successful)}
            </td>
            <td className="n" data-label={tlsText('failed')}>
              {row.failed === null ? tlsText('noSummary') : formatCount(row.failed)}
            </td>
            <td className="n" data-label={tlsText('detailed')}>
              {formatCount(row.detailed)}
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={5}>
            {tlsText('all')}
          </th>
          <td className="n" data-label={tlsText('successful')}>
            {formatCount(total.successful)}
          </td>
          <td className="n" data-label={tlsText('failed')}>
            {formatCount(total.failed)}
          </td>
          <td className="n vanish" />
        </tr>
      </tfoot>
    </table>
  )
}
