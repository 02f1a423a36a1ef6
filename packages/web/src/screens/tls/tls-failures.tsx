import './tls.css'
import type { TlsFailuresAnswer } from '@letterlock/contract'
import { usePages } from '../../api/answers.ts'
import { Address, Breakable } from '../../components/breakable.tsx'
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

/** The failure details that make a number of the matrix. */
export function TlsFailures() {
  const query = usePages<TlsFailuresAnswer>('/tls/failures', answer => answer.data.nextCursor)
  const first = query.data?.pages[0]
  const total = first?.data.total
  return (
    <>
      <Head title={tlsText('failuresTitle')}>{total && <p>{tlsText('failuresLede', total)}</p>}</Head>
      <Filters>
        {first && <Claim claim={first.claim} />}
        <TableExports path="/tls/failures" />
      </Filters>
      <Paged query={query}>
        {pages => {
          const rows = pages.flatMap(page => page.data.failures)
          if (rows.length === 0) return <EmptyScope />
          return <FailureTable rows={rows} total={pages[0].data.total.sessions} />
        }}
      </Paged>
    </>
  )
}

function FailureTable({
  rows,
  total,
}: {
  readonly rows: TlsFailuresAnswer['data']['failures']
  readonly total: number
}) {
  return (
    <table className="table blocks">
      <caption className="vh">{tlsText('failuresTitle')}</caption>
      <TableHead
        columns={[
          tlsText('day'),
          tlsText('reporter'),
          tlsText('domain'),
          tlsText('resultType'),
          tlsText('from'),
          tlsText('receiving'),
          tlsText('information'),
          numbers(tlsText('failed')),
        ]}
      />
      <tbody>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a report have no other name than their place
          <tr key={`${row.report} ${index}`} className="line">
            <ReportDay report={row.report} day={row.day} />
            <td data-label={tlsText('reporter')}>{row.reporter.name}</td>
            <td data-label={tlsText('domain')}>
              <Breakable text={row.domain} />
            </td>
            <td data-label={tlsText('resultType')}>
              {row.resultType}
              <span className="small">{policyTypeText(row.policyType)}</span>
            </td>
            <td data-label={tlsText('from')}>
              {row.sendingIp === null ? tlsText('notStated') : <Address ip={row.sendingIp} />}
            </td>
            <td data-label={tlsText('receiving')}>
              {row.mx === null ? tlsText('noMx') : <Breakable text={row.mx} />}
              <span className="small">{row.receivingIp !== null && <Address ip={row.receivingIp} />}</span>
            </td>
            <td data-label={tlsText('information')}>
              {row.reasonCode ?? ''}
              <span className="small">{row.additionalInformation ?? ''}</span>
            </td>
            <td className="n" data-label={tlsText('failed')}>
              {formatCount(row.sessions)}
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={7}>
            {tlsText('allFailed')}
          </th>
          <td className="n">{formatCount(total)}</td>
        </tr>
      </tfoot>
    </table>
  )
}
