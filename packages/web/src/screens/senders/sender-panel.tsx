import type { SenderAnswer } from '@letterlock/contract'
import { useAnswer } from '../../api/answers.ts'
import { Address, Breakable } from '../../components/breakable.tsx'
import { Claim } from '../../components/claim.tsx'
import { Icon } from '../../components/icon.tsx'
import { Literal } from '../../components/literal.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { dispositionText } from '../../messages/outcome.ts'
import { sendersText } from '../../messages/senders.ts'
import { AnswerLink, ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDay, withDays } from '../../text/format.ts'
import { DecisionHistory } from './decision-history.tsx'

/** An opened sender: sources, evidence with why, fix. */
export function SenderPanel({ sender }: { readonly sender: string }) {
  const query = useAnswer<SenderAnswer>(`/senders/${encodeURIComponent(sender)}`)
  return (
    <Loaded query={query} lines={4}>
      {answer => (
        <>
          <div className="three-columns">
            <Sources answer={answer} />
            <Evidence answer={answer} />
            <Fix answer={answer} />
          </div>
          <WhoSays answer={answer} />
          <DecisionHistory sender={sender} />
        </>
      )}
    </Loaded>
  )
}

function Sources({ answer }: { readonly answer: SenderAnswer }) {
  const { sources, sourceCount, sender } = answer.data
  return (
    <section>
      <div className="panel-head">
        <h3>{sendersText('sources')}</h3>
        <Claim claim={answer.claim} />
      </div>
      <table className="table">
        <TableHead
          columns={[
            sendersText('address'),
            { text: sendersText('network'), kind: 'text', className: 'network' },
            numbers(sendersText('messages')),
          ]}
        />
        <tbody>
          {sources.map(source => (
            <tr key={source.ip ?? ''}>
              <td>
                {source.ip === null ? sendersText('noAddress') : <Address ip={source.ip} />}
                <span className="small">
                  {source.ptr === null ? (
                    sendersText(source.isPtrLookedUp ? 'noPtr' : 'ptrNotAsked')
                  ) : (
                    <Breakable text={source.ptr} />
                  )}
                </span>
              </td>
              <td>
                {source.asn !== null && `AS${source.asn}`}
                <span className="small">
                  {[source.asName, source.country].filter(part => part !== null).join(', ')}
                </span>
              </td>
              <td className="n">
                <ScopeLink
                  to="/rows"
                  filters={{ sender: [sender.sender.key], source: [source.ip ?? ''] }}
                  className="num"
                >
                  {formatCount(source.messages)}
                </ScopeLink>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {sourceCount > sources.length
                ? sendersText('someSources', { shown: sources.length, all: sourceCount })
                : sendersText('allSources')}
            </th>
            <td className="n">{formatCount(sources.reduce((sum, source) => sum + source.messages, 0))}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  )
}

function Evidence({ answer }: { readonly answer: SenderAnswer }) {
  const { evidence, reasons, disposition } = answer.data
  const dispositions = (['reject', 'quarantine', 'override', 'none', 'pass', 'unknown'] as const)
    .filter(name => disposition[name] > 0)
    .map(name => ({ name, count: disposition[name] }))
  return (
    <section>
      <div className="panel-head">
        <h3>{sendersText('evidence')}</h3>
        <Claim claim={answer.claim} />
      </div>
      <table className="table">
        <TableHead
          columns={[
            sendersText('authenticatedAs'),
            { text: sendersText('result'), kind: 'text', className: 'fit' },
            numbers(sendersText('messages')),
          ]}
        />
        <tbody>
          {evidence.map(line => (
            <tr key={[line.method, line.domain, line.selector, line.scope, line.result, line.isAligned].join(' ')}>
              <td>
                {line.method.toUpperCase()}{' '}
                {line.domain === null ? (
                  sendersText('noDomain')
                ) : (
                  <code>
                    <Breakable text={line.method === 'dkim' ? `d=${line.domain}` : line.domain} />
                  </code>
                )}
                <span className="small">{identityText(line)}</span>
              </td>
              <td className="fit">
                {line.result}
                <span className="small">
                  {sendersText(
                    line.isAligned === null ? 'alignmentUnknown' : line.isAligned ? 'isAligned' : 'notAligned',
                  )}
                </span>
              </td>
              <td className="n">
                <AnswerLink link={line.link} className="num">
                  {formatCount(line.messages)}
                </AnswerLink>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {reasons.length > 0 && (
        <div className="why sentence">
          <b>{sendersText('why')}</b>
          <ul>
            {reasons.map(reason => (
              <li key={reason.code}>
                {withDays(reason.text)} <span className="quiet">({formatCount(reason.messages)})</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="why sentence">
        {sendersText.rich('reported', {
          parts: dispositions.map(({ name, count }, index) => (
            <span key={name}>
              {index > 0 && ', '}
              {dispositionText(name)}{' '}
              <ScopeLink
                to="/rows"
                filters={{ sender: [answer.data.sender.sender.key], disposition: [name] }}
                className="num"
              >
                {formatCount(count)}
              </ScopeLink>
            </span>
          )),
        })}
      </p>
    </section>
  )
}

function identityText(line: SenderAnswer['data']['evidence'][number]): string {
  if (line.method === 'dkim')
    return line.selector === null ? sendersText('noSelector') : sendersText('selector', { name: line.selector })
  if (line.scope === null) return sendersText('noScope')
  return sendersText(line.scope === 'helo' ? 'helo' : 'envelope')
}

function Fix({ answer }: { readonly answer: SenderAnswer }) {
  const { fix, sender, reports } = answer.data
  return (
    <section className="fix">
      <div className="panel-head">
        <h3>{sendersText('fix')}</h3>
        <FixState fix={fix} />
      </div>
      <ol className="steps">
        {fix.steps.map(step => (
          <li key={step.text}>
            {withDays(step.text)}
            {step.literals.map(literal => (
              <Literal key={literal} text={literal} />
            ))}
          </li>
        ))}
      </ol>
      {fix.state !== 'not needed' && (
        <p className="sentence">
          <b>{sendersText('staysOpen')}</b> {withDays(fix.doneWhen)}
        </p>
      )}
      <p className="sentence">{sendersText('signs', { dkim: fix.alignedDkim, spf: fix.alignedSpf })}</p>
      {fix.sources.map(source => (
        <p key={source.from} className="small">
          {sendersText('facts', source)}
        </p>
      ))}
      <div className="panel-actions">
        <ScopeLink to="/rows" filters={{ sender: [sender.sender.key] }} className="btn">
          {sendersText('rows', { count: sender.rows })}
        </ScopeLink>
        <span className="small">{sendersText('reports', { count: reports })}</span>
      </div>
      <p className="named sentence">
        {sendersText('name')} <code>{sender.sender.key}</code> <Claim claim={sender.sender.claim} />
      </p>
    </section>
  )
}

function FixState({ fix }: { readonly fix: SenderAnswer['data']['fix'] }) {
  if (fix.state === 'open')
    return (
      <span className="fix-state fix-open">
        <Icon name="verdict-unknown" size={13} />
        {fix.since === null ? sendersText('fixOpenNoDay') : sendersText('fixOpen', { day: formatDay(fix.since) })}
      </span>
    )
  if (fix.state === 'proven')
    return (
      <span className="fix-state fix-proven">
        <Icon name="verdict-pass" size={13} />
        {sendersText('fixProven', { day: fix.since === null ? '' : formatDay(fix.since) })}
      </span>
    )
  return <span className="fix-state">{sendersText(fix.state === 'unknown' ? 'fixUnknown' : 'fixNotNeeded')}</span>
}

function WhoSays({ answer }: { readonly answer: SenderAnswer }) {
  const { reporters, sender } = answer.data
  return (
    <p className="who-says sentence">
      <b>{sendersText('whoSays')}</b>{' '}
      {reporters.map(reporter => (
        <span key={reporter.reporter} className="who">
          {reporter.name}{' '}
          <ScopeLink
            to="/rows"
            filters={{ sender: [sender.sender.key], reporter: [reporter.reporter] }}
            className="num"
          >
            {formatCount(reporter.messages)}
          </ScopeLink>
        </span>
      ))}
    </p>
  )
}
