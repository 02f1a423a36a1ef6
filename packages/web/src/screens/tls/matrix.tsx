import type { TlsAnswer } from '@letterlock/contract'
import { Claim } from '../../components/claim.tsx'
import { useOpened } from '../../components/opened.ts'
import { Verdict } from '../../components/verdict.tsx'
import { tlsText } from '../../messages/tls.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, withDays } from '../../text/format.ts'
import { CellPanel } from './cell-panel.tsx'
import { type Column, columnGroups, weightOf } from './columns.ts'

type MatrixData = TlsAnswer['data']['matrix']
type Row = MatrixData['rows'][number]

/** Failed sessions, one row per MX, one column per result type; a cell opens to who reported it. */
export function Matrix({
  matrix,
  said,
}: {
  readonly matrix: MatrixData
  /** The claim above the table: a row repeats none that is the same. */
  readonly said: string
}) {
  const groups = columnGroups(matrix.types)
  const columns = groups.flatMap(group => group.columns)
  const totals = new Map(matrix.totals.map(total => [total.type, total.sessions]))
  const hasDomains = new Set(matrix.rows.map(row => row.domain)).size > 1
  return (
    <table className="table matrix">
      <caption className="vh">{tlsText('matrix')}</caption>
      <thead>
        <tr className="matrix-groups">
          <td />
          {groups.map(group => (
            <th key={group.name} scope="colgroup" colSpan={group.columns.length} className="first">
              {group.name}
            </th>
          ))}
          <td />
        </tr>
        <tr>
          <th scope="col" className="host">
            {tlsText('mx')}
          </th>
          {columns.map(column => (
            <th key={column.type} scope="col" className={column.isFirst ? 'cell first' : 'cell'}>
              <span aria-hidden="true">{column.text}</span>
              <span className="vh">{column.type}</span>
            </th>
          ))}
          <th scope="col" className="n">
            {tlsText('all')}
          </th>
        </tr>
      </thead>
      {matrix.rows.map(row => (
        <Host key={`${row.domain} ${row.mx}`} {...{ row, columns, hasDomains, said }} />
      ))}
      <tfoot>
        <tr>
          <th scope="row">{tlsText('allFailed')}</th>
          {columns.map(column => (
            <td key={column.type} className={column.isFirst ? 'cell first' : 'cell'} data-label={column.type}>
              <TotalNumber type={column.type} sessions={totals.get(column.type) ?? 0} />
            </td>
          ))}
          <td className="n" data-label={tlsText('allFailed')}>
            <ScopeLink to="/tls/failures" className="num">
              {formatCount(matrix.sessions)}
            </ScopeLink>
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

function TotalNumber({ type, sessions }: { readonly type: string; readonly sessions: number }) {
  if (sessions === 0) return '0'
  return (
    <ScopeLink to="/tls/failures" filters={{ result_type: [type] }} className="num">
      {formatCount(sessions)}
    </ScopeLink>
  )
}

function Host({
  row,
  columns,
  hasDomains,
  said,
}: {
  readonly said: string
  readonly row: Row
  readonly columns: readonly Column[]
  readonly hasDomains: boolean
}) {
  const [opened, toggle] = useOpened()
  const cells = new Map(row.cells.map(cell => [cell.type, cell]))
  const name = row.mx ?? tlsText('noMx')
  const nameOf = (type: string) => `${row.domain} ${row.mx ?? ''} ${type}`
  const openType = columns.find(column => nameOf(column.type) === opened)?.type
  const zeros = columns.length - row.cells.length
  return (
    <tbody>
      <tr className="matrix-line">
        <th scope="row" className="host">
          {name}
          {hasDomains && <span className="small">{row.domain}</span>}
          {row.mx === null && <span className="small">{tlsText('noMxNote')}</span>}
        </th>
        {columns.map(column => {
          const sessions = cells.get(column.type)?.sessions ?? 0
          const isOpen = column.type === openType
          return (
            <td
              key={column.type}
              className={`cell ${weightOf(sessions)}${column.isFirst ? ' first' : ''}`}
              data-label={column.type}
            >
              {sessions === 0 ? (
                '0'
              ) : (
                <button
                  type="button"
                  data-row
                  aria-expanded={isOpen}
                  aria-label={tlsText('cell', { count: sessions, type: column.type, mx: name })}
                  onClick={() => toggle(nameOf(column.type))}
                >
                  {formatCount(sessions)}
                </button>
              )}
            </td>
          )
        })}
        <td className="n all" data-label={tlsText('allFailed')}>
          {row.sessions === 0 ? (
            '0'
          ) : (
            <ScopeLink to="/tls/failures" filters={{ mx: [row.mx ?? ''], domain: [row.domain] }} className="num">
              {formatCount(row.sessions)}
            </ScopeLink>
          )}
        </td>
      </tr>
      <tr className="matrix-verdict">
        <td colSpan={columns.length + 2}>
          <div>
            <Verdict verdict={row.verdict} />
            <span className="sentence">{withDays(row.text)}</span>
            {row.claim.level !== said && <Claim claim={row.claim} />}
            {zeros > 0 && <span className="zeros">{tlsText('otherTypes', { count: zeros })}</span>}
          </div>
        </td>
      </tr>
      {openType !== undefined && (
        <tr className="opened">
          <td colSpan={columns.length + 2}>
            <CellPanel row={row} type={openType} rows={cells.get(openType)?.rows ?? 0} />
          </td>
        </tr>
      )}
    </tbody>
  )
}
