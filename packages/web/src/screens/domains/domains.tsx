import './domains.css'
import type { DomainRow, DomainSort, DomainsAnswer } from '@letterlock/contract'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { usePages, useReadOnly } from '../../api/answers.ts'
import { Claim } from '../../components/claim.tsx'
import { Empty, NoneFit } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { ListFilter } from '../../components/list-filter.tsx'
import { OutcomeBar } from '../../components/outcome.tsx'
import { Paged } from '../../components/paged.tsx'
import { Policy } from '../../components/policy.tsx'
import { Segments } from '../../components/segments.tsx'
import { SortHead, type TableOrder } from '../../components/sort-head.tsx'
import { TotalLink, useTotalFilters } from '../../components/total-link.tsx'
import { domainsText } from '../../messages/domains.ts'
import { partText } from '../../messages/parts.ts'
import { DomainLink, ScopeLink } from '../../scope/scope-link.tsx'
import { drillDownOf, type Search } from '../../scope/search.ts'
import { useFilters } from '../../scope/use-scope.ts'
import { formatCount, formatDay, formatShare } from '../../text/format.ts'
import { AddDomain, EditDomain } from './domain-forms.tsx'

/** Every domain with its policy and counts; parked domains are a type of their own. */
export function Domains() {
  const order = useDomainOrder()
  const sort = { sort: order.column, direction: order.direction }
  const query = usePages<DomainsAnswer>('/domains', answer => answer.data.nextCursor, { ...sort, limit: pageRows })
  const [isAdding, setAdding] = useState(false)
  const [edited, setEdited] = useState<DomainRow | null>(null)
  const isReadOnly = useReadOnly()
  const first = query.data?.pages[0]
  const isFiltered = drillDownOf(useFilters()).length > 0
  return (
    <>
      <Head title={domainsText('title')}>
        {first && (
          <p>
            {domainsText(isFiltered ? 'ledeFit' : 'lede', {
              domains: first.data.total.domains,
              messages: first.data.total.messages,
            })}{' '}
            {first.data.total.untracked > 0 && domainsText('untracked', { count: first.data.total.untracked })}
          </p>
        )}
      </Head>
      <Filters
        except={['text', 'tracked']}
        before={
          <>
            <ListFilter label={domainsText('filter')} />
            <TrackedFilter />
            <OrderSelect order={order} />
          </>
        }
      >
        {first && <Claim claim={first.claim} />}
        <button
          type="button"
          className="btn"
          disabled={isReadOnly}
          title={isReadOnly ? partText('readOnly') : undefined}
          onClick={() => setAdding(true)}
        >
          {domainsText('add')}
        </button>
        <TableExports path="/domains" more={sort} />
      </Filters>
      <Paged query={query}>
        {pages => {
          if (pages[0].data.total.domains === 0)
            return isFiltered ? <NoneFit /> : <Empty>{domainsText('noneYet')}</Empty>
          return <DomainTable pages={pages} order={order} onEdit={setEdited} />
        }}
      </Paged>
      {isAdding && <AddDomain onClose={() => setAdding(false)} />}
      {edited !== null && <EditDomain domain={edited} onClose={() => setEdited(null)} />}
    </>
  )
}

/** Rows of a page: lists of most people are whole with it. */
const pageRows = '250'

/** Columns that order the table, with the direction that shows first what needs a look. */
const columns = {
  name: 'up',
  policy: 'up',
  messages: 'down',
  aligned: 'up',
  senders: 'down',
  tls: 'up',
  newest: 'down',
} as const satisfies Readonly<Record<DomainSort, 'up' | 'down'>>

const columnNames = [
  'name',
  'policy',
  'messages',
  'aligned',
  'senders',
  'tls',
  'newest',
] as const satisfies readonly DomainSort[]

/** The order in the URL: a column, and its other direction as `column.up` or `column.down`. */
function useDomainOrder(): TableOrder<DomainSort> {
  const navigate = useNavigate()
  const [wanted = '', turned] = (useFilters().order ?? '').split('.')
  const column = columnNames.find(name => name === wanted) ?? 'messages'
  const direction = turned === 'up' || turned === 'down' ? turned : columns[column]
  const onChange = (next: DomainSort) => {
    const other = direction === 'up' ? 'down' : 'up'
    const order = next === column && other !== columns[next] ? `${next}.${other}` : next
    void navigate({
      to: '.',
      search: (previous: Search) => ({ ...previous, order: order === 'messages' ? undefined : order }),
      replace: true,
      resetScroll: false,
    })
  }
  return { column, direction, onChange }
}

/** In place of the heads where rows are blocks. */
function OrderSelect({ order }: { readonly order: TableOrder<DomainSort> }) {
  return (
    <label className="narrow-only order-select no-print">
      {domainsText('order')}
      <select
        className="field"
        value={order.column}
        onChange={event => {
          const column = columnNames.find(name => name === event.target.value)
          if (column !== undefined) order.onChange(column)
        }}
      >
        {columnNames.map(name => (
          <option key={name} value={name}>
            {domainsText(name === 'name' ? 'domain' : name)}
          </option>
        ))}
      </select>
    </label>
  )
}

