import type { DomainAnswer } from '@letterlock/contract'
import { Block } from '../../components/head.tsx'
import { OutcomeBar } from '../../components/outcome.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { domainText } from '../../messages/domain.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatShare } from '../../text/format.ts'

/** The names that stand in From headers: the domain and what lies below it. */
export function AuthorDomains({ answer }: { readonly answer: DomainAnswer }) {
  const { headerFrom } = answer.data
  if (headerFrom.length === 0) return null
  return (
    <Block title={domainText('headerFrom')}>
      <table className="table blocks">
        <caption className="vh">{domainText('headerFromCaption')}</caption>
        <TableHead
          columns={[
            domainText('name'),
            numbers(domainText('messages')),
            numbers(domainText('aligned')),
            { text: domainText('outcome'), kind: 'text', className: 'vanish' },
          ]}
        />
        <tbody>
          {headerFrom.map(line => (
            <tr key={line.name} className="line">
              <th scope="row">{line.name === '' ? domainText('noName') : line.name}</th>
              <td className="n" data-label={domainText('messages')}>
                <ScopeLink to="/rows" filters={{ header_from: [line.name] }} className="num">
                  {formatCount(line.messages)}
                </ScopeLink>
              </td>
              <td className="n" data-label={domainText('aligned')}>
                {formatShare(line.outcome.aligned, line.messages)}
              </td>
              <td className="vanish">
                <OutcomeBar counts={line.outcome} label={domainText('bar', { name: line.name })} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Block>
  )
}
