import './domains.css'
import type { DomainRow, DomainsAnswer } from '@letterlock/contract'
import { useState } from 'react'
import { usePages, useReadOnly } from '../../api/answers.ts'
import { Claim } from '../../components/claim.tsx'
import { Empty } from '../../components/empty.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Filters } from '../../components/filters.tsx'
import { Head } from '../../components/head.tsx'
import { OutcomeBar } from '../../components/outcome.tsx'
import { Paged } from '../../components/paged.tsx'
import { Policy } from '../../components/policy.tsx'
import { domainsText } from '../../messages/domains.ts'
import { partText } from '../../messages/parts.ts'
import { DomainLink, ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDay, formatShare } from '../../text/format.ts'
import { AddDomain, EditDomain } from './domain-forms.tsx'

/** Every domain with its policy and counts; parked domains are a type of their own. */
export function Domains() {
  const query = usePages<DomainsAnswer>('/domains', answer => answer.data.nextCursor)
  const [isAdding, setAdding] = useState(false)
  const [edited, setEdited] = useState<DomainRow | null>(null)
  const isReadOnly = useReadOnly()
  const first = query.data?.pages[0]
  const untracked = query.data?.pages.flatMap(page => page.data.domains).filter(row => !row.isTracked).length ?? 0
  return (
    <>
      <Head title={domainsText('title')}>
        {first && (
          <p>
            {domainsText('lede', { domains: first.data.total.domains, messages: first.data.total.messages })}{' '}
            {untracked > 0 && domainsText('untracked', { count: untracked })}
          </p>
        )}
      </Head>
      <Filters>
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
        <TableExports path="/domains" />
      </Filters>
      <Paged query={query}>
        {pages => {
          const rows = pages.flatMap(page => page.data.domains)
          if (rows.length === 0) return <Empty>{domainsText('noneYet')}</Empty>
          return <DomainTable rows={rows} total={pages[0].data.total} onEdit={setEdited} />
        }}
      </Paged>
      {isAdding && <AddDomain onClose={() => setAdding(false)} />}
      {edited !== null && <EditDomain domain={edited} onClose={() => setEdited(null)} />}
    </>
  )
}

interface DomainTableProps {
  readonly rows: readonly DomainRow[]
  readonly total: DomainsAnswer['data']['total']
  readonly onEdit: (row: DomainRow) => void
}

function DomainTable({ rows, total, onEdit }: DomainTableProps) {
  return (
    <table className="table blocks domains">
      <caption className="vh">{domainsText('caption')}</caption>
      <thead>
        <tr>
          <th scope="col">{domainsText('domain')}</th>
          <th scope="col">{domainsText('policy')}</th>
          <th scope="col" className="n">
            {domainsText('messages')}
          </th>
          <th scope="col" className="n">
            {domainsText('aligned')}
          </th>
          <th scope="col" className="vanish">
            {domainsText('outcome')}
          </th>
          <th scope="col" className="n">
            {domainsText('senders')}
          </th>
          <th scope="col" className="n">
            {domainsText('tls')}
          </th>
          <th scope="col" className="n">
            {domainsText('newest')}
          </th>
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
            {domainsText('all')}
          </th>
          <td className="n" data-label={domainsText('messages')}>
            <ScopeLink to="/rows" className="num">
              {formatCount(total.messages)}
            </ScopeLink>
          </td>
          <td className="n" data-label={domainsText('aligned')}>
            {formatShare(total.outcome.aligned, total.messages)}
          </td>
          <td className="vanish">
            {total.messages > 0 && (
              <OutcomeBar counts={total.outcome} label={domainsText('bar', { name: domainsText('all') })} />
            )}
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
        <ScopeLink to="/senders" filters={{ domain: [row.name] }} className="num">
          {formatCount(row.senders)}
        </ScopeLink>
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
      <td className="n">
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
