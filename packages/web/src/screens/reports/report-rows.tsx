import type { ReportRow, RowsAnswer } from '@letterlock/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getJson } from '../../api/client.ts'
import { Block } from '../../components/head.tsx'
import { Paged } from '../../components/paged.tsx'
import { reportsText } from '../../messages/reports.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { apiQuery } from '../../scope/search.ts'
import { RowTable } from '../rows/rows.tsx'

/** The rows of one report; of a TLS report its sums, with the way to its failed sessions. */
export function ReportRows({ report }: { readonly report: ReportRow }) {
  if (report.kind === 'tls')
    return (
      <Block title={reportsText('rowsTitle')}>
        <p className="sentence">
          {reportsText('sessionsLine', { all: report.messages, failed: report.failedSessions ?? 0 })}{' '}
          <ScopeLink
            to="/tls/failures"
            filters={{ domain: [report.domain], reporter: [report.reporter.key], from: [report.day], to: [report.day] }}
            className="link"
          >
            {reportsText('tlsRows')}
          </ScopeLink>
        </p>
      </Block>
    )
  return <AggregateRows report={report} />
}

function AggregateRows({ report }: { readonly report: ReportRow }) {
  // The report is the scope here, whatever the scope bar says: its own domain and day, so that nothing is left out.
  const scope = { domain: [report.domain], from: [report.day], to: [report.day], report: [String(report.id)] }
  const query = useInfiniteQuery({
    queryKey: ['/rows', 'of', report.id],
    queryFn: ({ pageParam, signal }) =>
      getJson<RowsAnswer>(
        '/rows',
        `${apiQuery(scope, 'all')}${pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: answer => answer.data.nextCursor,
  })
  return (
    <Block
      title={reportsText('rowsTitle')}
      actions={
        <ScopeLink to="/rows" filters={scope} className="btn">
          {reportsText('allRows')}
        </ScopeLink>
      }
    >
      <Paged query={query} lines={4}>
        {pages => <RowTable rows={pages.flatMap(page => page.data.rows)} total={pages[0].data.total} />}
      </Paged>
    </Block>
  )
}
