import type { Item } from '@letterlock/contract'
import { Claim } from '../../components/claim.tsx'
import { DecisionButtons } from '../../components/decision.tsx'
import { Literal } from '../../components/literal.tsx'
import { Sentence } from '../../components/sentence.tsx'
import { Severity } from '../../components/verdict.tsx'
import { todayText } from '../../messages/today.ts'
import { AnswerLink, DomainLink } from '../../scope/scope-link.tsx'
import { withDays } from '../../text/format.ts'

/** What is true and who is affected, next, done when: always these columns in this order. */
export function Items({ items }: { readonly items: readonly Item[] }) {
  const hints = items.filter(item => item.severity === 'hint')
  const needs = items.filter(item => item.severity !== 'hint')
  return (
    <>
      {needs.length > 0 && <ItemList items={needs} label={todayText('items')} />}
      {hints.length > 0 && (
        <details className="hints" open={hints.length <= openHints}>
          <summary>{todayText('hints', { count: hints.length })}</summary>
          <ItemList items={hints} label={todayText('hints', { count: hints.length })} />
        </details>
      )}
    </>
  )
}

/** Hints that stand open; more of them would push the figures out of sight. */
const openHints = 2

function ItemList({ items, label }: { readonly items: readonly Item[]; readonly label: string }) {
  return (
    <ol className="items" aria-label={label}>
      {items.map(item => (
        <li key={item.id} className="item">
          <Severity severity={item.severity} />
          <div>
            <h2 className="item-title">
              {item.next.link === null ? (
                withDays(item.title)
              ) : (
                <AnswerLink link={item.next.link} dataRow>
                  {withDays(item.title)}
                </AnswerLink>
              )}
            </h2>
            <p className="sentence">
              <Sentence pieces={item.what} />
            </p>
            <div className="item-meta">
              {item.domain !== null && <DomainLink domain={item.domain} className="item-domain" />}
              <Claim claim={item.claim} />
            </div>
          </div>
          <div>
            <h3 className="label">{todayText('next')}</h3>
            <p className="sentence">{withDays(item.next.text)}</p>
            {item.next.literals.map(literal => (
              <Literal key={literal} text={literal} />
            ))}
            {item.decide !== null && <DecisionButtons {...item.decide} />}
          </div>
          <div className="item-done">
            <h3 className="label">{todayText('doneWhen')}</h3>
            <p className="sentence">{withDays(item.doneWhen)}</p>
          </div>
        </li>
      ))}
    </ol>
  )
}
