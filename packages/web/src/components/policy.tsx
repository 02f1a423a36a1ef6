import type { EffectivePolicy } from '@letterlock/contract'

/** A policy step has no hue: full square reject, half square quarantine, empty square none, dashed unknown. */
export function PolicyMark({ policy }: { readonly policy: EffectivePolicy }) {
  return <span className={`policy-mark policy-${policy}`} aria-hidden="true" />
}

/** A policy step in word and shape. */
export function Policy({ policy }: { readonly policy: EffectivePolicy }) {
  return (
    <span className="policy-text">
      <PolicyMark policy={policy} />
      {policy}
    </span>
  )
}
