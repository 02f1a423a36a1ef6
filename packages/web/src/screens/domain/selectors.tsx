import type { SelectorsAnswer } from '@letterlock/contract'
import { useAnswer } from '../../api/answers.ts'
import { Claim } from '../../components/claim.tsx'
import { TableExports } from '../../components/exports.tsx'
import { Block } from '../../components/head.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { domainText } from '../../messages/domain.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDays } from '../../text/format.ts'

type Row = SelectorsAnswer['data']['selectors'][number]

/** DKIM selectors that reports name for the domain and names below it. */
export function Selectors({ domain }: { readonly domain: string }) {
  const path = `/domains/${encodeURIComponent(domain)}/selectors`
  const query = useAnswer<SelectorsAnswer>(path)
  if (query.data?.data.selectors.length === 0) return null
  return (
    <Block
      title={domainText('selectors')}
      aside={query.data && <Claim claim={query.data.claim} />}
      actions={<TableExports path={path} forms={['csv']} />}
    >
      <Loaded query={query} lines={3}>
        {answer => (
          <table className="table blocks">
            <caption className="vh">{domainText('selectors')}</caption>
            <TableHead
              columns={[
                domainText('selector'),
                numbers(domainText('messages')),
                numbers(domainText('pass')),
                numbers(domainText('fail')),
                numbers(domainText('other')),
                numbers(domainText('reporters')),
                numbers(domainText('seen')),
              ]}
            />
            <tbody>
              {answer.data.selectors.map(row => (
                <Line key={`${row.domain} ${row.selector}`} row={row} />
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
      <p className="foot-note sentence">{domainText('selectorNote')}</p>
    </Block>
  )
}

function Line({ row }: { readonly row: Row }) {
  const filters = { dkim_domain: [row.domain], dkim_selector: [row.selector ?? ''] }
  return (
    <tr className="line">
      <th scope="row">
        {row.selector === null ? domainText('noSelector') : <code>{row.selector}</code>}
        <span className="small">
          <code>d={row.domain}</code>
        </span>
      </th>
      <td className="n" data-label={domainText('messages')}>
        <ScopeLink to="/rows" filters={filters} className="num">
          {formatCount(row.messages)}
        </ScopeLink>
      </td>
      <td className="n" data-label={domainText('pass')}>
        <ScopeLink to="/rows" filters={{ ...filters, dkim_result: ['pass'] }} className="num">
          {formatCount(row.pass)}
        </ScopeLink>
      </td>
      <td className="n" data-label={domainText('fail')}>
        <ScopeLink to="/rows" filters={{ ...filters, dkim_result: ['fail'] }} className="num">
          {formatCount(row.fail)}
        </ScopeLink>
      </td>
      <td className="n" data-label={domainText('other')}>
        {formatCount(row.other)}
      </td>
      <td className="n" data-label={domainText('reporters')}>
        {formatCount(row.reporters)}
      </td>
      <td className="n" data-label={domainText('seen')}>
        {formatDays(row.firstDay, row.lastDay)}
      </td>
    </tr>
  )
}
