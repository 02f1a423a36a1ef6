import './reports.css'
import type { ReportRow, ReportsAnswer } from '@letterlock/contract'
import { useNavigate } from '@tanstack/react-router'
import { usePages, useReadOnly } from '../../api/answers.ts'
import { askForFiles } from '../../app/import-queue.ts'
import { Claim } from '../../components/claim.tsx'
import { EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { Paged } from '../../components/paged.tsx'
import { Segments } from '../../components/segments.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { partText } from '../../messages/parts.ts'
import { reportsText } from '../../messages/reports.ts'
import { DomainLink, ReportLink, ScopeLink } from '../../scope/scope-link.tsx'
import type { Search } from '../../scope/search.ts'
import { useFilters } from '../../scope/use-scope.ts'
import { formatCount, formatDay, formatMoment } from '../../text/format.ts'

/** Every report received, with its counts, so that nobody opens reports one by one. */
export function Reports() {
  const query = usePages<ReportsAnswer>('/reports', answer => answer.data.nextCursor)
  const kind = useFilters().kind?.[0] ?? ''
  const navigate = useNavigate()
  const isReadOnly = useReadOnly()
  const first = query.data?.pages[0]
  const total = first?.data.total
  return (
    <>
      <Head title={reportsText('title')}>{total && <p>{reportsText('lede', total)}</p>}</Head>
      <Filters>
        <Segments
          name="report-kind"
          label={reportsText('kind')}
          value={kind}
          options={[
            { value: '', text: reportsText('allKinds') },
            { value: 'aggregate', text: reportsText('aggregate') },
            { value: 'tls', text: reportsText('tls') },
            { value: 'failure', text: reportsText('failure') },
          ]}
          onChange={value =>
            void navigate({
              to: '.',
              search: (previous: Search) => ({ ...previous, kind: value === '' ? undefined : [value] }),
            })
          }
        />
        <button
          type="button"
          className="btn"
          disabled={isReadOnly}
          title={isReadOnly ? partText('readOnly') : undefined}
          onClick={askForFiles}
        >
          {reportsText('import')}
        </button>
        {first && <Claim claim={first.claim} />}
        <TableExports path="/reports" />
      </Filters>
      <Paged query={query} lines={12}>
        {pages => {
          const reports = pages.flatMap(page => page.data.reports)
          if (reports.length === 0) return <EmptyScope>{reportsText('empty')}</EmptyScope>
          return <ReportTable reports={reports} />
        }}
      </Paged>
    </>
  )
}

function ReportTable({ reports }: { readonly reports: readonly ReportRow[] }) {
  return (
    <table className="table blocks">
      <caption className="vh">{reportsText('caption')}</caption>
      <TableHead
        columns={[
          reportsText('day'),
          reportsText('reporter'),
          reportsText('domain'),
          reportsText('kind'),
          numbers(reportsText('counts')),
          numbers(reportsText('failed')),
          numbers(reportsText('rows')),
          numbers(reportsText('deviations')),
          reportsText('received'),
        ]}
      />
      <tbody>
        {reports.map(report => (
          <Line key={report.id} report={report} />
        ))}
      </tbody>
    </table>
  )
}

function Line({ report }: { readonly report: ReportRow }) {
  return (
    <tr className="line">
      <th scope="row" className="nowrap">
        <ReportLink report={report.id} className="num" data-row>
          {formatDay(report.day)}
        </ReportLink>
      </th>
      <td data-label={reportsText('reporter')}>
        {report.reporter.name}
        <span className="small">{reportsText(report.authentication)}</span>
      </td>
      <td data-label={reportsText('domain')}>
        <DomainLink domain={report.domain} />
      </td>
      <td data-label={reportsText('kind')}>
        {reportsText(report.kind)}
        <span className="small">{formText(report.form)}</span>
      </td>
      <td className="n" data-label={reportsText('counts')}>
        <Counts report={report} />
      </td>
      <td className="n" data-label={reportsText('failed')}>
        {report.failedSessions !== null && <ReportNumber report={report} count={report.failedSessions} />}
      </td>
      <td className="n" data-label={reportsText('rows')}>
        {formatCount(report.rows)}
      </td>
      <td className={report.deviations === 0 ? 'n zero' : 'n'} data-label={reportsText('deviations')}>
        {formatCount(report.deviations)}
      </td>
      <td data-label={reportsText('received')}>
        {formatMoment(report.receivedAt)}
        {report.isPartial && <span className="small flagged">{reportsText('partial')}</span>}
        {report.isOverlapping && <span className="small flagged">{reportsText('overlapping')}</span>}
      </td>
    </tr>
  )
}

/** A number whose rows are the report itself. */
function ReportNumber({ report, count }: { readonly report: ReportRow; readonly count: number }) {
  return (
    <ReportLink report={report.id} className="num">
      {formatCount(count)}
    </ReportLink>
  )
}

/** `RFC 7489` from `rfc7489`; other forms as they are. */
function formText(form: string): string {
  return form.replace(/^rfc(?=\d+$)/, 'RFC ')
}

function Counts({ report }: { readonly report: ReportRow }) {
  if (report.kind !== 'aggregate') return <ReportNumber report={report} count={report.messages} />
  return (
    <ScopeLink to="/rows" filters={{ report: [String(report.id)] }} className="num">
      {formatCount(report.messages)}
    </ScopeLink>
  )
}
