import type { DecisionsAnswer } from '@letterlock/contract'
import { useAnswer } from '../../api/answers.ts'
import { Moment } from '../../components/moment.tsx'
import { decisionText } from '../../messages/outcome.ts'
import { sendersText } from '../../messages/senders.ts'

/** Every decision about a sender, newest first. Nothing is drawn while there is none. */
export function DecisionHistory({ sender }: { readonly sender: string }) {
  const decisions = useAnswer<DecisionsAnswer>(`/senders/${encodeURIComponent(sender)}/decisions`).data?.decisions ?? []
  if (decisions.length === 0) return null
  return (
    <details className="as-details">
      <summary>{sendersText('history')}</summary>
      <ul className="sentence">
        {decisions.map(entry => (
          <li key={entry.id}>
            <Moment time={entry.decidedAt} />{' '}
            {sendersText('historyEntry', { domain: entry.domain, decision: decisionText(entry.decision) })}{' '}
            {entry.note !== null && <span className="quiet">{entry.note}</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}