/** All domains, those that the owner added, or those that only reports mention. */
function TrackedFilter() {
  const navigate = useNavigate()
  const wanted = useFilters().tracked?.[0]
  return (
    <Segments
      name="tracked"
      label={domainsText('tracked')}
      value={wanted === 'yes' || wanted === 'no' ? wanted : 'all'}
      options={[
        { value: 'all', text: domainsText('every') },
        { value: 'yes', text: domainsText('own') },
        { value: 'no', text: domainsText('onlyMentioned') },
      ]}
      onChange={value =>
        void navigate({
          to: '.',
          search: (previous: Search) => ({ ...previous, tracked: value === 'all' ? undefined : [value] }),
          replace: true,
          resetScroll: false,
        })
      }
    />
  )
}

interface DomainTableProps {
  readonly pages: readonly [DomainsAnswer, ...DomainsAnswer[]]
  readonly order: TableOrder<DomainSort>
  readonly onEdit: (row: DomainRow) => void
}

function DomainTable({ pages, order, onEdit }: DomainTableProps) {
  const { total } = pages[0].data
  const rows = pages.flatMap(page => page.data.domains)
  const filters = useTotalFilters('domain', {
    keys: rows.map(row => row.name),
    isWhole: pages.at(-1)?.data.nextCursor === null,
  })
  const all = domainsText(filters === null || 'domain' in filters ? 'allThatFit' : 'all')
  return (
    <table className="table blocks domains">
      <caption className="vh">{domainsText('caption')}</caption>
      <thead>
        <tr>
          <SortHead column="name" order={order}>
            {domainsText('domain')}
          </SortHead>
          <SortHead column="policy" order={order}>
            {domainsText('policy')}
          </SortHead>
          <SortHead column="messages" order={order} isNumber>
            {domainsText('messages')}
          </SortHead>
          <SortHead column="aligned" order={order} isNumber>
            {domainsText('aligned')}
          </SortHead>
          <th scope="col" className="vanish">
            {domainsText('outcome')}
          </th>
          <SortHead column="senders" order={order} isNumber>
            {domainsText('senders')}
          </SortHead>
          <SortHead column="tls" order={order} isNumber>
            {domainsText('tls')}
          </SortHead>
          <SortHead column="newest" order={order} isNumber>
            {domainsText('newest')}
          </SortHead>
          <th scope="col">
            <span className="vh">{domainsText('edit')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <Line key={row.name} row={row} onEdit={onEdit} />
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            {all}
          </th>
          <td className="n" data-label={domainsText('messages')}>
            <TotalLink count={total.messages} filters={filters} />
          </td>
          <td className="n" data-label={domainsText('aligned')}>
            {formatShare(total.outcome.aligned, total.messages)}
          </td>
          <td className="vanish">
            {total.messages > 0 && <OutcomeBar counts={total.outcome} label={domainsText('bar', { name: all })} />}
          </td>
          <td className="vanish" colSpan={4} />
        </tr>
      </tfoot>
    </table>
  )
}

function Line({ row, onEdit }: { readonly row: DomainRow; readonly onEdit: (row: DomainRow) => void }) {
  const isReadOnly = useReadOnly()
  return (
    <tr className="line">
      <th scope="row">
        <span>
          <DomainLink domain={row.name} className="name" data-row />
          <span className="small">
            {domainsText(row.isTracked ? row.type : 'mentioned')}
            {row.tags.map(tag => (
              <ScopeLink key={tag} to="/domains" filters={{ tag: [tag] }} className="tag domain-tag">
                {tag}
              </ScopeLink>
            ))}
          </span>
        </span>
      </th>
      <td data-label={domainsText('policy')}>
        <PolicyCell row={row} />
      </td>
      <td className="n" data-label={domainsText('messages')}>
        {row.newestDay === null ? (
          <span className="quiet">{domainsText('noReports')}</span>
        ) : (
          <ScopeLink to="/rows" filters={{ domain: [row.name] }} className="num">
            {formatCount(row.messages)}
          </ScopeLink>
        )}
      </td>
      <td className="n" data-label={domainsText('aligned')}>
        {formatShare(row.outcome.aligned, row.messages)}
      </td>
      <td className="vanish">
        {row.messages > 0 && <OutcomeBar counts={row.outcome} label={domainsText('bar', { name: row.name })} />}
      </td>
      <td className="n" data-label={domainsText('senders')}>
        {row.newestDay === null ? (
          '–'
        ) : (
          <ScopeLink to="/senders" filters={{ domain: [row.name] }} className="num">
            {formatCount(row.senders)}
          </ScopeLink>
        )}
      </td>
      <td className="n" data-label={domainsText('tls')}>
        {row.tls === null ? (
          <span className="quiet">{domainsText('noTls')}</span>
        ) : (
          <ScopeLink to="/tls" filters={{ domain: [row.name] }} className="num">
            {formatShare(row.tls.successful, row.tls.successful + row.tls.failed)}
          </ScopeLink>
        )}
      </td>
      <td className="n" data-label={domainsText('newest')}>
        {row.newestDay === null ? '–' : formatDay(row.newestDay)}
      </td>
      <td className="n corner">
        <button
          type="button"
          className="btn quiet-btn"
          disabled={isReadOnly}
          title={isReadOnly ? partText('readOnly') : undefined}
          aria-label={domainsText('editOf', { name: row.name })}
          onClick={() => onEdit(row)}
        >
          {domainsText('edit')}
        </button>
      </td>
    </tr>
  )
}

function PolicyCell({ row }: { readonly row: DomainRow }) {
  const { rfc9989, rfc7489 } = row.policy
  if (rfc9989 === rfc7489) return <Policy policy={rfc9989} />
  return (
    <>
      <Policy policy={rfc9989} />
      <span className="small">{domainsText('policyBoth', { new: rfc9989, old: rfc7489 })}</span>
    </>
  )
}
