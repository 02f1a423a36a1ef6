import type { FailureReportsAnswer } from '@letterlock/contract'
import { usePages } from '../../api/answers.ts'
import { Address, Breakable } from '../../components/breakable.tsx'
import { EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { Paged } from '../../components/paged.tsx'
import { ReportDay } from '../../components/report-day.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { failureText } from '../../messages/failure-reports.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount } from '../../text/format.ts'

type Row = FailureReportsAnswer['data']['failureReports'][number]

/** Single incidents that receivers reported; redacted unless the owner switched whole reports on. */
export function FailureReports() {
  const query = usePages<FailureReportsAnswer>('/failure-reports', answer => answer.data.nextCursor)
  const first = query.data?.pages[0]
  return (
    <>
      <Head title={failureText('title')}>
        {first && (
          <p>
            {failureText('lede', first.data.total)} {failureText(first.data.keepsFailureReports ? 'on' : 'off')}{' '}
            <ScopeLink to="/sources" className="link">
              {failureText('change')}
            </ScopeLink>
          </p>
        )}
      </Head>
      <Filters>
        <TableExports path="/failure-reports" />
      </Filters>
      <Paged query={query}>
        {pages => {
          const rows = pages.flatMap(page => page.data.failureReports)
          if (rows.length === 0) return <EmptyScope>{failureText('empty')}</EmptyScope>
          return <FailureTable rows={rows} />
        }}
      </Paged>
    </>
  )
}

function FailureTable({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <table className="table blocks">
      <caption className="vh">{failureText('caption')}</caption>
      <TableHead
        columns={[
          failureText('day'),
          failureText('reporter'),
          failureText('domain'),
          failureText('type'),
          failureText('source'),
          failureText('from'),
          failureText('delivery'),
          numbers(failureText('incidents')),
        ]}
      />
      <tbody>
        {rows.map(row => (
          <tr key={row.report} className="line">
            <ReportDay report={row.report} day={row.day} />
            <td data-label={failureText('reporter')}>{row.reporter.name}</td>
            <td data-label={failureText('domain')}>
              <Breakable text={row.domain} />
            </td>
            <td data-label={failureText('type')}>
              {row.feedbackType}
              <span className="small">{row.authFailure ?? ''}</span>
            </td>
            <td data-label={failureText('source')}>
              {row.source.ip === null ? failureText('notStated') : <Address ip={row.source.ip} />}
              <span className="small">{row.source.ptr ?? ''}</span>
            </td>
            <td data-label={failureText('from')}>
              {row.headerFrom ?? failureText('notStated')}
              <span className="small">{row.envelopeFrom ?? ''}</span>
            </td>
            <td data-label={failureText('delivery')}>{row.deliveryResult ?? failureText('notStated')}</td>
            <td className="n" data-label={failureText('incidents')}>
              {formatCount(row.incidents)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
