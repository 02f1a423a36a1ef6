import type { TodayAnswer } from '@letterlock/contract'
import { Fragment } from 'react'
import { Figure, Figures as Strip } from '../../components/figure.tsx'
import { PolicyMark } from '../../components/policy.tsx'
import { todayText } from '../../messages/today.ts'
import { formatCount, formatShare } from '../../text/format.ts'

/** The four figures below the items. */
export function Figures({ answer }: { readonly answer: TodayAnswer }) {
  const { cards } = answer.data
  const { pass, messages } = cards
  return (
    <Strip>
      <Figure
        label={todayText('messages')}
        value={formatCount(messages.total)}
        to="/rows"
        sub={todayText('messagesSub', { reports: messages.reports, reporters: messages.reporters })}
      />
      <Figure
        label={todayText('pass')}
        value={formatShare(pass.aligned, pass.total)}
        unit="%"
        to="/rows"
        filters={{ outcome: ['aligned'] }}
        sub={
          <>
            {todayText('passSub', { aligned: pass.aligned, rest: pass.total - pass.aligned })}{' '}
            {pass.before &&
              pass.before.total > 0 &&
              todayText('passBefore', {
                share: formatShare(pass.before.aligned, pass.before.total),
                days: answer.coverage.days,
              })}
          </>
        }
      />
      <PolicyFigure policies={cards.policies} />
      {cards.tls === null ? (
        <Figure label={todayText('tls')} value={todayText('noReports')} sub={todayText('tlsNothing')} isWord />
      ) : (
        <Figure
          label={todayText('tls')}
          value={formatShare(cards.tls.successful, cards.tls.successful + cards.tls.failed)}
          unit="%"
          to="/tls/results"
          sub={todayText('tlsSub', {
            successful: cards.tls.successful,
            sessions: cards.tls.successful + cards.tls.failed,
            domains: cards.tls.domains,
          })}
        />
      )}
    </Strip>
  )
}

/** Up to this many domains are drawn as one square each; more would be a wall of squares. */
const drawnPolicies = 12

function PolicyFigure({ policies }: { readonly policies: TodayAnswer['data']['cards']['policies'] }) {
  const { by } = policies
  const steps = [
    { mark: 'reject', count: by.reject, text: 'policyReject' },
    { mark: 'quarantine', count: by.differs, text: 'policyDiffers' },
    { mark: 'quarantine', count: by.quarantine, text: 'policyQuarantine' },
    { mark: 'none', count: by.none, text: 'policyNone' },
    { mark: 'unknown', count: by.unknown, text: 'policyUnknown' },
  ] as const
  const words = steps.filter(step => step.count > 0).map(step => todayText(step.text, { count: step.count }))
  return (
    <Figure
      label={todayText('policies')}
      value={formatCount(policies.enforcing)}
      unit={todayText('enforce', { count: policies.domains })}
      to="/domains"
      sub={
        <span className="policy-figure">
          {policies.domains <= drawnPolicies && (
            <span className="policy-marks" aria-hidden="true">
              {steps.map(step => (
                <Fragment key={step.text}>
                  {Array.from({ length: step.count }, (_, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: squares that are all alike
                    <PolicyMark key={index} policy={step.mark} />
                  ))}
                </Fragment>
              ))}
            </span>
          )}
          <span>{words.join(', ')}</span>
        </span>
      }
    />
  )
}
