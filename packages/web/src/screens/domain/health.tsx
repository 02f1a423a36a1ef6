import type { DomainAnswer } from '@letterlock/contract'
import { Claim } from '../../components/claim.tsx'
import { Block } from '../../components/head.tsx'
import { Verdict } from '../../components/verdict.tsx'
import { domainText } from '../../messages/domain.ts'
import { withDays } from '../../text/format.ts'

type Check = DomainAnswer['data']['health'][number]

/** One line per control; what needs a live look-up says that it was not tested. */
export function Health({ checks }: { readonly checks: readonly Check[] }) {
  const count = (verdict: Check['verdict']) => checks.filter(check => check.verdict === verdict).length
  return (
    <Block
      title={domainText('health')}
      aside={
        <p className="sentence">
          {domainText('healthSum', { fail: count('fail'), unknown: count('unknown'), untested: count('not tested') })}
        </p>
      }
    >
      <ul className="health">
        {checks.map(check => (
          <li key={check.check}>
            <Verdict verdict={check.verdict} />
            <h3>{check.name}</h3>
            <div className="sentence">
              <p>{withDays(check.text)}</p>
              {check.details.length > 0 && (
                <ul className="health-details">
                  {check.details.map(detail => (
                    <li key={detail}>{withDays(detail)}</li>
                  ))}
                </ul>
              )}
            </div>
            {/* What was not tested says so in its sentence: the level alone is enough beside it. */}
            <Claim
              claim={check.claim.level === 'unknown' ? { ...check.claim, text: check.claim.level } : check.claim}
            />
          </li>
        ))}
      </ul>
    </Block>
  )
}
