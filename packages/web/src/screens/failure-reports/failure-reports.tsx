import type { FailureReportsAnswer } from '@letterlock/contract'
import { usePages } from '../../api/answers.ts'
import { Address } from '../../components/breakable.tsx'
import { EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { Paged } from '../../components/paged.tsx'
import { failureText } from '../../messages/failure-reports.ts'
import { ReportLink, ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDay } from '../../text/format.ts'

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
      <thead>
        <tr>
          <th scope="col">{failureText('day')}</th>
          <th scope="col">{failureText('reporter')}</th>
          <th scope="col">{failureText('domain')}</th>
          <th scope="col">{failureText('type')}</th>
          <th scope="col">{failureText('source')}</th>
          <th scope="col">{failureText('from')}</th>
          <th scope="col">{failureText('delivery')}</th>
          <th scope="col" className="n">
            {failureText('incidents')}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row.report} className="line">
            <th scope="row">
              <ReportLink report={row.report} className="num" data-row>
                {formatDay(row.day)}
              </ReportLink>
            </th>
            <td data-label={failureText('reporter')}>{row.reporter.name}</td>
            <td data-label={failureText('domain')}>{row.domain}</td>
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
