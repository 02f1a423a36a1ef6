import type { TlsAnswer, TlsFailuresAnswer } from '@letterlock/contract'
import { useResource } from '../../api/answers.ts'
import { Address } from '../../components/breakable.tsx'
import { Claim } from '../../components/claim.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { tlsText } from '../../messages/tls.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { apiQuery, withFilters } from '../../scope/search.ts'
import { useScope } from '../../scope/use-scope.ts'
import { formatCount, formatDays } from '../../text/format.ts'

/** An opened cell: who reported it, to which address, when. */
export function CellPanel({
  row,
  type,
  rows,
}: {
  readonly row: TlsAnswer['data']['matrix']['rows'][number]
  readonly type: string
  readonly rows: number
}) {
  const filters = { domain: [row.domain], mx: [row.mx ?? ''], result_type: [type] }
  const scope = useScope()
  const query = useResource<TlsFailuresAnswer>('/tls/failures', apiQuery(withFilters(scope, filters), 'all'))
  const name = row.mx ?? tlsText('noMx')
  return (
    <div className="opened-panel">
      <Loaded query={query} lines={3}>
        {answer => (
          <div className="cell-panel">
            <div>
              <h3>{tlsText('cellTitle', { type, mx: name })}</h3>
              <p className="sentence">{tlsText('cellText', { sessions: answer.data.total.sessions })}</p>
              <Claim claim={answer.claim} />
              <p className="panel-actions">
                <ScopeLink to="/tls/failures" filters={filters} className="btn">
                  {tlsText('openRows', { count: rows })}
                </ScopeLink>
              </p>
            </div>
            <table className="table">
              <TableHead
                columns={[
                  tlsText('reporter'),
                  numbers(tlsText('failed')),
                  tlsText('toAddress'),
                  numbers(tlsText('sending')),
                  tlsText('seen'),
                ]}
              />
              <tbody>
                {answer.data.groups.map(group => (
                  <tr key={`${group.reporter} ${group.receivingIp}`}>
                    <th scope="row">{group.name}</th>
                    <td className="n">
                      <ScopeLink
                        to="/tls/failures"
                        filters={{ ...filters, reporter: [group.reporter] }}
                        className="num"
                      >
                        {formatCount(group.sessions)}
                      </ScopeLink>
                    </td>
                    <td>{group.receivingIp === null ? tlsText('notStated') : <Address ip={group.receivingIp} />}</td>
                    <td className="n">{formatCount(group.sendingMtas)}</td>
                    <td>{formatDays(group.firstDay, group.lastDay)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </div>
  )
}
