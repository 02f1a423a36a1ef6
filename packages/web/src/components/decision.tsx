import type { DecisionName } from '@letterlock/contract'
import { useReadOnly } from '../api/answers.ts'
import { useDecide } from '../api/changes.ts'
import { decisionText } from '../messages/outcome.ts'
import { partText } from '../messages/parts.ts'
import { Icon } from './icon.tsx'

const choices = ['mine', 'forwarding', 'not-mine'] as const satisfies readonly DecisionName[]

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The three answers to "is this sender yours?". */
export function DecisionButtons({
  sender,
  domain,
  mayBeOwn,
}: {
  readonly sender: string
  readonly domain: string
  /** False: nothing proven names it, so it cannot be the owner's. */
  readonly mayBeOwn: boolean
}) {
  const decide = useDecide()
  const isReadOnly = useReadOnly()
  return (
    <div className="decide row-of">
      {choices
        .filter(decision => mayBeOwn || decision !== 'mine')
        .map(decision => (
          <button
            key={decision}
            type="button"
            className="btn"
            disabled={isReadOnly || decide.isPending}
            title={isReadOnly ? partText('readOnly') : undefined}
            onClick={() => decide.mutate({ sender, decision, domains: [domain] })}
          >
            {sentenceCase(decisionText(decision))}
          </button>
        ))}
      {isReadOnly && <span className="small">{partText('readOnlyShort')}</span>}
      {decide.isError && <span role="alert">{decide.error.message}</span>}
    </div>
  )
}

interface DecisionSelectProps {
  readonly sender: string
  readonly name: string
  readonly decision: DecisionName | 'mixed'
  /** False: nothing proven names it, so it cannot be the owner's. */
  readonly mayBeOwn: boolean
  /** The domains that a choice is recorded for. */
  readonly domains: readonly string[]
}

/** The decision as a list to choose from; arrow keys change it like any list. */
export function DecisionSelect({ sender, name, decision, mayBeOwn, domains }: DecisionSelectProps) {
  const decide = useDecide()
  const isReadOnly = useReadOnly()
  const shown = decide.isPending ? decide.variables.decision : decision
  return (
    <>
      <span className="decision-box">
        <select
          className={`decision decision-${shown}`}
          aria-label={partText('decisionOf', { name })}
          value={shown}
          disabled={isReadOnly || decide.isPending}
          title={isReadOnly ? partText('readOnly') : undefined}
          onChange={event => {
            const chosen = (['undecided', ...choices] as const).find(entry => entry === event.target.value)
            if (chosen) decide.mutate({ sender, decision: chosen, domains: [...domains] })
          }}
        >
          {shown === 'mixed' && <option value="mixed">{decisionText('mixed')}</option>}
          {(['undecided', ...choices] as const).map(entry => (
            <option key={entry} value={entry} disabled={entry === 'mine' && !mayBeOwn}>
              {decisionText(entry)}
            </option>
          ))}
        </select>
        <Icon name="caret" />
      </span>
      {decide.isError && <span role="alert">{decide.error.message}</span>}
    </>
  )
}
