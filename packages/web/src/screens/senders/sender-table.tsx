import type { OutcomeCounts, SenderGroup, SenderRow, SendersAnswer } from '@letterlock/contract'
import { Fragment } from 'react'
import { Breakable } from '../../components/breakable.tsx'
import { DecisionSelect } from '../../components/decision.tsx'
import { useOpened } from '../../components/opened.ts'
import { OutcomeBar, outcomeOrder } from '../../components/outcome.tsx'
import { numbers, TableHead } from '../../components/table-head.tsx'
import { type TotalFilters, TotalLink } from '../../components/total-link.tsx'
import { Twist } from '../../components/twist.tsx'
import { outcomeText } from '../../messages/outcome.ts'
import { sendersText } from '../../messages/senders.ts'
import { ScopeLink } from '../../scope/scope-link.tsx'
import { formatCount, formatDays, formatShare } from '../../text/format.ts'
import { SenderPanel } from './sender-panel.tsx'

type Total = SendersAnswer['data']['all']

interface SenderTableProps {
  readonly senders: readonly SenderRow[]
  /** Sums of the groups where the table is grouped by alignment. */
  readonly groups: SendersAnswer['data']['groups'] | null
  readonly all: Total
  readonly total: TotalFilters
  /** Reporters of the scope. */
  readonly reporters: number
  readonly opened: string | undefined
}

const groupOrder = ['not-aligned', 'partly', 'aligned'] as const satisfies readonly SenderGroup[]

export function SenderTable({ senders, groups, all, total, reporters, opened }: SenderTableProps) {
  const name = sendersText(total === null || 'sender' in total ? 'allThatFit' : 'all')
  const isKnown = senders.some(row => row.sender.key === opened)
  return (
    <>
      {/* A link may name a sender that no page shown yet holds: its panel stands above the table. */}
      {opened !== undefined && !isKnown && (
        <div className="opened-panel">
          <SenderPanel sender={opened} />
        </div>
      )}
      <table className="table senders">
        <caption className="vh">{sendersText('caption')}</caption>
        <TableHead
          columns={[
            sendersText('sender'),
            sendersText('decision'),
            numbers(sendersText('messages')),
            { text: sendersText('share'), kind: 'number', className: 'share-cell' },
            { text: sendersText('outcome'), kind: 'text', className: 'bar-cell' },
            numbers(sendersText('dkim')),
            numbers(sendersText('spf')),
            { text: sendersText('seen'), kind: 'text', className: 'seen-cell' },
            { text: sendersText('reporters'), kind: 'number', className: 'reporters-cell' },
          ]}
        />
        {groups === null ? (
          <tbody>
            {senders.map(row => (
              <Line key={row.sender.key} {...{ row, all, reporters }} />
            ))}
          </tbody>
        ) : (
          groupOrder
            .filter(group => groups[group].senders > 0)
            .map(group => (
              <tbody key={group}>
                <GroupHead name={group} total={groups[group]} all={all} />
                {senders
                  .filter(row => row.group === group)
                  .map(row => (
                    <Line key={row.sender.key} {...{ row, all, reporters }} />
                  ))}
              </tbody>
            ))
        )}
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {name}
            </th>
            <td className="n">
              <TotalLink count={all.messages} filters={total} />
            </td>
            <SumCells sums={all} name={name} all={all} />
            <td className="seen-cell" />
            <td className="n reporters-cell">{sendersText('reportersOf', { count: reporters, all: reporters })}</td>
          </tr>
        </tfoot>
      </table>
    </>
  )
}

function GroupHead({
  name,
  total,
  all,
}: {
  readonly name: SenderGroup
  readonly total: Pick<Total, 'senders' | 'messages'>
  readonly all: Total
}) {
  return (
    <tr className="group">
      <th scope="rowgroup" colSpan={2}>
        {sendersText(name)} <span className="quiet">{formatCount(total.senders)}</span>
      </th>
      <td className="n">{formatCount(total.messages)}</td>
      <td className="n share-cell">{formatShare(total.messages, all.messages)}</td>
      <td colSpan={5} />
    </tr>
  )
}

function Line({ row, all, reporters }: { readonly row: SenderRow; readonly all: Total; readonly reporters: number }) {
  const [opened, toggle] = useOpened()
  const { key, name, kind } = row.sender
  const isOpen = opened === key
  const panel = `panel-${key}`
  return (
    <Fragment>
      <tr className={isOpen ? 'line is-open' : 'line'}>
        <th scope="row" className="sender-cell">
          <div className="with-twist">
            <Twist name={name} isOpen={isOpen} controls={panel} onToggle={() => toggle(key)} />
            <button type="button" className="bare sender-name" tabIndex={-1} onClick={() => toggle(key)}>
              <span className="name">
                <Breakable text={name} />
              </span>
              <span className="small">{kind}</span>
            </button>
          </div>
        </th>
        <td className="decision-cell">
          <DecisionSelect
            sender={key}
            name={name}
            decision={row.decision}
            mayBeOwn={row.sender.mayBeOwn}
            domains={row.domains}
          />
        </td>
        <td className="n messages-cell">
          <ScopeLink to="/rows" filters={{ sender: [key] }} className="num">
            {formatCount(row.messages)}
          </ScopeLink>
        </td>
        <SumCells sums={row} name={name} all={all} />
        <td className="seen-cell two">{formatDays(row.firstDay, row.lastDay)}</td>
        <td className="n reporters-cell two">{sendersText('reportersOf', { count: row.reporters, all: reporters })}</td>
      </tr>
      {isOpen && (
        <tr className="opened">
          <td colSpan={9}>
            <div className="opened-panel" id={panel}>
              <SenderPanel sender={key} />
            </div>
          </td>
        </tr>
      )}
    </Fragment>
  )
}

/** Share, outcome and alignment of one sender, or of all. */
function SumCells({
  sums,
  name,
  all,
}: {
  readonly sums: Pick<Total, 'messages' | 'outcome' | 'dkimAligned' | 'spfAligned'>
  readonly name: string
  readonly all: Total
}) {
  return (
    <>
      <td className={sums === all ? 'n share-cell' : 'n share-cell two'}>{formatShare(sums.messages, all.messages)}</td>
      <td className="bar-cell">
        <OutcomeBar counts={sums.outcome} label={barLabel(name, sums.outcome)} />
      </td>
      <td className="n aligned-cell" data-label={sendersText('dkim')}>
        {formatShare(sums.dkimAligned, sums.messages)}
      </td>
      <td className="n aligned-cell" data-label={sendersText('spf')}>
        {formatShare(sums.spfAligned, sums.messages)}
      </td>
    </>
  )
}

function barLabel(name: string, counts: OutcomeCounts): string {
  const parts = outcomeOrder
    .filter(outcome => counts[outcome] > 0)
    .map(outcome => `${outcomeText(outcome)} ${formatCount(counts[outcome])}`)
  return sendersText('bar', { name, parts: parts.join(', ') })
}
