import './by-reporter.css'
import type { SendersByReporterAnswer } from '@letterlock/contract'
import { useMediaQuery } from '@mantine/hooks'
import { usePages } from '../../api/answers.ts'
import { Breakable } from '../../components/breakable.tsx'
import { Claim } from '../../components/claim.tsx'
import { EmptyScope } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Head } from '../../components/head.tsx'
import { Paged } from '../../components/paged.tsx'
import { sendersText } from '../../messages/senders.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDay, formatShare } from '../../text/format.ts'

type Row = SendersByReporterAnswer['data']['rows'][number]
type Reporter = SendersByReporterAnswer['data']['reporters'][number]

/** Columns that fit without scrolling sideways; the smaller reporters are added up in one more. */
const columnsWide = 8
const columnsNarrow = 5

/** The rows of Senders with one column per reporter: who says so. */
export function ByReporter() {
  const query = usePages<SendersByReporterAnswer>('/senders-by-reporter', answer => answer.data.nextCursor)
  const first = query.data?.pages[0]
  return (
    <>
      <Head title={sendersText('byReporterTitle')}>
        <p>{sendersText('byReporterLede')}</p>
      </Head>
      <div className="block-head">
        {first && <Claim claim={first.claim} />}
        <span className="gap" />
        <TableExports path="/senders-by-reporter" />
      </div>
      <Paged query={query}>
        {pages => {
          const [{ data }] = pages
          const rows = pages.flatMap(page => page.data.rows)
          if (rows.length === 0) return <EmptyScope />
          return <ReporterTable rows={rows} reporters={data.reporters} all={data.all} />
        }}
      </Paged>
    </>
  )
}

interface ReporterTableProps {
  readonly rows: readonly Row[]
  readonly reporters: readonly Reporter[]
  readonly all: SendersByReporterAnswer['data']['all']
}

function ReporterTable({ rows, reporters, all }: ReporterTableProps) {
  const isWide = useMediaQuery('(min-width: 75em)', true, { getInitialValueInEffect: false })
  const count = isWide ? columnsWide : columnsNarrow
  const columns = reporters.slice(0, count)
  const others = reporters.slice(count)
  return (
    <table className="table blocks by-reporter">
      <caption className="vh">{sendersText('byReporterTitle')}</caption>
      <thead>
        <tr>
          <th scope="col">{sendersText('sender')}</th>
          {columns.map(reporter => (
            <th key={reporter.reporter} scope="col" className="n">
              <Breakable text={reporter.name} />
              <span className={reporter.isSilent ? 'small silent' : 'small'}>
                {sendersText(reporter.isSilent ? 'silent' : 'newest', { day: formatDay(reporter.newestDay) })}
              </span>
            </th>
          ))}
          {others.length > 0 && (
            <th scope="col" className="n">
              {sendersText('otherReporters', { count: others.length })}
            </th>
          )}
          <th scope="col" className="n">
            {sendersText('allReporters')}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <Line key={row.sender.key} {...{ row, columns, others }} />
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{sendersText('all')}</th>
          {columns.map(reporter => (
            <td key={reporter.reporter} className="n" data-label={reporter.name}>
              <ScopeLink to="/rows" filters={{ reporter: [reporter.reporter] }} className="num">
                {formatCount(reporter.messages)}
              </ScopeLink>
              <Aligned counts={reporter} />
            </td>
          ))}
          {others.length > 0 && (
            <td className="n" data-label={sendersText('otherReporters', { count: others.length })}>
              {formatCount(others.reduce((sum, reporter) => sum + reporter.messages, 0))}
            </td>
          )}
          <td className="n" data-label={sendersText('allReporters')}>
            <ScopeLink to="/rows" className="num">
              {formatCount(all.messages)}
            </ScopeLink>
            <Aligned counts={all} />
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

function Line({
  row,
  columns,
  others,
}: {
  readonly row: Row
  readonly columns: readonly Reporter[]
  readonly others: readonly Reporter[]
}) {
  const cells = new Map(row.cells.map(cell => [cell.reporter, cell]))
  const rest = others.flatMap(reporter => cells.get(reporter.reporter) ?? [])
  const sender = [row.sender.key]
  return (
    <tr className="line">
      <th scope="row">
        <ScopeLink to="/senders" view={{ open: row.sender.key }} className="name" data-row>
          <Breakable text={row.sender.name} />
        </ScopeLink>
        <span className="small">{row.sender.kind}</span>
      </th>
      {columns.map(reporter => {
        const cell = cells.get(reporter.reporter)
        return (
          <td key={reporter.reporter} className="n" data-label={reporter.name}>
            {cell === undefined ? (
              <span className="quiet">
                <span aria-hidden="true">·</span>
                <span className="vh">{sendersText('noCell')}</span>
              </span>
            ) : (
              <>
                <ScopeLink to="/rows" filters={{ sender, reporter: [reporter.reporter] }} className="num">
                  {formatCount(cell.messages)}
                </ScopeLink>
                <Aligned counts={cell} />
              </>
            )}
          </td>
        )
      })}
      {others.length > 0 && (
        <td className="n" data-label={sendersText('otherReporters', { count: others.length })}>
          {rest.length === 0 ? (
            <span className="quiet">·</span>
          ) : (
            <ScopeLink to="/rows" filters={{ sender, reporter: rest.map(cell => cell.reporter) }} className="num">
              {formatCount(rest.reduce((sum, cell) => sum + cell.messages, 0))}
            </ScopeLink>
          )}
        </td>
      )}
      <td className="n" data-label={sendersText('allReporters')}>
        <ScopeLink to="/rows" filters={{ sender }} className="num">
          {formatCount(row.messages)}
        </ScopeLink>
        <Aligned counts={row} />
      </td>
    </tr>
  )
}

function Aligned({ counts }: { readonly counts: Pick<Row, 'messages' | 'outcome'> }) {
  return (
    <span className="small">
      {formatShare(counts.outcome.aligned, counts.messages)} %<span className="vh"> {sendersText('isAligned')}</span>
    </span>
  )
}
