import type { Claim as ApiClaim } from '@letterlock/contract'
import { claimText } from '../messages/claim.ts'
import { Icon } from './icon.tsx'
import { Popup } from './popup.tsx'
import { Sentence } from './sentence.tsx'

/** How a statement is known; opens to who said so, or to the inputs and the rule. */
export function Claim({ claim }: { readonly claim: ApiClaim }) {
  const text = claim.text.startsWith(claim.level) ? claim.text : `${claim.level}${claim.text && `: ${claim.text}`}`
  return (
    <Popup
      label={claimText('title')}
      className={`claim bare claim-${claim.level}`}
      panel={() => <ClaimDetail claim={claim} />}
    >
      <Icon name={claim.level} size={11} />
      {text}
    </Popup>
  )
}

function ClaimDetail({ claim }: { readonly claim: ApiClaim }) {
  return (
    <div className="claim-detail">
      <p>
        <b>{claim.level}</b>
      </p>
      <p className="sentence">{claimText(claim.level)}</p>
      {claim.from.length > 0 && (
        <>
          <h4>{claimText(claim.level === 'reported' ? 'by' : 'from')}</h4>
          <ul>
            {claim.from.map(pieces => (
              <li key={pieces.map(piece => piece.text).join('')}>
                <Sentence pieces={pieces} />
              </li>
            ))}
          </ul>
        </>
      )}
      {claim.rule !== null && (
        <>
          <h4>{claimText('rule')}</h4>
          <p>
            <code>{claim.rule}</code>
          </p>
        </>
      )}
    </div>
  )
}
