import './reports.css'
import type { ReparseAnswer, ReportAnswer } from '@letterlock/contract'
import { useParams } from '@tanstack/react-router'
import { Fragment } from 'react'
import { useReadOnly, useResource } from '../../api/answers.ts'
import { useChange } from '../../api/changes.ts'
import { apiAddress, change } from '../../api/client.ts'
import { Block, Head } from '../../components/head.tsx'
import { Literal } from '../../components/literal.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { Moment } from '../../components/moment.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { partText } from '../../messages/parts.ts'
import { reportsText } from '../../messages/reports.ts'
import { DomainLink, ReportLink } from '../../scope/scope-link.tsx'
import { formatBytes, formatCount, formatDay, formatDays, formatMoment } from '../../text/format.ts'
import { FailureDetail } from './failure-detail.tsx'
import { ReportDocument } from './report-document.tsx'
import { ReportRows } from './report-rows.tsx'

/** One report: what it says of itself, what was tolerated, how it came, its rows and its text. */
export function Report() {
  const { report: id } = useParams({ from: '/reports/$report' })
  const query = useResource<ReportAnswer>(`/reports/${encodeURIComponent(id)}`)
  return (
    <Loaded query={query} lines={10}>
      {answer => <Content answer={answer} />}
    </Loaded>
  )
}

function Content({ answer }: { readonly answer: ReportAnswer }) {
  const { report } = answer
  const title = reportsText('reportTitle', {
    kind: reportsText(report.kind),
    reporter: report.reporter.name,
    day: formatDay(report.day),
  })
  return (
    <>
      <Head title={title}>
        <p>
          {reportsText.rich('about', {
            domain: <DomainLink domain={report.domain} className="num" />,
            days: formatDays(report.begin.slice(0, 10), report.end.slice(0, 10)),
          })}
        </p>
      </Head>
      <Actions answer={answer} />
      <div className="two-columns">
        <Block title={reportsText('metadata')}>
          <Metadata answer={answer} />
        </Block>
        <div>
          <Block title={reportsText('deliveries')}>
            <Deliveries answer={answer} />
          </Block>
          {answer.policy !== null && (
            <Block title={reportsText('policy')} aside={<span className="sentence">{reportsText('policyOf')}</span>}>
              <Literal text={answer.policy.literal} />
            </Block>
          )}
        </div>
      </div>
      <Block title={reportsText('deviationsTitle')}>
        <Deviations answer={answer} />
      </Block>
      {report.kind === 'failure' ? <FailureDetail report={report.id} /> : <ReportRows report={report} />}
      <Block title={reportsText('document')}>
        <ReportDocument report={report.id} />
      </Block>
    </>
  )
}

function Actions({ answer }: { readonly answer: ReportAnswer }) {
  const { id } = answer.report
  const reparse = useChange((report: number) => change<ReparseAnswer>('POST', `/reports/${report}/reparse`))
  const isReadOnly = useReadOnly()
  const hasBytes = answer.deliveries.some(delivery => delivery.hasBytes)
  return (
    <div className="row-of">
      {hasBytes && (
        <a className="btn" href={apiAddress(`/reports/${id}/raw`)} download data-export>
          {reportsText('download')}
        </a>
      )}
      <button
        type="button"
        className="btn"
        disabled={isReadOnly || !hasBytes || reparse.isPending}
        title={isReadOnly ? partText('readOnly') : hasBytes ? undefined : reportsText('notKept')}
        onClick={() => reparse.mutate(id)}
      >
        {reportsText(reparse.isPending ? 'reparsing' : 'reparse')}
      </button>
      <span role="status" className="sentence">
        {reparse.isSuccess && reportsText('reparsed', reparse.data)}
        {reparse.isError && reparse.error.message}
      </span>
    </div>
  )
}

function Metadata({ answer }: { readonly answer: ReportAnswer }) {
  const { report, metadata } = answer
  const flags = [
    report.isPartial ? reportsText('partial') : null,
    report.isOverlapping ? reportsText('overlapping') : null,
    report.authentication,
  ].filter(flag => flag !== null)
  const lines = [
    [reportsText('org'), metadata.orgName],
    [reportsText('reportId'), report.reportId],
    [reportsText('period'), `${formatMoment(report.begin)} – ${formatMoment(report.end)}`],
    [reportsText('email'), metadata.email],
    ...metadata.extraContactInfo.map(info => [reportsText('extra'), info] as const),
    [reportsText('generator'), metadata.generator],
    [reportsText('version'), metadata.version],
    [reportsText('form'), [report.form, metadata.namespace].filter(part => part !== null).join(', ')],
    [reportsText('state'), flags.join(', ')],
    [reportsText('size'), formatBytes(report.bytes)],
    [reportsText('hash'), answer.hash],
    ...metadata.errors.map(error => [reportsText('errors'), error] as const),
  ] as const
  return (
    <dl className="detail-list">
      {lines.map(
        ([name, value], index) =>
          value !== null && (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines keep their order
            <Fragment key={index}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </Fragment>
          ),
      )}
    </dl>
  )
}

function Deliveries({ answer }: { readonly answer: ReportAnswer }) {
  return (
    <>
      <ul className="sentence">
        {answer.deliveries.map(delivery => (
          <li key={`${delivery.id} ${delivery.path}`} className="delivery">
            <b>{delivery.name}</b> {delivery.channel}, <Moment time={delivery.receivedAt} />,{' '}
            {formatBytes(delivery.bytes)}
            {delivery.path !== '' && <span className="small">{delivery.path}</span>}
            {delivery.hasBytes ? (
              <a
                className="link no-print"
                href={apiAddress(`/reports/${answer.report.id}/raw`, `?delivery=${delivery.id}`)}
                download
                aria-label={reportsText('downloadOf', { name: delivery.name })}
              >
                {reportsText('download')}
              </a>
            ) : (
              <span className="small">{reportsText('notKept')}</span>
            )}
          </li>
        ))}
      </ul>
      {answer.overlapping.length > 0 && (
        <p className="sentence">
          {reportsText('overlaps')}:{' '}
          {answer.overlapping.map(other => (
            <ReportLink key={other.id} report={other.id} className="link">
              {reportsText('overlapEntry', other)}
            </ReportLink>
          ))}
        </p>
      )}
    </>
  )
}

function Deviations({ answer }: { readonly answer: ReportAnswer }) {
  const codes = Object.entries(answer.deviationCounts)
  if (codes.length === 0) return <p className="sentence">{reportsText('noDeviations')}</p>
  const all = codes.reduce((sum, [, count]) => sum + count, 0)
  return (
    <>
      <p className="sentence">
        {reportsText('moreDeviations', { count: all })}:{' '}
        {codes.map(([code, count]) => `${code} ${formatCount(count)}`).join(', ')}
      </p>
      <table className="table blocks">
        <caption className="vh">{reportsText('deviationsTitle')}</caption>
        <TableHead
          columns={[reportsText('code'), reportsText('raw'), reportsText('readAs'), numbers(reportsText('at'))]}
        />
        <tbody>
          {answer.deviations.map(deviation => (
            <tr key={`${deviation.at} ${deviation.code}`} className="line">
              <th scope="row">{deviation.code}</th>
              <td data-label={reportsText('raw')}>
                <code>{deviation.raw}</code>
              </td>
              <td data-label={reportsText('readAs')}>
                {deviation.value === null ? reportsText('leftOut') : <code>{deviation.value}</code>}
              </td>
              <td className="n" data-label={reportsText('at')}>
                {formatCount(deviation.at)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
